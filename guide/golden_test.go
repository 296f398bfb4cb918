package guide

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// A goldenRun is a walk of testdata/gen_guidance.py.
type goldenRun struct {
	Start batch
	Xs    []batch // after each step
}

// golden is what testdata/gen_guidance.py says, a transcription of the papers' formulas.
type golden struct {
	APG struct {
		Gamma, Eta, Norm, Momentum float64
		Steps                      []struct{ Strong, Weak, Guided batch }
	}
	Rescale struct {
		Gamma, Phi           float64
		Strong, Weak, Guided batch
	}
	CFGPP struct {
		goldenRun
		Lambda float64
		Times  []float64
	}
	Interval struct {
		goldenRun
		Gamma, Lo, Hi float64
		Sigmas        []float64
	}
	Shift struct {
		goldenRun
		Scale, First float64
		Noise, V     []batch
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/guidance.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// goldenNear compares to 1e-10 of each number: the file has 13 digits.
func goldenNear(t *testing.T, what string, got, want batch) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d samples, want %d", what, len(got), len(want))
	}
	for n := range want {
		for j, w := range want[n] {
			if !(math.Abs(got[n][j]-w) <= 1e-10*(1+math.Abs(w))) {
				t.Errorf("%s: [%d][%d] is %v, want %v", what, n, j, got[n][j], w)
			}
		}
	}
}

// The rules on given estimates.
func TestRulesAgainstPapers(t *testing.T) {
	g := readGolden(t)
	apg, err := Projected[batch](host, g.APG.Gamma, APG{Eta: g.APG.Eta, Norm: g.APG.Norm, Momentum: g.APG.Momentum})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range g.APG.Steps {
		goldenNear(t, "APG", apg.Combine(query{Step: i + 1, T: 1 - float64(i)/10}, s.Strong, s.Weak), s.Guided)
	}
	rescaled, err := Rescale[batch](host, g.Rescale.Gamma, g.Rescale.Phi)
	if err != nil {
		t.Fatal(err)
	}
	goldenNear(t, "rescale", rescaled.Combine(query{}, g.Rescale.Strong, g.Rescale.Weak), g.Rescale.Guided)
}

// toy is the networks of gen_guidance.py: of class 0 the first, of null the second. v is what it
// says of the variance at each call.
type toy struct {
	p reverie.Process
	v []batch
}

func (d *toy) Knows(w reverie.Want) error {
	return w.Beyond(reverie.WantClass|reverie.WantVariance, "the toy")
}

func (d *toy) Denoise(_ context.Context, q query) (e estimate, err error) {
	class, err := q.Classes(len(q.X), 1)
	if err != nil {
		return e, err
	}
	c := d.p.At(q.T)
	level := c.Sigma / c.Alpha
	e.X0 = reverie.NewBatch[float64](len(q.X), len(q.X[0]))
	for n := range q.X {
		for j, x := range q.X[n] {
			x /= c.Alpha
			if e.X0[n][j] = 0.5*x/(1+level*level) - 0.1; class != nil && class[n] == 0 {
				e.X0[n][j] = math.Sin(x)/(1+level) + 0.3
			}
		}
	}
	if q.Want.Has(reverie.WantVariance) {
		e.V, d.v = d.v[0], d.v[1:]
	}
	return e, nil
}

// noted is a Host whose noise was written down.
type noted struct {
	*reverie.Host[float64]
	noise []batch
}

func (s *noted) Noise(batch) batch {
	z := s.noise[0]
	s.noise = s.noise[1:]
	return z
}

// walk holds each step of a guided walk against the golden one.
func (g goldenRun) walk(t *testing.T, what string, p reverie.Process, d denoiser, solver sample.Solver[batch], grid []float64, noise []batch) {
	t.Helper()
	run := &sample.Run[batch]{Space: &noted{host, noise}, Process: p, Denoiser: reverie.OfClass(d, make([]int, len(g.Start)))}
	steps := 0
	if _, err := sample.Sample(t.Context(), run, solver, g.Start, grid, func(s sample.State[batch]) error {
		goldenNear(t, what, s.X, g.Xs[s.Step-1])
		steps++
		return nil
	}); err != nil || steps != len(g.Xs) {
		t.Fatalf("%s: %d steps of %d: %v", what, steps, len(g.Xs), err)
	}
}

// CFG++, EDM2's interval and guided-diffusion's step on whole walks.
func TestWalksAgainstPapers(t *testing.T) {
	g := readGolden(t)
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	plusPlus := PlusPlus(host, denoiser(&toy{p: chain}), reverie.NullClass, g.CFGPP.Lambda)
	g.CFGPP.walk(t, "CFG++", chain, plusPlus, sample.DDIM[batch]{}, append(g.CFGPP.Times, reverie.Clean), nil)

	edm := reverie.EDM{}
	plain := denoiser(&toy{p: edm})
	inside := Interval(host, edm, plain, ClassifierFree(host, plain, reverie.NullClass, Linear(host, g.Interval.Gamma)), g.Interval.Lo, g.Interval.Hi)
	g.Interval.walk(t, "interval", edm, inside, sample.Heun[batch]{}, append(g.Interval.Sigmas, reverie.Clean), nil)

	gradient := ClassifierFunc[batch](func(_ context.Context, x batch, at float64, _ []int) (batch, error) {
		c := chain.At(at)
		y := reverie.NewBatch[float64](len(x), len(x[0]))
		for n := range x {
			for j, v := range x[n] {
				y[n][j] = math.Cos(v) / (1 + c.Sigma/c.Alpha)
			}
		}
		return y, nil
	})
	var grid []float64
	for i := range len(g.Shift.Xs) + 1 {
		grid = append(grid, g.Shift.First-float64(i))
	}
	g.Shift.walk(t, "guided-diffusion's step", chain, Shifted(host, denoiser(&toy{p: chain, v: g.Shift.V}), gradient, g.Shift.Scale),
		sample.DDPM[batch]{Variance: "learned"}, grid, g.Shift.Noise)
}
