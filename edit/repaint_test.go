package edit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// A recursion carries mean and covariance of two numbers through RePaint, for data N(0, [[1, rho],
// [rho, 1]]) of which the first number is 1, by the chain's own formulas: with abar the products of
// 1 - beta from the data on, abar[0] = 1.
type recursion struct {
	rho  float64
	abar []float64
	mean [2]float64
	cov  [2][2]float64
}

// ancestral is a step of Ho et al. 2020, eq. 7, from index i to j with E[x0 | x_i] of a Gaussian.
func (r *recursion) ancestral(i, j int) {
	a, s2 := math.Sqrt(r.abar[i]), 1-r.abar[i]
	beta := 1 - r.abar[i]/r.abar[j]
	ofX0, ofX := math.Sqrt(r.abar[j])*beta/s2, math.Sqrt(1-beta)*(1-r.abar[j])/s2
	v, e := a*a+s2, a*a*r.rho // the covariance of x_i
	det := v*v - e*e
	own, other := ofX+ofX0*a*(v-r.rho*e)/det, ofX0*a*(r.rho*v-e)/det
	r.apply(own, other, beta*(1-r.abar[j])/s2)
}

// apply is x <- [[own, other], [other, own]] x + noise of that variance.
func (r *recursion) apply(own, other, variance float64) {
	m, c := r.mean, r.cov
	k := [2][2]float64{{own, other}, {other, own}}
	for i := range 2 {
		r.mean[i] = k[i][0]*m[0] + k[i][1]*m[1]
		for j := range 2 {
			r.cov[i][j] = 0
			for p := range 2 {
				for q := range 2 {
					r.cov[i][j] += k[i][p] * c[p][q] * k[j][q]
				}
			}
		}
		r.cov[i][i] += variance
	}
}

// put puts what is known in its place: apart from all else.
func (r *recursion) put(j int) {
	r.mean[0] = math.Sqrt(r.abar[j])
	r.cov = [2][2]float64{{1 - r.abar[j], 0}, {0, r.cov[1][1]}}
}

// run walks down all indices and returns the second number's mean and variance.
func (r *recursion) run(jump, passes int) (mean, variance float64) {
	n := len(r.abar) - 1
	r.mean, r.cov = [2]float64{}, [2][2]float64{{1, 0}, {0, 1}}
	for from := n; from > 0; {
		to := from - jump
		if from == n && n%jump != 0 {
			to = from - n%jump
		}
		for pass := range passes {
			if from == n && pass > 0 {
				break // the first stretch
			}
			if pass > 0 {
				k := r.abar[from] / r.abar[to]
				r.apply(math.Sqrt(k), 0, 1-k)
			}
			for i := from; i > to; i-- {
				r.ancestral(i, i-1)
				r.put(i - 1)
			}
		}
		from = to
	}
	return r.mean[1], r.cov[1][1]
}

// correlated is a recursion of n steps of VP, whose index i is at the time i/n, and that process as
// a chain.
func correlated(t *testing.T, rho float64, n int) (*recursion, *reverie.DDPM) {
	t.Helper()
	r := &recursion{rho: rho, abar: []float64{1}}
	beta := make([]float64, n)
	for i := range beta {
		at := float64(i+1) / float64(n)
		r.abar = append(r.abar, math.Exp(-(0.1*at + 19.9*at*at/2)))
		beta[i] = 1 - r.abar[i+1]/r.abar[i]
	}
	chain, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	return r, chain
}

