package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/pflag"
)

// A sweep are the flags of eval that measure at several values of a flag of the sampling.
type sweep struct {
	text, csv, plot string

	name   string // of the flag
	values []string
}

// add adds the flags.
func (s *sweep) add(f *pflag.FlagSet) {
	f.StringVar(&s.text, "sweep", "", "measure once at each value of a number that says how samples are drawn: guidance=0,1,2 or steps=5,10,25")
	f.StringVar(&s.csv, "csv", "", "write the table of the sweep here")
	f.StringVar(&s.plot, "plot", "", "write a picture of the sweep here: accuracy against precision, recall and kid, where it is measured")
}

// choose reads the sweep and gives the flag its first value.
func (s *sweep) choose(f *pflag.FlagSet) error {
	if s.text == "" {
		for _, o := range s.outputs() {
			if o.path != "" {
				return fmt.Errorf("--%s %s: there is no --sweep whose numbers could be written", o.flag, o.path)
			}
		}
		return nil
	}
	name, values, ok := strings.Cut(s.text, "=")
	if known := swept(); !ok || !slices.Contains(known, name) {
		return fmt.Errorf("--sweep %s: expected NAME=VALUE,.. with a name among %s", s.text, strings.Join(known, ", "))
	}
	if f.Changed(name) {
		return fmt.Errorf("--%s does not go with --sweep %s, which gives it values; leave it out", name, s.text)
	}
	s.name, s.values = name, strings.Split(values, ",")
	if n := len(s.values); n > eval.SweepLimit {
		return fmt.Errorf("--sweep: %d values, more than the limit of %d", n, eval.SweepLimit)
	}
	var seen []float64
	for _, text := range s.values {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("--sweep %s: %q is no number", s.text, text)
		}
		if slices.Contains(seen, v) {
			return fmt.Errorf("--sweep %s: the value %s comes twice", s.text, text)
		}
		if err := give(f, name, text); err != nil {
			return fmt.Errorf("--sweep %s: %w", s.text, err)
		}
		seen = append(seen, v)
	}
	return give(f, name, s.values[0])
}

// give sets a flag, whose own error says what is wrong.
func give(f *pflag.FlagSet, name, text string) error {
	flag := f.Lookup(name)
	flag.Changed = true
	return flag.Value.Set(text)
}

func (s *sweep) outputs() []output { return []output{{"csv", s.csv}, {"plot", s.plot}} }

// swept are the names of the flags that a sweep can change: numbers that say how samples are drawn.
func swept() (names []string) {
	for _, f := range table.All(new(solverFlags)) {
		if t := f.Type(); t == "int" || t == "float64" {
			names = append(names, f.Name)
		}
	}
	return names
}

// settings are the samplings at the values: what a command line with that value in place of the
// sweep says.
func (s *sweep) settings(given *pflag.FlagSet, base model.Options, m *model.Loaded) ([]eval.Setting, error) {
	var all []eval.Setting
	for _, text := range s.values {
		var flags solverFlags
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.add(f)
		if err := copyFlags(f, given); err != nil {
			return nil, err
		}
		if err := give(f, s.name, text); err != nil {
			return nil, err
		}
		at := eval.Setting{Sampling: base}
		at.Value, _ = strconv.ParseFloat(text, 64) // which choose did
		at.Sampling.Solver, at.Sampling.Process = nil, nil
		if err := flags.check(); err != nil {
			return nil, usagef("--sweep %s: at %s: %w", s.text, text, err)
		}
		if err := flags.fill(&at.Sampling); err != nil {
			return nil, err
		}
		if err := flags.complete(&at.Sampling, m, m.Fits); err != nil {
			return nil, fmt.Errorf("--sweep %s: at %s: %w", s.text, text, err)
		}
		all = append(all, at)
	}
	return all, nil
}

// copyFlags gives the flags of f what the same flags were given elsewhere.
func copyFlags(f, from *pflag.FlagSet) (err error) {
	f.VisitAll(func(to *pflag.Flag) {
		flag := from.Lookup(to.Name)
		if err != nil || !flag.Changed {
			return
		}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			for _, v := range list.GetSlice() {
				if err == nil {
					err = f.Set(to.Name, v)
				}
			}
			return
		}
		err = f.Set(to.Name, flag.Value.String())
	})
	return err
}

// sweepOver measures at every value and writes what was found, all of it or what there is before an
// error.
func (v *evaluation) sweepOver(c *eval.Comparison, m *model.Loaded) error {
	settings, err := v.sweep.settings(v.cmd.Flags(), c.Sampling, m)
	if err != nil {
		return err
	}
	s, failed := c.Sweep(v.cmd.Context(), v.sweep.name, settings)
	v.clear()
	if len(s.Points) == 0 {
		return failed
	}
	if err := v.writeSweep(s); err != nil {
		return err
	}
	return failed
}

// writeSweep prints a sweep and writes the files that were asked for.
func (v *evaluation) writeSweep(s *eval.Sweep) error {
	write := s.WriteText
	if v.json {
		write = s.WriteJSON
	}
	if err := write(v.cmd.OutOrStdout()); err != nil {
		return err
	}
	if v.sweep.csv != "" {
		err := checkpoint.WriteFileAtomic(nil, v.sweep.csv, func(w io.Writer) error {
			_, err := w.Write(s.CSV())
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(v.cmd.ErrOrStderr(), "wrote", v.sweep.csv)
	}
	if v.sweep.plot == "" {
		return nil
	}
	text := []picture.Text{{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: s.Model}, {Key: "sweep", Value: v.sweep.text}}
	if err := picture.Write(v.sweep.plot, s.Image(), text...); err != nil {
		return err
	}
	fmt.Fprintln(v.cmd.ErrOrStderr(), "wrote", v.sweep.plot)
	return nil
}
