package sample

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Linear returns the grid of n steps from hi whose n times are spaced evenly from hi to lo, both
// included, and then Clean:
//
//	t_i = hi - i (hi - lo)/(n - 1),  i = 0..n-1;  Clean
//
// For a Discrete process they are rounded to indices (half to even, as diffusers' "linspace"), so n
// is at most its T. One step is hi, Clean. In every spacing hi is where the grid starts, see Start.
func Linear(p reverie.Process, n int) ([]float64, error) {
	return grid(p, n, func(lo, hi float64, i int) float64 {
		return hi - float64(i)*((hi-lo)/float64(max(1, n-1)))
	})
}

// Trailing returns the grid of n steps from hi to lo, all alike, of which the last goes on to Clean
// in place of lo:
//
//	t_i = lo + (hi - lo)(1 - i/n),  i = 0..n-1;  Clean
//	t_i = T (1 - i/n) - 1, rounded half to even          (Discrete, n at most T = hi + 1)
//
// (Lin et al. 2023, arXiv:2305.08891; diffusers' "trailing".) Its last time before Clean is thus a
// step above lo, and Linear's is lo. A table's indices are shared out as if Clean were one of them,
// -1.
func Trailing(p reverie.Process, n int) ([]float64, error) {
	if _, ok := p.(reverie.Discrete); ok {
		return grid(p, n, func(_, hi float64, i int) float64 {
			return math.RoundToEven(hi+1-float64(i)*((hi+1)/float64(n))) - 1
		})
	}
	return grid(p, n, func(lo, hi float64, i int) float64 { return lo + (hi-lo)*(1-float64(i)/float64(n)) })
}

// Quadratic returns the grid of n steps from hi whose n times are squares of numbers spaced evenly,
// so that they are dense near the data:
//
//	t_i = lo + (hi - lo) (1 - i/(n-1))^2,  i = 0..n-1;  Clean
//
// (the "quadratic" of Song et al. 2021, arXiv:2010.02502, appendix D.2). Discrete: see Karras.
func Quadratic(p reverie.Process, n int) ([]float64, error) {
	return grid(p, n, func(lo, hi float64, i int) float64 {
		u := 1 - float64(i)/float64(max(1, n-1))
		return lo + (hi-lo)*u*u
	})
}

// LogSNR returns the grid of n steps from hi whose n times are spaced evenly in lambda = log(a/s),
// from hi to lo, both included, and then Clean (Lu et al. 2022, arXiv:2206.00927): geometric noise
// levels. Discrete, and where a = 0 at hi: see Karras.
func LogSNR(p reverie.Process, n int) ([]float64, error) {
	return byLevel(p, n, geometric(n))
}

// geometric are the logarithms of n noise levels from one to another whose ratios are the same.
func geometric(n int) func(from, to float64, i int) float64 {
	return func(from, to float64, i int) float64 { return lerp(math.Log(from), math.Log(to), i, n-1) }
}

// Karras returns the grid of n steps from hi whose noise levels S = s/a are those of Karras et al.
// (2022, arXiv:2206.00364, eq. 5), rho = 7, and then Clean:
//
//	S_i = (S_max^(1/rho) + i/(n-1) (S_min^(1/rho) - S_max^(1/rho)))^rho,  i = 0..n-1
//
// with S_max and S_min those at hi and lo. Where a = 0 at hi (flow at 1) S_max is infinite: then
// the grid starts at hi all the same, and goes on as from S_max = 80, the paper's.
//
// For a Discrete process the times of any spacing are rounded to indices, and where rounding makes
// two alike the one of more noise goes to the next free index: the grid always has n steps.
func Karras(p reverie.Process, n int) ([]float64, error) {
	const rho = 7
	return byLevel(p, n, func(from, to float64, i int) float64 {
		return rho * math.Log(lerp(math.Pow(from, 1./rho), math.Pow(to, 1./rho), i, n-1))
	})
}

// byLevel returns the grid of the noise levels with those logarithms, from the level at hi to that
// at lo.
func byLevel(p reverie.Process, n int, logS func(from, to float64, i int) float64) ([]float64, error) {
	return grid(p, n, func(lo, hi float64, i int) float64 { return ofLevel(p, lo, hi, i, n, logS) })
}

// ofLevel returns the i-th of n times from hi to lo of the noise levels with those logarithms: the
// ends exactly.
func ofLevel(p reverie.Process, lo, hi float64, i, n int, logS func(from, to float64, i int) float64) float64 {
	switch i {
	case 0:
		return hi
	case n - 1:
		return lo
	}
	return reverie.TimeAt(p, -logS(level(p, hi), level(p, lo), i))
}

// highest is the noise level from which a grid in noise levels goes on where that at hi is
// infinite.
const highest = 80

// level returns the noise level s/a at t, or highest where a = 0.
func level(p reverie.Process, t float64) float64 {
	if c := p.At(t); c.Alpha > 0 {
		return c.Sigma / c.Alpha
	}
	return highest
}

// noisiest is -log(a/s) at which Start begins: the bound of Lu et al.'s code for the cosine
// schedule. A DDPM of linear betas ends just below it.
const noisiest = 5.1