// TestRePaintLaw: mean and covariance of what it draws are those of its recursion, which is not the
// posterior's.
func TestRePaintLaw(t *testing.T) {
	for _, c := range []struct{ steps, jump, passes int }{{250, 1, 1}, {20, 1, 4}, {20, 3, 3}, {7, 4, 2}, {7, 9, 2}} {
		r, chain := correlated(t, 0.9, c.steps)
		s := setting{"", gaussian(t, []float64{0, 0}, [][]float64{{1, 0.9}, {0.9, 1}}), mask{Shape{1, 2, 1}, []bool{true, false}}, 0, []float64{1, 0}}
		all := grid(t, "linear", chain, c.steps)
		mean, cov := momentsOf(t, 2, func(sp reverie.Space[batch], zeros batch) batch {
			pr := s.problem(chain, sp, &sample.DDPM[batch]{}, all, len(zeros))
			d, err := (&RePaint[batch]{Jump: c.jump, Passes: c.passes}).Draw(t.Context(), pr, pr.Run.Prior(zeros))
			if err != nil {
				t.Fatal(err)
			}
			return d.X
		})
		wantMean, wantVar := r.run(min(c.jump, c.steps), c.passes)
		name := fmt.Sprintf("%d steps, jump %d, %d passes: ", c.steps, c.jump, c.passes)
		near(t, name+"mean", mean[1], wantMean, 1e-9)
		near(t, name+"variance", cov[1][1], wantVar, 1e-9)
		near(t, name+"what is known", mean[0], 1, 1e-12)
		near(t, name+"its variance", cov[0][0], 0, 1e-12)
	}
}

// TestRePaintNumbers: 250 steps, which TestRePaintLaw holds the code to for one pass; the
// posterior's mean and variance are .9 and .19.
func TestRePaintNumbers(t *testing.T) {
	r, _ := correlated(t, 0.9, 250)
	for passes, want := range map[int][2]float64{1: {0.6221, 0.3002}, 10: {0.8787, 0.1665}, 50: {0.8958, 0.1341}} {
		mean, variance := r.run(1, passes)
		near(t, fmt.Sprint(passes, " passes: mean"), mean, want[0], 5e-5)
		near(t, fmt.Sprint(passes, " passes: variance"), variance, want[1], 5e-5)
	}
}

