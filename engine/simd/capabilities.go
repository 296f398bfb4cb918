package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// capabilities lists what the backend can do.
var capabilities = func() backends.Capabilities {
	lacking := []backends.OpType{
		backends.OpTypeInvalid, backends.OpTypeBroadcast, backends.OpTypeComplex, backends.OpTypeConj, backends.OpTypeFFT,
		backends.OpTypeImag, backends.OpTypeReal, backends.OpTypeSelectAndScatterSum,
		backends.OpTypeAllReduce, backends.OpTypeCollectiveBroadcast, backends.OpTypeAllGather,
	}
	c := backends.Capabilities{Operations: map[backends.OpType]bool{}, DTypes: map[dtypes.DType]bool{}}
	for _, dt := range supported {
		c.DTypes[dt] = true
	}
	for op := range backends.OpTypeLast {
		if !slices.Contains(lacking, op) {
			c.Operations[op] = true
		}
	}
	return c
}()
