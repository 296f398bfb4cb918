package counterfactual

import (
	"fmt"
	"reflect"

	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/table"
)

// Methods are the methods that a name chooses, with their settings' defaults. A program adds its
// own, a Method of whatever batches it works on.
var Methods = table.New("counterfactual", "counterfactuals", ": how an image is changed until the classifier takes it for another class", table.Rows(builtin[none]())...)

// builtin lists the methods of this package, the first to try first.
func builtin[X any]() []Method[X] {
	return []Method[X]{
		&Fast[X]{Redraw: Redraw{0.3}, Pull: Pull{L1: 2}, Smoothing: Smoothing{0.5}, Masking: Masking{0.3, 0}, Warmup: 0.5, Gradient: "product"},
		&DiME[X]{Redraw: Redraw{0.3}, Pull: Pull{L1: 0.05}},
		&ACE[X]{Redraw: Redraw{0.1}, Iterations: 50, Step: 2. / 255, L1: 0.001, Masking: Masking{0.15, 0}},
		&Translate[X]{Redraw: Redraw{0.5}, Inversion: edit.FixedPoint[X]{Tolerance: 3e-4, Calls: 20}},
	}
}

// none are the batches of the rows that are there to be looked at.
type none struct{}

// For returns a new method for batches of type X with the settings of a row, which may be one of
// Methods or a copy with others.
func For[X any](row table.Row) (Method[X], error) {
	if m, ok, err := table.As(row, builtin[X]()); ok {
		return m, err
	}
	return nil, fmt.Errorf("counterfactual: method %s works on other batches than %v", row.Row().Name, reflect.TypeFor[X]())
}
