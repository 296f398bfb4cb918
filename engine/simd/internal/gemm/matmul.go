package gemm

import (
	"fmt"

	"github.com/reverie-go/reverie/engine/simd/internal/par"
)

// Blocking of matrix products, in elements.
const (
	matmulKC     = 384     // steps between loads and stores of a tile: a panel of B is 48 KB, the rows of a tile 21 KB
	matmulMC     = 224     // rows of A that stay in the level-2 cache: 344 KB
	matmulNC     = 128     // columns of a task that packs its own B
	matmulShared = 3 << 18 // B is packed once for all workers up to this many elements
)

// matmul is a matrix product under way: see MatMul.
type matmul struct {
	ws               *workspace
	m, n, k          int
	c, a, b          Mat
	e                Epilogue
	kc, mc, nc       int
	nblocks, nchunks int
	kMajor           bool // the columns of A are contiguous
	copyA, shared    bool
	packTask         func(worker, i int) // pack and compute, bound once
	computeTask      func(worker, i int)
}

// MatMul computes C = A B for A [m,k] and B [k,n], and then the epilogue:
//
//	C[i][j] = e(sum over s of A[i][s]*B[s][j])
//
// Any strides will do; C does not overlap A or B. Contiguous rows of C, B, and rows or columns of A
// are fast.
func MatMul(p *par.Pool, m, n, k int, c, a, b Mat, e Epilogue) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMat("C", c, m, n)
	checkMat("A", a, m, k)
	checkMat("B", b, k, n)
	if e.Bias != nil && len(e.Bias) < n {
		panic(fmt.Sprintf("gemm: Bias has %d elements, want %d", len(e.Bias), n))
	}
	if e.Residual != nil {
		checkMat("Residual", Mat{e.Residual, c.RowStride, c.ColStride}, m, n)
	}
	ws := acquire(p.Threads())
	defer release(ws)
	if c.ColStride == 1 || n == 1 {
		ws.mat.run(p, m, n, k, c, a, b, e)
		return
	}
	ws.c = resize(ws.c, m*n)
	ws.mat.run(p, m, n, k, Mat{ws.c, n, 1}, a, b, Epilogue{})
	for i := range m {
		for j := range n {
			at := i*c.RowStride + j*c.ColStride
			c.Data[at] = e.apply(ws.c[i*n+j], c.Data[at], at, j)
		}
	}
}

func checkMat(name string, a Mat, rows, cols int) {
	if rows <= 0 || cols <= 0 {
		return
	}
	if a.RowStride < 0 || a.ColStride < 0 || len(a.Data) <= (rows-1)*a.RowStride+(cols-1)*a.ColStride {
		panic(fmt.Sprintf("gemm: %s has %d elements, too few for %d x %d with strides %d, %d",
			name, len(a.Data), rows, cols, a.RowStride, a.ColStride))
	}
}

// BatchMatMul computes batch products as MatMul does, of the matrices that begin i*cStep, i*aStep,
// i*bStep elements on.
func BatchMatMul(p *par.Pool, batch, m, n, k int, c, a, b Mat, cStep, aStep, bStep int, e Epilogue) {
	one := func(_, i int) {
		e := e
		if e.Residual != nil {
			e.Residual = e.Residual[i*cStep:]
		}
		MatMul(p, m, n, k, from(c, i*cStep), from(a, i*aStep), from(b, i*bStep), e)
	}
	if batch >= 2*p.Threads() {
		p.For(batch, one) // the products inside run inline
		return
	}
	for i := range batch {
		one(0, i)
	}
}

func from(a Mat, i int) Mat { return Mat{a.Data[min(i, len(a.Data)):], a.RowStride, a.ColStride} }

func (x *matmul) run(p *par.Pool, m, n, k int, c, a, b Mat, e Epilogue) {
	x.m, x.n, x.k, x.c, x.a, x.b, x.e = m, n, k, c, a, b, e
	x.nblocks = max(divUp(k, matmulKC), 1)
	x.kc = roundUp(divUp(k, x.nblocks), 4)
	x.nblocks = max(divUp(k, max(x.kc, 1)), 1)
	rowMajor := a.ColStride == 1 || k <= 1
	x.kMajor = !rowMajor && (a.RowStride == 1 || m == 1)
	// Rows a multiple of 4 KB apart share one set of the level-1 cache.
	x.copyA = !rowMajor && !x.kMajor || rowMajor && m > 8 && k > 16 && a.RowStride%1024 == 0
	if x.copyA {
		x.kMajor = false
	}
	x.shared = k*packedCols(n) <= matmulShared
	x.divide(p.Threads())
	if x.shared {
		x.ws.b = resize(x.ws.b, k*packedCols(n))
		p.For(x.nblocks, x.packTask)
	}
	p.For(divUp(m, x.mc)*x.nchunks, x.computeTask)
	x.c, x.a, x.b, x.e = Mat{}, Mat{}, Mat{}, Epilogue{}
}

