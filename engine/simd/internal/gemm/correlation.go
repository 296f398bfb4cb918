package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/par"

// Blocking of convolutions, in floats.
const (
	// corrSteps is about how many products are added between loads and stores of a tile.
	corrSteps = 1200
	// corrShared: up to this many packed weights are packed once and used by all workers, each with
	// its own band of image rows; above it all workers share the padded images, and each packs the
	// weights of its own columns.
	corrShared = 700 << 10
	// corrBand is the size of the padded rows that a worker copies at a time.
	corrBand = 64 << 10
	// corrImages is the size of the padded images that are shared at a time.
	corrImages = 4 << 20
	// corrChunk is the number of columns of a task that packs its own weights.
	corrChunk = 128
	// corrNarrow: below this many outputs in a row tiles run over the images as well.
	corrNarrow = 6
)

// correlation is a convolution or its adjoint under way: several passes over the same padded
// images, one for each phase of the output's position. Input channels are taken in blocks of cb; a
// padded copy is, for each block, [images][rows][columns][cb], or [rows][columns mod inW][columns /
// inW][images][cb] if interleaved, so that the rows of a tile may run over the images too.
type correlation struct {
	ws                 *workspace
	n, h, w            int         // input images
	xs                 [][]float32 // concatenated
	xc                 []int
	c0, c              int // channels of the concatenation to read
	y                  []float32
	oh, ow, yc         int // output images
	k0, k              int // channels of the output to write
	weights            []float32
	kw                 int            // taps in a row of the kernel
	w0, tap, rs, cs    int            // the weight of tap t, input channel r, output channel c is at w0 + t*tap + r*rs + c*cs
	e                  Epilogue       //
	one                [1][]float32   // storage for xs
	oneC               [1]int         // and xc
	passes             []pass         //
	rows, cols         region         // of all passes
	inH, inW           int            // inSteps
	cb, nblocks        int            //
	bh, bw             int            // size of the padded copy: the shared images' or the largest band's
	images             int            // images in the padded copy
	interleave         bool           //
	g0                 int            // first of the shared images
	bandRows, bands    int            //
	nc, nchunks        int            //
	packTask, copyTask func(_, i int) // bound once
	bandTask           func(worker, i int)
	chunkTask          func(worker, i int)
}

// pass is one phase.
type pass struct {
	rows, cols axis
	runs       [2][]int // byte offsets of the runs, in a whole block and in the last one
	merged     bool     // a run is a row of taps, not a single one
	b          int      // where its packed weights begin
}

func (x *correlation) addPass() *pass {
	if len(x.passes) < cap(x.passes) {
		x.passes = x.passes[:len(x.passes)+1]
	} else {
		x.passes = append(x.passes, pass{})
	}
	return &x.passes[len(x.passes)-1]
}

// forget drops the references to the caller's memory.
func (x *correlation) forget() {
	x.xs, x.xc, x.y, x.weights, x.e, x.one[0] = nil, nil, nil, nil, Epilogue{}, nil
}

func (p *pass) taps() int { return len(p.rows.taps) * len(p.cols.taps) }

// run does the whole correlation, its fields from n to passes being set.
func (x *correlation) run(p *par.Pool) {
	if x.n == 0 || x.oh == 0 || x.ow == 0 || x.k == 0 {
		return
	}
	packed := x.measure()
	if packed <= corrShared {
		x.runBands(p, packed)
	} else {
		x.runChunks(p)
	}
}

// measure finds the regions and blocks, and returns the number of packed weights.
func (x *correlation) measure() int {
	x.rows, x.cols = region{high: -1}, region{high: -1}
	taps, most := 0, 1
	for i := range x.passes {
		ps := &x.passes[i]
		x.rows.include(&ps.rows)
		x.cols.include(&ps.cols)
		x.inH, x.inW = ps.rows.inStep, ps.cols.inStep
		ps.b = taps * x.c * packedCols(x.k)
		taps += ps.taps()
		most = max(most, ps.taps())
	}
	x.bw = x.cols.span(x.cols.n, x.inW)
	x.block(most)
	return taps * x.c * packedCols(x.k)
}

// block chooses the channels of a block for kernels of that many taps.
func (x *correlation) block(taps int) {
	cb := max(roundUp(corrSteps/taps, 16), 32)
	x.nblocks = max((x.c+cb/4)/cb, 1)
	x.cb = max(roundUp(divUp(x.c, x.nblocks), 16), 1)
	x.nblocks = max(divUp(x.c, x.cb), 1)
	if x.nblocks == 1 {
		x.cb = x.c
	}
}

