package cli

import (
	"errors"
	"strconv"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/pflag"
)

// errOutside marks a value of the right kind that is out of its flag's range, which it is.
type errOutside string

// Error implements error.
func (e errOutside) Error() string { return "outside " + string(e) }

// fieldVar adds a flag for a setting. Its help lists the names that it takes where they are few.
func fieldVar(f *pflag.FlagSet, field *table.Field) {
	help := field.Help
	if names := field.Names(); names != nil {
		help = oneOf(help, names)
	}
	flag := f.VarPF(field, field.Name, "", help)
	if field.Type() == "bool" {
		flag.NoOptDefVal = "true"
	}
}

// A number is the value of a flag: one in a range, so that what is outside of it goes no further
// than the command line.
type number[T int | float64] struct {
	to *T
	in table.Range
}

// numberVar adds a flag for a number in a range.
func numberVar[T int | float64](f *pflag.FlagSet, to *T, name string, in table.Range, value T, help string) {
	numberVarP(f, to, name, "", in, value, help)
}

// numberVarP is numberVar of a flag with a short name.
func numberVarP[T int | float64](f *pflag.FlagSet, to *T, name, short string, in table.Range, value T, help string) {
	*to = value
	f.VarP(number[T]{to, in}, name, short, help)
}

// Set implements pflag.Value.
func (n number[T]) Set(text string) error {
	v, err := parse[T](text, n.in)
	if err == nil {
		*n.to = v
	}
	return err
}

// within is the range from lo to hi.
func within(lo, hi float64) table.Range { return table.Range{Lo: lo, Hi: hi} }

// The ranges that several commands share.
var (
	batches = config.RangeOf("batch")
	counts  = within(1, 1<<20) // of images or points
)

// parse reads a number in a range.
func parse[T int | float64](text string, in table.Range) (v T, err error) {
	switch to := any(&v).(type) {
	case *int:
		*to, err = strconv.Atoi(text)
	case *float64:
		*to, err = strconv.ParseFloat(text, 64)
	}
	if errors.Is(err, strconv.ErrRange) || err == nil && !in.Has(float64(v)) {
		return 0, errOutside(in.String())
	}
	return v, err
}

// format is a number as it is read back.
func format[T int | float64](v T) string { return strconv.FormatFloat(float64(v), 'g', -1, 64) }

// String implements pflag.Value.
func (n number[T]) String() string {
	if n.to == nil {
		return ""
	}
	return format(*n.to)
}

// Type implements pflag.Value.
func (number[T]) Type() string { return typeOf[T]("int", "float64") }

// typeOf is one of two names, of whole numbers and of others.
func typeOf[T int | float64](whole, other string) string {
	if _, ok := any(T(0)).(int); ok {
		return whole
	}
	return other
}
