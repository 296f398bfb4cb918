package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
	"github.com/reverie-go/reverie/engine/simd/internal/par"
)

// layouts of a matrix in memory.
const (
	rowMajor = iota
	colMajor
	rowGaps
	strided
	layouts
)

// newMat returns a view of a new buffer, and a function that reads the buffer of a matrix of the
// same layout.
func newMat(rng *rand.Rand, rows, cols, layout int) (Mat, buffer) {
	var m Mat
	switch layout {
	case rowMajor:
		m.RowStride, m.ColStride = cols, 1
	case colMajor:
		m.RowStride, m.ColStride = 1, rows
	case rowGaps:
		m.RowStride, m.ColStride = cols+5, 1
	case strided:
		m.RowStride, m.ColStride = 2*cols+3, 2
	}
	size := 0
	if rows > 0 && cols > 0 {
		size = (rows-1)*m.RowStride + (cols-1)*m.ColStride + 1
	}
	b := newBuffer(rng, size)
	m.Data = b.data
	return m, b
}

// dense returns a row-major copy in float64.
func dense(a Mat, rows, cols int) []float64 {
	d := make([]float64, rows*cols)
	for i := range rows {
		for j := range cols {
			d[i*cols+j] = float64(a.Data[i*a.RowStride+j*a.ColStride])
		}
	}
	return d
}

type matmulCase struct{ m, n, k, la, lb, lc, epilogue int }

func (c matmulCase) check(t testing.TB, p *par.Pool) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(c.m*31+c.n*7+c.k)))
	a, abuf := newMat(rng, c.m, c.k, c.la)
	b, bbuf := newMat(rng, c.k, c.n, c.lb)
	y, ybuf := newMat(rng, c.m, c.n, c.lc)
	e := newEpilogue(rng, c.epilogue, c.n, len(y.Data))

	mat := func(d []float64, cols int) MatOf[float64] { return MatOf[float64]{d, cols, 1} }
	da, db := dense(a, c.m, c.k), dense(b, c.k, c.n)
	sum, scale := make([]float64, c.m*c.n), make([]float64, c.m*c.n)
	MatMulOf(c.m, c.n, c.k, mat(sum, c.n), mat(da, c.k), mat(db, c.n))
	MatMulOf(c.m, c.n, c.k, mat(scale, c.n), mat(abs(da), c.k), mat(abs(db), c.n))
	old := dense(y, c.m, c.n)

	MatMul(p, c.m, c.n, c.k, y, a, b, e.Epilogue)

	full := e
	if e.Residual != nil {
		full.Residual = narrow(dense(Mat{e.Residual, y.RowStride, y.ColStride}, c.m, c.n))
	}
	want, bound := full.on(sum, scale, narrow(old), c.n)
	compare(t, fmt.Sprintf("%+v", c), narrow(dense(y, c.m, c.n)), want, bound, c.k)
	if !abuf.intact(true) || !bbuf.intact(true) || !e.bias.intact(true) || !e.residual.intact(true) || !ybuf.intact(false) {
		t.Fatalf("%+v: wrote outside the output", c)
	}
	if c.lc >= rowGaps {
		checkGaps(t, y, ybuf, c.m, c.n)
	}
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// checkGaps fails if elements between those of the matrix have changed.
func checkGaps(t testing.TB, y Mat, b buffer, rows, cols int) {
	t.Helper()
	lo := len(b.all) - len(b.data) - guard
	for i := range b.data {
		if r, c := i/y.RowStride, i%y.RowStride; r < rows && c%y.ColStride == 0 && c/y.ColStride < cols {
			continue
		}
		if b.data[i] != b.before[lo+i] {
			t.Fatalf("element %d between the matrix's was written", i)
		}
	}
}

func TestMatMulSizes(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		p := pool(t, 2)
		for _, m := range []int{0, 1, 2, 3, 5, 13, 14, 15, 29, 67} {
			for _, n := range []int{0, 1, 3, 15, 16, 17, 31, 32, 33, 65} {
				for _, k := range []int{0, 1, 2, 3, 4, 5, 9, 33} {
					matmulCase{m, n, k, rowMajor, rowMajor, rowMajor, 0}.check(t, p)
				}
			}
		}
	})
}

