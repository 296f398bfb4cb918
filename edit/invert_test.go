package edit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// A trip is what GoAndReturn returns.
type trip struct {
	Back  batch
	Error []float64
}

// goAndReturn is a round trip of points of m under p.
func goAndReturn(t *testing.T, m *mixture.Mixture, p reverie.Process, by Inverter[batch], x batch, g []float64) trip {
	t.Helper()
	run := &sample.Run[batch]{Space: host(0), Process: p, Denoiser: m.Denoiser(p)}
	back, off, err := GoAndReturn(t.Context(), run, nil, by, x, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	return trip{back, off}
}

// TestDDIMInversionFactor: the round trip multiplies data ~ N(0, v) by prod cos^2(d theta), on
// every process; of N(0, 1/2) under the chain of 1000 linear betas at every 20th index that is
// .915, at every second .991.
func TestDDIMInversionFactor(t *testing.T) {
	for _, v := range []float64{0.04, 0.5, 2} {
		m := gaussian(t, []float64{0}, [][]float64{{v}})
		for name, p := range processes(t) {
			g := grid(t, "linear", p, 50)
			want := 1.
			for i := range g[1:] {
				c := math.Cos(theta(p, g[i], v) - theta(p, g[i+1], v))
				want *= c * c
			}
			r := goAndReturn(t, m, p, &DDIMInversion[batch]{}, batch{{1.5}, {-0.2}}, g)
			for n, x0 := range []float64{1.5, -0.2} {
				near(t, fmt.Sprintf("%s, variance %v", name, v), r.Back[n][0], want*x0, 1e-9)
				near(t, "its error", r.Error[n], 1-want, 1e-9)
			}
		}
	}
	p := processes(t)["ddpm"]
	m := gaussian(t, []float64{0}, [][]float64{{0.5}})
	for n, want := range map[int]float64{50: 0.915, 500: 0.991} {
		var g []float64
		for i := 1000 - 1000/n; i >= 0; i -= 1000 / n {
			g = append(g, float64(i))
		}
		r := goAndReturn(t, m, p, &DDIMInversion[batch]{}, batch{{1}}, append(g, reverie.Clean))
		near(t, fmt.Sprintf("%d steps", n), r.Back[0][0], want, 5e-4)
	}
}

// TestFixedPointReturns: it reaches 1 to its tolerance, on every process and on data that are no
// Gaussian; each step's misfit, relative to x, is carried on by the steps down from it.
func TestFixedPointReturns(t *testing.T) {
	laws := map[string]*mixture.Mixture{"gaussian": gaussian(t, []float64{0}, [][]float64{{0.04}}), "random-3": mixture.Random(3, 4, 7)}
	for law, m := range laws {
		x := m.Sample(host(3).Stream, 8)
		for name, p := range processes(t) {
			for _, spacing := range []string{"linear", "karras"} {
				if name == "edm" && spacing == "linear" {
					continue // its first step goes from a level of 0.002 to 2, where x of the data is all but lost
				}
				g := grid(t, spacing, p, 40)
				plain := goAndReturn(t, m, p, &DDIMInversion[batch]{}, x, g)
				for _, tolerance := range []float64{1e-3, 1e-8} {
					f := &FixedPoint[batch]{Tolerance: tolerance, Calls: 200}
					r := goAndReturn(t, m, p, f, x, g)
					if worst := most(r.Error); !(worst <= 40*tolerance) {
						t.Errorf("%s of %s, %s: error %.3g at a tolerance of %v; of plain inversion %.3g", name, law, spacing, worst, tolerance, most(plain.Error))
					}
				}
			}
		}
	}
}

// TestFixedPointHalves: for wide data in few steps whole quasi-Newton steps overshoot by more each
// time: v = 25 and s/a from 1 to 5 has the factor -1.6. Shorter ones do not.
func TestFixedPointHalves(t *testing.T) {
	m := gaussian(t, []float64{0}, [][]float64{{25}})
	for name, p := range processes(t) {
		r := goAndReturn(t, m, p, &FixedPoint[batch]{Tolerance: 1e-8, Calls: 200}, batch{{4}, {-7}}, grid(t, "karras", p, 6))
		if worst := most(r.Error); !(worst <= 1e-6) {
			t.Errorf("%s: error %.3g", name, worst)
		}
	}
}

// TestFixedPointCost: for data ~ N(0, I) the first quasi-Newton step is exact, so that a step takes
// one call, which finds the first x right.
func TestFixedPointCost(t *testing.T) {
	m := gaussian(t, []float64{0, 0}, [][]float64{{1, 0}, {0, 1}})
	for name, p := range processes(t) {
		run := &sample.Run[batch]{Space: host(0), Process: p, Denoiser: m.Denoiser(p)}
		calls := 0
		_, err := (&FixedPoint[batch]{Tolerance: 1e-9, Calls: 50}).Invert(t.Context(), run, batch{{0.3, -1}}, grid(t, "karras", p, 20), func(s sample.State[batch]) error {
			calls = s.Calls
			return nil
		})
		if err != nil || calls > 2*19 {
			t.Errorf("%s: %d calls for 19 steps, %v", name, calls, err)
		}
	}
}

// TestInversionRefusals: what takes part must be able to.
func TestInversionRefusals(t *testing.T) {
	p := reverie.VP{}
	m := gaussian(t, []float64{0}, [][]float64{{1}})
	type plain struct{ reverie.Space[batch] }
	run := &sample.Run[batch]{Space: plain{host(0)}, Process: p, Denoiser: m.Denoiser(p)}
	_, _, err := GoAndReturn(t.Context(), run, nil, Inverter[batch](&DDIMInversion[batch]{}), batch{{1}}, grid(t, "linear", p, 4), nil)
	if err == nil || !strings.Contains(err.Error(), "lacks Norm") {
		t.Errorf("a space without norms: %v", err)
	}
	run.Process = reverie.Flow{Between: true}
	for _, by := range []Inverter[batch]{&DDIMInversion[batch]{}, &FixedPoint[batch]{}} {
		if _, err := by.Invert(t.Context(), run, batch{{1}}, []float64{0.5, reverie.Clean}, nil); err == nil || !strings.Contains(err.Error(), "no score") {
			t.Errorf("%T between data sets: %v", by, err)
		}
	}
}

// TestInterpolate: the ends, the length between them, equal angles, and the straight line where
// there is no direction.
func TestInterpolate(t *testing.T) {
	x, y := noise(1, 1, 100), noise(2, 1, 100)
	sp := host(0)
	rows := func(z batch, n int) (all batch) {
		for range n {
			all = append(all, z[0])
		}
		return all
	}
	at := []float64{0, 0.25, 0.5, 0.75, 1}
	z, err := Interpolate[batch](sp, rows(x, 5), rows(y, 5), at)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "the first end", z[0], x[0], 1e-12)
	nearAll(t, "the last end", z[4], y[0], 1e-12)
	angle := func(a, b []float64) float64 { return Angle(dotOf(a, b), dotOf(a, a), dotOf(b, b)) }
	whole := angle(x[0], y[0])
	for i := range z[1:] {
		near(t, "the angle of a quarter", angle(z[i], z[i+1]), whole/4, 0.02) // the ends differ in length a little
	}
	if middle := math.Sqrt(dotOf(z[2], z[2])); math.Abs(middle-10) > 1 { // of deviation 0.7
		t.Errorf("the middle is %v long", middle)
	}
	z, err = Interpolate[batch](sp, batch{{0, 0}}, batch{{2, 4}}, []float64{0.5})
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "from zeros", z[0], []float64{1, 2}, 1e-12)
	if _, err := Interpolate[batch](sp, x, y, at); err == nil {
		t.Error("5 places for one sample")
	}
}
