package model

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/sample"
)

// A Part is a batch of given images with what walks from them and to them use, see OnParts. Its
// tensors, and all that its Space makes, are freed at the end of the call.
type Part struct {
	First int                          // the number of the first image
	X     *tensors.Tensor              // the images, as the process has them
	Run   *sample.Run[*tensors.Tensor] // of the options' classes and guides, not clamped
	Clamp sample.Clamp                 // the options'
	Grid  []float64
	Hook  func(State) error // for each step: it calls the options', and gives memory back

	w *walk
}

// OnParts calls f with each batch of images x [N,H,W,C], of the options' size: for what an
// application does with a model by its denoisers, where Sample, Redraw and the like do not. The
// options are Filled.
func (m *Model) OnParts(ctx context.Context, o Options, x []float32, f func(p Part) error) error {
	o = m.Filled(m.Unclassed(o))
	clamp, err := sample.Clamps.Find(o.Clamp)
	if err != nil {
		return err
	}
	o.Clamp = "none"
	h, w, c := m.Kind.Sized(o.Height, o.Width).Shape()
	return m.walks(o, x, edit.Shape{H: h, W: w, C: c}, func(w *walk, x *tensors.Tensor) error {
		w.o.Clamp = clamp.Name
		z, err := m.Latents(x)
		if err == nil {
			if z != x {
				w.hold(z)
			}
			err = ctx.Err()
		}
		if err == nil {
			err = f(Part{First: w.first, X: z, Run: w.run, Clamp: clamp, Grid: w.grid, Hook: w.hook, w: w})
		}
		_, err = w.end(nil, err)
		return err
	})
}

// Again is Run, whose noise begins where it began for the part: the same each time.
func (p Part) Again() *sample.Run[*tensors.Tensor] {
	p.w.space.Stream = p.w.stream
	return p.Run
}

// Unasked is the model's denoiser of no class, to be asked for classes by queries, neither guided
// nor clamped.
func (p Part) Unasked() reverie.Denoiser[*tensors.Tensor] {
	return p.w.m.unasked(p.w.o, p.w.space, p.Run.Process)
}

// Classifier is that of noised samples at a path, see Model.Classifier, told the numbers of classes
// that labels has.
func (p Part) Classifier(path string, labels kind.Kind) (guide.Classifier[*tensors.Tensor], error) {
	return p.w.m.guidingClassifier(path, labels, p.w.space, p.Run.Process)
}

// Denoiser is the model's under other classes and guides, not clamped.
func (p Part) Denoiser(o Options) (reverie.Denoiser[*tensors.Tensor], error) {
	m := p.w.m
	o = m.Filled(o)
	o.Clamp = "none"
	run, err := m.run(o, p.w.space, m.Classes(o, p.First, p.X.Shape().Dimensions[0]))
	if err != nil {
		return nil, err
	}
	return run.Denoiser, nil
}
