package likelihood

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/parallel"
)

// The 8-bit levels x = x8/127.5 - 1.
const (
	levels   = 256
	perLevel = 127.5
)

// knownLevels refuses numbers of another number of levels.
func knownLevels(n int) error {
	if n != 0 && n != levels {
		return fmt.Errorf("likelihood: levels = %d: expected %d, of 8 bits, or 0 of real numbers", n, levels)
	}
	return nil
}

// level returns the number of x's level.
func level(x float64) int { return int(math.Round((x + 1) * perLevel)) }

// checkLevels reports a number that is no level, to what float32 rounds away.
func checkLevels(rows [][]float64) error {
	const tol = 1e-3 // of a level
	for i, row := range rows {
		for j, x := range row {
			k := (x + 1) * perLevel
			if !(math.Abs(k-math.Round(k)) <= tol && k > -tol && k < levels-1+tol) {
				return fmt.Errorf("likelihood: sample %d, number %d is %v: expected a level x8/127.5 - 1 of 8 bits; of real numbers ask for the density, with levels = 0", i, j, x)
			}
		}
	}
	return nil
}

// logNormal returns log N(x; m, v).
func logNormal(x, m, v float64) float64 {
	return -(math.Log(2*math.Pi*v) + (x-m)*(x-m)/v) / 2
}

// decode returns -log p(x | mean m, log variance logV) of each sample: the discretised Gaussian of
// levels, the Gaussian of real numbers.
func decode(n int, x, m [][]float64, logV func(i, j int) float64) []float64 {
	out := make([]float64, len(x))
	parallel.For(len(x), func(i int) {
		for j, x := range x[i] {
			if n > 0 {
				out[i] -= reverie.LogLevel(x, m[i][j], logV(i, j)/2)
			} else {
				out[i] -= logNormal(x, m[i][j], math.Exp(logV(i, j)))
			}
		}
	})
	return out
}

// decodeGiven returns -log p(x | z) of each sample, where p is q(z|x) as a law of x (Kingma et al.
// 2021, arXiv:2107.00630, sect. 3.3): normalised over the 256 levels, or over the line, which makes
// it N(z/a, s^2/a^2).
func decodeGiven(n int, c reverie.Coef, x, z [][]float64) []float64 {
	out, v := make([]float64, len(x)), c.Sigma*c.Sigma
	parallel.For(len(x), func(i int) {
		for j, x := range x[i] {
			if n > 0 {
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
