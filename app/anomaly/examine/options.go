package examine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// X are the batches that are examined.
type X = *tensors.Tensor

// An Examiner is a Finder by a trained diffusion and a method.
type Examiner struct {
	cutter
	m      *model.Model
	method anomaly.Method[X]
	o      Options       // filled
	encode model.Options // for the encoder
}

// Options say how images are examined.
type Options struct {
	// Walk is how the model goes through the noise levels, with what guides it to the healthy
	// class. N and Class are the examination's own. Without a Solver it is ddim: with all noise
	// anew, but for a method that encodes by an inversion.
	Walk model.Options
	// Healthy is the class of what is healthy, or model.NullName for what is of no class. A model
	// of classes, or one that a classifier guides, needs it; one of healthy images alone has none.
	Healthy string
	// From is the class under which translate encodes, "" for none. The encoder is not guided to
	// it.
	From     string
	Inverter model.Inverter // by which translate encodes; nil: edit.DDIMInversion
	Fill     model.Method   // which draws what a mask leaves out; nil: edit.RePaint
	Tile     tile.Options
	Summing
}

// New returns what examines images by a model and a row of anomaly.Methods. An error says what does
// not go with the model or with each other: before an image is read.
func New(m *model.Model, method table.Row, o Options) (*Examiner, error) {
	e := &Examiner{m: m, o: o}
	if err := e.fits(); err != nil {
		return nil, err
	}
	if err := table.Check(method); err != nil {
		return nil, err
	}
	var err error
	if e.method, err = anomaly.For[X](method); err != nil {
		return nil, err
	}
	switch patch, ok := e.method.(*anomaly.Patch[X]); {
	case ok && m.Spec.Patch > 0:
		patch.Context, e.o.Walk.OnPatch = true, true
		patch.Size = cmp.Or(patch.Size, m.Spec.Patch)
	case m.Spec.Patch > 0:
		return nil, fmt.Errorf("examine: %s: %w; or %w", method.Row().Name, model.ErrPatch, ErrUnfit)
	}
	_, translates := e.method.(*anomaly.Translate[X])
	encodes := translates && e.Uses().Encode
	if o.From != "" && !encodes {
		return nil, fmt.Errorf("examine: from %s is the class under which translate encodes, and %s does not encode by an inversion; leave it out", o.From, method.Row().Name)
	}
	if err := e.classes(); err != nil {
		return nil, err
	}
	if encodes {
		if err := e.translates(); err != nil {
			return nil, err
		}
	}
	return e, e.fill(encodes)
}

// fits says whether the model is one of images that are noised and come back.
func (e *Examiner) fits() error {
	switch {
	case !e.m.Kind.Pictorial():
		return fmt.Errorf("examine: images are examined, and the model is of %s", e.m.Kind.Noun(2))
	case e.m.VAE != nil:
		return fmt.Errorf("examine: maps are of pixels; %w", model.ErrLatent)
	}
	if err := reverie.HasScore(e.m.Process); err != nil {
		return fmt.Errorf("examine: images are noised, and go back from there: %w", err)
	}
	return nil
}

// fill settles what the options leave open, and checks the whole against the model.
func (e *Examiner) fill(encodes bool) error {
	if e.o.Walk.Solver == nil {
		e.o.Walk.Solver = usual(encodes)
	}
	e.o.Walk = e.m.Filled(e.m.Unclassed(e.o.Walk))
	e.o.Walk.N = 1
	h, w, c := e.m.Kind.Sized(e.o.Walk.Height, e.o.Walk.Width).Shape()
	e.cutter = cutter{shape: edit.Shape{H: h, W: w, C: c}, batch: e.o.Walk.Batch, tile: e.o.Tile, Summing: e.o.filled(), find: e.find}
	if err := e.check(); err != nil {
		return err
	}
	if e.o.Walk.First < 0 {
		return fmt.Errorf("examine: tiles from number %d on: expected from 0 on", e.o.Walk.First)
	}
	return e.m.Fits(e.o.Walk)
}

// usual is the solver of a method where none is chosen: without noise where it goes there and back,
// and else with all noise anew, as Recon's formula has it.
func usual(encodes bool) model.Solver {
	if encodes {
		return &sample.DDIM[X]{}
	}
	return &sample.DDIM[X]{Eta: 1}
}

// classes finds the numbers of the classes, and the options of the encoder.
func (e *Examiner) classes() error {
	walk := &e.o.Walk
	walk.Class = nil
	labels, err := e.m.Labels(*walk)
	switch {
	case e.o.Healthy != "":
		if walk.Class, err = e.class("healthy", e.o.Healthy); err != nil {
			return err
		}
	case err == nil:
		return fmt.Errorf("examine: which class is healthy is not said, of %s; give one, or %s for what is of no class", strings.Join(labels.ClassNames(), ", "), model.NullName)
	}
	e.encode = *walk
	e.encode.Guides = slices.DeleteFunc(slices.Clone(walk.Guides), func(g model.Guide) bool { return guide.ToClass(g) })
	e.encode.Class = nil
	switch {
	case e.o.From != "" && !e.m.Conditional():
		return fmt.Errorf("examine: from %s: the model was trained without classes, and encodes as of none; leave it out", e.o.From)
	case e.o.From != "":
		e.encode.Class, err = e.class("from", e.o.From)
		return err
	}
	e.encode = e.m.Unclassed(e.encode)
	return nil
}

// class is the number of a class, alone.
func (e *Examiner) class(field, name string) ([]int, error) {
	numbers, err := e.m.ClassNumbers(e.o.Walk, name)
	if err == nil && len(numbers) != 1 {
		err = fmt.Errorf("%d classes: expected one", len(numbers))
	}
	if err == nil && numbers[0] != reverie.NullClass {
		err = e.seen(numbers[0])
	}
	if err != nil {
		return nil, fmt.Errorf("examine: %s %s: %w", field, name, err)
	}
	return numbers, nil
}

// seen refuses a class without an image in the training, where it is known how many there were.
func (e *Examiner) seen(class int) error {
	labels, err := e.m.Labels(e.o.Walk)
	all := 0
	for _, c := range labels.Classes {
		all += c.Samples
	}
	if err == nil && all > 0 && labels.Classes[class].Samples == 0 {
		err = errors.New("no image of the training was of this class: choose another, or train with some")
	}
	return err
}

// ErrUnfit says that a method does not go with the model, or with the classes that are named, where
// others do.
var ErrUnfit = errors.New("choose another map")

// translates says whether encoding and decoding differ, and are known.
func (e *Examiner) translates() error {
	guided := slices.ContainsFunc(e.o.Walk.Guides, func(g model.Guide) bool { return guide.ToClass(g) })
	switch {
	case !guided && slices.Equal(e.encode.Class, e.o.Walk.Class):
		return fmt.Errorf("examine: translate encodes as one class and decodes as another, and here both are the same: nothing would change; give the healthy class and, unless the model knows what is of none, the one to encode from, or a guide; or %w", ErrUnfit)
	case e.o.From == "" && e.m.Conditional() && !e.m.Null:
		return fmt.Errorf("examine: %w; give the class under which images are encoded (from), or %w", model.ErrNoNull, ErrUnfit)
	}
	return nil
}
