package gemm

import (
	"unsafe"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

const (
	// maxMR and maxNR bound the tiles of all variants.
	maxMR = 24
	maxNR = 32
	// splitMax is the number of rows up to which the best split into tiles is tabulated; above it
	// the largest tile comes first.
	splitMax = 64
)

// kernelFunc is a micro-kernel for one tile size.
type kernelFunc func(t *tile)

// variant is a family of micro-kernels of the same width, which is the width of the panels of B
// that they read.
type variant struct {
	nr         int
	rows, cols [maxMR + 1]kernelFunc // by number of rows; nil where there is none
	first      [splitMax + 1]uint8
	largest    int
}

// variants are the families in use, widest first. Every width is a multiple of the next one.
var variants []*variant

func init() { isa.OnChange(choose) }

// newVariant tabulates the splits of n rows for kernels of the given sizes, when a step of mr rows
// takes cycles(mr).
func newVariant(nr int, sizes []int, cycles func(mr int) float64) *variant {
	v := &variant{nr: nr}
	var best [splitMax + 1]float64
	for n := 1; n <= splitMax; n++ {
		for _, mr := range sizes {
			if mr > n {
				continue
			}
			cost := cycles(mr) + best[n-mr]
			if best[n] == 0 || cost < best[n] {
				best[n], v.first[n] = cost, uint8(mr)
			}
		}
	}
	for _, mr := range sizes {
		v.largest = max(v.largest, mr)
	}
	return v
}

// next returns the size of the first tile for n > 0 rows.
func (v *variant) next(n int) int {
	if n > splitMax {
		return v.largest
	}
	return int(v.first[n])
}

// panel returns the family for the next panel when rest > 0 columns are left: the narrowest that
// takes them all, else the widest.
func panel(rest int) *variant {
	for i := len(variants) - 1; i > 0; i-- {
		if rest <= variants[i].nr {
			return variants[i]
		}
	}
	return variants[0]
}

// packedCols returns the number of columns that n columns take in packed panels.
func packedCols(n int) int {
	total := 0
	for c := 0; c < n; {
		nr := panel(n - c).nr
		c += nr
		total += nr
	}
	return total
}

// at returns the address offset floats after p.
func at(p *float32, offset int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), offset*4))
}

// run computes the tile t of v with mr rows, of which the first cols columns exist: all others are
// kept away from memory. edge is scratch of maxMR*maxNR floats.
func (v *variant) run(t *tile, mr, cols int, kMajor bool, edge []float32) {
	kernel := v.rows[mr]
	if kMajor {
		kernel = v.cols[mr]
	}
	if cols >= v.nr {
		kernel(t)
		return
	}
	whole := *t
	t.c, t.cstep, t.flags = &edge[0], v.nr*4, 0
	kernel(t)
	*t = whole
	for i := range mr {
		finishRow(t, i, edge[i*v.nr:][:cols])
	}
}

// finishRow stores sum in row i of the tile, as the end of a micro-kernel does.
func finishRow(t *tile, i int, sum []float32) {
	c := unsafe.Slice(at(t.c, i*t.cstep/4), len(sum))
	if t.flags&flagAccumulate != 0 {
		for j, v := range c {
			sum[j] += v
		}
	}
	if t.flags&flagBias != 0 {
		for j, v := range unsafe.Slice(t.bias, len(sum)) {
			sum[j] += v
		}
	}
	if t.flags&flagResidual != 0 {
		for j, v := range unsafe.Slice(at(t.residual, i*t.cstep/4), len(sum)) {
			sum[j] += v
		}
	}
	if t.flags&flagReLU != 0 {
		for j, v := range sum {
			if v < 0 {
				sum[j] = 0
			}
		}
	}
	copy(c, sum)
}
