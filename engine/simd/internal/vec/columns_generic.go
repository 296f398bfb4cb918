package vec

// The column kernels of the portable level, one row after the other, accumulated in float64. x holds len(x)/len(sum) rows.

func columnSumGeneric(sum []float64, x []float32) {
	for c := len(sum); len(x) > 0; x = x[c:] {
		for j, v := range x[:c] {
			sum[j] += float64(v)
		}
	}
}

func columnDotGeneric(dot []float64, x, y []float32) {
	for c := len(dot); len(x) > 0; x, y = x[c:], y[c:] {
		for j, v := range x[:c] {
			dot[j] += float64(v) * float64(y[j])
		}
	}
}

func columnMomentsGeneric(sum, sq []float64, x, shift []float32) {
	for c := len(sum); len(x) > 0; x = x[c:] {
		for j, v := range x[:c] {
			d := float64(v - shift[j])
			sum[j] += d
			sq[j] += d * d
		}
	}
}

func columnSumDotGeneric(sum, dot []float64, y, x, shift []float32) {
	for c := len(sum); len(x) > 0; x, y = x[c:], y[c:] {
		for j, v := range y[:c] {
			sum[j] += float64(v)
			dot[j] += float64(v) * float64(x[j]-shift[j])
		}
	}
}

// ColumnSumOf adds to sum[c] the sum over the rows r of x[r*C+c], C = len(sum), row after row.
func ColumnSumOf[T Number](sum, x []T) {
	rows(len(x), len(sum))
	for c := len(sum); len(x) > 0; x = x[c:] {
		for j, v := range x[:c] {
			sum[j] += v
		}
	}
}

// ScaleShiftOf sets dst[r*C+c] = a[r*C+c] * scale[c] + shift[c], C = len(scale).
func ScaleShiftOf[T Number](dst, a, scale, shift []T) {
	same2(len(dst), len(a))
	same2(len(scale), len(shift))
	rows(len(a), len(scale))
	for c := len(scale); len(a) > 0; a, dst = a[c:], dst[c:] {
		for j, v := range a[:c] {
			dst[j] = v*scale[j] + shift[j]
		}
	}
}

// rows returns n/c; it panics unless c divides n.
func rows(n, c int) int {
	if c == 0 {
		same2(n, 0)
		return 0
	}
	if n%c != 0 {
		panic("vec: length is not a whole number of rows")
	}
	return n / c
}
