//go:build !amd64 || purego

package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/isa"

func choose(isa.Level) {
	variants = []*variant{genericVariant()}
	packRows, transposeBlock, blockSize, add = packGeneric, transposeGeneric, 8, addGeneric
}
