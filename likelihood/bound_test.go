package likelihood

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

type hostBatch = reverie.Batch[float64]

// law returns a mixture by its name.
func law(t *testing.T, name string) *mixture.Mixture {
	t.Helper()
	m, err := mixture.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// chainOf returns a DDPM whose T indices are spaced evenly in log(a/s), from 4 (or first) to -5.
func chainOf(t *testing.T, T int, first float64) *reverie.DDPM {
	t.Helper()
	beta, before := make([]float64, T), 1.0
	for i := range beta {
		abar := 1 / (1 + math.Exp(-2*(first-(first+5)*float64(i)/float64(T-1))))
		beta[i], before = 1-abar/before, abar
	}
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func noiseOf(seed uint64) *reverie.Host[float64] {
	return &reverie.Host[float64]{Stream: random.Stream{Seed: seed, Domain: random.Evaluation}}
}

func dataOf(m *mixture.Mixture, n int) hostBatch {
	return m.Sample(random.Stream{Seed: 99, Domain: 140}, n)
}

// truth returns -log p of each sample under m.
func truth(m *mixture.Mixture, x hostBatch) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = -m.LogDensity(x[i])
	}
	return out
}

// meanDifference returns the mean of a - b and its standard error.
func meanDifference(a, b []float64) (mean, se float64) {
	var m moments
	for i := range a {
		m.add(a[i] - b[i])
	}
	return m.mean(), math.Sqrt(m.variance() / m.n)
}

