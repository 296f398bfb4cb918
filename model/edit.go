package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

type (
	// A Method draws images that agree with a measurement.
	Method = edit.Method[*tensors.Tensor]
	// An Inverter finds the noise that given images would come from.
	Inverter = edit.Inverter[*tensors.Tensor]
)

// Methods are the methods that a name chooses, with their settings' defaults.
var Methods = table.New[Method]("method", "methods", " of edit: how what is not known is drawn",
	&edit.MMPS[*tensors.Tensor]{Noise: edit.Noise{Sigma: 0.01}, Rounds: 3},
	&edit.RePaint[*tensors.Tensor]{Jump: 5, Passes: 5},
	&edit.DPS[*tensors.Tensor]{Noise: edit.Noise{Sigma: 0.01}, Zeta: 2},
	&edit.DiffPIR[*tensors.Tensor]{Noise: edit.Noise{Sigma: 0.01}, Lambda: 7},
	&edit.Replace[*tensors.Tensor]{},
)

// Inversions are the inversions that a name chooses, with their settings' defaults.
var Inversions = table.New[Inverter]("inversion", "inversions", " of edit --invert and --to",
	&edit.FixedPoint[*tensors.Tensor]{Tolerance: 3e-4, Calls: 20},
	&edit.DDIMInversion[*tensors.Tensor]{},
)

// Redraw noises images x [N,H,W,C] to where the last share strength of the steps begins, and
// samples on from there: see edit.SDEdit.
func (m *Model) Redraw(ctx context.Context, o Options, x []float32, strength float64) ([]float32, error) {
	return m.each(ctx, m.Filled(m.Unclassed(o)), x, func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error) {
		return edit.SDEdit(ctx, w.run, sample.Fresh(w.o.Solver), x, w.grid, strength, w.hook)
	})
}

// GoAndReturn inverts images x [N,H,W,C] and samples them again by DDIM, as of the options' class
// where they have one, of none on the way to the noise: see edit.GoAndReturn. off is by how much
// each comes back otherwise, over its length; that of a model of latents is in them. A model that
// learned no null class knows no such noise, see FitsReturn.
func (m *Model) GoAndReturn(ctx context.Context, o Options, x []float32, by Inverter) (back []float32, off []float64, err error) {
	o = m.inverted(o)
	if err := m.FitsReturn(o); err != nil {
		return nil, nil, err
	}
	back, err = m.each(ctx, m.there(o), x, func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error) {
		run, err := m.run(o, w.space, m.Classes(o, w.first, x.Shape().Dimensions[0]))
		if err != nil {
			return nil, err
		}
		back, errs, err := edit.GoAndReturn(ctx, w.run, run.Denoiser, by, x, w.grid, w.hook)
		off = append(off, errs...)
		return back, err
	})
	return back, off, err
}

// FitsReturn is Fits for the options of GoAndReturn.
func (m *Model) FitsReturn(o Options) error {
	if m.takesNumbers() == nil && !m.Null {
		return errors.New("an image's noise is found as of no class, of which the model knows nothing: it was trained without dropping any; redraw the image, or go to another of its class (--strength or --to, with --class)")
	}
	return m.Fits(m.inverted(o))
}

// FitsMorph is Fits for the options of Morph, whose noises are found by x0hat alone: CFG++ noises
// by another estimate and does not go with it.
func (m *Model) FitsMorph(o Options) error {
	o = m.inverted(o)
	run, err := m.asked(o)
	if err != nil {
		return err
	}
	if d := run.Denoiser; d.Knows(0) != nil && d.Knows(reverie.WantRenoise) == nil {
		return errors.New("the noises of both images are found by x0hat alone, and CFG++ noises by another estimate: leave --cfgpp out, or give --guidance in its place")
	}
	return m.Fits(o)
}

// FitsRestore is Fits for the options of Restore by a method: an *edit.PriorError where this does
// not go with the model as it is guided.
func (m *Model) FitsRestore(o Options, by Method) error {
	if m.VAE != nil {
		return fmt.Errorf("model: a measurement is of pixels; %w", ErrLatent)
	}
	if err := m.standard("drawing by a measurement is stated", "edit by --strength, --invert or --to"); err != nil {
		return err
	}
	o = m.Filled(m.Unclassed(o))
	bare := o
	bare.Clamp = "none" // the measurement comes first
	run, err := m.asked(bare)
	if err == nil {
		err = edit.Fits(by, run.Denoiser)
	}
	if err != nil {
		return err
	}
	return m.Fits(o)
}

