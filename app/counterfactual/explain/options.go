package explain

import (
	"errors"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Options say how a classifier is explained.
type Options struct {
	// Walk is how the model goes through the noise levels. N, Class and Guides are the
	// explanation's own. Without a Solver it is ddim.
	Walk   model.Options
	Search counterfactual.Search // the zero value: counterfactual.DefaultSearch

	Target string // the class that images are to be taken for
	// From leaves out the images that the classifier takes for another class than this, or the
	// judge, where it knows the class; "": none.
	From  string
	Judge Classifier // a second classifier, which says whether a change means anything; nil: none
	Seeds int        // how often each image is explained, by noise of seeds one after another; 0: once

	// Source is the class, or model.NullName, as which translate goes back to noise; "": of each
	// image the one that the classifier takes it for, by its name among the model's.
	Source string
	// Toward is the path of the classifier of noised images by which translate goes to the target;
	// "": by the model's own classes.
	Toward string
}

// An Explainer explains a classifier by a model and a method.
type Explainer struct {
	m      *model.Model
	method counterfactual.Method[X]
	c      Classifier
	o      Options    // filled
	shape  edit.Shape // of an image
	target int        // the classifier's number
	from   int        // likewise; -1: any
	judged []int      // the judge's numbers of the classifier's classes, -1 of one that it lacks
	own    []int      // the model's, of a model of classes that translates
	source int        // the model's; of each image its own: -2
}

const ofEach = -2

// New returns what explains a classifier by a model and a row of counterfactual.Methods. An error
// says what does not go with the model or with each other: before an image is read.
func New(m *model.Model, c Classifier, method table.Row, o Options) (*Explainer, error) {
	e := &Explainer{m: m, c: c, o: o, source: ofEach}
	if err := e.suits(); err != nil {
		return nil, err
	}
	if err := table.Check(method); err != nil {
		return nil, err
	}
	var err error
	if e.method, err = counterfactual.For[X](method); err != nil {
		return nil, err
	}
	if err := e.classes(); err != nil {
		return nil, err
	}
	if e.translates() {
		if err := e.towards(); err != nil {
			return nil, err
		}
	} else if o.Source != "" || o.Toward != "" {
		return nil, fmt.Errorf("explain: %s goes from no class, and by none of the model's; leave out the source and what it goes toward", method.Row().Name)
	}
	return e, e.fill()
}

// suits says whether the model is one of images that are noised and come back.
func (e *Explainer) suits() error {
	switch {
	case !e.m.Kind.Pictorial():
		return fmt.Errorf("explain: images are explained, and the model is of %s", e.m.Kind.Noun(2))
	case e.m.VAE != nil:
		return fmt.Errorf("explain: %w, and a classifier asks for pixels", model.ErrLatent)
	}
	if err := reverie.HasScore(e.m.Process); err != nil {
		return fmt.Errorf("explain: images are noised, and go back from there: %w", err)
	}
	return nil
}

// classes finds the numbers of the classes.
func (e *Explainer) classes() (err error) {
	all := labels(e.c)
	if e.target, err = all.ClassNumber(e.o.Target); err != nil {
		return fmt.Errorf("explain: target %s: %s: %w", e.o.Target, e.c.Name(), err)
	}
	e.from = -1
	if e.o.From != "" {
		if e.from, err = all.ClassNumber(e.o.From); err != nil {
			return fmt.Errorf("explain: from %s: %s: %w", e.o.From, e.c.Name(), err)
		}
		if e.from == e.target {
			return fmt.Errorf("explain: from %s to %[1]s: images of the target are left as they are; name two classes", e.o.From)
		}
	}
	if e.o.Judge == nil {
		return nil
	}
	of := labels(e.o.Judge)
	if _, err := of.ClassNumber(e.o.Target); err != nil {
		return fmt.Errorf("explain: the judge %s: target %s: %w", e.o.Judge.Name(), e.o.Target, err)
	}
	for _, name := range all.ClassNames() {
		k, err := of.ClassNumber(name)
		if err != nil {
			k = -1
		}
		e.judged = append(e.judged, k)
	}
	return nil
}

// translates says whether the method goes by classes of the model.
func (e *Explainer) translates() bool {
	_, ok := e.method.(*counterfactual.Translate[X])
	return ok
}

// ErrNoWay says that translate has nothing to go to the target by.
var ErrNoWay = errors.New("translate goes to a class that the model knows, and this one was trained without classes: name a classifier of noised images to go by (toward), or choose another method")

// towards finds what translate goes by.
func (e *Explainer) towards() error {
	if e.o.Toward != "" {
		return e.guided()
	}
	if !e.m.Conditional() {
		return fmt.Errorf("explain: %w", ErrNoWay)
	}
	if !e.m.Null {
		return fmt.Errorf("explain: %w", model.ErrNoNull)
	}
	if _, err := e.m.Kind.ClassNumber(e.o.Target); err != nil {
		return fmt.Errorf("explain: target %s: the model: %w", e.o.Target, err)
	}
	for _, name := range labels(e.c).ClassNames() {
		k, err := e.m.Kind.ClassNumber(name)
		if err != nil {
			k = reverie.NullClass
		}
		e.own = append(e.own, k)
	}
	if e.o.Source == "" {
		return nil
	}
	numbers, err := e.m.ClassNumbers(model.Options{}, e.o.Source)
	if err == nil && len(numbers) != 1 {
		err = fmt.Errorf("%d classes: expected one", len(numbers))
	}
	if err != nil {
		return fmt.Errorf("explain: source %s: %w", e.o.Source, err)
	}
	e.source = numbers[0]
	return nil
}

// guided finds whether a classifier of noised images goes to the target.
func (e *Explainer) guided() error {
	switch {
	case e.o.Source != "":
		return fmt.Errorf("explain: source %s: what goes by a classifier of noised images goes back as of no class; leave it out", e.o.Source)
	case e.m.Conditional():
		return fmt.Errorf("explain: toward %s: the model knows classes, and goes by its own; leave it out", e.o.Toward)
	}
	by, err := e.m.Classifier(e.o.Toward)
	if err == nil {
		_, err = by.Kind.ClassNumber(e.o.Target)
	}
	if err != nil {
		return fmt.Errorf("explain: toward %s: %w", e.o.Toward, err)
	}
	return nil
}

// fill settles what the options leave open, and checks the whole against the model.
func (e *Explainer) fill() error {
	if e.o.Search == (counterfactual.Search{}) {
		e.o.Search = counterfactual.DefaultSearch
	}
	if err := table.Check(&e.o.Search); err != nil {
		return err
	}
	walk := &e.o.Walk
	if walk.Solver == nil {
		walk.Solver = &sample.DDIM[X]{}
	}
	walk.Class, walk.Guides = nil, nil
	*walk = e.m.Filled(e.m.Unclassed(*walk))
	walk.N, e.o.Seeds = 1, max(1, e.o.Seeds)
	k := e.m.Kind.Sized(walk.Height, walk.Width)
	if e.shape = (edit.Shape{H: k.H, W: k.W, C: k.C}); e.shape.Size() == 0 {
		return fmt.Errorf("explain: the model does not say which size its images have: give the height and width")
	}
	if walk.Batch < 1 || walk.First < 0 {
		return fmt.Errorf("explain: images from number %d on in batches of %d: expected at least 1, from 0 on", walk.First, walk.Batch)
	}
	for _, c := range []Classifier{e.c, e.o.Judge} {
		if c == nil {
			continue
		}
		if err := fits(c, k); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
	}
	return e.m.Fits(*walk)
}
