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
		for s := range t.length {
			brow := b[(r*t.length+s)*nr:][:nr]
			for i := range mr {
				a := *at(t.a, (offset+i*rowStep+s*kStep)/4)
				multiplyAdd(sum[i*nr:][:nr], a, brow)
			}
		}
	}
	for i := range mr {
		finishRow(t, i, sum[i*nr:][:nr])
	}
}

// multiplyAdd is for j := range sum { sum[j] += a*b[j] }, four at a time. len(sum) = len(b) is a multiple of 4.
func multiplyAdd(sum []float32, a float32, b []float32) {
	for len(sum) >= 4 && len(b) >= 4 {
		sum[0] += a * b[0]
		sum[1] += a * b[1]
		sum[2] += a * b[2]
		sum[3] += a * b[3]
		sum, b = sum[4:], b[4:]
	}
}

// packGeneric copies rows of some neighbouring pieces of nr floats, srcStep floats apart in src, to rows dstStep floats apart of
// panels panelStep floats apart:
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

// transposeGeneric is for i := range n { for j := range n { dst[j*dstStep+i] = src[i*srcStep+j] } }.
func transposeGeneric(dst, src []float32, n, dstStep, srcStep int) {
	for i := range n {
		for j := range n {
			dst[j*dstStep+i] = src[i*srcStep+j]
		}
	}
}
