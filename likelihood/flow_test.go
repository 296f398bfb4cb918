package likelihood

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

func likelihood(t *testing.T, p reverie.Process, d reverie.Denoiser[hostBatch], x hostBatch, o FlowOptions) *Densities {
	t.Helper()
	l, err := Flow(t.Context(), noiseOf(1), p, d, x, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLikelihoodIsTheTruth: with the exact denoiser and the exact law at hi as the prior, the
// flow's log p is that of the law at lo.
func TestLikelihoodIsTheTruth(t *testing.T) {
	all := append([]namedProcess{{"ddpm", chainOf(t, 50, 4)}}, processes...)
	for _, test := range all {
		for _, name := range []string{"gaussian", "two-modes", "8gaussians", "gaussian-64", "mixture-64"} {
			n := 12
			if strings.HasSuffix(name, "-64") {
				n = 2
				if test.name != "vp" && test.name != "flow" {
					continue // matrices of 64 by 64, at each of 64 products: once in log(a/s), once in time
				}
			}
			t.Run(test.name+"/"+name, func(t *testing.T) {
				m := law(t, name)
				lo, hi := test.p.Span()
				at := m.At(test.p.At(lo))
				x := dataOf(at, n)
				far := m.At(test.p.At(hi))
				l := likelihood(t, test.p, m.Denoiser(test.p), x, FlowOptions{Exact: true, Prior: far.LogDensity, RTol: 1e-6, ATol: 1e-6})
				worst := 0.0
				for i, got := range l.PerSample() {
					worst = max(worst, math.Abs(got-at.LogDensity(x[i]))/float64(m.Dim())/math.Ln2)
				}
				t.Logf("%d calls, %d steps, %d rejected: %.2g bits/dim off", l.Report.Calls, l.Report.Steps, l.Report.Rejected, worst)
				if !(worst <= 1e-3) {
					t.Errorf("off by %v bits/dim, want at most 1e-3", worst)
				}
			})
		}
	}
}

// TestNumericalError: with the exact denoiser and prior all that is wrong is the integral, and its
// stated error is that within a factor of 2: the error at a tenth of the tolerance is another tenth
// or so. Batches are joined, and the check of some samples tells of them alone.
func TestNumericalError(t *testing.T) {
	m, p := law(t, "two-modes"), reverie.VP{}
	lo, hi := p.Span()
	at, far := m.At(p.At(lo)), m.At(p.At(hi))
	x := dataOf(at, 24)
	for _, tolerance := range []float64{1e-2, 1e-3, 1e-4} {
		o := FlowOptions{Exact: true, Prior: far.LogDensity, RTol: tolerance, ATol: tolerance, Check: len(x)}
		l := likelihood(t, p, m.Denoiser(p), x, o)
		got, err := l.Numerical()
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i, v := range l.PerSample() {
			want += math.Pow(v-at.LogDensity(x[i]), 2) / float64(len(x))
		}
		want = math.Sqrt(want)
		t.Logf("tolerance %v: stated %.2g nats, true %.2g", tolerance, got, want)
		if !(got >= want/2 && got <= 2*want) {
			t.Errorf("tolerance %v: the stated error is %v nats, the true one %v", tolerance, got, want)
		}
		o.Check = 0
		rest := likelihood(t, p, m.Denoiser(p), x, o)
		if v, _ := rest.Numerical(); !math.IsNaN(v) {
			t.Errorf("without a check: %v", v)
		}
		if err := l.Merge(rest); err != nil {
			t.Fatal(err)
		}
		if joined, err := l.Numerical(); err != nil || joined != got {
			t.Errorf("joined %v, %v", joined, err)
		}
	}
	o := FlowOptions{Exact: true, RTol: 1e-4, ATol: 1e-4, Check: len(x)}
	o.MaxCalls = likelihood(t, p, m.Denoiser(p), x, o).Report.Calls + 1 // enough for the likelihoods, not for the check
	if _, err := likelihood(t, p, m.Denoiser(p), x, o).Numerical(); err == nil {
		t.Error("a check that failed is not told")
	}
}

// TestLikelihoodWithPrior: from the samplers' own prior the answer is that of the law they would
// draw, near the data's.
func TestLikelihoodWithPrior(t *testing.T) {
	m := law(t, "two-modes")
	for _, test := range processes {
		x := dataOf(m, 40)
		got := likelihood(t, test.p, m.Denoiser(test.p), x, FlowOptions{Exact: true}).Bits()
		want := newSeries(1, len(x))
		copy(want.values[0], truth(m, x))
		e := want.estimate()
		e = e.Bits(2)
		if !(math.Abs(got.Value-e.Value) < 0.03) || !(math.Abs(got.SE-e.SE) < 0.02) {
			t.Errorf("%s: %+v bits/dim, the data's entropy %+v", test.name, got, e)
		}
	}
}

// TestHutchinson: the estimates' mean is the exact likelihood, and their stated errors are those
// seen.
func TestHutchinson(t *testing.T) {
	m, p := law(t, "gaussian-64"), reverie.VP{}
	x := dataOf(m, 3)
	const probes = 100
	exact := likelihood(t, p, m.Denoiser(p), x, FlowOptions{Exact: true, RTol: 1e-4, ATol: 1e-4})
	for _, normal := range []bool{false, true} {
		l := likelihood(t, p, m.Denoiser(p), x, FlowOptions{Probes: probes, Normal: normal, RTol: 1e-4, ATol: 1e-4})
		if l.Probes != probes || l.Samples() != 3 {
			t.Fatalf("%d probes of %d samples", l.Probes, l.Samples())
		}
		got, want := l.Negative(), exact.Negative()
		if !(math.Abs(got.Value-want.Value) <= 4*got.Noise) || !(got.Noise > 0) || !(got.Noise < 3) {
			t.Errorf("normal %v: %v +- %v nats, exact %v", normal, got.Value, got.Noise, want.Value)
		}
		for i, want := range exact.PerSample() {
			var seen moments
			for r := range probes {
				seen.add(l.logp.values[r][i])
			}
			if se := math.Sqrt(seen.variance() / probes); !(math.Abs(seen.mean()-want) <= 4*se) {
				t.Errorf("sample %d: %v +- %v, exact %v", i, seen.mean(), se, want)
			}
		}
	}
}

// TestHutchinsonOfAMatrix: for one constant Jacobian the variance of a probe is known: of signs 2
// sum of the squared off-diagonal elements of the symmetric part, of normal numbers 2 |symmetric
// part|^2.
func TestHutchinsonOfAMatrix(t *testing.T) {
	a := [][]float64{{1, 2, -1}, {0, 3, 0.5}, {1, -2, 0.25}}
	off, all := 0.0, 0.0
	for i := range a {
		for j := range a {
			s := (a[i][j] + a[j][i]) / 2
			all += 2 * s * s
			if i != j {
				off += 2 * s * s
			}
		}
	}
	x := hostBatch{{1, 2, 3}, {0, 0, 0}}
	onHost, err := spaceOf[hostBatch](&reverie.Host[float64]{})
	if err != nil {
		t.Fatal(err)
	}
	exact := newTrace(onHost, x, 2, 3, FlowOptions{Exact: true})
	if _, tr, err := exact.of(t.Context(), linear{a}, x, 0); err != nil || len(tr) != 1 || tr[0][0] != 4.25 || tr[0][1] != 4.25 {
		t.Errorf("exact trace %v, %v: want 4.25", tr, err)
	}
	for _, stack := range []int{1, 5000} {
		for _, normal := range []bool{false, true} {
			r := newTrace(onHost, x, 2, 3, FlowOptions{Probes: 4000, Normal: normal, Stream: random.Stream{Seed: 4}})
			if stack == 1 {
				r.stack, r.inputs = 1, nil
				for _, p := range r.probes {
					r.inputs = append(r.inputs, p)
				}
			}
			x0hat, tr, err := r.of(t.Context(), linear{a}, x, 0)
			if err != nil {
				t.Fatal(err)
			}
			if x0hat[0][0] != 2 || x0hat[1][2] != 0 {
				t.Errorf("x0hat = %v", x0hat)
			}
			var m moments
			for _, row := range tr {
				m.add(row[1])
			}
			want := off
			if normal {
				want = all
			}
			if !(math.Abs(m.mean()-4.25) <= 4*math.Sqrt(want/m.n)) || !(math.Abs(m.variance()/want-1) < 0.15) {
				t.Errorf("stack %d, normal %v: traces %v, of variance %v: want 4.25 and %v", r.stack, normal, m.mean(), m.variance(), want)
			}
		}
	}
}

// linear is the denoiser A x.
type linear struct{ a [][]float64 }

func (linear) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVJP, "it") }

