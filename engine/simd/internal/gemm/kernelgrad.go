package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/par"

// Blocking of kernel gradients, in elements.
const (
	// gradPixels is about how many pixels are added between loads and stores of a tile.
	gradPixels = 512
	// gradLocal: up to this size the gradient is held by each of several splits of the pixels;
	// above it each task has a part of the gradient, for all pixels.
	gradLocal = 80 << 10
	// gradPartial bounds the gradients of all splits together, gradSplits their number.
	gradPartial, gradSplits = 1 << 20, 16
	// gradChunk is the number of output channels of a part of the gradient.
	gradChunk = 64
)

// kernelGrad is a kernel gradient under way. It is a product of matrices whose inner dimension are
// the pixels of the output: the rows of A, contiguous in the padded copy of x, are the taps'
// channels, B is dy.
type kernelGrad struct {
	ws            *workspace
	g             Conv
	dw, x, dy     []float32
	k0, k, width  int  // output channels of the group; packed
	direct        bool // x needs no padding: it is read where it is
	plain         bool // dy is one panel as it is
	spans         []span
	merged        bool
	rows          int // of the gradient, and of taps and channels
	bandRows      int // rows of the output in a band
	bands, splits int
	units         int // bands, or where an image is one band, groups of images
	images, g0    int
	nchunks       int
	dropped       bool      // some taps never meet the image: their gradient is zero
	acc           []float32 // gradients under way: [splits][rows][accStep], or dw itself
	accStep       int
	tasks         [5]func(worker, i int) // bound once, see newWorkspace
}

// span is a number of rows of the gradient that are neighbours in A.
type span struct {
	a   int // where they begin, in floats from the first tap of the first pixel in the block
	n   int
	row int // of the gradient
	blk int
}

const (
	taskSplit = iota
	taskReduce
	taskCopy
	taskPackDY
	taskChunk
)

func (x *kernelGrad) bind() {
	x.tasks = [5]func(worker, i int){x.split, x.reduce, x.copyImage, x.packImage, x.chunk}
}

// KernelGrad computes the adjoint of Forward in w:
//
//	dw[a,b,c,k] = sum over n, i, j of x[n, i*StrideH+a*DilH-PadTop, j*StrideW+b*DilW-PadLeft, g(k)*C/Groups+c] * dy[n,i,j,k]
//
// The order of the sum depends on the shapes only: the same bits come out for any number of
// threads.
func (c Conv) KernelGrad(p *par.Pool, dw, x, dy []float32) {
	c = c.check()
	size := c.KH * c.KW * c.C / c.Groups * c.K
	c.checkLen("dw", len(dw), size)
	c.checkLen("x", len(x), c.N*c.H*c.W*c.C)
	c.checkLen("dy", len(dy), c.N*c.OH*c.OW*c.K)
	if size == 0 {
		return
	}
	ws := acquire(p.Threads())
	defer release(ws)
	kg := &ws.kgrad
	kg.g, kg.dw, kg.x, kg.dy = c, dw, x, dy
	for group := range c.Groups {
		kg.run(p, group)
	}
	kg.dw, kg.x, kg.dy, kg.acc = nil, nil, nil, nil
	ws.corr.forget()
}

func (x *kernelGrad) run(p *par.Pool, group int) {
	x.geometry(group)
	if len(x.spans) == 0 || x.g.N*x.g.OH*x.g.OW == 0 {
		x.clear()
		return
	}
	c := &x.ws.corr
	x.dropped = c.passes[0].taps() < x.g.KH*x.g.KW
	if x.rows*x.width <= gradLocal {
		x.runSplits(p)
	} else {
		x.runParts(p)
	}
}

// clear sets the group's gradient to zero.
func (x *kernelGrad) clear() {
	for r := range x.rows {
		clear(x.dw[r*x.g.K+x.k0:][:x.k])
	}
}

