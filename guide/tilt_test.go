package guide

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// TestReweightedParticles: the SDE's particles, started from the tilt and weighted as they go down
// by
//
//	d log w = gamma (gamma - 1)/2 |score_class - score_null|^2 d(s^2/a^2)
//
// of y = x/a, have the tilt's variance, though unweighted they have the SDE's. (Each factor obeys d
// log p = (div score + |score|^2)/2 dtau, so that their powers' product lacks gamma (1-gamma)/2
// |difference|^2.) Within 4 standard errors of the weighted mean and the trapezoid's 1e-3.
func TestReweightedParticles(t *testing.T) {
	const n, steps = 3500, 40
	for name, p := range processes(t) {
		gammas := []float64{2}
		if name == "flow" {
			gammas = []float64{0.5, 2}
		}
		for _, gamma := range gammas {
			c := pairing{normal{[]float64{0, 0}, []float64{0.7, 1}}, normal{[]float64{0, 0}, []float64{2, 1}}, gamma, 100, 0.01}
			grid := gridOf(p, math.Sqrt(c.from), math.Sqrt(c.to), steps)
			w := &weighing{c: c, log: make([]float64, n)}
			start := c.tilt(c.from)
			x := (&reverie.Host[float64]{Stream: random.Stream{Seed: 4, Domain: 128}}).Noise(reverie.NewBatch[float64](n, 2))
			for _, x := range x {
				for k := range x {
					x[k] *= p.At(grid[0]).Alpha * math.Sqrt(start.variance[k])
				}
			}
			w.pass(p.At(grid[0]), x)
			run := &sample.Run[batch]{Space: &reverie.Host[float64]{Stream: random.Stream{Seed: 5, Domain: 128}}, Process: p, Denoiser: c.guided(t, p, [][]float64{{1, 0}, {0, 1}})(0)}
			x, err := sample.Sample(t.Context(), run, &sample.DPM2MSDE[batch]{}, x, grid, func(s sample.State[batch]) error {
				w.pass(p.At(s.S), s.X)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			a := p.At(grid[steps]).Alpha
			for k := range 2 {
				tilt, plain := c.tilt(c.to).variance[k]*a*a, 0.0
				got, stderr := w.variance(x, k)
				for _, x := range x {
					plain += x[k] * x[k] / n
				}
				if !(math.Abs(got-tilt) <= 4*stderr+1e-3*tilt) {
					t.Errorf("%s, gamma %v: weighted variance %v, want the tilt's %v +- %v", name, gamma, got, tilt, stderr)
				}
				if gap := math.Abs(plain-tilt) / stderr; gamma == 2 && k == 0 && !(gap > 4) {
					t.Errorf("%s: the unweighted variance %v is %.1f standard errors from the tilt's %v: the test says nothing", name, plain, gap, tilt)
				}
			}
		}
	}
}

// weighing are the weights of particles on their way down.
type weighing struct {
	c    pairing
	log  []float64
	tau  float64   // of the last pass
	rate []float64 // of each log weight there
}

// pass takes the particles to the law c by the trapezoid rule.
func (w *weighing) pass(law reverie.Coef, x batch) {
	tau, rate := math.Pow(law.Sigma/law.Alpha, 2), make([]float64, len(x))
	for i := range x {
		for k, x := range x[i] {
			difference := x / law.Alpha * (1/(w.c.null.variance[k]+tau) - 1/(w.c.class.variance[k]+tau))
			rate[i] += w.c.gamma * (w.c.gamma - 1) / 2 * difference * difference
		}
		if w.rate != nil {
			w.log[i] += (w.tau - tau) * (rate[i] + w.rate[i]) / 2
		}
	}
	w.tau, w.rate = tau, rate
}

// variance is the weighted mean square of coordinate k, and its standard error.
func (w *weighing) variance(x batch, k int) (v, stderr float64) {
	top, sum := slices.Max(w.log), 0.0
	for i, x := range x {
		weight := math.Exp(w.log[i] - top)
		sum += weight
		v += weight * x[k] * x[k]
	}
	v /= sum
	for i, x := range x {
		stderr += math.Pow(math.Exp(w.log[i]-top)*(x[k]*x[k]-v), 2)
	}
	return v, math.Sqrt(stderr) / sum
}

// TestQuantiles: in one dimension the guided flow of two classes is monotone, so that it carries
// quantiles to quantiles. The solvers reach those of the flow, integrated here from the scores
// alone by the classical Runge-Kutta method; points drawn lie between them as often as they should;
// they are not the tilt's; and with gamma the class grows more certain and its law narrower.
func TestQuantiles(t *testing.T) {
	m, err := mixture.New([]float64{0.6, 0.4}, [][]float64{{-1}, {1.2}}, []mixture.Cov{{Var: 0.6}, {Var: 0.4}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	const from, to, y = 60.0, 0.1, 1
	share := make([]float64, 19) // of the probability
	start := make([]float64, len(share))
	for i := range share {
		share[i] = float64(i+1) / float64(len(share)+1)
		start[i] = from * math.Sqrt2 * math.Erfinv(2*share[i]-1)
	}
	certain, entropy := math.Inf(-1), math.Inf(1)
	for _, gamma := range []float64{1, 2, 4} {
		want := quantiles(m, y, gamma, start, from*from, to*to)
		if !slices.IsSorted(want) {
			t.Errorf("gamma %v: the quantiles cross", gamma)
		}
		for name, p := range processes(t) {
			c := quantileCase{m: m, p: p, y: y, gamma: gamma, from: from, to: to}
			c.reach(t, name, start, want)
			if gamma > 1 {
				c.hit(t, name, share, want)
			}
		}
		sure, width := 0.0, 0.0
		law := m.At(reverie.Coef{Alpha: 1, Sigma: to})
		for i, q := range want {
			sure += law.ClassPosterior([]float64{q})[y] / float64(len(want))
			if i > 0 {
				width += math.Log(q-want[i-1]) / float64(len(want)-1) // of -log p between them, but for a constant
			}
		}
		if !(sure > certain && width < entropy) {
			t.Errorf("gamma %v: mean log p(y|x) %v after %v, entropy %v after %v", gamma, sure, certain, width, entropy)
		}
		certain, entropy = sure, width
		if gap := tiltGap(m, y, gamma, to, share, want); gamma > 1 && !(gap > 0.02) {
			t.Errorf("gamma %v: the quantiles are the tilt's within %v: the test says nothing", gamma, gap)
		} else if gamma == 1 && !(gap < 0.01) { // but for the finite start
			t.Errorf("gamma 1: the quantiles are off the class's by %v", gap)
		}
	}
}

// quantiles carries y = x/a down from one tau to another along dy/dtau = -score/2, in even steps of
// log tau.
func quantiles(m *mixture.Mixture, class int, gamma float64, start []float64, from, to float64) []float64 {
	const n = 800
	own := m.Class(class)
	h := math.Log(to/from) / n
	out := make([]float64, len(start))
	slope := func(logTau, y float64) float64 { // dy/dlog tau
		tau := math.Exp(logTau)
		c := reverie.Coef{Alpha: 1, Sigma: math.Sqrt(tau)}
		x := []float64{y}
		return -tau / 2 * (gamma*own.At(c).Score(x)[0] + (1-gamma)*m.At(c).Score(x)[0])
	}
	for i, y := range start {
		for j := range n {
			l := math.Log(from) + h*float64(j)
			a := slope(l, y)
			b := slope(l+h/2, y+h/2*a)
			c := slope(l+h/2, y+h/2*b)
			d := slope(l+h, y+h*c)
			y += h / 6 * (a + 2*b + 2*c + d)
		}
		out[i] = y
	}
	return out
}

// A quantileCase is a guided walk on the line.
type quantileCase struct {
	m        *mixture.Mixture
	p        reverie.Process
	y        int
	gamma    float64
	from, to float64
}

// walk returns y of the walk's end, of y at its start.
func (c quantileCase) walk(t *testing.T, solver sample.Solver[batch], n int, start batch) []float64 {
	t.Helper()
	grid := gridOf(c.p, c.from, c.to, n)
	d := ClassifierFree(host, denoiser(c.m.Denoiser(c.p)), reverie.NullClass, Linear(host, c.gamma))
	run := &sample.Run[batch]{Space: host, Process: c.p, Denoiser: reverie.OfClass(d, slices.Repeat([]int{c.y}, len(start)))}
	x, err := sample.Sample(t.Context(), run, solver, host.Sum([]float64{c.p.At(grid[0]).Alpha}, start), grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i][0] / c.p.At(grid[n]).Alpha
	}
	return out
}

// reach holds the solvers' ends of the quantiles against want.
func (c quantileCase) reach(t *testing.T, name string, start, want []float64) {
	t.Helper()
	x := reverie.NewBatch[float64](len(start), 1)
	for i := range start {
		x[i][0] = start[i]
	}
	for _, m := range []method{
		{"ddim", sample.DDIM[batch]{}, 0, 1, 80, false}, {"heun", sample.Heun[batch]{}, 0, 2, 80, false}, {"unipc", &sample.UniPC[batch]{}, 0, 3, 80, false},
	} {
		gap := func(n int) (gap float64) {
			for i, got := range c.walk(t, sample.Fresh(m.solver), n, x) {
				gap = max(gap, math.Abs(got-want[i]))
			}
			return gap
		}
		few, many := gap(m.n), gap(2*m.n)
		if order := math.Log2(few / many); !(math.Abs(order-m.order) <= 0.3) {
			t.Errorf("%s, gamma %v: the quantiles of %s are off by %.2g, with order %.3f, want %v", name, c.gamma, m.name, many, order, m.order)
		}
	}
}

// hit counts how many points drawn from the prior's noise lie below each quantile, within 4.5
// standard errors of its share of n.
func (c quantileCase) hit(t *testing.T, name string, share, want []float64) {
	t.Helper()
	const n = 2000
	z := (&reverie.Host[float64]{Stream: random.Stream{Seed: 12, Domain: 128}}).Noise(reverie.NewBatch[float64](n, 1))
	x := c.walk(t, &sample.DPM2M[batch]{}, 40, host.Sum([]float64{c.from}, z))
	for i, q := range want {
		below := 0.0
		for _, x := range x {
			if x < q {
				below += 1.0 / n
			}
		}
		if stderr := math.Sqrt(share[i] * (1 - share[i]) / n); !(math.Abs(below-share[i]) <= 4.5*stderr) {
			t.Errorf("%s, gamma %v: %v of the points lie below the %v-quantile", name, c.gamma, below, share[i])
		}
	}
}

// tiltGap is the largest difference of the tilt's distribution function at the quantiles and their
// shares, by sums over a fine grid.
func tiltGap(m *mixture.Mixture, y int, gamma, level float64, share, want []float64) (gap float64) {
	c := reverie.Coef{Alpha: 1, Sigma: level}
	law, own := m.At(c), m.Class(y).At(c)
	const n, h = 8000, 0.002
	sums := make([]float64, n+1)
	for i := range n {
		x := []float64{-8 + h*(float64(i)+0.5)}
		sums[i+1] = sums[i] + h*math.Exp(gamma*own.LogDensity(x)+(1-gamma)*law.LogDensity(x))
	}
	for i, q := range want {
		gap = max(gap, math.Abs(sums[int((q+8)/h)]/sums[n]-share[i]))
	}
	return gap
}