// Start returns the time at which every grid begins: hi, or, of a process whose law is noise alone
// long before hi, the last time at which log(a/s) is at least -5.1, that is s/a at most 164.
//
// From there to hi x_t is N(0, I) but for 0.6% of the data, so that nothing is lost; but one step
// from hi, where the cosine chain of 1,000 indices has s/a = 20,000, divides by a, and multiplies
// what a network says wrong of the noise as often: an error of 1% made samples over 5 times too
// wide under deterministic solvers. A law that keeps growing (VE, EDM), one that a is 0 in (flow)
// and a bridge start at hi.
func Start(p reverie.Process) float64 {
	lo, hi := p.Span()
	if reverie.HasFar(p) {
		return hi
	}
	t := reverie.TimeAt(p, -noisiest)
	if _, ok := p.(reverie.Discrete); ok {
		t = math.Floor(t)
	}
	if t <= lo || p.At(t).Sigma < 0.999*reverie.PriorSigma(p) {
		return hi
	}
	return t
}

// lerp returns the i-th of n+1 numbers spaced evenly from a to b.
func lerp(a, b float64, i, n int) float64 {
	if n == 0 {
		return a
	}
	u := float64(i) / float64(n)
	return a*(1-u) + b*u
}

// A Spacing is a row of Spacings.
type Spacing struct {
	table.Info
	// Grid returns the n times at which a walk of n steps is, from the process's last to its first,
	// and then Clean.
	Grid func(p reverie.Process, n int) ([]float64, error)
}

// Spacings are the spacings that a name chooses.
var Spacings = table.New("spacing", "spacings", " of the times",
	Spacing{table.Info{Name: "linear", Text: "even in time, lo included"}, Linear},
	Spacing{table.Info{Name: "trailing", Text: "even in time, the last step from above lo"}, Trailing},
	Spacing{table.Info{Name: "quadratic", Text: "squares in time: dense near the data"}, Quadratic},
	Spacing{table.Info{Name: "logsnr", Text: "even in log(alpha/sigma): geometric noise levels"}, LogSNR},
	Spacing{table.Info{Name: "karras", Text: "Karras et al.'s noise levels, rho 7"}, Karras},
)

// CheckSteps returns an error for a number of steps that a solver cannot take on a process: of a
// table there are at most T, and all for one that walks every index.
func CheckSteps(solver any, p reverie.Process, n int) error {
	if n < 1 {
		return fmt.Errorf("steps = %d: expected at least 1", n)
	}
	d, ok := p.(reverie.Discrete)
	if !ok {
		return nil
	}
	switch h := HabitsOf(solver, p); {
	case n > d.Steps():
		return fmt.Errorf("steps = %d: the process has only %d", n, d.Steps())
	case h.Whole && h.OwnTimes && n < d.Steps():
		return fmt.Errorf("steps = %d: solver %s walks all %d time steps; leave the number out", n, Name(solver), d.Steps())
	}
	return nil
}

// Grid returns the grid of n steps of the spacing of that name.
func Grid(spacing string, p reverie.Process, n int) ([]float64, error) {
	s, err := Spacings.Find(spacing)
	if err != nil {
		return nil, err
	}
	return s.Grid(p, n)
}

// grid returns the n times t(lo, hi, 0) .. t(lo, hi, n-1) from hi, which is Start's or the lowest
// that has n indices, to lo, then Clean.
func grid(p reverie.Process, n int, t func(lo, hi float64, i int) float64) ([]float64, error) {
	if err := CheckSteps(nil, p, n); err != nil {
		return nil, err
	}
	_, discrete := p.(reverie.Discrete)
	g := make([]float64, n, n+1)
	lo, _ := p.Span()
	hi := Start(p)
	if discrete {
		hi = max(hi, float64(n-1))
	}
	for i := range g {
		g[i] = min(hi, max(lo, t(lo, hi, i))) // rounding must not leave the span
	}
	if discrete {
		round(g, hi)
	}
	return append(g, reverie.Clean), nil
}

// round rounds falling times to different indices up to hi (half to even), of which there are
// enough: one that is taken moves up, and at the upper end down.
func round(g []float64, hi float64) {
	for i := len(g) - 1; i >= 0; i-- {
		g[i] = math.RoundToEven(g[i])
		if i < len(g)-1 {
			g[i] = max(g[i], g[i+1]+1)
		}
	}
	for i := range g {
		g[i] = min(g[i], hi-float64(i))
	}
}

// checkGrid reports a grid that does not lie in p's Span or does not run one way. It may end at
// Clean.
func checkGrid(p reverie.Process, grid []float64) error {
	if len(grid) < 2 {
		return fmt.Errorf("sample: a grid of %d times: expected at least 2", len(grid))
	}
	lo, hi := p.Span()
	for i, t := range grid {
		clean := t == reverie.Clean && i > 0 && i == len(grid)-1
		if !clean && !(t >= lo && t <= hi) {
			return fmt.Errorf("sample: time %d of the grid, %v, is outside %v..%v", i, t, lo, hi)
		}
		if i > 0 && (t == grid[i-1] || (t < grid[i-1]) != (grid[1] < grid[0])) {
			return fmt.Errorf("sample: the grid turns at time %d, from %v to %v: expected one direction", i, grid[i-1], t)
		}
	}
	return nil
}
