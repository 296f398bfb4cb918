package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/par"

// runBands does the correlation with weights packed once for all; a task is a band of rows of one
// image, which it copies itself.
func (x *correlation) runBands(p *par.Pool, packed int) {
	x.interleave, x.images = false, 1
	x.ws.b = resize(x.ws.b, packed)
	p.For(len(x.passes)*x.nblocks, x.packTask)
	x.divideBands(p.Threads())
	x.bh = x.rows.span(x.bandRows, x.inH)
	x.setRuns()
	p.For(x.n*x.bands, x.bandTask)
}

// divideBands makes bands that fit the level-2 cache, and enough of them for the threads.
func (x *correlation) divideBands(threads int) {
	row := max(x.bw*x.c*x.inH, 1)
	x.bandRows = max(corrBand/row, 2)
	if tasks := 3 * threads; threads > 1 && x.n*divUp(x.rows.n, x.bandRows) < tasks {
		x.bandRows = max(x.rows.n*x.n/tasks, 2)
	}
	x.bands = divUp(x.rows.n, x.bandRows)
	x.bandRows = divUp(x.rows.n, x.bands)
	x.bands = divUp(x.rows.n, x.bandRows)
}

// pack packs the weights of one pass and block.
func (x *correlation) pack(_, i int) {
	ps, blk := &x.passes[i/x.nblocks], i%x.nblocks
	c, _ := x.channels(blk)
	x.packBlock(x.ws.b[ps.b+c*ps.taps()*packedCols(x.k):], ps, blk, 0, x.k)
}

// band copies and computes band i.
func (x *correlation) band(worker, i int) {
	s := &x.ws.workers[worker]
	image, from := i/x.bands, i%x.bands*x.bandRows
	to := min(from+x.bandRows, x.rows.n)
	s.a = resize(s.a, x.bh*x.bw*x.c)
	x.copyRows(s.a, image, 0, 0, from*x.inH, x.rows.span(to-from, x.inH))
	for blk := range x.nblocks {
		c, _ := x.channels(blk)
		for i := range x.passes {
			ps := &x.passes[i]
			x.tiles(s, ps, blk, s.a, x.ws.b[ps.b+c*ps.taps()*packedCols(x.k):], part{image, from, from, to, 0, x.k})
		}
	}
}
