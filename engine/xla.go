//go:build xla

package engine

import _ "github.com/gomlx/gomlx/backends/xla" // needs cgo and a PJRT plugin at run time