// geometry sets up the padded copy, as for Forward, and the spans.
func (x *kernelGrad) geometry(group int) {
	g, c := &x.g, &x.ws.corr
	x.k = g.K / g.Groups
	x.k0, x.width = group*x.k, packedCols(x.k)
	x.plain = x.width == x.k && x.k == g.K && panel(x.k).nr == x.k
	x.rows = g.KH * g.KW * g.C / g.Groups
	c.one[0], c.oneC[0] = x.x, g.C
	c.n, c.h, c.w, c.xs, c.xc = g.N, g.H, g.W, c.one[:], c.oneC[:]
	c.c = g.C / g.Groups
	c.c0, c.k = group*c.c, x.k
	c.interleave = false
	c.passes = c.passes[:0]
	ps := c.addPass()
	ps.rows.forward(g.OH, g.StrideH, g.PadTop, g.KH, g.DilH, g.H)
	ps.cols.forward(g.OW, g.StrideW, g.PadLeft, g.KW, g.DilW, g.W)
	c.measure()
	x.direct = g.pointwise()
	if x.direct || c.c <= 96 {
		c.nblocks, c.cb = 1, c.c
	} else {
		c.nblocks = divUp(c.c, 64)
		c.cb = 64
	}
	x.setSpans(ps)
}

func (x *kernelGrad) setSpans(ps *pass) {
	c := &x.ws.corr
	x.spans = x.spans[:0]
	x.merged = c.nblocks == 1 && ps.cols.adjacent()
	for _, r := range ps.rows.taps {
		for blk := range c.nblocks {
			c0, cb := c.channels(blk)
			for i, t := range ps.cols.taps {
				s := span{((r.offset-c.rows.low)*c.bw + t.offset - c.cols.low) * cb, cb, (r.k*x.g.KW+t.k)*c.c + c0, blk}
				switch {
				case cb == 0:
				case i > 0 && x.merged:
					x.spans[len(x.spans)-1].n += cb
				default:
					x.spans = append(x.spans, s)
				}
			}
		}
	}
}

// runSplits divides the pixels: each split adds up its own gradient, and these are added in order.
func (x *kernelGrad) runSplits(p *par.Pool) {
	c := &x.ws.corr
	row := max(c.bw*c.c*c.inH, 1)
	x.bandRows = max(corrBand/row, divUp(gradPixels, max(x.g.OW, 1)))
	x.bandRows = min(x.bandRows, x.g.OH)
	x.bands = divUp(x.g.OH, x.bandRows)
	x.bandRows = divUp(x.g.OH, x.bands)
	x.bands = divUp(x.g.OH, x.bandRows)
	c.bh, c.images = c.rows.span(x.bandRows, c.inH), 1
	if x.bands == 1 { // small images: several at a time
		c.images = min(max(min(gradPixels/(x.g.OH*x.g.OW), 2*corrBand/max(c.bh*c.bw*c.c, 1)), 1), x.g.N)
	}
	x.units = divUp(x.g.N, c.images) * x.bands
	size := x.rows * x.width
	x.splits = min(max(gradPartial/size, 1), gradSplits, x.units)
	x.ws.c = resize(x.ws.c, x.splits*size)
	x.acc, x.accStep = x.ws.c, x.width
	if x.dropped {
		clear(x.acc)
	}
	p.For(x.splits, x.tasks[taskSplit])
	x.store(p)
}

// store adds the splits' gradients into dw.
func (x *kernelGrad) store(p *par.Pool) {
	tasks := 1
	if x.rows*x.width*x.splits > 1<<15 {
		tasks = divUp(x.rows, 16)
	}
	x.nchunks = tasks
	p.For(tasks, x.tasks[taskReduce])
}

// split adds up the gradient of split i.
func (x *kernelGrad) split(worker, i int) {
	first := i * x.units / x.splits
	for u := first; u < (i+1)*x.units/x.splits; u++ {
		x.unit(&x.ws.workers[worker], x.acc[i*x.rows*x.width:][:x.rows*x.width], u, u == first)
	}
}