func (l linear) Denoise(_ context.Context, q reverie.Query[hostBatch]) (reverie.Estimate[hostBatch], error) {
	x, u := q.X, q.U
	y, vjp := reverie.NewBatch[float64](len(x), len(x[0])), reverie.NewBatch[float64](len(x), len(x[0]))
	if !q.Want.Has(reverie.WantVJP) {
		u = x
	}
	for n := range x {
		for i := range l.a {
			for j := range l.a {
				y[n][i] += l.a[i][j] * x[n][j]
				vjp[n][j] += u[n][i] * l.a[i][j]
			}
		}
	}
	return reverie.Estimate[hostBatch]{X0: y, VJP: vjp}, nil
}

// TestLikelihoodOfPixels: for levels drawn from a wide Gaussian the bits are those of its bins, to
// what the bins' width leaves.
func TestLikelihoodOfPixels(t *testing.T) {
	const mu, sd = 0.1, 0.2
	m, err := mixture.New(nil, [][]float64{{mu, mu}}, []mixture.Cov{{Var: sd * sd}})
	if err != nil {
		t.Fatal(err)
	}
	x := dataOf(m, 200)
	want := newSeries(1, len(x))
	for i := range x {
		for j, v := range x[i] {
			k := min(max(level(v), 0), levels-1)
			x[i][j] = float64(k)/perLevel - 1
			want.values[0][i] -= reverie.LogLevel(float64(k)/perLevel-1, mu, math.Log(sd))
		}
	}
	p := reverie.EDM{SigmaMax: 20}
	got := likelihood(t, p, m.Denoiser(p), x, FlowOptions{Levels: levels, Exact: true, Prior: m.At(p.At(20)).LogDensity})
	bins := want.estimate()
	if d := got.Bits().Value - bins.Bits(2).Value; !(math.Abs(d) < 2e-3) {
		t.Errorf("%v bits/dim, the bins' %v", got.Bits(), bins.Bits(2))
	}
	if d := math.Abs(got.Negative().Value/2/math.Ln2 - got.Bits().Value); !(d < 1e-12) {
		t.Errorf("nats and bits differ by %v", d)
	}
}

