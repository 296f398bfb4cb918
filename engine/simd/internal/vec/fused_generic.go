package vec

import "math"

// MulAddOf sets dst[i] = a[i]*b[i] + c[i].
func MulAddOf[T Number](dst, a, b, c []T) {
	same4(len(dst), len(a), len(b), len(c))
	for i := range dst {
		dst[i] = a[i]*b[i] + c[i]
	}
}

// MulAddScalarOf sets dst[i] = a[i]*s + t.
func MulAddScalarOf[T Number](dst, a []T, s, t T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i]*s + t
	}
}

// AxpyToOf sets dst[i] = alpha*x[i] + y[i].
func AxpyToOf[T Number](dst []T, alpha T, x, y []T) {
	same3(len(dst), len(x), len(y))
	for i := range dst {
		dst[i] = alpha*x[i] + y[i]
	}
}

// CombineOf sets dst[i] = s*a[i] + t*b[i].
func CombineOf[T Number](dst []T, s T, a []T, t T, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = s*a[i] + t*b[i]
	}
}

// LerpOf sets dst[i] = a[i] + w*(b[i]-a[i]).
func LerpOf[T Float](dst, a, b []T, w T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] + w*(b[i]-a[i])
	}
}

// ReLUGradOf sets dst[i] = dy[i] where x[i] > 0, else 0.
func ReLUGradOf[T Number](dst, x, dy []T) {
	same3(len(dst), len(x), len(dy))
	for i, v := range x {
		if v > 0 {
			dst[i] = dy[i]
		} else {
			dst[i] = 0
		}
	}
}

// SiLUGradOf sets dst[i] = dy[i] * s*(1 + x[i]*(1-s)) with s = logistic(x[i]).
func SiLUGradOf[T Float](dst, x, dy []T) {
	same3(len(dst), len(x), len(dy))
	for i, v := range x {
		dst[i] = T(siluGrad64(float64(v), float64(dy[i])))
	}
}

// adamGeneric is the loop of AdamUpdate; c holds the scalars in the order of adamScalars.
func adamGeneric(w, m, v, g []float32, c *adamScalars) {
	for i := range w {
		d := g[i]*c.grad + w[i]*c.l2
		m[i] += (d - m[i]) * c.lerp
		v[i] = v[i]*c.beta2 + d*d*c.sq
		root := float32(math.Sqrt(float64(v[i])))/c.bias + c.eps
		w[i] = w[i]*c.keep - c.step*(m[i]/root)
	}
}
