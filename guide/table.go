package guide

import (
	"fmt"
	"reflect"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Setup is what a guide may use of the model that samples. Of a walk of models the Space frees
// what its methods return once it is of no use any more; what a guide's own functions return it is
// given by its method Own(X) X, and its Engine() compiles them.
type Setup[X any] struct {
	Space   reverie.Space[X] // of this walk
	Process reverie.Process  // under which is sampled

	// Class returns the number of a class by its name; nil: the model has no classes.
	Class func(name string) (int, error)
	// Denoiser and Classifier open other models, under Process and over Space; nil: there are none.
	Denoiser   func(run string) (reverie.Denoiser[X], error)
	Classifier func(run string) (Classifier[X], error)
}

// classOf returns the number of a class by its name, NullClass where that is empty.
func (s Setup[X]) classOf(name string) (int, error) {
	switch {
	case name == "":
		return reverie.NullClass, nil
	case s.Class == nil:
		return 0, fmt.Errorf("class %q: the model has no classes", name)
	}
	return s.Class(name)
}

// A Guide is a row of Guides, with its settings, that guides batches of type X.
type Guide[X any] interface {
	table.Row
	// Guide returns d guided, for one walk. An error says which setting, or what of the setup, does
	// not do.
	Guide(s Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error)
}

// Guides are the guides that a name chooses. A program adds its own, a Guide of whatever batches it
// works on, *tensors.Tensor for models:
//
//	guide.Guides.Add(new(Drawn))
var Guides = table.New("guide", "guides", " of what is sampled; "+Convention, table.Rows(builtin[none]())...)

// builtin lists the guides of this package, with their settings' defaults, in the order in which
// they compose.
func builtin[X any]() []Guide[X] {
	return []Guide[X]{
		&ClassifierFreeGuide[X]{Strength: plain},
		&AutoGuide[X]{Strength: plain},
		&PlusPlusGuide[X]{Lambda: 1},
		&ClassifierGuide[X]{Scale: 1},
	}
}

// none are the batches of the rows that are there to be looked at and guide nothing.
type none struct{}

// For returns a new guide for batches of type X with the settings of a row, which may be one of
// Guides or a copy with others.
func For[X any](row table.Row) (Guide[X], error) {
	if g, ok, err := table.As(row, builtin[X]()); ok {
		return g, err
	}
	return nil, fmt.Errorf("guide %s works on other batches than %v", row.Row().Name, reflect.TypeFor[X]())
}

// ToClass says whether a guide guides samples to their classes, and leaves those of none as they
// are, which it says of itself by a method ToClass() bool.
func ToClass(g table.Row) bool {
	c, ok := g.(interface{ ToClass() bool })
	return ok && c.ToClass()
}

// Apply guides d by all the guides, the first one innermost: a later one sees what those before
// made of x0hat. Settings that were changed are checked.
func Apply[X any](s Setup[X], d reverie.Denoiser[X], guides ...Guide[X]) (reverie.Denoiser[X], error) {
	for i, g := range guides {
		if g == nil {
			return nil, fmt.Errorf("guide %d of %d is nil", i+1, len(guides))
		}
		var err error
		if d, err = apply(s, d, g); err != nil {
			return nil, fmt.Errorf("guide %s: %w", g.Row().Name, err)
		}
	}
	return d, nil
}

func apply[X any](s Setup[X], d reverie.Denoiser[X], g Guide[X]) (reverie.Denoiser[X], error) {
	for _, f := range table.Fields(g) {
		if err := f.Check(); err != nil {
			return nil, err
		}
	}
	return g.Guide(s, d)
}
