package gemm

// Set by choose. packRows is packGeneric for rows, panels > 0 and nr of a variant; transposeBlock
// takes n = blockSize only.
var (
	packRows       func(dst, src []float32, rows, nr, dstStep, srcStep, panels, panelStep int)
	transposeBlock func(dst, src []float32, n, dstStep, srcStep int)
	blockSize      int
	add            func(dst, src []float32) // as addGeneric
)

// packColumns packs rows x cols elements src[r*rs + c*cs] into panels of panelRows rows, which
// begin at dst, from their row row0 on.
func packColumns(dst, src []float32, row0, rows, cols, panelRows, rs, cs int) {
	for c := 0; c < cols && rows > 0; {
		nr := panel(cols - c).nr
		count := (cols - c) / nr
		d := dst[c*panelRows+row0*nr:]
		if cs != 1 || count < 2 {
			packPanel(d, src[c*cs:], rows, min(nr, cols-c), nr, rs, cs)
			c += nr
			continue
		}
		packRows(d, src[c:], rows, nr, nr, rs, count, nr*panelRows)
		c += count * nr
	}
}

// packPanel packs rows x cols elements src[r*rs + c*cs] into rows of nr >= cols floats, the rest of
// each row zero.
func packPanel(dst, src []float32, rows, cols, nr, rs, cs int) {
	switch {
	case rows == 0:
	case cs == 1 && cols == nr:
		packRows(dst, src, rows, nr, nr, rs, 1, 0)
	case cs == 1:
		for r := range rows {
			d := dst[r*nr:][:nr]
			copy(d, src[r*rs:][:cols])
			clear(d[cols:])
		}
	case rs == 1:
		packTransposed(dst, src, rows, cols, nr, cs)
	default:
		packElements(dst, src, rows, cols, nr, rs, cs)
	}
}

// packTransposed is packPanel for rs = 1: blocks of blockSize, and single elements at the borders.
func packTransposed(dst, src []float32, rows, cols, nr, cs int) {
	s := blockSize
	wholeRows, wholeCols := rows/s*s, cols/s*s
	for r := 0; r < wholeRows; r += s {
		for c := 0; c < wholeCols; c += s {
			transposeBlock(dst[r*nr+c:], src[c*cs+r:], s, nr, cs)
		}
		if wholeCols < nr {
			packElements(dst[r*nr:], src[r:], s, cols, nr, 1, cs)
		}
	}
	if wholeRows < rows {
		packElements(dst[wholeRows*nr:], src[wholeRows:], rows-wholeRows, cols, nr, 1, cs)
	}
}

func packElements(dst, src []float32, rows, cols, nr, rs, cs int) {
	for r := range rows {
		d := dst[r*nr:][:nr]
		for c := range cols {
			d[c] = src[r*rs+c*cs]
		}
		clear(d[cols:])
	}
}