// there are the options on the way to the noise, which is found as of no class: guides to one would
// do nothing.
func (m *Model) there(o Options) Options {
	if o.Class == nil {
		return o
	}
	o.Guides = slices.DeleteFunc(slices.Clone(o.Guides), func(g Guide) bool { return guide.ToClass(g) })
	if o.Class = nil; m.Conditional() {
		o.Class = []int{reverie.NullClass}
	}
	return o
}

// Unclassed are the options of an edit: where they say no class, of none.
func (m *Model) Unclassed(o Options) Options {
	if _, err := m.Labels(o); o.Class == nil && err == nil {
		o.Class = []int{reverie.NullClass}
	}
	return o
}

// inverted are the options of an inversion, whose steps are DDIM's.
func (m *Model) inverted(o Options) Options {
	o.Solver = &sample.DDIM[*tensors.Tensor]{}
	return m.Filled(m.Unclassed(o))
}

// Morph returns frames on the way from one image to another, x [2,H,W,C]: both are inverted, and
// what lies on the arc between their noises is sampled, see edit.Interpolate. The first and the
// last are what the images themselves come back as, by off otherwise, over their lengths.
func (m *Model) Morph(ctx context.Context, o Options, x []float32, by Inverter, frames int) (all []float32, off [2]float64, err error) {
	o = m.inverted(o)
	if err := m.FitsMorph(o); err != nil {
		return nil, off, err
	}
	if o.Batch < 1 || frames < 2 || len(x)%2 != 0 {
		return nil, off, fmt.Errorf("model: %d frames in batches of %d between %d numbers: give at least 2 frames, and two images", frames, o.Batch, len(x))
	}
	var ends [][]float64
	for _, x := range [][]float32{x[:len(x)/2], x[len(x)/2:]} {
		if _, err := m.each(ctx, o, x, func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error) {
			noise, err := by.Invert(ctx, w.run, x, w.grid, w.hook)
			if err == nil {
				ends = append(ends, w.space.Rows(noise)...)
			}
			return noise, err
		}); err != nil {
			return nil, off, err
		}
	}
	for done := 0; done < frames; done += o.Batch {
		t := make([]float64, min(o.Batch, frames-done))
		for i := range t {
			t[i] = float64(done+i) / float64(frames-1)
		}
		images, err := m.onArc(ctx, o, ends, t)
		if err != nil {
			return nil, off, err
		}
		all = append(all, images...)
	}
	for i, at := range []int{0, len(all) - len(x)/2} {
		off[i] = differs(all[at:at+len(x)/2], x[i*len(x)/2:(i+1)*len(x)/2])
	}
	return all, off, nil
}

// differs is |x - y|/|y|.
func differs(x, y []float32) float64 {
	var d, size float64
	for i, v := range y {
		d += float64(x[i]-v) * float64(x[i]-v)
		size += float64(v) * float64(v)
	}
	return math.Sqrt(d / size)
}

// onArc samples from the places t on the arc between two noises.
func (m *Model) onArc(ctx context.Context, o Options, ends [][]float64, t []float64) ([]float32, error) {
	w, err := m.walk(o, o.First, len(t))
	if err != nil {
		return nil, err
	}
	var from, to [][]float64
	for range t {
		from, to = append(from, ends[0]), append(to, ends[1])
	}
	like := w.zeros(1)
	z, err := edit.Interpolate(w.run.Space, owner{w.space}.FromRows(like, from), owner{w.space}.FromRows(like, to), t)
	if err != nil {
		return m.pixels(w.end(nil, err))
	}
	return m.pixels(w.end(sample.Sample(ctx, w.run, sample.Fresh(o.Solver), z, w.grid, w.hook)))
}

// An owner is a recycler whose batches of rows are its own too.
type owner struct{ *engine.Recycler }

// FromRows is the Space's.
func (o owner) FromRows(like *tensors.Tensor, rows [][]float64) *tensors.Tensor {
	return o.Own(o.Recycler.FromRows(like, rows))
}

