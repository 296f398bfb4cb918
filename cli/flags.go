package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"

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
	flag := f.VarPF(field, field.Name, "", oneOf(field.Help, field.Names()))
	if field.IsBoolFlag() {
		flag.NoOptDefVal = "true"
	}
}

// A number is the value of a flag: one in a range, so that what is outside of it goes no further than the command line.
type number[T int | float64] struct {
	to *T
	in config.Range
}

// numberVar adds a flag for a number in a range.
func numberVar[T int | float64](f *pflag.FlagSet, to *T, name string, in config.Range, value T, help string) {
	numberVarP(f, to, name, "", in, value, help)
}

// numberVarP is numberVar of a flag with a short name.
func numberVarP[T int | float64](f *pflag.FlagSet, to *T, name, short string, in config.Range, value T, help string) {
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
func within(lo, hi float64) config.Range { return config.Range{Lo: lo, Hi: hi} }

// The ranges that several commands share.
var (
	batches = config.RangeOf("batch")
	counts  = within(1, 1<<20) // of images or points
)

// parse reads a number in a range.
func parse[T int | float64](text string, in config.Range) (v T, err error) {
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

// numbers is the value of a flag that takes several, with commas between or by itself again.
type numbers[T int | float64] struct {
	to    *[]T
	in    config.Range
	given bool
}

// numbersVar adds a flag for numbers in a range.
func numbersVar[T int | float64](f *pflag.FlagSet, to *[]T, name string, in config.Range, help string) {
	f.Var(&numbers[T]{to: to, in: in}, name, help)
}

// Set implements pflag.Value.
func (n *numbers[T]) Set(text string) error {
	var all []T
	for part := range strings.SplitSeq(text, ",") {
		v, err := parse[T](strings.TrimSpace(part), n.in)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	if n.given {
		all = append(*n.to, all...)
	}
	*n.to, n.given = all, true
	return nil
}

// String implements pflag.Value.
func (n *numbers[T]) String() string {
	if n.to == nil {
		return ""
	}
	var all []string
	for _, v := range *n.to {
		all = append(all, format(v))
	}
	return strings.Join(all, ",")
}

// Type implements pflag.Value.
func (*numbers[T]) Type() string { return typeOf[T]("intSlice", "float64Slice") }

// A duration is the value of a flag: a time up to config.MaxTime.
type duration struct{ to *config.Duration }

// Set implements pflag.Value.
func (d duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err == nil && (v < 0 || v > config.MaxTime) {
		return errOutside("0s to " + config.MaxTime.String())
	}
	if err == nil {
		*d.to = config.Duration(v)
	}
	return err
}

// String implements pflag.Value.
func (d duration) String() string {
	if d.to == nil || *d.to == 0 {
		return ""
	}
	return time.Duration(*d.to).String()
}

// Type implements pflag.Value.
func (duration) Type() string { return "duration" }
