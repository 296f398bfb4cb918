package eval

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// A Reading says what the numbers of a batch are.
type Reading int

const (
	// Pixels are levels of 8 bits, x = x8/127.5 - 1: a bound is of the probability of the levels.
	Pixels Reading = iota
	// Points are real numbers: a bound is of their density.
	Points
)

// The 8-bit levels x = x8/127.5 - 1.
const (
	levels   = 256
	halfBin  = 1.0 / 255
	perLevel = 127.5
)

// level returns the number of x's level.
func level(x float64) int { return int(math.Round((x + 1) * perLevel)) }

// checkLevels reports a number that is no level, to what float32 rounds away.
func checkLevels(rows [][]float64) error {
	const tol = 1e-3 // of a level
	for i, row := range rows {
		for j, x := range row {
			k := (x + 1) * perLevel
			if !(math.Abs(k-math.Round(k)) <= tol && k > -tol && k < levels-1+tol) {
				return fmt.Errorf("eval: image %d, number %d is %v: expected a level x8/127.5 - 1 of 8 bits; for other numbers ask for the density of points", i, j, x)
			}
		}
	}
	return nil
}

// logBin returns the logarithm of the probability of level k under the discretised Gaussian of mean m and deviation s (Ho et al. 2020,
// arXiv:2006.11239, eq. 13):
//
//	integral of N(m, s^2) over x_k -+ 1/255,   x_k = 2k/255 - 1, the first bin open below and the last above
func logBin(k int, m, s float64) float64 {
	x := float64(k)/perLevel - 1
	lo, hi := (x-halfBin-m)/s, (x+halfBin-m)/s
	if k <= 0 {
		lo = math.Inf(-1)
	}
	if k >= levels-1 {
		hi = math.Inf(1)
	}
	return logNormalBetween(lo, hi)
}

// logNormalBetween returns log(Phi(b) - Phi(a)) for a < b, to full precision in both tails.
func logNormalBetween(a, b float64) float64 {
	if a > 0 { // on the side where Phi is small and erfc exact
		a, b = -b, -a
	}
	if b > 0 {
		return math.Log(math.Erf(b/math.Sqrt2)/2 - math.Erf(a/math.Sqrt2)/2)
	}
	top := logPhi(b)
	if math.IsInf(a, -1) {
		return top
	}
	return top + math.Log(-math.Expm1(logPhi(a)-top))
}

// logPhi returns the logarithm of the standard normal distribution at z <= 0; far out where Phi is no float64, by its asymptotic series.
func logPhi(z float64) float64 {
	if z > -35 {
		return math.Log(math.Erfc(-z/math.Sqrt2) / 2)
	}
	w := 1 / (z * z)
	return -z*z/2 - math.Log(-z) - math.Log(2*math.Pi)/2 + math.Log1p(-w*(1-w*(3-w*15)))
}

// logNormal returns log N(x; m, v).
func logNormal(x, m, v float64) float64 {
	return -(math.Log(2*math.Pi*v) + (x-m)*(x-m)/v) / 2
}

// decode returns -log p(x | mean m, variance v) of each sample: the discretised Gaussian of levels, the Gaussian of points.
func (o Reading) decode(x, m [][]float64, v float64) []float64 {
	out, s := make([]float64, len(x)), math.Sqrt(v)
	parallel(len(x), func(i int) {
		for j, x := range x[i] {
			if o == Pixels {
				out[i] -= logBin(level(x), m[i][j], s)
			} else {
				out[i] -= logNormal(x, m[i][j], v)
			}
		}
	})
	return out
}

// decodeLikelihood returns -log p(x | z) of each sample, where p is q(z|x) as a law of x (Kingma et al. 2021, arXiv:2107.00630, sect.
// 3.3): normalised over the 256 levels, or over the line, which makes it N(z/a, s^2/a^2).
func (o Reading) decodeLikelihood(c reverie.Coef, x, z [][]float64) []float64 {
	out, v := make([]float64, len(x)), c.Sigma*c.Sigma
	parallel(len(x), func(i int) {
		for j, x := range x[i] {
			if o == Pixels {
				out[i] -= logLevelGiven(c, level(x), z[i][j])
			} else {
				out[i] -= logNormal(x, z[i][j]/c.Alpha, v/(c.Alpha*c.Alpha))
			}
		}
	})
	return out
}

// logLevelGiven returns log q(z|x_k) - log sum over l of q(z|x_l).
func logLevelGiven(c reverie.Coef, k int, z float64) float64 {
	energy := func(l int) float64 {
		d := (z - c.Alpha*(float64(l)/perLevel-1)) / c.Sigma
		return -d * d / 2
	}
	mode := level(min(max(z/c.Alpha, -1), 1))
	top, sum := energy(mode), 0.0
	// Outwards from the most probable level, until what is left is below a rounding.
	for l := mode; l < levels; l++ {
		e := math.Exp(energy(l) - top)
		sum += e
		if e < 1e-19 {
			break
		}
	}
	for l := mode - 1; l >= 0; l-- {
		e := math.Exp(energy(l) - top)
		sum += e
		if e < 1e-19 {
			break
		}
	}
	return energy(k) - top - math.Log(sum)
}
