package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/par"

// runParts divides the gradient: padded images and packed dy are made once for all, for as many
// images at a time as fit; a task is one row of taps, a block of channels and a chunk of output
// channels, for all pixels in order.
func (x *kernelGrad) runParts(p *par.Pool) {
	g, c := &x.g, &x.ws.corr
	x.splits = 1
	x.acc, x.accStep = x.dw[x.k0:], g.K
	if x.width != x.k {
		x.ws.c = resize(x.ws.c, x.rows*x.width)
		x.acc, x.accStep = x.ws.c, x.width
	}
	if x.dropped && x.width == x.k {
		x.clear()
	} else if x.dropped {
		clear(x.acc)
	}
	c.bh = c.rows.span(g.OH, c.inH)
	size := c.bh*c.bw*c.c + g.OH*g.OW*x.width
	group := max(min(corrImages/size, g.N), 1)
	for x.g0 = 0; x.g0 < g.N; x.g0 += group {
		x.images = min(group, g.N-x.g0)
		c.images, c.g0 = x.images, x.g0
		if !x.direct {
			x.ws.a = resize(x.ws.a, x.images*c.bh*c.bw*c.c)
			p.For(x.images*c.bh, x.tasks[taskCopy])
		}
		x.ws.b = resize(x.ws.b, x.images*g.OH*g.OW*x.width)
		p.For(x.images*g.OH, x.tasks[taskPackDY])
		x.nchunks = divUp(x.k, gradChunk)
		p.For(x.parts()*x.nchunks, x.tasks[taskChunk])
	}
	if x.width != x.k {
		x.store(p)
	}
}

// parts returns the number of groups of spans: those of one row of taps and one block follow each
// other.
func (x *kernelGrad) parts() int { return len(x.spans) / x.partLen() }

func (x *kernelGrad) partLen() int {
	if x.merged {
		return 1
	}
	return len(x.ws.corr.passes[0].cols.taps)
}

func (x *kernelGrad) copyImage(worker, i int) { x.ws.corr.copy(worker, i) }

// packImage packs one row of dy of one image.
func (x *kernelGrad) packImage(_, i int) {
	x.packDYRow(i*x.g.OW, x.images*x.g.OH*x.g.OW)
}

func (x *kernelGrad) packDYRow(pixel, total int) {
	first := x.g0 * x.g.OH * x.g.OW
	for j := 0; j < x.k; {
		nr := panel(x.k - j).nr
		packPanel(x.ws.b[j*total+pixel*nr:], x.dy[(first+pixel)*x.g.K+x.k0+j:], x.g.OW, min(nr, x.k-j), nr, x.g.K, 1)
		j += nr
	}
}

// chunk adds the images of the group to part i of the gradient.
func (x *kernelGrad) chunk(worker, i int) {
	g, c, s := &x.g, &x.ws.corr, &x.ws.workers[worker]
	spans := x.spans[i/x.nchunks*x.partLen():][:x.partLen()]
	j0 := i % x.nchunks * gradChunk
	a := x.ws.a
	if x.direct {
		a = x.x[x.g0*g.H*g.W*g.C:]
	}
	rows, total := x.images*g.OH, x.images*g.OH*g.OW
	step := max(gradPixels/g.OW, 1)
	for r := 0; r < rows; r += step {
		s.runs = s.runs[:0]
		for q := r; q < min(r+step, rows); q++ {
			s.runs = append(s.runs, c.pixel(q/g.OH, q%g.OH*c.inH, 0)*4)
		}
		for j := j0; j < min(j0+gradChunk, x.k); {
			v := panel(x.k - j)
			x.multiply(s, v, spans, a, x.ws.b[j*total+r*g.OW*v.nr:], x.acc[j:], x.g0 == 0 && r == 0)
			j += v.nr
		}
	}
}
