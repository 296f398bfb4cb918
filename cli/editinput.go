package cli

import (
	"fmt"
	"image"
	"slices"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// An editTask is an edit with its model and its images.
type editTask struct {
	cmd     *cobra.Command
	o       *editOptions
	m       *model.Loaded
	options model.Options
	kind    kind.Kind
	images  []string
	x       []float32   // [N,H,W,C]; of --to both
	sizes   []data.Size // of the files
	a       edit.Linear
	y       []float32 // what is known
	bar     bar
	frames  []image.Image
}

// task reads the images of an edit, and checks it against the model.
func (o *editOptions) task(cmd *cobra.Command, m *model.Loaded, p model.Options, images []string) (t *editTask, err error) {
	if !m.Kind.Pictorial() {
		return nil, fmt.Errorf("edit changes images, and %s draws %s", m.Found.Model, m.Kind.Noun(2))
	}
	if err := reverie.HasScore(m.Process); err != nil {
		return nil, fmt.Errorf("edit noises images and goes back: %w", err)
	}
	if err := needSize(p, m); err != nil {
		return nil, err
	}
	if p.Solver == nil {
		p.Solver = o.way.usualSolver()
	}
	if err := openClassifiers(m, p); err != nil {
		return nil, err
	}
	if o.class != "" {
		if p.Class, err = m.ClassNumbers(p, o.class); err != nil {
			return nil, usagef("--class %s: %s: %w", o.class, m.Found.Model, err)
		}
		if len(p.Class) != 1 {
			return nil, usagef("--class %s: %d classes, and images are edited as of one", o.class, len(p.Class))
		}
	}
	p = m.Unclassed(p)
	if err := o.solverFlags.complete(&p, m, func(p model.Options) error { return o.way.fits(o, m, p) }); err != nil {
		return nil, err
	}
	t = &editTask{cmd: cmd, o: o, m: m, options: p, kind: m.Kind.Sized(p.Height, p.Width), images: images}
	if o.To != "" {
		t.images = append(slices.Clone(images), o.To)
	}
	if err := t.load().Check(); err != nil {
		return nil, err
	}
	t.bar = newBar(cmd.ErrOrStderr(), -1, "editing")
	t.options.Hook = func(_ int, s model.State) error { t.bar.set(s.Step, s.Steps); return nil }
	if o.way.name != "operator" {
		t.x, t.sizes, err = t.read(t.images, t.kind)
		return t, err
	}
	return t, t.measure()
}

// load is what the edit takes.
func (t *editTask) load() memory.Load {
	h, w, c := t.kind.Shape()
	n, want := len(t.images)*t.o.n, reverie.Want(0)
	switch t.o.way.name {
	case "to":
		n = t.o.Frames
	case "operator":
		want = edit.Wants(t.o.Method)
	}
	network := func(batch int) (int64, error) { return t.m.MemoryFor(want, t.options.Mode, batch, h, w) }
	return memory.Load{Images: n, Height: h, Width: w, Batch: t.o.batch, Network: network, Held: 3*memory.Floats(h, w, c) + memory.Shown(h, w), Fewer: "give fewer images, or a smaller -n"}
}

// read reads images to the size and the channels of a kind, cut as the run's own were.
func (t *editTask) read(paths []string, k kind.Kind) (x []float32, sizes []data.Size, err error) {
	o := data.Options{Height: k.H, Width: k.W, Channels: k.C, MaxPixels: int64(t.o.maxPixels)}
	if o.Crop, err = cropOf(t.m.Found.Run); err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		one, info, err := data.ReadImage(t.cmd.Context(), path, o)
		if err != nil {
			return nil, nil, err
		}
		notes := info.Notes
		if info.Height != k.H || info.Width != k.W {
			notes = append(notes, fmt.Sprintf("resized from %dx%d to %dx%d", info.Height, info.Width, k.H, k.W))
		}
		writeImageNotes(t.cmd.ErrOrStderr(), path, notes)
		x, sizes = append(x, one...), append(sizes, data.Size{H: info.Height, W: info.Width})
	}
	return x, sizes, nil
}

// measure reads the images and takes of them what the operator keeps; those that are Measured are
// that themselves.
func (t *editTask) measure() (err error) {
	s := edit.Shape{H: t.kind.H, W: t.kind.W, C: t.kind.C}
	if !t.o.Measured {
		if t.x, t.sizes, err = t.read(t.images, t.kind); err != nil {
			return err
		}
	}
	var known []bool
	if t.o.Mask != "" {
		if known, err = t.mask(); err != nil {
			return err
		}
	}
	if t.a, err = t.o.measurement(s, known); err != nil {
		return err
	}
	to := t.a.Shape()
	if t.o.Measured {
		t.y, t.sizes, err = t.read(t.images, kind.OfImages(to.H, to.W, to.C))
		return err
	}
	t.y = model.Measure(t.a, t.x, s.Size())
	return nil
}

// mask reads the mask: the pixels of the images that are known.
func (t *editTask) mask() ([]bool, error) {
	x, sizes, err := t.read([]string{t.o.Mask}, kind.OfImages(t.kind.H, t.kind.W, 1))
	if err != nil {
		return nil, inputError("mask", t.o.Mask, err)
	}
	for i, size := range t.sizes {
		if model := (data.Size{H: t.kind.H, W: t.kind.W}); sizes[0] != size && sizes[0] != model {
			return nil, fmt.Errorf("--mask %s is %v, and %s is %v: expected a mask of the image's size, or of the model's, %v", t.o.Mask, sizes[0], t.images[i], size, model)
		}
	}
	known, redrawn := make([]bool, len(x)), 0
	for i, v := range x {
		known[i] = (v < 0) != t.o.InvertMask
		if !known[i] {
			redrawn++
		}
	}
	if redrawn == 0 {
		return nil, fmt.Errorf("--mask %s leaves nothing to redraw: expected a picture with some white (black with --invert-mask)", t.o.Mask)
	}
	return known, nil
}
