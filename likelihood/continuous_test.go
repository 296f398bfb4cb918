package likelihood

import (
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

type namedProcess struct {
	name string
	p    reverie.Process
}

// processes are those that a density follows from.
var processes = []namedProcess{
	{"vp", reverie.VP{}}, {"subvp", reverie.SubVP{}}, {"ve", reverie.VE{}}, {"edm", reverie.EDM{}}, {"flow", reverie.Flow{}},
}

// TestContinuousBound: with the exact denoiser the bound of continuous time is the truth, less what
// the ends leave: never below it.
func TestContinuousBound(t *testing.T) {
	for _, test := range processes {
		for _, name := range []string{"gaussian", "two-modes"} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				m := law(t, name)
				x := dataOf(m, 2500)
				e, err := Continuous(t.Context(), noiseOf(2), test.p, m.Denoiser(test.p), x, BoundOptions{Times: 64})
				if err != nil {
					t.Fatal(err)
				}
				d, se := meanDifference(e.PerSample(), truth(m, x))
				c := 1 / math.Ln2 / float64(m.Dim())
				d, se = c*d, c*math.Hypot(se, math.Sqrt(e.total.shared))
				t.Logf("above the truth by %.4f +- %.4f bits/dim", d, se)
				if !(d >= -3*se && d <= 0.02+3*se) {
					t.Errorf("above the truth by %v +- %v bits/dim, want 0 to 0.02", d, se)
				}
				if n := len(e.Terms()); n != 32 {
					t.Errorf("%d terms, want 32", n)
				}
			})
		}
	}
}

// TestContinuousTermsOfAGaussian: for data N(mu, v) the integrand's mean is v a^2/(a^2 v + s^2), a
// logistic function of Lambda whose integral is known.
func TestContinuousTermsOfAGaussian(t *testing.T) {
	m, p := law(t, "gaussian"), reverie.VP{}
	const v = 0.49
	e, err := Continuous(t.Context(), noiseOf(4), p, m.Denoiser(p), dataOf(m, 4000), BoundOptions{Times: 32, Draws: 3})
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := p.Span()
	top, bottom := p.At(lo).Lambda(), p.At(hi).Lambda()
	integral := func(lambda float64) float64 { return math.Log1p(v*math.Exp(2*lambda)) / 2 }
	got, want := e.Steps(), integral(top)-integral(bottom)
	if !(math.Abs(got.Value-want) <= 4*got.SE) || !(got.Noise < got.SE) || !(got.SE < want/50) {
		t.Errorf("steps %+v, want %v", got, want)
	}
	width := (top - bottom) / 16
	for i, term := range e.Terms() {
		a := top - width*float64(i)
		want := integral(a) - integral(a-width)
		// The two draws of a stretch are uniform in it: their place adds at most half its change to
		// the error.
		slack := width * math.Abs(v*math.Exp(2*a)/(1+v*math.Exp(2*a))-v*math.Exp(2*a-2*width)/(1+v*math.Exp(2*a-2*width)))
		if !(math.Abs(term.Value-want) <= 4*term.SE+slack) || math.Abs(p.At(term.T).Lambda()-term.Lambda) > 1e-9 {
			t.Errorf("term %+v, want %v", term, want)
		}
	}
}

func TestContinuousBoundRefuses(t *testing.T) {
	m := law(t, "two-modes")
	x := dataOf(m, 2)
	for want, p := range map[string]reverie.Process{"no score": reverie.Flow{Between: true}, "two given ends": reverie.Bridge{}} {
		_, err := Continuous(t.Context(), noiseOf(2), p, m.Denoiser(reverie.VP{}), x, BoundOptions{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "no likelihood") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
