package counterfactual

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A Classifier knows p(y | x), the class of clean data: what is explained.
type Classifier[X any] interface {
	// LogProbabilities returns log p(y | x) of every class y, a row for each sample.
	LogProbabilities(ctx context.Context, x X) ([][]float64, error)
	// Gradient returns grad_x log p(class | x) of each sample, at x.
	Gradient(ctx context.Context, x X, class []int) (X, error)
}

// A Distance is how far data are from others by their features.
type Distance[X any] interface {
	// Gradient returns the gradient, with respect to x, of each sample's distance from the others.
	Gradient(ctx context.Context, x, from X) (X, error)
}

// A Problem is data whose classes are explained: what must change in them for the classifier to
// take them for others.
type Problem[X any] struct {
	// Run makes a run of the model, over a Space whose noise begins at the same place every time.
	// Its Denoiser is the model without a class or, for translate, that of the data's own classes.
	// The Space must be a Rower.
	Run    func() (*sample.Run[X], error)
	Solver sample.Solver[X]
	Grid   []float64    // the last time of which is Clean
	Clamp  sample.Clamp // of x0hat, and of what the method makes of it
	Shape  edit.Shape   // of a sample; one that is no image is one pixel, {1, 1, its numbers}

	Classifier Classifier[X]
	Distance   Distance[X] // for what weighs it; nil: none
	Toward     Toward[X]   // for translate; nil: none

	X      X
	Target []int                       // the class that each sample is to be taken for
	Hook   func(sample.State[X]) error // called after each step of the solver
}

// A Trial is what a method made of the data at given scales.
type Trial[X any] struct {
	X     X
	Mask  [][]bool // the pixels [H,W] of each sample outside of which X is the data, exactly
	Calls int      // of the model, each by all samples
}

// A Method changes data so that a classifier takes them for the classes asked for.
type Method[X any] interface {
	table.Row
	// Try makes one change of the data. scale is how hard each sample is pushed, a number from 0
	// on, of which the method says what it multiplies.
	Try(ctx context.Context, p Problem[X], scale []float64) (Trial[X], error)
}

// spaces are what methods ask of a Space.
type spaces[X any] interface {
	reverie.Space[X]
	reverie.Rower[X]
}

// A walk is a trial under way.
type walk[X any] struct {
	Problem[X]
	method string
	run    *sample.Run[X] // of which every call of the Denoiser, which is clamped, is counted
	space  spaces[X]
	data   [][]float64 // the rows of X
	scale  []float64
	calls  int
}

// begin checks what a method of those settings is given, and begins a trial.
func (p Problem[X]) begin(method table.Row, scale []float64) (*walk[X], error) {
	w := &walk[X]{Problem: p, method: method.Row().Name, scale: scale}
	err := check(method)
	if err == nil {
		err = w.open()
	}
	if err == nil {
		err = w.fits()
	}
	if err == nil {
		err = w.knows(method)
	}
	if err != nil {
		return nil, w.failed(err)
	}
	return w, nil
}

// knows says whether the model knows what a method wants of it.
func (w *walk[X]) knows(method table.Row) error {
	err := w.run.Denoiser.Knows(sample.Wants(method))
	if m, ok := method.(interface{ instead() string }); ok && err != nil {
		return fmt.Errorf("%w: %s", err, m.instead())
	}
	return err
}

// failed says whose error it is.
func (w *walk[X]) failed(err error) error {
	return fmt.Errorf("counterfactual: method %s: %w", w.method, err)
}

// end ends a trial with what a walk returned; no masks are of every pixel.
func (w *walk[X]) end(x X, masks [][]bool, err error) (Trial[X], error) {
	if err != nil {
		return Trial[X]{}, w.failed(err)
	}
	if masks == nil {
		masks = whole(w.Shape, len(w.data))
	}
	return Trial[X]{X: x, Mask: masks, Calls: w.calls}, nil
}

// check checks the settings of a method, or of a search.
func check(settings any) error {
	if err := table.Check(settings); err != nil {
		return err
	}
	if v, ok := settings.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// open makes the run.
func (w *walk[X]) open() (err error) {
	if w.Run == nil || w.Solver == nil || w.Classifier == nil {
		return fmt.Errorf("a Problem needs a Run, a Solver and a Classifier")
	}
	if n := len(w.Grid); n < 2 || w.Grid[n-1] != reverie.Clean {
		return fmt.Errorf("a grid of %d times: expected at least 2, of which the last is Clean", n)
	}
	made, err := w.Run()
	if err != nil {
		return err
	}
	if err := edit.Noised(made); err != nil {
		return err
	}
	run, ok := *made, false
	if w.space, ok = run.Space.(spaces[X]); !ok {
		return fmt.Errorf("%T lacks Rows(x) and FromRows(like, rows)", run.Space)
	}
	run.Denoiser = w.counted(run.Denoiser)
	w.run, w.data = &run, w.space.Rows(w.X)
	return run.Apply(w.Clamp)
}

// fits reports data that the rest of the problem is not of.
func (w *walk[X]) fits() error {
	n := len(w.data)
	if n == 0 || len(w.Target) != n || len(w.scale) != n {
		return fmt.Errorf("%d samples, %d targets and %d scales: expected as many of each", n, len(w.Target), len(w.scale))
	}
	if size := len(w.data[0]); w.Shape.Size() != size || w.Shape.H < 1 || w.Shape.W < 1 {
		return fmt.Errorf("samples of %d numbers and the shape %v: expected as many, of a sample that is no image {1, 1, %d}", size, w.Shape, size)
	}
	for i, s := range w.scale {
		if !(s >= 0) || math.IsInf(s, 1) {
			return fmt.Errorf("scale %v of sample %d: expected a number from 0 on", s, i)
		}
	}
	return nil
}

// counted is a denoiser whose calls the walk counts.
func (w *walk[X]) counted(d reverie.Denoiser[X]) reverie.Denoiser[X] { return counted[X]{d, &w.calls} }

type counted[X any] struct {
	reverie.Denoiser[X]
	calls *int
}

// Denoise counts.
func (c counted[X]) Denoise(ctx context.Context, q reverie.Query[X]) (reverie.Estimate[X], error) {
	*c.calls++
	return c.Denoiser.Denoise(ctx, q)
}

// rows makes a batch of rows.
func (w *walk[X]) rows(rows [][]float64) X { return w.space.FromRows(w.X, rows) }

// sign returns the signs of x less the data.
func (w *walk[X]) sign(x X) [][]float64 {
	rows := w.space.Rows(x)
	for n, row := range rows {
		for i, v := range row {
			row[i] = sign(v - w.data[n][i])
		}
	}
	return rows
}

// sign is 1, -1, or 0 of 0.
func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// Redraw is how much of the data is noised away before they are drawn again.
type Redraw struct {
	Strength float64 `flag:"strength" range:"(0,1]" help:"the share of the steps, from the last, that is walked: the more, the less is left of the image"`
}

// ones is 1 for each sample.
func (w *walk[X]) ones() []float64 { return slices.Repeat([]float64{1}, len(w.data)) }
