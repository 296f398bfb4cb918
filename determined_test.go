package reverie

import (
	"errors"
	"math"
	"testing"
)

// own is a process of a user's own, cosine to the very end: its alpha at 1 is what float64 leaves
// of cos(pi/2), 6e-17.
type own struct{}

func (own) At(t float64) Coef {
	s, c := math.Sincos(math.Pi / 2 * t)
	return Coef{Alpha: c, Sigma: s, DAlpha: -math.Pi / 2 * s, DSigma: math.Pi / 2 * c}
}

func (own) Span() (lo, hi float64) { return 1e-3, 1 }
func (own) Cond(t float64) float64 { return t }
func (own) PriorSigma() float64    { return 1 }
func chainTo(t *testing.T, T int, end float64) *DDPM {
	t.Helper()
	p, err := NewDDPM(LinearBetas(T, 1e-4, end))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Predictions of the noise leave x0 open where alpha vanishes, and no others; the processes that
// are in use leave enough of it.
func TestDetermined(t *testing.T) {
	cosine, err := NewDDPM(CosineBetas(1000))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Param{"eps": Eps, "score": Score, "v": V, "x0": X0, "velocity": Velocity, "edm": EDMParam(0)}
	for _, c := range []struct {
		name string
		p    Process
		open []string
	}{
		{"beta up to .5", chainTo(t, 1000, 0.5), []string{"eps", "score", "velocity"}}, // velocity's coefficients leave float32
		{"own", own{}, []string{"eps", "score"}},
		{"linear", chainTo(t, 1000, 0.02), nil}, {"cosine", cosine, nil}, {"vp", VP{}, nil}, {"cosine vp", CosineVP{}, nil}, {"sigmoid vp", SigmoidVP{}, nil},
		{"subvp", SubVP{}, nil}, {"ve", VE{SigmaMax: 1000}, nil}, {"edm", EDM{}, nil},
	} {
		open := map[string]bool{}
		for _, k := range c.open {
			open[k] = true
		}
		for name, k := range kinds {
			err := Determined(c.p, k)
			var u *UndeterminedError
			if got := errors.As(err, &u); got != open[name] || got && u.T != lastTime(c.p) {
				t.Errorf("%s of %s: %v", name, c.name, err)
			}
			if err := (Objective{Process: c.p, Param: k}).Validate(); (err != nil) != open[name] {
				t.Errorf("objective %s of %s: %v", name, c.name, err)
			}
		}
	}
}

func lastTime(p Process) float64 {
	_, hi := p.Span()
	return hi
}

// What Determined says is lost is lost: an exact eps rounded to float32 gives an x0hat that is off
// by a part of that size.
func TestUndeterminedIsLost(t *testing.T) {
	_, hi := own{}.Span()
	c := own{}.At(hi)
	skip, _, out, _ := Eps(c)
	x0, eps := 0.7, 1.1
	x := c.Alpha*x0 + c.Sigma*eps
	if got := skip*x + out*float64(float32(eps)); math.Abs(got-x0) < 1e6 {
		t.Errorf("x0hat = %v of %v", got, x0)
	}
}
