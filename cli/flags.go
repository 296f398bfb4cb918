package cli

import (
	"slices"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/pflag"
)

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

// changed are those of the settings that the command line gives.
func changed(fields []*table.Field, f *pflag.FlagSet) []*table.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(field *table.Field) bool { return !f.Changed(field.Name) })
}

// fieldsVar adds the flags of the tagged fields of the struct that ptr points to, see package
// table, whose values are the defaults.
func fieldsVar(f *pflag.FlagSet, ptr any) {
	for _, field := range table.Fields(ptr) {
		fieldVar(f, field)
	}
}

// numberVar adds a flag for a number in a range, so that what is outside of it goes no further than
// the command line.
func numberVar[T int | float64](f *pflag.FlagSet, to *T, name string, in table.Range, value T, help string) {
	numberVarP(f, to, name, "", in, value, help)
}

// numberVarP is numberVar of a flag with a short name.
func numberVarP[T int | float64](f *pflag.FlagSet, to *T, name, short string, in table.Range, value T, help string) {
	*to = value
	f.VarP(table.Number(to, name, in), name, short, help)
}

// within is the range from lo to hi.
func within(lo, hi float64) table.Range { return table.Range{Lo: lo, Hi: hi} }

// The ranges that several commands share.
var (
	batches = config.RangeOf("batch")
	counts  = within(1, 1<<20) // of images or points
)
