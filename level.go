package reverie

import "math"

// LogLevel returns the log probability, in nats, of an 8-bit level under a discretised Gaussian (Ho
// et al. 2020, arXiv:2006.11239, eq. 13):
//
//	log of the integral of N(u; mean, e^(2 logSD)) over u from x - 1/255 to x + 1/255
//
// x is one of the 256 levels -1, -1 + 2/255, .., 1; the bin of the first is open below, that of the
// last above, so the 256 probabilities sum to 1. It is exact to some 1e-12 relative however far the
// level is from the mean, and -Inf only where it is below -1e307.
func LogLevel(x, mean, logSD float64) float64 {
	const half = 1.0 / 255
	d := x - mean
	switch {
	case math.IsNaN(d) || math.IsNaN(logSD):
		return math.NaN()
	case x < -1+half:
		return logTail(scaled(-d-half, logSD))
	case x > 1-half:
		return logTail(scaled(d-half, logSD))
	}
	d = math.Abs(d)
	return logBetween(scaled(d-half, logSD), scaled(d+half, logSD), scaled(d, logSD), math.Log(2*half)-logSD)
}

// scaled returns d e^-logSD, 0 for 0.
func scaled(d, logSD float64) float64 {
	if d == 0 {
		return 0
	}
	return d * math.Exp(-logSD)
}

// logBetween returns log(Phi(b) - Phi(a)) for b > |a|, where the middle is m and the logarithm of
// b-a is given.
func logBetween(a, b, m, logWidth float64) float64 {
	if b-a < 1e-2/max(1, b) { // Phi's difference would cancel: the density, and two terms of the series of its mean over the interval
		w, q := math.Exp(2*logWidth), m*m
		return logWidth - q/2 - math.Log(2*math.Pi)/2 + math.Log1p((q-1)*w/24+(q*q-6*q+3)*w*w/1920)
	}
	if a <= 0 {
		if outside := (math.Erfc(-a/math.Sqrt2) + math.Erfc(b/math.Sqrt2)) / 2; outside < 0.5 {
			return math.Log1p(-outside)
		}
		return math.Log((math.Erf(b/math.Sqrt2) - math.Erf(a/math.Sqrt2)) / 2)
	}
	top := logTail(a)
	if math.IsInf(top, -1) {
		return top
	}
	return top + log1mExp(top-logTail(b))
}

// log1mExp returns log(1 - e^-x) for x > 0.
func log1mExp(x float64) float64 {
	if x > math.Ln2 {
		return math.Log1p(-math.Exp(-x))
	}
	return math.Log(-math.Expm1(-x))
}

// logTail returns log(1 - Phi(z)) of the standard normal distribution.
func logTail(z float64) float64 {
	switch {
	case z < -1:
		return math.Log1p(-math.Erfc(-z/math.Sqrt2) / 2)
	case z < 5:
		return math.Log(math.Erfc(z/math.Sqrt2) / 2)
	case math.IsInf(z, 1):
		return math.Inf(-1)
	}
	// The continued fraction density(z)/(z + 1/(z + 2/(z + 3/..))), to the last bit from 5 on.
	f := z
	for k := 60.0; k >= 1; k-- {
		f = z + k/f
	}
	return -z*z/2 - math.Log(2*math.Pi)/2 - math.Log(f)
}