func TestMatMulLayoutsAndEpilogues(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		p := pool(t, 2)
		for la := range layouts {
			for lb := range layouts {
				for lc := range layouts {
					matmulCase{31, 35, 40, la, lb, lc, 0}.check(t, p)
				}
			}
		}
		for e := range 16 {
			for lc := range layouts {
				matmulCase{30, 33, 20, rowMajor, rowMajor, lc, e}.check(t, p)
			}
			if lc := e % layouts; !testing.Short() || e > 12 { // several blocks
				matmulCase{10, 64, 800, rowMajor, rowMajor, lc, e}.check(t, p)
			}
		}
	})
}

func TestMatMulLarge(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		p := pool(t, 3)
		for _, la := range []int{rowMajor, colMajor, strided} {
			if testing.Short() && la != rowMajor {
				continue
			}
			matmulCase{230, 40, 1024, la, rowMajor, rowMajor, 1}.check(t, p) // row stride 4 KB, several blocks
		}
		if testing.Short() {
			return
		}
		matmulCase{20, 1100, 800, rowMajor, rowMajor, rowMajor, 0}.check(t, p) // too large to pack B at once
		matmulCase{20, 1100, 800, colMajor, colMajor, rowMajor, 4}.check(t, p)
	})
}

func TestMatMulThreadsGiveSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, s := range [][3]int{{200, 100, 900}, {17, 1200, 700}} {
		m, n, k := s[0], s[1], s[2]
		a, _ := newMat(rng, m, k, rowMajor)
		b, _ := newMat(rng, k, n, rowMajor)
		var want []float32
		for _, threads := range []int{1, 2, 3, 8} {
			y := make([]float32, m*n)
			MatMul(pool(t, threads), m, n, k, Mat{y, n, 1}, a, b, Epilogue{})
			if want == nil {
				want = y
			} else if !same(y, want) {
				t.Errorf("%v: %d threads give other bits than one", s, threads)
			}
		}
	}
}

func TestBatchMatMul(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := pool(t, 2)
	const m, n, k = 7, 19, 11
	for _, batch := range []int{1, 3, 9} {
		a, b := newBuffer(rng, batch*m*k), newBuffer(rng, batch*k*n)
		y, res := newBuffer(rng, batch*m*n), newBuffer(rng, batch*m*n)
		BatchMatMul(p, batch, m, n, k, Mat{y.data, n, 1}, Mat{a.data, k, 1}, Mat{b.data, n, 1}, m*n, m*k, k*n, Epilogue{Residual: res.data})
		for i := range batch {
			want := make([]float32, m*n)
			MatMul(nil, m, n, k, Mat{want, n, 1}, Mat{a.data[i*m*k:], k, 1}, Mat{b.data[i*k*n:], n, 1}, Epilogue{Residual: res.data[i*m*n:]})
			if !same(y.data[i*m*n:][:m*n], want) {
				t.Fatalf("batch %d of %d differs from a single product", i, batch)
			}
		}
	}
}

func FuzzMatMul(f *testing.F) {
	f.Add(uint8(3), uint8(40), uint8(17), uint8(0), uint8(5))
	f.Add(uint8(29), uint8(16), uint8(64), uint8(9), uint8(15))
	f.Add(uint8(100), uint8(1), uint8(1), uint8(27), uint8(8))
	f.Fuzz(func(t *testing.T, m, n, k, layout, epilogue uint8) {
		c := matmulCase{int(m), int(n), int(k), int(layout) % 4, int(layout) / 4 % 4, int(layout) / 16 % 4, int(epilogue) % 16}
		for l := isa.Generic; l <= isa.Best(); l++ {
			restore := isa.Use(l)
			c.check(t, nil)
			restore()
		}
	})
}

func BenchmarkMatMul(b *testing.B) {
	p := pool(b, 2)
	for _, s := range [][3]int{{1024, 1024, 1024}, {32768, 64, 64}, {8, 1024, 32}, {128, 512, 4608}} {
		b.Run(fmt.Sprintf("%dx%dx%d", s[0], s[1], s[2]), func(b *testing.B) {
			m, n, k := s[0], s[1], s[2]
			c, x, y := Mat{make([]float32, m*n), n, 1}, Mat{make([]float32, m*k), k, 1}, Mat{make([]float32, k*n), n, 1}
			for b.Loop() {
				MatMul(p, m, n, k, c, x, y, Epilogue{})
			}
			b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
