package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A State is where a walk is after a step, as Options.Hook sees it.
type State = sample.State[*tensors.Tensor]

// A Solver takes the steps of a walk.
type Solver = sample.Solver[*tensors.Tensor]

// A Guide steers a walk.
type Guide = guide.Guide[*tensors.Tensor]

// Options say what Sample draws. What is left open is the model's own, see Defaults, or else what
// suits the solver, see sample.HabitsOf.
type Options struct {
	N             int    // images
	First         int    // the number of the first: image i has the same noise whatever the first is
	Height, Width int    // of the images; both 0: the Kind's; Width 0: Height
	Batch         int    // images denoised at once; 0: 16
	Seed          uint64 // image i is the same for every N, Batch and number of threads

	Solver  Solver   // with its settings; each walk has a copy. nil: Defaults', then sample.DPM2M
	Steps   int      // of the solver
	Spacing string   // of sample.Spacings
	Clamp   string   // of sample.Clamps
	Guides  []Guide  // what steers the walk, the first one innermost, before x0hat is clamped
	Mode    net.Mode // net.Eval or net.PerImage

	// Class says of which class each image is, by its number among Kind.Classes, of a model without
	// classes among those of the classifier that guides it (Labels), or reverie.NullClass: one for
	// each, or one for all. nil: a model of classes draws them as ClassOf says.
	Class []int

	// Process, if not nil, is the process that is sampled, at the same ratios of signal and noise
	// as the one that was trained (reverie.Transfer), which must cover it.
	Process reverie.Process
	// OnPatch says that what is asked of the denoiser are images with noise on one square alone, as
	// a model of `train --patch` has seen them and no other; such a model is asked nothing else.
	OnPatch bool
	// Forward says that an unpaired bridge is walked from its data to its far end.
	Forward bool
	// Start gives the n samples from number first on, [n,H,W,C], from which those that are drawn
	// start: the far ends of a flow between two data sets, or what of pairs is given;
	// Forward: the data.
	Start func(first, n int) ([]float32, error)

	// Hook, if not nil, is called after each step of each batch, with the number of the batch's
	// first image; its error ends the sampling. The state's tensors are valid during the call only.
	Hook func(first int, s State) error

	given *tensors.Tensor // what of pairs is given to a batch; nil: it is only asked what is known
}

// Defaults are what a model says of how it is sampled, where Options leave it open.
type Defaults struct {
	Solver   Solver // nil: it does not say, and Steps and Clamp are for every solver; else for that one
	Steps    int    // 0: it does not say
	Clamp    string // "": it does not say
	Variance string // of sample.Variances, for a solver that has such a setting
}

// Filled returns o with what it leaves open taken from the model's defaults.
func (m *Model) Filled(o Options) Options {
	d := m.Defaults
	if o.Height == 0 && o.Width == 0 {
		o.Height, o.Width = m.Kind.H, m.Kind.W
	}
	o.Width = cmp.Or(o.Width, o.Height)
	o.Batch = cmp.Or(o.Batch, 16)
	var own Solver = &sample.DPM2M[*tensors.Tensor]{}
	if d.Solver != nil {
		own = d.Solver
	}
	if o.Solver == nil {
		o.Solver = own
	}
	o.Solver = m.withVariance(o.Solver)
	isOwn := sample.Name(o.Solver) == sample.Name(own)
	if isOwn || d.Solver == nil { // a model from elsewhere says what of every solver
		o.Steps, o.Clamp = cmp.Or(o.Steps, d.Steps), cmp.Or(o.Clamp, d.Clamp)
	}
	if o.Process == nil && isOwn {
		o.Spacing = cmp.Or(o.Spacing, m.Walk.Spacing)
	}
	p := o.Process
	if p == nil {
		p = m.Process
	}
	h := sample.HabitsOf(o.Solver, p)
	o.Steps, o.Spacing, o.Clamp = cmp.Or(o.Steps, h.Steps), cmp.Or(o.Spacing, h.Spacing), cmp.Or(o.Clamp, m.clamp(h))
	return o
}

