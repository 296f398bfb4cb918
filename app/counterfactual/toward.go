package counterfactual

import (
	"context"
	"slices"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/sample"
)

// A Toward makes the Denoiser that is guided to the targets, of each sample at a scale of its own,
// for a run, whose own Denoiser is that of what the data are.
type Toward[X any] func(run *sample.Run[X], scale []float64) (reverie.Denoiser[X], error)

// TowardClass is classifier-free guidance to a class of each sample, whose scale is the gamma of
//
//	D = D_null + gamma (D_class - D_null)
//
// of a model d that knows classes: see guide.ClassifierFree.
func TowardClass[X any](d reverie.Denoiser[X], class []int) Toward[X] {
	return func(run *sample.Run[X], scale []float64) (reverie.Denoiser[X], error) {
		free := guide.ClassifierFree(run.Space, d, reverie.NullClass, guide.Rule[X](linear[X]{run.Space, scale}))
		return reverie.OfClass(free, class), nil
	}
}

// TowardClassifier is guidance to a class of each sample by a classifier of noised samples, whose
// gradient its scale multiplies: see guide.Classified. The model d may know classes or not.
func TowardClassifier[X any](d reverie.Denoiser[X], c guide.Classifier[X], class []int) Toward[X] {
	return func(run *sample.Run[X], scale []float64) (reverie.Denoiser[X], error) {
		each := guide.ClassifierFunc[X](func(ctx context.Context, x X, t float64, class []int) (X, error) {
			g, err := c.Gradient(ctx, x, t, class)
			if err != nil {
				return g, err
			}
			return run.Space.SumEach([][]float64{scale}, g), nil
		})
		return reverie.OfClass(guide.Classified(run.Space, run.Process, d, guide.Classifier[X](each), 1), class), nil
	}
}

// linear is guide.Linear with a gamma of each sample.
type linear[X any] struct {
	space reverie.Space[X]
	gamma []float64
}

// Takes leaves out the weak branch where all take the strong one alone.
func (l linear[X]) Takes() (strong, weak bool) {
	return true, slices.ContainsFunc(l.gamma, func(g float64) bool { return g != 1 })
}

// rest is 1 less each gamma.
func (l linear[X]) rest() []float64 {
	rest := make([]float64, len(l.gamma))
	for n, g := range l.gamma {
		rest[n] = 1 - g
	}
	return rest
}

// Combine returns D.
func (l linear[X]) Combine(_ reverie.Query[X], strong, weak X) X {
	return l.space.SumEach([][]float64{l.gamma, l.rest()}, strong, weak)
}

// VJP takes no estimate.
func (l linear[X]) VJP(q reverie.Query[X], _, _ X) (toStrong, toWeak X) {
	return l.space.SumEach([][]float64{l.gamma}, q.U), l.space.SumEach([][]float64{l.rest()}, q.U)
}