// divide chooses the tasks: enough for the threads, large enough to be worth it.
func (x *matmul) divide(threads int) {
	wide := variants[0].nr
	x.mc, x.nc = min(x.m, matmulMC), roundUp(x.n, wide)
	if !x.shared {
		x.mc, x.nc = x.m, min(x.nc, roundUp(matmulNC, wide))
	}
	for threads > 1 && divUp(x.m, x.mc)*divUp(x.n, x.nc) < 3*threads {
		switch {
		case x.mc > 64:
			x.mc = roundUp(divUp(x.mc, 2), 4)
		case x.nc > wide:
			x.nc = roundUp(divUp(x.nc, 2), wide)
		default:
			x.nchunks = divUp(x.n, x.nc)
			return
		}
	}
	x.nchunks = divUp(x.n, x.nc)
}

// block returns the first step and the number of steps of block i.
func (x *matmul) block(i int) (k0, kc int) { return i * x.kc, min(x.kc, x.k-i*x.kc) }

// pack packs block i of B for all workers.
func (x *matmul) pack(_, i int) {
	k0, kc := x.block(i)
	x.packBlock(x.ws.b[k0*packedCols(x.n):], k0, kc, 0, x.n)
}

func (x *matmul) packBlock(dst []float32, k0, kc, n0, n1 int) {
	if kc > 0 {
		packColumns(dst, x.b.Data[k0*x.b.RowStride+n0*x.b.ColStride:], 0, kc, n1-n0, kc, x.b.RowStride, x.b.ColStride)
	}
}

// compute does task i: mc rows and nc columns of C.
func (x *matmul) compute(worker, i int) {
	s := &x.ws.workers[worker]
	m0, n0 := i/x.nchunks*x.mc, i%x.nchunks*x.nc
	m1, n1 := min(m0+x.mc, x.m), min(n0+x.nc, x.n)
	for blk := range x.nblocks {
		k0, kc := x.block(blk)
		var b []float32
		if x.shared {
			b = x.ws.b[k0*packedCols(x.n)+n0*kc:]
		} else {
			s.b = resize(s.b, x.kc*packedCols(x.nc))
			b = s.b
			x.packBlock(b, k0, kc, n0, n1)
		}
		for i := m0; i < m1; i += matmulMC {
			x.tiles(s, blk, b, i, min(i+matmulMC, m1), n0, n1)
		}
	}
}

// tiles multiplies rows m0..m1 of A by the packed columns n0..n1 of block blk.
func (x *matmul) tiles(s *scratch, blk int, b []float32, m0, m1, n0, n1 int) {
	k0, kc := x.block(blk)
	t := &s.tile
	s.runs = append(s.runs[:0], 0)
	t.runs, t.nruns, t.length = &s.runs[0], 1, kc
	if kc == 0 {
		t.nruns = 0
	}
	a := x.rows(s, m0, m1, k0, kc)
	astep := t.step // from row to row
	if x.kMajor {
		astep = 4
	}
	t.cstep = x.c.RowStride * 4
	for j := n0; j < n1; {
		v := panel(x.n - j)
		cols := min(v.nr, x.n-j)
		if kc > 0 {
			t.b = &b[(j-n0)*kc]
		}
		for i := m0; i < m1; {
			mr := v.next(m1 - i)
			t.a = at(a, (i-m0)*astep/4)
			ci := i*x.c.RowStride + j
			t.c = &x.c.Data[ci]
			x.e.attach(t, ci, j, blk == 0, blk == x.nblocks-1)
			v.run(t, mr, cols, x.kMajor, s.edge)
			i += mr
		}
		j += v.nr
	}
}

// rows returns where rows m0..m1 of A begin, in columns k0..k0+kc, and sets the tile's step. They
// are copied if the kernels cannot read them in place.
func (x *matmul) rows(s *scratch, m0, m1, k0, kc int) *float32 {
	t := &s.tile
	first := m0*x.a.RowStride + k0*x.a.ColStride
	switch {
	case kc == 0:
		t.step = 0
		return &s.edge[0] // not read
	case x.kMajor:
		t.step = x.a.ColStride * 4
		return &x.a.Data[first]
	case !x.copyA:
		t.step = x.a.RowStride * 4
		return &x.a.Data[first]
	}
	step := kc + 16
	t.step = step * 4
	s.a = resize(s.a, (m1-m0)*step)
	for i := range m1 - m0 {
		src := x.a.Data[first+i*x.a.RowStride:]
		row := s.a[i*step:][:kc]
		if x.a.ColStride == 1 {
			copy(row, src)
			continue
		}
		for k := range row {
			row[k] = src[k*x.a.ColStride]
		}
	}
	return &s.a[0]
}
