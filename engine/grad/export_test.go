package grad

import (
	"maps"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Replaced is GoMLX's own rules: variables are set before init registers ours.
var Replaced = maps.Clone(graph.VJPRegistration)
