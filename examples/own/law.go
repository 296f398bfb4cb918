package main

import (
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// Trigonometric is the path x_t = cos(pi t/2) x0 + sin(pi t/2) eps (Albergo & Vanden-Eijnden 2022,
// arXiv:2209.15571), as a row and as the process itself.
type Trigonometric struct{ table.Info }

func (p Trigonometric) Process() (reverie.Process, error) { return p, nil }
func (Trigonometric) String() string                      { return "trigonometric" }

func (Trigonometric) At(t float64) reverie.Coef {
	sin, cos := math.Sincos(math.Pi / 2 * t)
	return reverie.Coef{Alpha: cos, Sigma: sin, DAlpha: -math.Pi / 2 * sin, DSigma: math.Pi / 2 * cos}
}

// Span stays clear of the ends, where there is no noise, or nothing else.
func (Trigonometric) Span() (lo, hi float64) { return 1e-3, 0.999 }

// Cond is on the scale of DDPM's indices.
func (Trigonometric) Cond(t float64) float64 { return 999 * t }

// Difference predicts d = x0 - eps, of which x0 = (s d + x)/(a + s) for every process.
type Difference struct{ table.Info }

func (Difference) Param() reverie.Param {
	return func(c reverie.Coef) (skip, far, out, in float64) {
		sum := c.Alpha + c.Sigma
		return 1 / sum, -c.Beta / sum, c.Sigma / sum, 1
	}
}

// Sigmoid weights the error of the noise by sigmoid(Bias - log SNR) (Kingma & Gao 2023,
// arXiv:2303.00848, section 5), as a row and as the weighting itself.
type Sigmoid struct {
	table.Info
	Bias float64 `flag:"sigmoid-bias" range:"[-20,20]" help:"b of sigmoid(b - log SNR)" group:"Formulation"`
}

func (w *Sigmoid) Weighting(formulation.Formulation) reverie.Weighting { return w }

// Weight is stated on |x0hat - x0|^2, which is 1/SNR of the noise's error.
func (w *Sigmoid) Weight(_ reverie.Process, _ float64, c reverie.Coef) float64 {
	snr := c.SNR()
	return snr / (1 + snr*math.Exp(-w.Bias))
}

// Late draws times of density 2t: more where there is more noise. The density takes the place of
// the uniform one, no factor undoes it.
type Late struct{ table.Info }

func (l Late) TimeLaw(reverie.Process) reverie.TimeLaw { return l }

func (Late) Times(p reverie.Process, s random.Stream, n int) []float64 {
	lo, hi := p.Span()
	t := make([]float64, n)
	for i := range t {
		t[i] = lo + (hi-lo)*math.Sqrt(s.Plus(i).Uniform())
	}
	return t
}