func TestLikelihoodRefuses(t *testing.T) {
	m, p := law(t, "two-modes"), reverie.VP{}
	x := dataOf(m, 2)
	wide := mixture.Random(65, 1, 1)
	plain := reverie.DenoiserFunc[hostBatch](func(_ context.Context, x hostBatch, _ float64) (hostBatch, error) { return x, nil })
	nan := linear{[][]float64{{math.NaN(), 0}, {0, 1}}}
	for want, c := range map[string]struct {
		p reverie.Process
		d reverie.Denoiser[hostBatch]
		x hostBatch
		o FlowOptions
	}{
		"no vector-Jacobian product":                {p, plain, x, FlowOptions{}},
		"a flow between two data sets":              {reverie.Flow{Between: true}, m.Denoiser(p), x, FlowOptions{}},
		"between two given ends (reverie.Bridge)":   {reverie.Bridge{}, m.Denoiser(p), x, FlowOptions{}},
		"in 65 dimensions takes 65 vector-Jacobian": {p, wide.Denoiser(p), dataOf(wide, 1), FlowOptions{Exact: true}},
		"expected a level":                          {p, m.Denoiser(p), x, FlowOptions{Levels: levels}},
		"the divergence is exact: choose one":       {p, m.Denoiser(p), x, FlowOptions{Exact: true, Probes: 3}},
		"probes = -1":                               {p, m.Denoiser(p), x, FlowOptions{Probes: -1}},
		"at t = ":                                   {p, nan, x, FlowOptions{}},
		"10 evaluations are spent":                  {p, m.Denoiser(p), x, FlowOptions{MaxCalls: 10}},
	} {
		_, err := Flow(t.Context(), noiseOf(1), c.p, c.d, c.x, c.o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Flow(ctx, noiseOf(1), p, m.Denoiser(p), x, FlowOptions{}); err == nil {
		t.Error("a cancelled integral ends well")
	}
}

// TestLikelihoodMerge: batches joined are their mean, whatever their sizes, and levels become
// continuous by the sample's number.
func TestLikelihoodMerge(t *testing.T) {
	m, p := law(t, "two-modes"), reverie.VP{}
	x := dataOf(m, 5)
	o := FlowOptions{Probes: 2}
	var all Densities
	for _, cut := range [][2]int{{0, 2}, {2, 5}} {
		o.Stream.Sample = uint64(cut[0])
		l := likelihood(t, p, m.Denoiser(p), x[cut[0]:cut[1]], o)
		if err := all.Merge(l); err != nil {
			t.Fatal(err)
		}
	}
	o.Stream.Sample = 0
	whole := likelihood(t, p, m.Denoiser(p), x, o)
	a, b := all.Negative(), whole.Negative()
	if all.Samples() != 5 || !(math.Abs(a.Value-b.Value) < 1e-4) || !(math.Abs(a.Noise-b.Noise) < 1e-4) {
		t.Errorf("joined %+v, whole %+v", a, b)
	}
	if err := all.Merge(likelihood(t, p, m.Denoiser(p), x, FlowOptions{})); err == nil {
		t.Error("likelihoods of different probes were joined")
	}
	s := random.Stream{Seed: 3}
	rows := [][]float64{{0, 1}, {-1, 0.5}}
	u := dequantise(rows, s)
	if v := dequantise(rows[1:], s.Plus(1)); v[0][0] != u[1][0] || v[0][1] != u[1][1] {
		t.Errorf("sample 1 alone %v, in a batch %v", v, u)
	}
	for i := range u {
		for j := range u[i] {
			if d := (u[i][j] - rows[i][j]) * perLevel; !(d >= -0.5 && d < 0.5) || d == 0 {
				t.Errorf("u = %v", d)
			}
		}
	}
}
