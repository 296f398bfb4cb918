package reverie

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// The cosine schedule is what its betas' product tends to: at (t+1)/T it is the chain's abar, but
// for the betas clipped at 0.999.
func TestCosineVPIsTheChains(t *testing.T) {
	const T = 1000
	p, chain := CosineVP{}, mustDDPM("cosine", T)
	for i := range T - 10 {
		c, want := p.At(float64(i+1)/T), chain.At(float64(i))
		near(t, "a", c.Alpha, want.Alpha, 1e-9, 0)
		near(t, "s", c.Sigma, want.Sigma, 1e-9, 0)
	}
	// Nichol & Dhariwal, eq. 17, in the middle.
	f := func(u float64) float64 { return math.Pow(math.Cos((u+0.008)/1.008*math.Pi/2), 2) }
	near(t, "abar(1/2)", math.Pow(p.At(0.5).Alpha, 2), f(0.5)/f(0), tol, 0)
	near(t, "abar(1/2)", f(0.5)/f(0), 0.4938, 1e-4, 0)
}

// The sigmoid schedule as the papers' code has it: v_end - S((t (end-start) + start)/tau) over
// v_end - v_start.
func TestSigmoidVPIsThePapers(t *testing.T) {
	for _, p := range []SigmoidVP{{}, {Start: 0, End: 3, Tau: 0.7}, {Start: -3, End: 3, Tau: 0.3}} {
		start, end, tau := p.Start, p.End, or(p.Tau, 1)
		if end == 0 {
			start, end = -3, 3
		}
		for _, at := range []float64{0.01, 0.25, 0.5, 0.75, 0.99} {
			a, b := sigmoid(start/tau), sigmoid(end/tau)
			want := (b - sigmoid((at*(end-start)+start)/tau)) / (b - a)
			near(t, "abar", math.Pow(p.At(at).Alpha, 2), want, 1e-11, 0)
		}
	}
	near(t, "abar(1/2)", math.Pow(SigmoidVP{}.At(0.5).Alpha, 2), 0.5, tol, 0) // by symmetry
}

// diffusers 0.35.2, DDPMScheduler(5, 1e-4, 0.02, "sigmoid").betas, in float32.
func TestSigmoidBetasAreDiffusers(t *testing.T) {
	want := []float64{0.00014920519606675953, 0.0010437748860567808, 0.010049999691545963, 0.019056225195527077, 0.01995079591870308}
	for i, b := range SigmoidBetas(5, 1e-4, 0.02) {
		near(t, "beta", b, want[i], 1e-6, 0)
	}
}

// ZeroSNR keeps the first step, leaves the last next to no signal, and sqrt(abar) between them by a
// straight line of what it was.
func TestZeroSNR(t *testing.T) {
	for _, beta := range [][]float64{LinearBetas(1000, 1e-4, 0.02), CosineBetas(300), {0.1, 0.2}, {0.1, 0.3, 0.2}} {
		out := ZeroSNR(beta)
		p, err := NewDDPM(out)
		if err != nil {
			t.Fatal(err)
		}
		last := len(beta) - 1
		if out[0] != beta[0] || !(p.AlphaBar(last) <= 0x1p-24*(1+1e-9)) || !(p.AlphaBar(last) > 0) {
			t.Errorf("T = %d: first beta %v, want %v; last abar %v", last+1, out[0], beta[0], p.AlphaBar(last))
		}
		root := func(beta []float64, t int) float64 { // by products, not by logarithms
			product := 1.0
			for _, b := range beta[:t+1] {
				product *= 1 - b
			}
			return math.Sqrt(product)
		}
		first, end := root(beta, 0), root(beta, last)
		for i := range last {
			want := first * (root(beta, i) - end) / (first - end)
			if got := root(out, i); math.Abs(got-want) > 1e-9 {
				t.Errorf("T = %d, index %d: sqrt(abar) %v, want %v", last+1, i, got, want)
			}
		}
	}
	if out := ZeroSNR([]float64{0.1}); out[0] != 0.1 {
		t.Errorf("one beta became %v", out)
	}
}

// Flow matching's diffusion path is VP with velocity prediction: Lipman et al. 2023,
// arXiv:2210.02747, eq. 19, whose time runs the other way and whose T(s) is B:
//
//	u_t(x|x1) = -T'(1-t)/2 (e^(-T(1-t)) x - e^(-T(1-t)/2) x1)/(1 - e^(-T(1-t)))
func TestVPVelocityIsFlowMatchings(t *testing.T) {
	const x, x0 = 0.3, -1.1
	for _, at := range []float64{0.01, 0.3, 0.8, 1} {
		beta, B := 0.1+at*19.9, 0.1*at+19.9*at*at/2
		u := -beta / 2 * (math.Exp(-B)*x - math.Exp(-B/2)*x0) / (1 - math.Exp(-B))
		vx, v0, _ := VP{}.At(at).Velocity()
		near(t, "velocity", vx*x+v0*x0, -u, tol, 0)
		// and so it is what a network of that kind is to learn at x
		skip, _, out, _ := Velocity(VP{}.At(at))
		near(t, "target", (x0-skip*x)/out, -u, 1e-9, 0)
	}
}

