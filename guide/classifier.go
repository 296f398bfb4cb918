package guide

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Classifier knows p(y | x_t), the class of what is seen at a noise level.
type Classifier[X any] interface {
	// Gradient returns grad_x log p(class | x_t = x) of each sample, at x itself and at t. No class
	// is reverie.NullClass.
	Gradient(ctx context.Context, x X, t float64, class []int) (X, error)
}

// ClassifierFunc makes a function a Classifier.
type ClassifierFunc[X any] func(ctx context.Context, x X, t float64, class []int) (X, error)

// Gradient calls f.
func (f ClassifierFunc[X]) Gradient(ctx context.Context, x X, t float64, class []int) (X, error) {
	return f(ctx, x, t, class)
}

// Classified returns d, of process p, guided to the query's classes by a classifier (Dhariwal &
// Nichol 2021, arXiv:2105.05233, sec. 4.2):
//
//	D = D_d + scale (s^2/a) grad_x log p(y | x_t = x, t)
//
// which adds scale times the gradient to the score, under every process and solver. d may know
// classes, and is then asked for them, so that the whole is a gamma of 1 + scale, or not. A sample
// of NullClass is left as it is. The result knows the variance that d knows, and no vector-Jacobian
// product, which would take the classifier's second derivatives. Where a = 0 and the gradient
// vanishes, their ratio is that at the near noise level a/s = 1e-3.
func Classified[X any](sp reverie.Space[X], p reverie.Process, d reverie.Denoiser[X], c Classifier[X], scale float64) reverie.Denoiser[X] {
	return classified[X]{space: sp, process: p, inner: d, classifier: c, scale: scale}
}

// Shifted is Classified as guided-diffusion has it (Dhariwal & Nichol 2021, arXiv:2105.05233,
// algorithm 1): not x0hat but the mean of an ancestral step is shifted, by scale times its variance
// times the gradient, which is Classified's as steps grow short. It goes with solvers whose steps
// heed reverie.WantShift, which is ddpm, and refuses others. The last step, to Clean, has no
// variance here, and no shift; guided-diffusion's has that of the step before.
func Shifted[X any](sp reverie.Space[X], d reverie.Denoiser[X], c Classifier[X], scale float64) reverie.Denoiser[X] {
	return classified[X]{space: sp, inner: d, classifier: c, scale: scale, shift: true}
}

type classified[X any] struct {
	space      reverie.Space[X]
	process    reverie.Process
	inner      reverie.Denoiser[X]
	classifier Classifier[X]
	scale      float64
	shift      bool
}

// Knows returns what the inner Denoiser does, but for the product and an expected far end.
func (c classified[X]) Knows(w reverie.Want) error {
	if !w.Has(reverie.WantClass) {
		return fmt.Errorf("classifier guidance %w", ErrNoClass)
	}
	switch {
	case c.shift && !w.Has(reverie.WantShift):
		return errors.New("classifier guidance by the variance shifts the mean of ancestral steps: use solver ddpm, or the shift of x0hat")
	case c.shift:
		w &^= reverie.WantShift
	}
	if err := w.Beyond(^(reverie.WantVJP | reverie.WantShift | reverie.WantFar), "classifier guidance"); err != nil {
		return err
	}
	return c.inner.Knows(c.within(w))
}

// within is what is asked of the inner Denoiser: the class where it knows classes.
func (c classified[X]) within(w reverie.Want) reverie.Want {
	if w &^= reverie.WantShift; c.inner.Knows(w) != nil && c.inner.Knows(w&^reverie.WantClass) == nil {
		w &^= reverie.WantClass
	}
	return w
}

// Denoise adds the gradient.
func (c classified[X]) Denoise(ctx context.Context, q reverie.Query[X]) (e reverie.Estimate[X], err error) {
	if err := c.Knows(q.Want); err != nil {
		return e, err
	}
	inner := q
	if inner.Want = c.within(q.Want); !inner.Want.Has(reverie.WantClass) {
		inner.Class = nil
	}
	if e, err = c.inner.Denoise(ctx, inner); err != nil {
		return e, err
	}
	if c.shift {
		e.Shift, err = c.gradient(ctx, q, q.T, c.scale)
		return e, err
	}
	t, times := variancePerSignal(c.process, q.T)
	g, err := c.gradient(ctx, q, t, times*c.scale)
	if err != nil {
		return e, err
	}
	e.X0 = c.space.Sum([]float64{1, 1}, e.X0, g)
	return e, nil
}

