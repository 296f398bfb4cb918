package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/par"

// runChunks does the correlation with many weights and few pixels: the padded images are copied
// once for all, as many at a time as fit corrImages; a task is a chunk of the output channels, and
// packs its weights block by block.
func (x *correlation) runChunks(p *par.Pool) {
	x.bh = x.rows.span(x.rows.n, x.inH)
	x.bw = roundUp(x.bw, x.inW)
	size := max(x.bh*x.bw*x.c, 1)
	group := max(min(corrImages/size, x.n), 1)
	x.divideChunks(p.Threads())
	for x.g0 = 0; x.g0 < x.n; x.g0 += group {
		x.images = min(group, x.n-x.g0)
		x.interleave = x.images > 1 && x.cols.n < corrNarrow
		x.setRuns()
		x.ws.a = resize(x.ws.a, size*x.images)
		p.For(x.images*x.bh, x.copyTask)
		p.For(x.nchunks*x.bands, x.chunkTask)
	}
}

// divideChunks makes chunks of columns; where these are too few for the threads, the rows are
// divided as well.
func (x *correlation) divideChunks(threads int) {
	wide := variants[0].nr
	x.nc = roundUp(corrChunk, wide)
	for threads > 1 && x.nc > wide && divUp(x.k, x.nc) < 2*threads {
		x.nc = roundUp(x.nc/2, wide)
	}
	x.nchunks = divUp(x.k, x.nc)
	x.bandRows = x.rows.n
	if x.nchunks < threads {
		x.bandRows = max(divUp(x.rows.n*x.nchunks, 2*threads), 1)
	}
	x.bands = divUp(x.rows.n, x.bandRows)
}

// copy copies one row of one image.
func (x *correlation) copy(_, i int) {
	image, row := i/x.bh, i%x.bh
	x.copyRows(x.ws.a, x.g0+image, image, row, row, 1)
}

// chunk computes chunk i.
func (x *correlation) chunk(worker, i int) {
	s := &x.ws.workers[worker]
	n0, from := i/x.bands*x.nc, i%x.bands*x.bandRows
	pt := part{x.g0, 0, from, min(from+x.bandRows, x.rows.n), n0, min(n0+x.nc, x.k)}
	for i := range x.passes {
		ps := &x.passes[i]
		s.b = resize(s.b, ps.taps()*x.cb*packedCols(x.nc))
		if x.interleave {
			s.c = resize(s.c, (pt.to-pt.from)*ps.cols.n*x.images*packedCols(x.nc))
		}
		for blk := range x.nblocks {
			x.packBlock(s.b, ps, blk, pt.n0, pt.n1)
			x.tiles(s, ps, blk, x.ws.a, s.b, pt)
		}
		if x.interleave {
			x.scatter(s, ps, pt)
		}
	}
}

// panelInterleaved does one panel from output channel j: the rows of a tile run over columns and
// images. s.c is [rows][columns][images][panels of the chunk].
func (x *correlation) panelInterleaved(s *scratch, ps *pass, v *variant, blk int, a *float32, pt part, j int) {
	_, cb := x.channels(blk)
	t := &s.tile
	width := packedCols(x.nc)
	t.step, t.cstep, t.flags = cb*4, width*4, 0
	if blk > 0 {
		t.flags = flagAccumulate
	}
	length := ps.cols.n * x.images
	for r := pt.from; r < min(pt.to, ps.rows.n); r++ {
		arow, crow := x.pixel(0, (r-pt.a0)*x.inH, 0), (r-pt.from)*length
		for i := 0; i < length; {
			mr := v.next(length - i)
			t.a = a
			if t.nruns > 0 {
				t.a = at(a, (arow+i)*cb)
			}
			t.c = &s.c[(crow+i)*width+j-pt.n0]
			v.run(t, mr, v.nr, false, s.edge)
			i += mr
		}
	}
}

// scatter finishes the sums in s.c and stores them in the output.
func (x *correlation) scatter(s *scratch, ps *pass, pt part) {
	width := packedCols(x.nc)
	n := pt.n1 - pt.n0
	t := &s.tile
	sum := s.c
	for r := pt.from; r < min(pt.to, ps.rows.n); r++ {
		for i := range ps.cols.n {
			for image := range x.images {
				at := (((pt.g0+image)*x.oh+ps.rows.out+r*ps.rows.outStep)*x.ow+ps.cols.out+i*ps.cols.outStep)*x.yc + x.k0 + pt.n0
				t.c = &x.y[at]
				x.e.attach(t, at, x.k0+pt.n0, true, true)
				finishRow(t, 0, sum[:n])
				sum = sum[width:]
			}
		}
	}
}