// One hidden unit by hand, with weights 2, 3, 0.5 and bias -1, between gamma -4 and 6.
func TestLearnedByHand(t *testing.T) {
	raw := func(w float64) float64 { return math.Log(math.Exp(w) - 1) }
	p := mustLearned([]float64{-4, raw(10), raw(2), raw(3), -1, raw(0.5)})
	h := func(t float64) float64 { l := 2 * t; return l + 0.5/(1+math.Exp(-(3*l-1))) }
	for _, at := range []float64{0, 0.2, 0.7, 1} {
		want := -4 + 10*(h(at)-h(0))/(h(1)-h(0))
		got, _ := p.Gamma(at)
		near(t, "gamma", got, want, tol, 1)
		c := p.At(at)
		near(t, "SNR", c.SNR(), math.Exp(-want), tol, 0)
		near(t, "cond", p.Cond(at), 999*(want+13.3)/18.3, tol, 0)
	}
	c0, c1 := p.At(0), p.At(1)
	near(t, "g0", -2*c0.Lambda(), -4, tol, 0)
	near(t, "g1", -2*c1.Lambda(), 6, tol, 0)
}

// -SNR' = gamma' e^-gamma, which is what the bound of a learned schedule weights by (Kingma et al.
// 2021, eq. 18).
func TestLearnedDSNR(t *testing.T) {
	for _, p := range []*LearnedVP{mustLearned(LearnedParams(32)), mustLearned(trained())} {
		for at := 0.0; at <= 1; at += 0.125 {
			g, d := p.Gamma(at)
			near(t, "SNR'", p.At(at).DSNR(), -d*math.Exp(-g), tol, 0)
		}
	}
}

// A new schedule is all but a straight line whose Cond runs from 0 to 999; parameters survive JSON
// to the bit.
func TestLearnedParams(t *testing.T) {
	for _, n := range []int{1, 16, 1024} {
		p := mustLearned(LearnedParams(n))
		for at := 0.0; at <= 1; at += 0.0625 {
			g, _ := p.Gamma(at)
			if line := -13.3 + 18.3*at; !(math.Abs(g-line) <= 0.01*18.3) {
				t.Errorf("%d hidden units: gamma(%v) = %v, on the line %v", n, at, g, line)
			}
		}
		near(t, "first", p.Cond(0), 0, tol, 1)
		near(t, "last", p.Cond(1), 999, tol, 0)
	}
	p := mustLearned(trained())
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var q LearnedVP
	if err := json.Unmarshal(b, &q); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(q.Params(), trained()) || q.At(0.3) != p.At(0.3) {
		t.Error("parameters change")
	}
	given := trained()
	p = mustLearned(given)
	want := p.At(0.3)
	for i := range given {
		given[i] = 0
	}
	p.Params()[0] = 7
	if p.At(0.3) != want {
		t.Error("the schedule shares its parameters")
	}
}

func TestLearnedErrors(t *testing.T) {
	change := func(i int, v float64) []float64 { p := LearnedParams(2); p[i] = v; return p }
	for _, c := range []struct {
		params []float64
		want   string
	}{
		{nil, "0 parameters"}, {make([]float64, 3), "3 parameters"}, {make([]float64, 7), "7 parameters"},
		{make([]float64, 3+3*(maxHidden+1)), "hidden units"},
		{change(0, math.NaN()), "parameter 0 is NaN"}, {change(4, math.Inf(1)), "parameter 4"}, {change(8, -1e308), "parameter 8"},
		{change(0, 1e4), "gamma(0) = 10000"}, {change(1, 1e4), "gamma"}, {change(1, -1e4), "rising"}, {change(2, -1e4), "gamma"},
	} {
		if _, err := NewLearnedVP(c.params); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d parameters: %v, want %q", len(c.params), err, c.want)
		}
	}
	var p LearnedVP
	for _, s := range []string{`{}`, `{"params":[1,2]}`, `{"params":"x"}`, `[`} {
		if err := json.Unmarshal([]byte(s), &p); err == nil {
			t.Errorf("%s is read", s)
		}
	}
}

// Processes that tend to N(0, I) start there, and have all but reached it: at most a tenth of the
// signal is left (e^-2.5 of a learned schedule as it begins).
func TestPriors(t *testing.T) {
	for _, p := range []Process{VP{}, SubVP{}, CosineVP{}, SigmoidVP{}, mustLearned(LearnedParams(4)), mustDDPM("linear", 1000)} {
		_, hi := p.Span()
		near(t, "prior", PriorSigma(p), 1, 0, 0)
		if c := p.At(hi); !(c.Alpha <= 0.1 && math.Abs(c.Sigma-1) <= 0.005) {
			t.Errorf("%T ends at %+v", p, c)
		}
	}
	near(t, "ve", PriorSigma(VE{}), 50, tol, 0)
	near(t, "edm", PriorSigma(EDM{}), 80, 0, 0)
	near(t, "flow", PriorSigma(Flow{}), 1, 0, 0)
}

// Whatever a file holds, it is refused or makes a law that can be computed with.
func FuzzLearnedVP(f *testing.F) {
	f.Add([]byte(`{"params":[-4,3,1,2,-1,0.5]}`))
	f.Add([]byte(`{"params":[-1e300,1e300,1,2,-1,0.5]}`))
	f.Add([]byte(`{"params":[0,1,-800,1e308,-1e308,-700]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p LearnedVP
		if json.Unmarshal(b, &p) != nil {
			return
		}
		if err := Check(&p); err != nil {
			t.Error(err)
		}
		last := math.Inf(1)
		for at := 0.0; at <= 1; at += 0.125 {
			c := p.At(at)
			if !finite(c.Alpha, c.Sigma, c.DAlpha, c.DSigma, p.Cond(at), G2(&p, at)) || c.Alpha <= 0 || c.Sigma <= 0 || c.Lambda() > last+1e-9 {
				t.Fatalf("%v: %+v", at, c)
			}
			last = c.Lambda()
		}
	})
}
