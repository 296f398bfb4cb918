package sample

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// Speech x0 ~ N(0, speechS) heard as y = x0 + N(0, speechV): the Wiener filter is w y.
const speechS, speechV, wiener = 0.75, 0.25, 0.75

// cleaner is the exact denoiser E[x0 | x_t, y] of the speech, and y is the bridge's far end.
type cleaner struct{ p reverie.Process }

func (cleaner) Knows(w reverie.Want) error { return w.Beyond(0, "it") }

func (d cleaner) Denoise(_ context.Context, q reverie.Query[batch]) (e reverie.Estimate[batch], err error) {
	e.X0 = reverie.NewBatch[float64](len(q.X), len(q.X[0]))
	for n := range q.X {
		for j, x := range q.X[n] {
			e.X0[n][j] = cleaned(d.p.At(q.T), x, q.Far[0][n][j])
		}
	}
	return e, nil
}

// cleaned is [y/V + a(x - b y)/s^2]/[1/(w V) + a^2/s^2].
func cleaned(c reverie.Coef, x, y float64) float64 {
	if c.Sigma == 0 {
		return wiener * y
	}
	v := c.Sigma * c.Sigma
	return (y/speechV + c.Alpha*(x-c.Beta*y)/v) / (1/(wiener*speechV) + c.Alpha*c.Alpha/v)
}

// pinned are bridges of speech.
var pinned = map[string]reverie.Process{
	"sb-ve":  reverie.Pinned{Reference: reverie.Geometric{}},
	"sb-vp":  reverie.Pinned{Reference: reverie.Preserving{}},
	"i2sb":   reverie.Pinned{Reference: reverie.Symmetric{}},
	"bridge": reverie.Bridge{C: 0.7},
}

// Left without noise, the ODE gives the Wiener filter of each y, exactly and in any number of
// steps; by default its first step draws the law's variance, and what comes out is spread.
func TestQuietIsTheWienerFilter(t *testing.T) {
	y := batch{{1.3, -0.2, 0.8, 2}, {0.1, -1.7, 0, 0.4}}
	for name, p := range pinned {
		for _, n := range []int{1, 2, 5, 50} {
			grid, err := Linear(p, n)
			if err != nil {
				t.Fatal(err)
			}
			run := &Run[batch]{Space: &recorded{}, Process: p, Denoiser: cleaner{p}, Far: []batch{y}} // without any noise
			x, err := Sample(t.Context(), run, DDIM[batch]{Quiet: true}, run.Prior(y), grid, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range x {
				for j, v := range x[i] {
					if !(math.Abs(v-wiener*y[i][j]) <= 1e-11) {
						t.Errorf("%s in %d: %v of %v", name, n, v, y[i][j])
					}
				}
			}
			if n == 1 {
				continue
			}
			run.Space = &reverie.Host[float64]{Stream: random.Stream{Seed: 3}}
			if x, err = Sample(t.Context(), run, DDIM[batch]{}, run.Prior(y), grid, nil); err != nil || math.Abs(x[0][0]-wiener*y[0][0]) < 1e-3 {
				t.Errorf("%s in %d: no noise: %v, %v", name, n, x, err)
			}
		}
	}
}

// speechVariance is that of x0 given y after I2SB's posterior steps along the grid, by s_t^2 alone:
//
//	x_s = (s_s^2/s_t^2) x + (1 - s_s^2/s_t^2) x0hat + s_s sqrt(1 - s_s^2/s_t^2) z
//
// for references with f = 0, whose s_t^2 is sigma^2/alpha of the law.
func speechVariance(p reverie.Process, grid []float64) (v float64) {
	s2 := func(t float64) float64 {
		if t == reverie.Clean {
			return 0
		}
		c := p.At(t)
		if c.Alpha == 0 {
			return p.(reverie.Pinned).Reference.At(1).Total
		}
		return c.Sigma * c.Sigma / c.Alpha
	}
	for i, s := range grid[1:] {
		c := p.At(grid[i])
		gain := cleaned(c, 1, 0) - cleaned(c, 0, 0)
		keep := s2(s) / s2(grid[i])
		slope := keep + (1-keep)*gain
		v = slope*slope*v + s2(s)*(1-keep)
	}
	return v
}

// The SDE draws from N(w y, w V) in the limit, slowly on a uniform grid: the variance of its
// samples is the recursion's. With n numbers the mean's standard error is sqrt(v/n), the variance's
// v sqrt(2/n); 4 of them are allowed (fixed seed).
func TestSpeechSDE(t *testing.T) {
	const n = 20000
	p := reverie.Pinned{Reference: reverie.Geometric{}, Lo: 1e-5}
	for steps, want := range map[int]float64{50: 0.163, 200: 0.179, 20000: wiener * speechV} {
		grid, err := Linear(p, steps)
		if err != nil {
			t.Fatal(err)
		}
		if got := speechVariance(p, grid); !(math.Abs(got-want) <= 1e-3) {
			t.Errorf("variance in %d: %v, want %v", steps, got, want)
		}
	}
	for _, p := range []reverie.Process{p, pinned["i2sb"]} {
		grid, err := Linear(p, 6)
		if err != nil {
			t.Fatal(err)
		}
		y := reverie.NewBatch[float64](100, n/100)
		for i := range y {
			for j := range y[i] {
				y[i][j] = 1.5
			}
		}
		for _, solver := range []Solver[batch]{DDPM[batch]{}, DDIM[batch]{Eta: 1}} {
			run := &Run[batch]{Space: &reverie.Host[float64]{Stream: random.Stream{Seed: 8}}, Process: p, Denoiser: cleaner{p}, Far: []batch{y}}
			x, err := Sample(t.Context(), run, solver, run.Prior(y), grid, nil)
			if err != nil {
				t.Fatal(err)
			}
			m, v := moments(x)
			want := speechVariance(p, grid)
			if !(math.Abs(m-wiener*1.5) <= 4*math.Sqrt(want/n) && math.Abs(v-want) <= 4*want*math.Sqrt(2./n)) {
				t.Errorf("%T: mean %v, variance %v, want %v, %v", p, m, v, wiener*1.5, want)
			}
		}
	}
}

// OUVE starts from the far end and noise of its own deviation; quiet is of a point and of eta 0.
func TestBridgeStarts(t *testing.T) {
	z, far := batch{{1, -2}}, batch{{0.5, 3}}
	p := reverie.OUVE{}
	run := &Run[batch]{Space: &recorded{noise: []batch{z}}, Process: p, Far: []batch{far}}
	s := p.At(1).Sigma
	if got := run.Prior(far); distance(got, batch{{0.5 + s, 3 - 2*s}}) > 1e-15 {
		t.Errorf("starts at %v", got)
	}
	for want, err := range map[string]error{
		"eta 0.5 draws it":   Fits(DDIM[batch]{Quiet: true, Eta: 0.5}, pinned["i2sb"]),
		"starts from noise":  Fits(DDIM[batch]{Quiet: true}, reverie.VP{}),
		"one starts from no": Fits(DDIM[batch]{Quiet: true}, p),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
