package sample

import (
	"fmt"
	"math"
	"strings"

	"github.com/reverie-go/reverie"
)

// Linear returns the grid of n steps from hi whose n times are spaced evenly from hi to lo, both included, and then Clean:
//
//	t_i = hi - i (hi - lo)/(n - 1),  i = 0..n-1;  Clean
//
// For a Discrete process they are rounded to indices (half to even, as diffusers' "linspace"), so n is at most its T. One step is hi, Clean.
func Linear(p reverie.Process, n int) ([]float64, error) {
	lo, hi := p.Span()
	return grid(p, n, func(i int) float64 {
		return hi - float64(i)*((hi-lo)/float64(max(1, n-1)))
	})
}

// Trailing returns the grid of n steps from hi, all alike, of which the last one goes to Clean in place of lo:
//
//	t_i = lo + (hi - lo)(1 - i/n),  i = 0..n-1;  Clean
//	t_i = T (1 - i/n) - 1, rounded half to even          (Discrete, n at most T)
//
// (Lin et al. 2023, arXiv:2305.08891; diffusers' "trailing".) It differs from Linear in the last step: Linear's visits lo first.
func Trailing(p reverie.Process, n int) ([]float64, error) {
	lo, hi := p.Span()
	if d, ok := p.(reverie.Discrete); ok {
		T := float64(d.Steps())
		return grid(p, n, func(i int) float64 { return math.RoundToEven(T-float64(i)*(T/float64(n))) - 1 })
	}
	return grid(p, n, func(i int) float64 { return lo + (hi-lo)*(1-float64(i)/float64(n)) })
}

// Quadratic returns the grid of n steps from hi whose n times are squares of numbers spaced evenly, so that they are dense near the data:
//
//	t_i = lo + (hi - lo) (1 - i/(n-1))^2,  i = 0..n-1;  Clean
//
// (the "quadratic" of Song et al. 2021, arXiv:2010.02502, appendix D.2). Discrete: see Karras.
func Quadratic(p reverie.Process, n int) ([]float64, error) {
	lo, hi := p.Span()
	return grid(p, n, func(i int) float64 {
		u := 1 - float64(i)/float64(max(1, n-1))
		return lo + (hi-lo)*u*u
	})
}

// LogSNR returns the grid of n steps from hi whose n times are spaced evenly in lambda = log(a/s), from hi to lo, both included, and then
// Clean (Lu et al. 2022, arXiv:2206.00927): geometric noise levels. Discrete, and where a = 0 at hi: see Karras.
func LogSNR(p reverie.Process, n int) ([]float64, error) {
	from, to := levels(p)
	return grid(p, n, func(i int) float64 { return timeOf(p, lerp(math.Log(from), math.Log(to), i, n-1), i, n) })
}

// Karras returns the grid of n steps from hi whose noise levels S = s/a are those of Karras et al. (2022, arXiv:2206.00364, eq. 5), rho = 7,
// and then Clean:
//
//	S_i = (S_max^(1/rho) + i/(n-1) (S_min^(1/rho) - S_max^(1/rho)))^rho,  i = 0..n-1
//
// with S_max and S_min those at hi and lo. Where a = 0 at hi (flow at 1) S_max is infinite: then the grid starts at hi all the same, and goes on
// as from S_max = 80, the paper's.
//
// For a Discrete process the times of any spacing are rounded to indices, and where rounding makes two alike the one of more noise goes to the
// next free index: the grid always has n steps.
func Karras(p reverie.Process, n int) ([]float64, error) {
	const rho = 7
	from, to := levels(p)
	return grid(p, n, func(i int) float64 {
		S := math.Pow(lerp(math.Pow(from, 1./rho), math.Pow(to, 1./rho), i, n-1), rho)
		return timeOf(p, math.Log(S), i, n)
	})
}

// highest is the noise level from which a grid in noise levels goes on where that at hi is infinite.
const highest = 80

