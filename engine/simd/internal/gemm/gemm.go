// Package gemm multiplies matrices and convolves images in float32, on all threads of a pool.
//
// Everything is done by one kind of loop, a micro-kernel in assembly: a tile of C of up to 14 x 32
// elements stays in registers while the products of a few rows of A and a packed panel of B are
// added to it. For a convolution the rows of A are neighbouring pixels in a zero-padded copy of a
// few image rows, and the kernel walks over the taps itself, so no matrix of patches is ever made.
//
// The order in which the products of one element are added depends on the shapes only: not on the
// number of threads, nor on how the rows are divided into tiles. Results are the same bits for any
// number of threads; they differ between instruction sets.
package gemm

// MatOf is a view of a matrix: element (i, j) is Data[i*RowStride+j*ColStride].
type MatOf[E any] struct {
	Data                 []E
	RowStride, ColStride int
}

// Mat is a view of a float32 matrix.
type Mat = MatOf[float32]

// Epilogue is what happens to a sum s of products before it is stored in element (i, j) of the
// output C:
//
//	if Accumulate      { s += C[i][j] }
//	if Bias != nil     { s += Bias[j] }
//	if Residual != nil { s += Residual[i][j] }
//	if ReLU            { s = max(s, 0) }   // NaN stays NaN
//
// Residual has the layout (strides) of the output and does not overlap it. The zero Epilogue only
// stores.
type Epilogue struct {
	Bias       []float32 // one per column (output channel), or nil
	Residual   []float32 // as the output, or nil
	ReLU       bool
	Accumulate bool
}

// apply is the Epilogue in plain Go for one sum: old is what C holds, at the element's index in C,
// j its column.
func (e *Epilogue) apply(s, old float32, at, j int) float32 {
	if e.Accumulate {
		s += old
	}
	if e.Bias != nil {
		s += e.Bias[j]
	}
	if e.Residual != nil {
		s += e.Residual[at]
	}
	if e.ReLU && s < 0 {
		s = 0
	}
	return s
}

// attach sets the fields of t for the element of C at index at, column j. The first and the last of
// several passes over the same elements do their parts of the epilogue, all but the first
// accumulate.
func (e *Epilogue) attach(t *tile, at, j int, first, last bool) {
	t.flags = 0
	if !first || e.Accumulate {
		t.flags |= flagAccumulate
	}
	if !last {
		return
	}
	if e.Bias != nil {
		t.flags |= flagBias
		t.bias = &e.Bias[j]
	}
	if e.Residual != nil {
		t.flags |= flagResidual
		t.residual = &e.Residual[at]
	}
	if e.ReLU {
		t.flags |= flagReLU
	}
}

func divUp(a, b int) int { return (a + b - 1) / b }

func roundUp(a, b int) int { return divUp(a, b) * b }
