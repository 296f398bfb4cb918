package main

import (
	"math"
	"math/big"
)

// fit returns the n coefficients of the polynomial that equals f at the n Chebyshev nodes of [lo,
// hi]: its error is within a small factor of the best one's. The linear system is solved in 300-bit
// arithmetic, so only f's own error counts.
func fit(f func(x float64) float64, lo, hi float64, n int) []float64 {
	rows := make([][]*big.Float, n)
	for i := range rows {
		x := (lo+hi)/2 + (hi-lo)/2*math.Cos(math.Pi*(float64(i)+.5)/float64(n))
		rows[i] = make([]*big.Float, n+1)
		p := number(1)
		for j := range n {
			rows[i][j] = p
			p = number(0).Mul(p, number(x))
		}
		rows[i][n] = number(f(x))
	}
	return solve(rows)
}

func number(x float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(x) }

// solve is Gauss-Jordan elimination on the rows [A | b]; a Vandermonde matrix of distinct nodes
// needs no pivoting.
func solve(rows [][]*big.Float) []float64 {
	n := len(rows)
	for i, pivot := range rows {
		for k, r := range rows {
			if k == i {
				continue
			}
			q := number(0).Quo(r[i], pivot[i])
			for j := i; j <= n; j++ {
				r[j] = number(0).Sub(r[j], number(0).Mul(q, pivot[j]))
			}
		}
	}
	c := make([]float64, n)
	for i, r := range rows {
		c[i], _ = number(0).Quo(r[n], r[i]).Float64()
	}
	return c
}

// series sums term(k) for k = 0, 1, ... until the terms vanish.
func series(term func(k int) float64) float64 {
	var s float64
	for k := range 200 {
		s += term(k)
	}
	return s
}

// split returns hi, lo with hi + lo = x, hi a float32 whose low bits are zero.
func split(x float64, zeros int) (hi, lo float64) {
	b := math.Float32bits(float32(x)) >> zeros << zeros
	hi = float64(math.Float32frombits(b))
	return hi, x - hi
}

func factorial(n int) float64 { return math.Gamma(float64(n) + 1) }

// expTail is (e^r - 1 - r) / r^2.
func expTail(r float64) float64 {
	return series(func(k int) float64 { return math.Pow(r, float64(k)) / factorial(k+2) })
}

// logTail is (log(1+f) - f + f^2/2) / f^3.
func logTail(f float64) float64 {
	return series(func(k int) float64 { return math.Pow(-f, float64(k)) / float64(k+3) })
}

// erfTail is erf(sqrt(s))/sqrt(s) - 1.
func erfTail(s float64) float64 {
	return 2/math.Sqrt(math.Pi)*series(func(k int) float64 { return math.Pow(-s, float64(k)) / (factorial(k) * float64(2*k+1)) }) - 1
}

// sinTail is (sin(r)/r - 1) / r^2 and cosTail (cos(r) - 1 + r^2/2) / r^4, at s = r^2.
func sinTail(s float64) float64 {
	return -series(func(k int) float64 { return math.Pow(-s, float64(k)) / factorial(2*k+3) })
}

func cosTail(s float64) float64 {
	return series(func(k int) float64 { return math.Pow(-s, float64(k)) / factorial(2*k+4) })
}

// halfPiRest is pi/2 - a - b, from more digits of pi than a float64 has.
func halfPiRest(a, b float64) float64 {
	p, _, err := big.ParseFloat("1.5707963267948966192313216916397514420985846996875529", 10, 300, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	r, _ := p.Sub(p, number(a)).Sub(p, number(b)).Float64()
	return r
}

// atanhTail is 2/ln 2 * atanh(s)/s at z = s^2: log2((1+s)/(1-s)) = s * atanhTail.
func atanhTail(z float64) float64 {
	return 2 / math.Ln2 * series(func(k int) float64 { return math.Pow(z, float64(k)) / float64(2*k+1) })
}
