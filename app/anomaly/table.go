package anomaly

import (
	"fmt"
	"reflect"

	"github.com/reverie-go/reverie/table"
)

// Methods are the methods that a name chooses. A program adds its own, a Method of whatever batches
// it works on:
//
//	anomaly.Methods.Add(new(Own)) // func (*Own) Row() table.Info, func (*Own) Find(..)
var Methods = table.New("map", "maps", " of anomalies: how an image is compared with what the model knows", table.Rows(builtin[none]())...)

// builtin lists the methods of this package. A new one is a file and a line here.
func builtin[X any]() []Method[X] {
	return []Method[X]{
		new(Translate[X]),
		new(OneStep[X]),
		new(DAE[X]),
		new(Recon[X]),
		new(ANDi[X]),
		new(Patch[X]),
		&Inpaint[X]{First: new(Recon[X])},
	}
}

// none are the batches of the rows that are there to be looked at and map nothing.
type none struct{}

// For returns a new method for batches of type X with the settings of a row, which may be one of
// Methods or a copy with others.
func For[X any](row table.Row) (Method[X], error) {
	if m, ok, err := table.As(row, builtin[X]()); ok {
		return m, err
	}
	return nil, fmt.Errorf("anomaly: %s maps other batches than %v", row.Row().Name, reflect.TypeFor[X]())
}