// gradient returns times the gradient at t, of a sample of NullClass 0. Where all are 0 the
// classifier is not asked.
func (c classified[X]) gradient(ctx context.Context, q reverie.Query[X], t, times float64) (g X, err error) {
	guided := slices.IndexFunc(q.Class, func(y int) bool { return y != reverie.NullClass })
	if guided < 0 || times == 0 {
		return c.space.Sum([]float64{0}, q.X), nil
	}
	class, weight := slices.Clone(q.Class), make([]float64, len(q.Class))
	for i, y := range class {
		if y == reverie.NullClass {
			class[i] = class[guided] // some class that the classifier knows, counting nothing
			continue
		}
		weight[i] = times
	}
	if g, err = c.classifier.Gradient(ctx, q.X, t, class); err != nil {
		return g, fmt.Errorf("classifier guidance: %w", err)
	}
	return c.space.SumEach([][]float64{weight}, g), nil
}

// variancePerSignal returns s^2/a at t, or, where a = 0, at the time near t at which a/s = 1e-3.
func variancePerSignal(p reverie.Process, t float64) (at, ratio float64) {
	c := reverie.At(p, t)
	if c.Alpha == 0 {
		t = reverie.TimeAt(p, math.Log(1e-3))
		c = reverie.At(p, t)
	}
	return t, c.Sigma * c.Sigma / c.Alpha
}

// TransferClassifier makes a Classifier of process from one of process to: at equal alpha/sigma the
// two laws differ by a factor, so
//
//	log p(y | x, t) = log p_from(y | r x, u),   gradient = r gradient_from(r x, u)
//
// with r and u of [reverie.EqualRatio].
func TransferClassifier[X any](sp reverie.Space[X], from, to reverie.Process, c Classifier[X]) Classifier[X] {
	return ClassifierFunc[X](func(ctx context.Context, x X, t float64, class []int) (X, error) {
		r, u, err := reverie.EqualRatio(from, to, t)
		if err != nil {
			return x, err
		}
		g, err := c.Gradient(ctx, sp.Sum([]float64{r}, x), u, class)
		if err != nil {
			return g, err
		}
		return sp.Sum([]float64{r}, g), nil
	})
}

// ClassifierGuide is the row of Classified and Shifted.
type ClassifierGuide[X any] struct {
	Classifier string  `flag:"classifier" help:"run of the classifier of noisy samples, RUN or RUN@step"`
	Scale      float64 `flag:"classifier-scale" range:"[-1000,1000]" help:"times the gradient of the classifier; of a conditional model gamma is 1 more"`
	Shift      string  `flag:"classifier-shift" names:"x0,variance" optional:"true" zero:"x0" rare:"true" help:"what the gradient moves: x0hat under every solver, or as guided-diffusion the mean of solver ddpm by its variance"`
}

// Row describes the guide.
func (*ClassifierGuide[X]) Row() table.Info {
	return table.Info{Name: "classifier", Text: "the gradient of a classifier's log probability of the class, Dhariwal & Nichol 2021"}
}

// ToClass is true.
func (*ClassifierGuide[X]) ToClass() bool { return true }

// Chief is the setting that chooses the guide.
func (*ClassifierGuide[X]) Chief() string { return "classifier" }

// Convention says what the scale means.
func (g *ClassifierGuide[X]) Convention() string {
	if g.Shift == "variance" {
		return "classifier-scale: mean + scale variance grad log p(class | x_t) of each step; 0 ignores the classifier"
	}
	return "classifier-scale: x0hat + scale (sigma^2/alpha) grad log p(class | x_t); 0 ignores the classifier, and of a conditional model gamma is 1 + scale"
}

// Guide implements Guide.
func (g *ClassifierGuide[X]) Guide(s Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	if s.Classifier == nil || g.Classifier == "" {
		return nil, errors.New("it needs a classifier of noisy samples: give its run")
	}
	c, err := s.Classifier(g.Classifier)
	if err != nil {
		return nil, err
	}
	if g.Shift == "variance" {
		return Shifted(s.Space, d, c, g.Scale), nil
	}
	return Classified(s.Space, s.Process, d, c, g.Scale), nil
}
