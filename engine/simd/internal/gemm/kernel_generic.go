package gemm

import "unsafe"

// genericVariant has portable kernels of up to 4 rows.
func genericVariant() *variant {
	v := newVariant(16, []int{1, 2, 4}, func(mr int) float64 { return float64(mr) + 1 })
	for _, mr := range []int{1, 2, 4} {
		v.rows[mr] = func(t *tile) { rowsGeneric(t, mr, 16) }
		v.cols[mr] = func(t *tile) { colsGeneric(t, mr, 16) }
	}
	return v
}

// rowsGeneric is
//
//	for r := range nruns { for s := range length { for i := range mr { for j := range nr {
//		sum[i][j] += (a+runs[r])[i*step + s] * b[r*length + s][j]
//	}}}}
//
// and then, as flags say, sum += c, sum += bias, sum += residual, sum = max(sum, 0); c = sum.
func rowsGeneric(t *tile, mr, nr int) { tileGeneric(t, mr, nr, t.step, 4) }

// colsGeneric is rowsGeneric with (a+runs[r])[i + s*step].
func colsGeneric(t *tile, mr, nr int) { tileGeneric(t, mr, nr, 4, t.step) }

func tileGeneric(t *tile, mr, nr, rowStep, kStep int) {
	var sum [4 * 16]float32
	runs := unsafe.Slice(t.runs, t.nruns)
	b := unsafe.Slice(t.b, t.nruns*t.length*nr)
	for r, offset := range runs {
		brun := b[r*t.length*nr:][:t.length*nr]
		for i := 0; i < mr; i += 2 {
			p := at(t.a, (offset+i*rowStep)/4)
			q := p // a single row is done twice
			if i+1 < mr {
				q = at(p, rowStep/4)
			}
			for j := 0; j < nr; j += 4 {
				blockGeneric((*[4]float32)(sum[i*nr+j:]), (*[4]float32)(sum[min(i+1, 3)*nr+j:]), p, q, kStep/4, brun[j:], nr)
			}
		}
	}
	for i := range mr {
		finishRow(t, i, sum[i*nr:][:nr])
	}
}

// blockGeneric adds the products of two rows of A, from p and q in steps of kStep floats, and four
// columns of B, nr floats apart from step to step, to two times four sums, which stay in registers.
func blockGeneric(c, d *[4]float32, p, q *float32, kStep int, b []float32, nr int) {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	d0, d1, d2, d3 := d[0], d[1], d[2], d[3]
	for k := 0; len(b) >= 4; k += kStep {
		x, y := *at(p, k), *at(q, k)
		c0 += x * b[0]
		c1 += x * b[1]
		c2 += x * b[2]
		c3 += x * b[3]
		d0 += y * b[0]
		d1 += y * b[1]
		d2 += y * b[2]
		d3 += y * b[3]
		b = b[min(nr, len(b)):]
	}
	c[0], c[1], c[2], c[3] = c0, c1, c2, c3
	d[0], d[1], d[2], d[3] = d0, d1, d2, d3
}

// packGeneric copies rows of some neighbouring pieces of nr floats, srcStep floats apart in src, to
// rows dstStep floats apart of panels panelStep floats apart:
//
//	dst[p*panelStep + r*dstStep + j] = src[r*srcStep + p*nr + j]
func packGeneric(dst, src []float32, rows, nr, dstStep, srcStep, panels, panelStep int) {
	for r := range rows {
		for p := range panels {
			copy(dst[p*panelStep+r*dstStep:][:nr], src[r*srcStep+p*nr:])
		}
	}
}

// addGeneric is for i := range dst { dst[i] += src[i] }.
func addGeneric(dst, src []float32) {
	for i, v := range src[:len(dst)] {
		dst[i] += v
	}
}

// transposeGeneric is for i := range n { for j := range n { dst[j*dstStep+i] = src[i*srcStep+j] }
// }.
func transposeGeneric(dst, src []float32, n, dstStep, srcStep int) {
	for i := range n {
		for j := range n {
			dst[j*dstStep+i] = src[i*srcStep+j]
		}
	}
}
