package vec

// The functions here read x as rows of C channels, element (r, c) = x[r*C+c], C being the length of the per-channel slices; they
// serve the statistics, the application and the gradients of BatchNorm and GroupNorm, and bias gradients.

// columnRows is the number of rows whose column sums are kept in float32; such blocks are added in float64.
const columnRows = 32

// foldWidth is the width to which narrow rows are joined (k rows of C columns are one row of k*C), so that vectors are full.
const foldWidth = 64

// maxFold bounds the joined width: k*C is less than foldWidth + C for C < foldWidth.
const maxFold = 2 * foldWidth

// folds returns how many of the rows of c columns are joined.
func folds(rows, c int) int {
	if c >= foldWidth {
		return 1
	}
	return max(1, min(rows, (foldWidth+c-1)/c))
}

// ColumnSum adds the sums of the columns:
//
//	sum[c] += Σ_r x[r*C+c]
func ColumnSum(sum []float64, x []float32) {
	c := len(sum)
	n := rows(len(x), c)
	k := folds(n, c)
	if k <= 1 {
		eachBlock(n, c, func(lo, hi int) { columnSum(sum, x[lo:hi]) })
		return
	}
	var wide [maxFold]float64
	head := n / k * k * c
	eachBlock(n/k, k*c, func(lo, hi int) { columnSum(wide[:k*c], x[lo:hi]) })
	unfold(sum, wide[:k*c])
	columnSumGeneric(sum, x[head:])
}

// ColumnDot adds the sums of the columns of the product:
//
//	dot[c] += Σ_r x[r*C+c] * y[r*C+c]
//
// With y = x it is the column sums of squares.
func ColumnDot(dot []float64, x, y []float32) {
	same2(len(x), len(y))
	c := len(dot)
	n := rows(len(x), c)
	k := folds(n, c)
	if k <= 1 {
		eachBlock(n, c, func(lo, hi int) { columnDot(dot, x[lo:hi], y[lo:hi]) })
		return
	}
	var wide [maxFold]float64
	head := n / k * k * c
	eachBlock(n/k, k*c, func(lo, hi int) { columnDot(wide[:k*c], x[lo:hi], y[lo:hi]) })
	unfold(dot, wide[:k*c])
	columnDotGeneric(dot, x[head:], y[head:])
}

// ColumnMoments adds the first two moments about a given centre, in one pass over x:
//
//	sum[c] += Σ_r (x[r*C+c] - shift[c])
//	sq[c]  += Σ_r (x[r*C+c] - shift[c])**2
//
// A centre near the mean (the first row will do) keeps the variance sq/n - (sum/n)**2 free of cancellation.
func ColumnMoments(sum, sq []float64, x, shift []float32) {
	c := len(sum)
	same3(c, len(sq), len(shift))
	n := rows(len(x), c)
	k := folds(n, c)
	if k <= 1 {
		eachBlock(n, c, func(lo, hi int) { columnMoments(sum, sq, x[lo:hi], shift) })
		return
	}
	var wide, wideSq [maxFold]float64
	var centre [maxFold]float32
	Repeat(centre[:k*c], shift)
	head := n / k * k * c
	eachBlock(n/k, k*c, func(lo, hi int) { columnMoments(wide[:k*c], wideSq[:k*c], x[lo:hi], centre[:k*c]) })
	unfold(sum, wide[:k*c])
	unfold(sq, wideSq[:k*c])
	columnMomentsGeneric(sum, sq, x[head:], shift)
}

// ColumnSumDot adds the two sums that a normalisation's gradient needs, in one pass over dy and x:
//
//	sum[c] += Σ_r dy[r*C+c]
//	dot[c] += Σ_r dy[r*C+c] * (x[r*C+c] - shift[c])
func ColumnSumDot(sum, dot []float64, dy, x, shift []float32) {
	c := len(sum)
	same3(c, len(dot), len(shift))
	same2(len(x), len(dy))
	n := rows(len(x), c)
	k := folds(n, c)
	if k <= 1 {
		eachBlock(n, c, func(lo, hi int) { columnSumDot(sum, dot, dy[lo:hi], x[lo:hi], shift) })
		return
	}
	var wide, wideDot [maxFold]float64
	var centre [maxFold]float32
	Repeat(centre[:k*c], shift)
	head := n / k * k * c
	eachBlock(n/k, k*c, func(lo, hi int) {
		columnSumDot(wide[:k*c], wideDot[:k*c], dy[lo:hi], x[lo:hi], centre[:k*c])
	})
	unfold(sum, wide[:k*c])
	unfold(dot, wideDot[:k*c])
	columnSumDotGeneric(sum, dot, dy[head:], x[head:], shift)
}

// eachBlock cuts n rows of c columns into blocks of columnRows rows.
func eachBlock(n, c int, f func(lo, hi int)) {
	for r := 0; r < n; r += columnRows {
		f(r*c, min(r+columnRows, n)*c)
	}
}

// unfold adds the groups of len(sum) columns of wide.
func unfold(sum, wide []float64) {
	for c := len(sum); len(wide) > 0; wide = wide[c:] {
		for j, v := range wide[:c] {
			sum[j] += v
		}
	}
}

// ScaleShift applies one scale and one shift per channel:
//
//	dst[r*C+c] = a[r*C+c]*scale[c] + shift[c]
func ScaleShift(dst, a, scale, shift []float32) {
	same2(len(dst), len(a))
	c := len(scale)
	same2(c, len(shift))
	n := rows(len(a), c)
	k := folds(n, c)
	if k <= 1 {
		scaleShift(dst, a, scale, shift)
		return
	}
	var wideScale, wideShift [maxFold]float32
	Repeat(wideScale[:k*c], scale)
	Repeat(wideShift[:k*c], shift)
	head := n / k * k * c
	scaleShift(dst[:head], a[:head], wideScale[:k*c], wideShift[:k*c])
	tail := len(a) - head
	scaleShift(dst[head:], a[head:], wideScale[:tail], wideShift[:tail])
}

// Repeat fills dst with copies of row, the last one cut where dst ends: the broadcast of a per-channel vector over rows.
//
//	dst[i] = row[i%len(row)]
func Repeat[T any](dst, row []T) {
	if len(row) == 0 {
		same2(len(dst), 0)
		return
	}
	for n := copy(dst, row); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}

// Fill sets every element of dst to s.
func Fill[T any](dst []T, s T) {
	for i := range dst {
		dst[i] = s
	}
}
