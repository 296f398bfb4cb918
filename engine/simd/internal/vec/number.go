package vec

// Float is the floating-point types of the package.
type Float interface{ ~float32 | ~float64 }

// Integer is the integer types of the package.
type Integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint
}

// Number is every type on which the arithmetic of the package is defined.
type Number interface{ Float | Integer }

const errLength = "vec: slice lengths do not match"

// same2 and its sisters panic unless the lengths are equal.
func same2(dst, a int) {
	if a != dst {
		panic(errLength)
	}
}

func same3(dst, a, b int) {
	if a != dst || b != dst {
		panic(errLength)
	}
}

func same4(dst, a, b, c int) {
	if a != dst || b != dst || c != dst {
		panic(errLength)
	}
}

// isFloat tells a floating-point T from an integer one.
func isFloat[T Number]() bool {
	one, two := T(1), T(2)
	return one/two != 0
}

// isSigned tells whether T has negative numbers.
func isSigned[T Number]() bool {
	var zero T
	return zero-1 < 0
}