// levels returns the noise levels s/a at hi (or highest) and lo.
func levels(p reverie.Process) (from, to float64) {
	lo, hi := p.Span()
	if c := p.At(hi); c.Alpha > 0 {
		from = c.Sigma / c.Alpha
	} else {
		from = highest
	}
	c := p.At(lo)
	return from, c.Sigma / c.Alpha
}

// timeOf returns the time of the noise level with that logarithm, the i-th of n: the ends exactly.
func timeOf(p reverie.Process, logS float64, i, n int) float64 {
	lo, hi := p.Span()
	switch i {
	case 0:
		return hi
	case n - 1:
		return lo
	}
	return reverie.TimeAt(p, -logS)
}

// lerp returns the i-th of n+1 numbers spaced evenly from a to b.
func lerp(a, b float64, i, n int) float64 {
	if n == 0 {
		return a
	}
	u := float64(i) / float64(n)
	return a*(1-u) + b*u
}

// spacing is a grid by its name.
type spacing struct {
	Info
	grid func(p reverie.Process, n int) ([]float64, error)
}

var spacings = []spacing{
	{Info{Name: "linear", Text: "even in time, lo included"}, Linear},
	{Info{Name: "trailing", Text: "even in time, the last step from above lo"}, Trailing},
	{Info{Name: "quadratic", Text: "squares in time: dense near the data"}, Quadratic},
	{Info{Name: "logsnr", Text: "even in log(alpha/sigma): geometric noise levels"}, LogSNR},
	{Info{Name: "karras", Text: "Karras et al.'s noise levels, rho 7"}, Karras},
}

// SpacingInfos describes the spacings, in the order of Spacings.
func SpacingInfos() []Info {
	var all []Info
	for _, s := range spacings {
		all = append(all, s.Info)
	}
	return all
}

// DefaultSpacing returns the spacing that suits a solver on a process: karras where the time is the noise level itself (EDM), logsnr for the
// multistep solvers, whose steps are in lambda, linear for the others (docs/samplers.md has what it is worth).
func DefaultSpacing(solver string, p reverie.Process) string {
	if _, ok := p.(reverie.EDM); ok {
		return "karras"
	}
	switch solver {
	case "dpm++2m", "dpm++2m-sde", "unipc":
		return "logsnr"
	}
	return "linear"
}

// Spacings returns the names that Grid knows.
func Spacings() []string { return names(SpacingInfos()) }

// Grid returns the grid of n steps of the spacing of that name.
func Grid(spacing string, p reverie.Process, n int) ([]float64, error) {
	for _, s := range spacings {
		if s.Name == spacing {
			return s.grid(p, n)
		}
	}
	return nil, fmt.Errorf("unknown spacing %q: expected one of %s", spacing, strings.Join(Spacings(), ", "))
}

// grid returns the n times t(0) .. t(n-1), then Clean.
func grid(p reverie.Process, n int, t func(i int) float64) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("steps = %d: expected at least 1", n)
	}
	d, discrete := p.(reverie.Discrete)
	if discrete && n > d.Steps() {
		return nil, fmt.Errorf("steps = %d: the process has only %d", n, d.Steps())
	}
	g := make([]float64, n, n+1)
	lo, hi := p.Span()
	for i := range g {
		g[i] = min(hi, max(lo, t(i))) // rounding must not leave the span
	}
	if discrete {
		round(g, d.Steps())
	}
	return append(g, reverie.Clean), nil
}

// round rounds falling times to different indices of T (half to even), of which there are enough: one that is taken moves up, and at the
// upper end down.
func round(g []float64, T int) {
	for i := len(g) - 1; i >= 0; i-- {
		g[i] = math.RoundToEven(g[i])
		if i < len(g)-1 {
			g[i] = max(g[i], g[i+1]+1)
		}
	}
	for i := range g {
		g[i] = min(g[i], float64(T-1-i))
	}
}

// checkGrid reports a grid that does not lie in p's Span or does not run one way. It may end at Clean.
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