// unit adds unit u of the pixels to acc.
func (x *kernelGrad) unit(s *scratch, acc []float32, u int, first bool) {
	g, c := &x.g, &x.ws.corr
	image, from := u/x.bands*c.images, u%x.bands*x.bandRows
	images, rows := min(c.images, g.N-image), min(x.bandRows, g.OH-from) // either is 1 or all of an image
	a := x.unitImages(s, image, images, from, rows)
	pixel := (image*g.OH + from) * g.OW
	pixels := images * rows * g.OW
	b := x.dy[pixel*g.K:]
	if !x.plain {
		s.b = resize(s.b, c.images*x.bandRows*g.OW*x.width)
		b = s.b
		x.packDY(b, pixel, pixels, pixels)
	}
	step := max(gradPixels/g.OW, 1)
	for r := 0; r < images*rows; r += step {
		s.runs = s.runs[:0]
		for i := r; i < min(r+step, images*rows); i++ {
			s.runs = append(s.runs, c.pixel(i/rows, i%rows*c.inH, 0)*4)
		}
		for j := 0; j < x.k; {
			v := panel(x.k - j)
			x.multiply(s, v, x.spans, a, b[j*pixels+r*g.OW*v.nr:], acc[j:], first && r == 0)
			j += v.nr
		}
	}
}

// unitImages returns the padded images of a unit.
func (x *kernelGrad) unitImages(s *scratch, image, images, from, rows int) []float32 {
	c := &x.ws.corr
	if x.direct {
		return x.x[(image*x.g.H+from)*x.g.W*x.g.C:]
	}
	s.a = resize(s.a, c.images*c.bh*c.bw*c.c)
	for i := range images {
		c.copyRows(s.a, image+i, i, 0, from*c.inH, c.rows.span(rows, c.inH))
	}
	return s.a
}

// packDY packs pixels pixels of dy, as a part of panels of total pixels.
func (x *kernelGrad) packDY(dst []float32, pixel, pixels, total int) {
	for j := 0; j < x.k; {
		nr := panel(x.k - j).nr
		packPanel(dst[j*total:], x.dy[pixel*x.g.K+x.k0+j:], pixels, min(nr, x.k-j), nr, x.g.K, 1)
		j += nr
	}
}

// multiply adds the products of the pixels in s.runs (offsets in pixels*4 of the padded copy a) and
// of the panel b to the spans' rows of acc; first: acc holds nothing yet.
func (x *kernelGrad) multiply(s *scratch, v *variant, spans []span, a, b, acc []float32, first bool) {
	c, t := &x.ws.corr, &s.tile
	t.nruns, t.length, t.cstep = len(s.runs), x.g.OW, x.accStep*4
	t.b = &b[0]
	t.flags = flagAccumulate
	if first {
		t.flags = 0
	}
	s.scaled = resize(s.scaled, len(s.runs))
	t.runs = &s.scaled[0]
	scale := 0
	for _, sp := range spans {
		c0, cb := c.channels(sp.blk)
		if cb != scale {
			scale = cb
			for i, r := range s.runs {
				s.scaled[i] = r * cb
			}
		}
		t.step = c.inW * cb * 4
		base := &a[c.images*c.bh*c.bw*c0+sp.a]
		for i := 0; i < sp.n; {
			mr := v.next(sp.n - i)
			t.a, t.c = at(base, i), &acc[(sp.row+i)*x.accStep]
			v.run(t, mr, v.nr, true, s.edge)
			i += mr
		}
	}
}

// reduce stores the sum of all splits for task i's rows.
func (x *kernelGrad) reduce(_, i int) {
	from, to := i*x.rows/x.nchunks, (i+1)*x.rows/x.nchunks
	if x.width == x.k && x.k == x.g.K { // no gaps: all rows at once
		x.addSplits(x.dw[from*x.width:to*x.width], from)
		return
	}
	for r := from; r < to; r++ {
		x.addSplits(x.dw[r*x.g.K+x.k0:][:x.k], r)
	}
}

// addSplits sets dst to the sum of the splits' gradients from row r on.
func (x *kernelGrad) addSplits(dst []float32, r int) {
	copy(dst, x.acc[r*x.width:])
	for s := 1; s < x.splits; s++ {
		add(dst, x.acc[(s*x.rows+r)*x.width:])
	}
}