// channels returns the first channel and the number of channels of a block.
func (x *correlation) channels(blk int) (c, n int) { return blk * x.cb, min(x.cb, x.c-blk*x.cb) }

// pixel returns the place of a pixel in the padded copy, in pixels.
func (x *correlation) pixel(image, row, col int) int {
	if x.interleave { // with a stride, columns of the same phase are neighbours
		return (row*x.bw+col%x.inW*(x.bw/x.inW)+col/x.inW)*x.images + image
	}
	return (image*x.bh+row)*x.bw + col
}

// setRuns tabulates the offsets of the taps in the padded copy, for blocks of cb and for the last
// block.
func (x *correlation) setRuns() {
	_, last := x.channels(x.nblocks - 1)
	for i := range x.passes {
		ps := &x.passes[i]
		ps.merged = !x.interleave && ps.cols.adjacent()
		for which, cb := range [2]int{x.cb, last} {
			runs := ps.runs[which][:0]
			for _, r := range ps.rows.taps {
				for i, c := range ps.cols.taps {
					if i == 0 || !ps.merged {
						runs = append(runs, x.pixel(0, r.offset-x.rows.low, c.offset-x.cols.low)*cb*4)
					}
				}
			}
			ps.runs[which] = runs
		}
	}
}

// packBlock packs the weights of pass ps, block blk, columns n0..n1: the taps in order, of each its
// channels.
func (x *correlation) packBlock(dst []float32, ps *pass, blk, n0, n1 int) {
	c, cb := x.channels(blk)
	steps := ps.taps() * cb
	row := 0
	for _, r := range ps.rows.taps {
		for _, t := range ps.cols.taps {
			packColumns(dst, x.weights[x.w0+(r.k*x.kw+t.k)*x.tap+c*x.rs+n0*x.cs:], row, cb, n1-n0, steps, x.rs, x.cs)
			row += cb
		}
	}
}

// part is a part of the output: rows from..to and channels n0..n1 of the images in a padded copy,
// which begins with what row a0 of the output reads of image g0.
type part struct{ g0, a0, from, to, n0, n1 int }

// tiles adds what block blk of the padded copy a gives in pass ps to a part of the output, whose
// packed weights are b. Without interleaving it writes the output, else s.c.
func (x *correlation) tiles(s *scratch, ps *pass, blk int, a, b []float32, pt part) {
	c, cb := x.channels(blk)
	t := &s.tile
	runs := ps.runs[0]
	if blk == x.nblocks-1 {
		runs = ps.runs[1]
	}
	t.nruns, t.length = len(runs), cb
	if ps.merged {
		t.length = cb * len(ps.cols.taps)
	}
	base := &s.edge[0] // not read
	steps := ps.taps() * cb
	if steps == 0 {
		t.nruns = 0
	} else {
		t.runs, base = &runs[0], &a[x.images*x.bh*x.bw*c]
	}
	for j := pt.n0; j < pt.n1; {
		v := panel(x.k - j)
		if steps > 0 {
			t.b = &b[(j-pt.n0)*steps]
		}
		if x.interleave {
			x.panelInterleaved(s, ps, v, blk, base, pt, j)
		} else {
			x.panelPlain(s, ps, v, blk, base, pt, j)
		}
		j += v.nr
	}
}

// panelPlain does one panel from output channel j.
func (x *correlation) panelPlain(s *scratch, ps *pass, v *variant, blk int, a *float32, pt part, j int) {
	_, cb := x.channels(blk)
	t := &s.tile
	t.step, t.cstep = x.inW*cb*4, ps.cols.outStep*x.yc*4
	cols := min(v.nr, x.k-j)
	first, last := blk == 0, blk == x.nblocks-1
	for image := range x.images {
		for r := pt.from; r < min(pt.to, ps.rows.n); r++ {
			arow := x.pixel(image, (r-pt.a0)*x.inH, 0) * cb
			crow := ((pt.g0+image)*x.oh+ps.rows.out+r*ps.rows.outStep)*x.ow + ps.cols.out
			for i := 0; i < ps.cols.n; {
				mr := v.next(ps.cols.n - i)
				t.a = a
				if t.nruns > 0 {
					t.a = at(a, arow+i*x.inW*cb)
				}
				ci := (crow+i*ps.cols.outStep)*x.yc + x.k0 + j
				t.c = &x.y[ci]
				x.e.attach(t, ci, x.k0+j, first, last)
				v.run(t, mr, cols, false, s.edge)
				i += mr
			}
		}
	}
}