// Measure is what a measures of images x, each of so many numbers.
func Measure(a edit.Linear, x []float32, size int) (y []float32) {
	for one := range slices.Chunk(x, size) {
		wide := make([]float64, size)
		for i, v := range one {
			wide[i] = float64(v)
		}
		for _, v := range a.Apply(wide) {
			y = append(y, float32(v))
		}
	}
	return y
}

// Restored are images that agree with a measurement.
type Restored struct {
	Images   []float32 // [N,H,W,C]
	Misfit   []float64 // |y - A x|/|y| of each
	Residual float64   // see edit.Drawing, on average over the batches
}

// Restore draws an image for each measurement y of a, [N,..] as a.Shape says. A model of latents
// has no such images: ErrLatent.
func (m *Model) Restore(ctx context.Context, o Options, y []float32, a edit.Linear, by Method) (r Restored, err error) {
	if err := m.FitsRestore(o, by); err != nil {
		return r, err
	}
	o = m.Filled(m.Unclassed(o))
	clamp, err := sample.Clamps.Find(o.Clamp)
	if err != nil {
		return r, err
	}
	o.Clamp = "none" // of the model alone: the measurement comes first
	measured := a.Shape()
	r.Images, err = m.eachOf(ctx, o, y, measured, func(w *walk, part *tensors.Tensor) (*tensors.Tensor, error) {
		w.o.Clamp = clamp.Name
		zeros := w.zeros(part.Shape().Dimensions[0])
		d, err := by.Draw(ctx, edit.Problem[*tensors.Tensor]{
			Run: w.run, Solver: sample.Fresh(o.Solver), Grid: w.grid, Clamp: clamp,
			A: edit.Lift[*tensors.Tensor](owner{w.space}, a, zeros, part), Y: part, Hook: w.hook,
		}, w.run.Prior(zeros))
		r.Misfit = append(r.Misfit, d.Misfit...)
		r.Residual += d.Residual * float64(len(d.Misfit)) / float64(len(y)/measured.Size())
		return d.X, err
	})
	return r, err
}

// each calls f with each batch of images x [N,H,W,C], as the process has them, and returns the
// images of what f does.
func (m *Model) each(ctx context.Context, o Options, x []float32, f func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error)) ([]float32, error) {
	h, w, c := m.Kind.Sized(o.Height, o.Width).Shape()
	return m.eachOf(ctx, o, x, edit.Shape{H: h, W: w, C: c}, func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error) {
		z, err := m.Latents(x)
		if err != nil {
			return nil, err
		}
		if z != x {
			w.hold(z)
		}
		return f(w, z)
	})
}

// eachOf calls f with each batch of x, whose samples have that shape, and returns the images of
// what f does.
func (m *Model) eachOf(ctx context.Context, o Options, x []float32, s edit.Shape, f func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error)) (all []float32, err error) {
	err = m.walks(o, x, s, func(w *walk, x *tensors.Tensor) error {
		images, err := m.pixels(w.end(f(w, x)))
		all = append(all, images...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// walks begins a walk for each batch of x, whose samples have that shape, and calls f with both,
// which ends it.
func (m *Model) walks(o Options, x []float32, s edit.Shape, f func(w *walk, x *tensors.Tensor) error) error {
	n := len(x) / s.Size()
	o.N = n
	if err := m.Fits(o); err != nil {
		return err
	}
	if n < 1 || len(x) != n*s.Size() || o.Batch < 1 {
		return fmt.Errorf("model: %d numbers for samples of %v in batches of %d", len(x), s, o.Batch)
	}
	for done := 0; done < n; done += o.Batch {
		k := min(o.Batch, n-done)
		w, err := m.walk(o, o.First+done, k)
		if err != nil {
			return err
		}
		part := w.hold(engine.New(m.Engine, x[done*s.Size():(done+k)*s.Size()], k, s.H, s.W, s.C))
		if err := f(w, part); err != nil {
			return err
		}
	}
	return nil
}

// pixels are the images of what the process worked on, which it frees.
func (m *Model) pixels(x *tensors.Tensor, err error) ([]float32, error) {
	if err != nil {
		return nil, err
	}
	defer engine.Free(x)
	y, err := m.Images(x)
	if err != nil {
		return nil, err
	}
	if y != x {
		defer engine.Free(y)
	}
	return tensors.CopyFlatData[float32](y)
}