func bound(t *testing.T, p *reverie.DDPM, d reverie.Denoiser[hostBatch], x hostBatch, o BoundOptions) *Bounds {
	t.Helper()
	b, err := Bound(t.Context(), noiseOf(5), p, d, x, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDerivationsAgree: with the exact denoiser both derivations give the same total, the printed
// form is larger by about a nat for each step and dimension, and no bound is below the truth.
func TestDerivationsAgree(t *testing.T) {
	for _, test := range []struct {
		law string
		n   int
	}{{"gaussian", 2000}, {"two-modes", 1000}, {"8gaussians", 600}, {"gaussian-64", 40}, {"mixture-64", 25}} {
		for _, v := range []reverie.Variance{reverie.PosteriorVariance, reverie.BetaVariance} {
			t.Run(fmt.Sprintf("%s/%v", test.law, v), func(t *testing.T) {
				m, p := law(t, test.law), chainOf(t, 100, 4)
				x := dataOf(m, test.n)
				b := bound(t, p, m.Denoiser(p), x, BoundOptions{Variance: v})
				match, joint, printed := b.Matching.PerSample(), b.Consistency.PerSample(), b.Printed.PerSample()
				if d, se := meanDifference(match, joint); !(math.Abs(d) <= 4*se) {
					t.Errorf("matching less consistency = %v +- %v nats, want 0", d, se)
				}
				excess, se := meanDifference(printed, joint)
				perStep := excess / float64(m.Dim()) / float64(p.Steps()-1)
				if !(perStep > 0.6 && perStep < 1.1 && se < excess/20) {
					t.Errorf("printed form larger by %v nats a step and dimension, want about 1", perStep)
				}
				for name, values := range map[string][]float64{"matching": match, "consistency": joint} {
					d, se := meanDifference(values, truth(m, x))
					if !(d >= -3*se) {
						t.Errorf("bound less truth = %v +- %v nats, want at least 0", d, se)
					}
					c := 1 / math.Ln2 / float64(m.Dim())
					t.Logf("%s: above the truth by %.4f +- %.4f bits/dim; printed larger by %.3f nats a step and dimension", name, c*d, c*se, perStep)
				}
			})
		}
	}
}

// TestVarianceOfTheDerivations is the lecture's claim, measured: where each step's term is drawn on
// its own, as in training, consistency has the larger variance, since its terms are of more random
// variables. On one chain for all steps the opposite holds for a good network: the log ratios sum
// to log q(chain|x0)/p(chain, x0), which for exact reverse steps is -log p(x0) whatever the chain.
func TestVarianceOfTheDerivations(t *testing.T) {
	for _, name := range []string{"gaussian", "two-modes", "8gaussians", "mixture-64"} {
		for _, apart := range []bool{true, false} {
			m, p := law(t, name), chainOf(t, 60, 4)
			n := 10 + 150/m.Dim()
			b := bound(t, p, m.Denoiser(p), dataOf(m, n), BoundOptions{Variance: reverie.BetaVariance, Draws: 12, Apart: apart})
			ratio := b.Consistency.Total().Noise / b.Matching.Total().Noise
			t.Logf("%s, apart %v: variance of the total, consistency over matching: %.3f", name, apart, ratio*ratio)
			if apart != (ratio*ratio > 1.5) {
				t.Errorf("%s, apart %v: the standard errors' ratio is %v", name, apart, ratio)
			}
		}
	}
}

// TestBoundTightens: with the exact denoiser the bound comes down to the truth as the steps grow.
func TestBoundTightens(t *testing.T) {
	m := law(t, "two-modes")
	x := dataOf(m, 1000)
	last := math.Inf(1)
	for _, steps := range []int{20, 80, 320} {
		p := chainOf(t, steps, 3+math.Log(float64(steps))/2)
		b := bound(t, p, m.Denoiser(p), x, BoundOptions{Variance: reverie.BetaVariance})
		d, se := meanDifference(b.Consistency.PerSample(), truth(m, x)) // which nearly agree sample by sample
		gap, err := d/2/math.Ln2, se/2/math.Ln2
		t.Logf("%d steps: above the truth by %.4f +- %.4f bits/dim", steps, gap, err)
		if !(gap >= -3*err && gap < last/2) {
			t.Errorf("gap %v after %v, want it to halve at least", gap, last)
		}
		last = gap
	}
	if !(last < 0.03) {
		t.Errorf("gap at 320 steps %v bits/dim, want below 0.03", last)
	}
}

// TestMatchingTermsOfAGaussian: for data N(mu, v) the mean of |x0 - x0hat|^2 is v s^2/(a^2 v +
// s^2), which with the variances written in betas and products of alphas gives every term in closed
// form.
func TestMatchingTermsOfAGaussian(t *testing.T) {
	const v = 0.49 // of law gaussian
	m := law(t, "gaussian")
	beta := reverie.LinearBetas(12, 0.01, 0.4)
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	for choice, variance := range map[reverie.Variance]func(posterior, beta float64) float64{
		reverie.PosteriorVariance: func(q, _ float64) float64 { return q },
		reverie.BetaVariance:      func(_, b float64) float64 { return b },
		reverie.LearnedVariance:   func(q, b float64) float64 { return math.Pow(b, 0.75) * math.Pow(q, 0.25) },
	} {
		b := bound(t, p, learner{m.Denoiser(p), 0.5}, dataOf(m, 20000), BoundOptions{Variance: choice})
		abar, before := 1-beta[0], 1.0
		for i, term := range b.Matching.Terms() {
			k := i + 1
			before, abar = abar, abar*(1-beta[k])
			posterior := beta[k] * (1 - before) / (1 - abar)
			s2 := variance(posterior, beta[k])
			mse := v * (1 - abar) / (abar*v + 1 - abar)
			want := (posterior/s2-1-math.Log(posterior/s2))/2 + before*beta[k]*beta[k]/((1-abar)*(1-abar))*mse/(2*s2)
			if term.T != float64(k) || !(math.Abs(term.Value-want) <= 4*term.SE) || !(term.SE < want) {
				t.Errorf("%v: term of t = %v is %v +- %v, want %v", choice, term.T, term.Value, term.SE, want)
			}
		}
		far := b.Matching.Prior()
		want := (abar*(v+0.25) + (1 - abar) - 1 - math.Log1p(-abar)) / 2
		if !(math.Abs(far.Value-want) <= 4*far.SE) {
			t.Errorf("prior term %v +- %v, want %v", far.Value, far.SE, want)
		}
	}
}

// TestRandomTimes: some steps at random estimate the sum over all, and know their error.
func TestRandomTimes(t *testing.T) {
	m, p := law(t, "two-modes"), chainOf(t, 60, 4)
	x := dataOf(m, 150)
	d := m.Denoiser(p)
	want := bound(t, p, d, x, BoundOptions{Draws: 30, Apart: true}).Matching.Steps()
	var values, errs moments
	for seed := range uint64(60) {
		o := BoundOptions{Times: 12, Stream: random.Stream{Seed: seed, Domain: random.Evaluation}}
		b, err := Bound(t.Context(), noiseOf(1000+seed), p, d, x, o)
		if err != nil {
			t.Fatal(err)
		}
		got := b.Matching.Steps()
		values.add(got.Value)
		errs.add(b.Matching.steps.shared)
		if !(got.SE > math.Sqrt(b.Matching.steps.shared)) {
			t.Fatal("the error of the times is not part of the whole")
		}
		if n := len(b.Matching.Terms()); n != 12 {
			t.Fatalf("%d terms visited, want 12", n)
		}
	}
	se := math.Hypot(want.Noise, math.Sqrt(values.variance()/values.n))
	if d := values.mean() - want.Value; !(math.Abs(d) <= 4*se) {
		t.Errorf("random times: %v, all: %v +- %v", values.mean(), want.Value, se)
	}
	if r := errs.mean() / values.variance(); !(r > 0.6 && r < 2) {
		t.Errorf("the variance stated is %v times the one seen", r)
	}
}

func TestStretchesCoverTheirRange(t *testing.T) {
	linear, err := reverie.NewDDPM(reverie.LinearBetas(60, 1e-4, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{2, 3, 7, 10, 58, 2, 8, 20} {
		p := chainOf(t, 60, 4)
		if i > 4 {
			p = linear
		}
		sum, seen := 0.0, map[int]bool{}
		for _, v := range someIndices(random.Stream{Seed: uint64(n)}, p, n) {
			if seen[v.term] || v.t < 1 || v.t > 59 || v.term != int(v.t)-1 {
				t.Fatalf("n = %d: visit %+v", n, v)
			}
			seen[v.term] = true
			sum += v.weight
		}
		if sum != 59 {
			t.Errorf("n = %d: the weights sum to %v, want 59", n, sum)
		}
	}
	if n := len(everyIndex(1)); n != 0 {
		t.Errorf("a chain of one step has %d steps between", n)
	}
	sum := 0.0
	for _, v := range stretches(random.Stream{}, 4, -5, 400) {
		sum -= v.weight * 2 * v.t
	}
	if !(math.Abs(sum-(16-25)) < 0.3) { // the integral of 2u from -5 to 4
		t.Errorf("integral %v, want about -9", sum)
	}
}

// learner is a denoiser whose network says v everywhere.
type learner struct {
	reverie.Denoiser[hostBatch]
	v float64
}

func (learner) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

func (l learner) Denoise(ctx context.Context, q reverie.Query[hostBatch]) (e reverie.Estimate[hostBatch], err error) {
	e.X0, err = reverie.Denoise(ctx, l.Denoiser, q.X, q.T)
	e.V = reverie.NewBatch[float64](len(q.X), len(q.X[0]))
	for i := range e.V {
		for j := range e.V[i] {
			e.V[i][j] = l.v
		}
	}
	return e, err
}

func TestBoundRefuses(t *testing.T) {
	m, p := law(t, "two-modes"), chainOf(t, 5, 4)
	x := dataOf(m, 3)
	nan := reverie.DenoiserFunc[hostBatch](func(_ context.Context, x hostBatch, t float64) (hostBatch, error) {
		y := reverie.NewBatch[float64](len(x), len(x[0]))
		if t == 3 {
			y[1][0] = math.NaN()
		}
		return y, nil
	})
	for want, o := range map[string]struct {
		d reverie.Denoiser[hostBatch]
		o BoundOptions
	}{
		"expected a level":                     {m.Denoiser(p), BoundOptions{Levels: 256}},
		"levels = 10":                          {m.Denoiser(p), BoundOptions{Levels: 10}},
		"no learned variance":                  {m.Denoiser(p), BoundOptions{Variance: reverie.LearnedVariance}},
		"draws = -1":                           {m.Denoiser(p), BoundOptions{Draws: -1}},
		"times = -2":                           {m.Denoiser(p), BoundOptions{Times: -2}},
		"step at t = 3 is NaN for sample 1 of": {nan, BoundOptions{}},
	} {
		if _, err := Bound(t.Context(), noiseOf(1), p, o.d, x, o.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := Bound(t.Context(), noiseOf(1), p, m.Denoiser(p), hostBatch{}, BoundOptions{}); err == nil {
		t.Error("an empty batch passes")
	}
}

// TestMerge: two batches joined are the same as their concatenation would be.
func TestMerge(t *testing.T) {
	m, p := law(t, "two-modes"), chainOf(t, 8, 4)
	x := dataOf(m, 30)
	a, b := bound(t, p, m.Denoiser(p), x[:10], BoundOptions{Draws: 2}), bound(t, p, m.Denoiser(p), x[10:], BoundOptions{Draws: 2})
	var all Bounds
	for _, part := range []*Bounds{a, b} {
		if err := all.Merge(part); err != nil {
			t.Fatal(err)
		}
	}
	want := (10*a.Matching.Total().Value + 20*b.Matching.Total().Value) / 30
	if got := all.Matching.Total(); !(math.Abs(got.Value-want) < 1e-12) || all.Matching.Samples() != 30 {
		t.Errorf("total %v of %d samples, want %v of 30", got.Value, all.Matching.Samples(), want)
	}
	sum := 0.0
	for _, term := range all.Consistency.Terms() {
		sum += term.Value
	}
	if got := all.Consistency.Steps().Value; !(math.Abs(got-sum) < 1e-9) {
		t.Errorf("steps %v, their terms sum to %v", got, sum)
	}
	other := bound(t, p, m.Denoiser(p), x, BoundOptions{})
	if err := all.Merge(other); err == nil {
		t.Error("bounds of different draws were joined")
	}
}

// The times of a bound are of a stream of their own: those of the domain BoundTimes, whatever the
// noise of the samples is drawn from.
func TestTimesHaveTheirOwnStream(t *testing.T) {
	p := reverie.VP{}
	for _, domain := range []random.Domain{random.Evaluation, random.Sampling} {
		s := random.Stream{Seed: 3, Domain: domain, Sample: 8}
		var visited []float64
		d := reverie.DenoiserFunc[reverie.Batch[float64]](func(_ context.Context, x reverie.Batch[float64], at float64) (reverie.Batch[float64], error) {
			visited = append(visited, at)
			return x, nil
		})
		x := reverie.NewBatch[float64](2, 1)
		o := BoundOptions{Times: 6, Draws: 2, Stream: s}
		if _, err := Continuous(t.Context(), &reverie.Host[float64]{Stream: s}, p, d, x, o); err != nil {
			t.Fatal(err)
		}
		lo, hi := p.Span()
		var want []float64
		for draw := range uint32(2) {
			own := random.Stream{Seed: 3, Domain: random.BoundTimes, Sample: 8, Step: draw}
			for _, v := range stretches(own, p.At(lo).Lambda(), p.At(hi).Lambda(), 6) {
				want = append(want, reverie.TimeAt(p, v.t))
			}
		}
		if !slices.Equal(visited, want) {
			t.Errorf("domain %v: times %v, want %v", domain, visited, want)
		}
	}
}