// TestRePaintLimits: without correlation what is drawn knows nothing of what is known; with an
// empty mask RePaint of one pass is the solver; with a full one it is what is known.
func TestRePaintLimits(t *testing.T) {
	p := reverie.VP{}
	apart := setting{"", gaussian(t, []float64{0, 0}, [][]float64{{1, 0}, {0, 1}}), mask{Shape{1, 2, 1}, []bool{true, false}}, 0, []float64{1, 0}}
	drawn := func(passes int) (mean []float64, cov [][]float64) {
		return momentsOf(t, 2, func(sp reverie.Space[batch], zeros batch) batch {
			pr := apart.problem(p, sp, &sample.DDIM[batch]{Eta: 1}, grid(t, "linear", p, 30), len(zeros))
			x := pr.Run.Prior(zeros)
			if passes == 0 {
				y, err := sample.Sample(t.Context(), pr.Run, pr.Solver, x, pr.Grid, nil)
				if err != nil {
					t.Fatal(err)
				}
				return y
			}
			d, err := (&RePaint[batch]{Jump: 1, Passes: passes}).Draw(t.Context(), pr, x)
			if err != nil {
				t.Fatal(err)
			}
			return d.X
		})
	}
	_, free := drawn(0)
	mean, cov := drawn(1)
	near(t, "variance without correlation", cov[1][1], free[1][1], 1e-12)
	near(t, "mean without correlation", mean[1], 0, 1e-12)
	mean, _ = drawn(5)
	near(t, "mean without correlation, 5 passes", mean[1], 0, 1e-12)

	m := mixture.Random(4, 2, 3)
	all, x := grid(t, "linear", p, 10), noise(7, 2, 4)
	for _, method := range []Method[batch]{&RePaint[batch]{Passes: 1}, &Replace[batch]{}} {
		s := setting{"", m, mask{Shape{2, 2, 1}, make([]bool, 4)}, 0, make([]float64, 4)}
		pr := s.problem(p, host(5), &sample.DDIM[batch]{}, all, 2)
		want, err := sample.Sample(t.Context(), pr.Run, pr.Solver, x, all, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := method.Draw(t.Context(), pr, x)
		if err != nil {
			t.Fatal(err)
		}
		for n := range x {
			nearAll(t, "with an empty mask", d.X[n], want[n], 1e-12)
			near(t, "its misfit", d.Misfit[n], 0, 0)
		}
		s.a, s.y = mask{Shape{2, 2, 1}, slices.Repeat([]bool{true}, 4)}, []float64{1, 2, 3, 4}
		if d, err = method.Draw(t.Context(), s.problem(p, host(5), &sample.DDIM[batch]{Eta: 1}, all, 2), x); err != nil {
			t.Fatal(err)
		}
		nearAll(t, "with a full mask", d.X[1], s.y, 1e-12)
	}
}

// TestRePaintSteps: the hook is called for every step of every pass, numbered through.
func TestRePaintSteps(t *testing.T) {
	p := reverie.VP{}
	s := setting{"", mixture.Random(4, 2, 3), mask{Shape{2, 2, 1}, make([]bool, 4)}, 0, make([]float64, 4)}
	pr := s.problem(p, host(5), &sample.DDIM[batch]{Eta: 1}, grid(t, "linear", p, 8), 1)
	var steps, calls []int
	pr.Hook = func(s sample.State[batch]) error {
		steps, calls = append(steps, s.Step), append(calls, s.Calls)
		if s.Steps != 20 {
			t.Errorf("%d steps", s.Steps)
		}
		return nil
	}
	if _, err := (&RePaint[batch]{Jump: 3, Passes: 3}).Draw(t.Context(), pr, noise(1, 1, 4)); err != nil {
		t.Fatal(err)
	}
	want := make([]int, 20) // 2, and twice 3 thrice
	for i := range want {
		want[i] = i + 1
	}
	if !slices.Equal(steps, want) || !slices.Equal(calls, want) {
		t.Errorf("steps %v, calls %v", steps, calls)
	}
}

// TestMethodRefusals: what a method does not go with is refused, and why.
func TestMethodRefusals(t *testing.T) {
	p := reverie.VP{}
	sum := setting{"", mixture.Random(2, 1, 3), pair{1, 1}, 0.1, []float64{1}}
	all := grid(t, "linear", p, 4)
	good := sum.problem(p, host(0), &sample.DDIM[batch]{}, all, 1)
	silent := sum.problem(p, host(0), &sample.DDIM[batch]{}, all, 1)
	silent.Run.Denoiser = reverie.DenoiserFunc[batch](nil)
	between := sum.problem(reverie.Flow{Between: true}, host(0), &sample.DDIM[batch]{}, all, 1)
	for _, c := range []struct {
		method Method[batch]
		p      Problem[batch]
		want   string
	}{
		{&RePaint[batch]{}, good, "method repaint puts what is known in its place, so that it goes with masks alone"},
		{&Replace[batch]{}, good, "method replace"},
		{&MMPS[batch]{Noise: Noise{0.1}}, silent, "method mmps: a denoiser that is a function of x and t gives no vector-Jacobian product"},
		{&DPS[batch]{Noise: Noise{0.1}}, silent, "method dps: a denoiser"},
		{&MMPS[batch]{}, good, "a noise level of 0: expected at least 0.001"},
		{&DPS[batch]{}, good, "a noise level of 0"}, {&DiffPIR[batch]{}, good, "a noise level of 0"},
		{&DiffPIR[batch]{Noise: Noise{0.1}}, between, "no score"},
		{&DPS[batch]{}, Problem[batch]{}, "needs a Run, a Solver and an Operator"},
		{&RePaint[batch]{}, sum.problem(p, host(0), &sample.DDIM[batch]{}, nil, 1), "a grid of 0 times"},
	} {
		if _, err := c.method.Draw(t.Context(), c.p, batch{{1, 2}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.method.Row().Name, err, c.want)
		}
	}
	if Wants(&MMPS[batch]{}) != reverie.WantVJP || Wants(&DiffPIR[batch]{}) != 0 || !MaskedOnly(&Replace[batch]{}) || MaskedOnly(&MMPS[batch]{}) {
		t.Error("what methods say of themselves")
	}
}