// withVariance gives a solver that has a setting of the variance, and leaves it open, the model's.
func (m *Model) withVariance(s Solver) Solver {
	s = sample.Fresh(s)
	f := table.Find(table.Fields(s), "variance")
	if f == nil || len(f.Paths[0]) > 0 || !f.IsZero() { // or it is a setting of a solver within
		return s
	}
	if err := f.Set(cmp.Or(m.Defaults.Variance, "posterior")); err != nil {
		return s // a variance of another kind
	}
	return s
}

// ranged says whether what the network works on lies in [-1,1].
func (m *Model) ranged() bool { return m.Inside(1, 1).Ranged }

// clamp is what is clamped where neither Options nor Defaults say: the lecture clamps x after each
// step of its own solvers, all else clamps x0.
func (m *Model) clamp(h sample.Habits) string {
	switch {
	case !m.ranged():
		return "none"
	case m.Lecture && h.Lecture:
		return "x"
	}
	return "x0"
}

// Sample draws images: N of them, NHWC in about [-1,1]. An error names what is wrong with the
// options, or says where the walk ended.
func (m *Model) Sample(ctx context.Context, o Options) ([]float32, error) {
	o = m.Filled(o)
	images := make([]float32, 0, max(0, o.N)*m.Kind.Sized(o.Height, o.Width).Size())
	err := m.Each(ctx, o, func(_ int, x []float32) error {
		images = append(images, x...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return images, nil
}

// Each is Sample a batch at a time: f is called with the number of a batch's first image and its
// images, which are f's during the call only.
func (m *Model) Each(ctx context.Context, o Options, f func(first int, x []float32) error) error {
	o = m.Filled(o)
	if o.N < 1 || o.Batch < 1 || o.First < 0 {
		return fmt.Errorf("model: %d samples from number %d on in batches of %d: give at least 1, from 0 on", o.N, o.First, o.Batch)
	}
	if err := m.Fits(o); err != nil {
		return err
	}
	for done := 0; done < o.N; done += o.Batch {
		x, err := m.batch(ctx, o, o.First+done, min(o.Batch, o.N-done))
		if err != nil {
			return err
		}
		y, err := m.Images(x)
		if err != nil {
			engine.Free(x)
			return err
		}
		tensors.MustConstFlatData(y, func(flat []float32) { err = f(o.First+done, flat) })
		engine.Free(x, y)
		if err != nil {
			return err
		}
	}
	return nil
}

// grid is the grid of the options, which of the model's own process follows its Walk.
func (m *Model) grid(o Options, p reverie.Process) ([]float64, error) {
	grid, err := sample.Grid(o.Spacing, p, o.Steps)
	if err != nil || o.Process != nil {
		return grid, err
	}
	lo, _ := p.Span()
	last := len(grid) - 1 // Clean
	if s := m.Walk.Shift; s != 0 && o.Spacing == m.Walk.Spacing {
		for i, t := range grid[:last] {
			grid[i] = max(lo, s*t/(1+(s-1)*t))
		}
	}
	switch {
	case !m.Walk.AtLowest:
	case grid[last-1] > lo:
		grid[last] = lo
	case last > 1:
		grid = grid[:last]
	}
	return grid, nil
}

// A walk is what a batch goes through the noise levels with.
type walk struct {
	m      *Model
	o      Options
	first  int           // number of the batch's first image
	stream random.Stream // of its noise
	space  *engine.Recycler
	run    *sample.Run[*tensors.Tensor]
	grid   []float64
	start  *tensors.Tensor // what the samples start from; nil: nothing but noise
	held   []*tensors.Tensor
}

// hold keeps x until the end of the walk: what its steps come back to.
func (w *walk) hold(x *tensors.Tensor) *tensors.Tensor {
	w.held = append(w.held, x)
	return x
}

// walk begins that of the n images from number first on.
func (m *Model) walk(o Options, first, n int) (w *walk, err error) {
	w = &walk{m: m, o: o, first: first, stream: random.Stream{Seed: o.Seed, Domain: random.Sampling, Sample: uint64(first)}}
	w.space = m.space(w.stream)
	if err := w.begin(first, n); err != nil {
		return nil, err
	}
	if w.run, err = m.run(w.o, w.space, m.Classes(o, first, n)); err != nil {
		return nil, err
	}
	w.grid, err = m.grid(o, w.run.Process)
	return w, err
}

// begin takes what the n samples from number first on start from, where they start from anything.
func (w *walk) begin(first, n int) error {
	if !w.m.starts() {
		return nil
	}
	start, err := w.o.Start(first, n)
	if err != nil {
		return err
	}
	h, wide, c := w.m.Inside(w.o.Height, w.o.Width).Shape()
	if size := h * wide * c; len(start) != n*size {
		return fmt.Errorf("model: %d numbers to start %d samples of %dx%dx%d from: expected %d", len(start), n, h, wide, c, n*size)
	}
	w.start = w.hold(engine.New(w.m.Engine, start, n, h, wide, c))
	if w.m.takesGiven() {
		w.o.given = w.start
	}
	return nil
}

// starts says whether samples start from others.
func (m *Model) starts() bool { return m.Spec.Between() || m.takesGiven() }

// zeros are n samples of what the process works on, held.
func (w *walk) zeros(n int) *tensors.Tensor {
	h, wide, c := w.m.Inside(w.o.Height, w.o.Width).Shape()
	return w.hold(engine.Zeros(w.m.Engine, shapes.Make(dtypes.Float32, n, h, wide, c)))
}

// hook is that of each step.
func (w *walk) hook(s State) error {
	if w.o.Hook != nil {
		if err := w.o.Hook(w.first, s); err != nil {
			return err
		}
	}
	w.space.Next(s.X)
	return nil
}

// end frees all that the walk has made but x, to where it led, and where it failed x too.
func (w *walk) end(x *tensors.Tensor, err error) (*tensors.Tensor, error) {
	engine.Free(w.held...)
	if err == nil {
		w.space.Close(x)
		return x, nil
	}
	w.space.Close()
	if errors.Is(err, sample.ErrDiverged) && w.o.Clamp == "none" && w.m.ranged() {
		err = fmt.Errorf("%w, or clamp x0", err)
	}
	return nil, err
}

// batch draws the n images from number first on.
func (m *Model) batch(ctx context.Context, o Options, first, n int) (*tensors.Tensor, error) {
	w, err := m.walk(o, first, n)
	if err != nil {
		return nil, err
	}
	x := w.zeros(n)
	switch between := m.Spec.Between(); {
	case between && !reverie.HasFar(w.run.Process): // a flow from them
		x = w.space.Own(w.start)
		w.held = slices.DeleteFunc(w.held, func(t *tensors.Tensor) bool { return t == w.start })
	case m.Spec.Unpaired: // from a point
		x = w.start
	case between:
		w.run.Far = []*tensors.Tensor{w.start}
		x = w.run.Prior(x)
	default:
		x = w.run.Prior(x)
	}
	return w.end(sample.Sample(ctx, w.run, sample.Fresh(o.Solver), x, w.grid, w.hook))
}

// ErrPatch says that a model has learned to fill a square of noise in a clean image, and no more.
var ErrPatch = errors.New("the model has seen noise on one square of an image alone (train --patch), never on all of it: it fills a part from its clean surroundings, to find anomalies by; for whole images train one without --patch")

// ErrOneWay says that a model has not learned the way from its data to a far end.
var ErrOneWay = errors.New("the model leads to its data alone; the way from them to a second data set is learned by train --bridge")

// ErrNoRun says that a flow between two data sets, or a model of pairs, has no run folder, in which
// its second set is named.
var ErrNoRun = errors.New("a model of two data sets is sampled from its run folder, whose configuration names the second one")

// Fits returns an error for options that do not go with the model or with each other, and names
// what would.
func (m *Model) Fits(o Options) error {
	switch {
	case m.Spec.Patch > 0 && !o.OnPatch:
		return ErrPatch
	case m.Spec.Patch == 0 && o.OnPatch:
		return errors.New("the model has seen noise on whole images alone, never on one square of a clean one: that takes a model of train --patch")
	}
	if o.Forward && !m.Spec.Unpaired {
		return ErrOneWay
	}
	o = m.Filled(o)
	run, err := m.asked(o)
	if err != nil {
		return err
	}
	if _, err := sample.Spacings.Find(o.Spacing); err != nil {
		return err
	}
	if err := sample.CheckSteps(o.Solver, run.Process, o.Steps); err != nil {
		return err
	}
	if _, err := sample.Asks(o.Solver, run.Denoiser); err != nil {
		return m.refused(o, run.Denoiser, err)
	}
	switch {
	case o.Start != nil || !m.starts():
	case m.Spec.Paired:
		return ErrNoPair
	default:
		return errors.New("the model is a flow between two data sets: it starts from samples of the far one, and none are given")
	}
	return sample.Fits(o.Solver, run.Process)
}

// refused says what to do about what the options' solver asks and d does not know.
func (m *Model) refused(o Options, d reverie.Denoiser[*tensors.Tensor], err error) error {
	other := slices.ContainsFunc(sample.Solvers.Rows(), func(row table.Row) bool {
		_, err := sample.Asks(row, d)
		return err == nil
	})
	plain := o
	if plain.Guides = nil; !m.Conditional() {
		plain.Class = nil
	}
	run, failed := m.asked(plain)
	if failed == nil {
		_, failed = sample.Asks(o.Solver, run.Denoiser)
	}
	switch {
	case errors.Is(err, guide.ErrNoClass) && !m.Conditional():
		return fmt.Errorf("%w; the model was trained without classes", err)
	case !other: // and the solver is not to blame
		return err
	case failed == nil: // a guide is, which names its solvers
		return fmt.Errorf("solver %s: %w", sample.Name(o.Solver), err)
	}
	return fmt.Errorf("solver %s: %w; choose other settings of it, or another solver", sample.Name(o.Solver), err)
}

// asked is what a solver of the options works on, to be asked what it knows, where their size and
// classes are ones that the model knows.
func (m *Model) asked(o Options) (*sample.Run[*tensors.Tensor], error) {
	if err := m.Check(o.Height, o.Width); err != nil {
		return nil, err
	}
	if err := m.checkClass(o); err != nil {
		return nil, err
	}
	return m.run(o, m.space(random.Stream{}), m.Classes(o, o.First, min(o.N, 1)))
}

// sampled is the process that the options sample.
func (m *Model) sampled(o Options) (reverie.Process, error) {
	switch {
	case o.Process != nil:
		return reverie.Within(o.Process, m.Process)
	case !o.Forward:
		return m.Process, nil
	}
	p, err := reverie.PinnedOf(m.Process)
	return reverie.Reversed{Bridge: p}, err
}

// run is what a solver works on: the network as a denoiser of samples of those classes, guided and
// clamped as asked.
func (m *Model) run(o Options, space *engine.Recycler, class []int) (*sample.Run[*tensors.Tensor], error) {
	p, err := m.sampled(o)
	if err != nil {
		return nil, err
	}
	clamp, err := sample.Clamps.Find(o.Clamp)
	if err != nil {
		return nil, err
	}
	if m.VAE != nil && (clamp.X0 || clamp.X) {
		return nil, fmt.Errorf("model: clamp %s keeps images to [-1,1]; %w, which have no such range: choose none", o.Clamp, ErrLatent)
	}
	d, err := guide.Apply(m.guiding(o, space, p), m.unasked(o, space, p), o.Guides...)
	if err != nil {
		return nil, err
	}
	if class != nil {
		d = reverie.OfClass(d, class)
	}
	if m.takesGiven() {
		d = reverie.OfGiven(d, o.given)
	}
	run := &sample.Run[*tensors.Tensor]{Space: space, Process: p, Denoiser: d}
	return run, run.Apply(clamp)
}

// unasked is the network as a denoiser under process p.
func (m *Model) unasked(o Options, space *engine.Recycler, p reverie.Process) reverie.Denoiser[*tensors.Tensor] {
	d := m.Denoiser(space, o.Mode)
	switch {
	case o.Process != nil:
		return reverie.Transfer(space, m.Process, p, d)
	case o.Forward:
		return reverie.Turn(reverie.Denoiser[*tensors.Tensor](d))
	}
	return d
}
