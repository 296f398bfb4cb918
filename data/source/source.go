// Package source is the table of the places that data come from. A name, as a person gives it to a
// command, is claimed by one row: a folder, points:moons, table.csv. The row says what its samples
// are before they are opened, which settings it has, and opens them.
//
//	set, err := source.Open(ctx, []string{"points:moons"}, source.Options{Val: 0.1})
//
// A program adds a row of its own by Sources.Add, and every command that takes data takes what the
// row claims.
package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// A Source is a row. Its settings are tagged fields, see package table.
type Source interface {
	table.Row
	// Claim says what is known of a name without opening anything; ok is false where it is not a
	// name of this source.
	Claim(name string) (c Claim, ok bool)
	// Open opens the data of names that it claims, as one set. The set is the caller's to close.
	Open(ctx context.Context, names []string, o Options) (*data.Set, error)
}

// A Claim is what a source knows of a name before it is opened.
type Claim struct {
	// Kind says what the samples are, as far as is known: the form at least.
	Kind kind.Kind
	// Path is the end of the name that is a path, "" where it has none.
	Path string
	// Several says that several names of the source make one set.
	Several bool
}

// Options are what every source is opened with.
type Options struct {
	// Seed is of what a source draws.
	Seed uint64
	// Val is the part of the samples that Val holds out of Train, see data.Options.
	Val float64
	// Like, if not nil, is the kind of the data that these go with: they are brought to its units.
	Like *kind.Kind
	// Pairs are names of what the samples go with, and Mix of the noise that they are mixed with to
	// be that: a source of recordings makes pairs of them, any other opens its samples alone, for
	// data.Set.Pair.
	Pairs, Mix []string
	// Progress, if not nil, is told how many files are read of how many.
	Progress func(done, total int)
}

// Sources are all sources. Of those that claim a name the last has it, so that a program's own rows
// come before these.
var Sources = table.New[Source]("source", "data sources", ", the argument DATA",
	&Emoji{}, &Folders{}, Named{}, &Tables{}, Arrays{}, Fields{}, &Sound{})

// Find is the source that has a name, with its default settings, which are shared, and what it
// knows of the name. "" is that of no name at all: the emoji inside the program.
func Find(name string) (Source, Claim) {
	for _, s := range slices.Backward(Sources.Rows()) {
		if c, ok := s.Claim(name); ok {
			return s, c
		}
	}
	panic("source: " + name) // Folders claims what nobody else does
}

// Of is the one source that has all of the names, with its default settings, and what it knows of
// the first; of no names the emoji inside the program. Names of different sources, and several of
// one that takes a single one, are an error.
func Of(names []string) (Source, Claim, error) {
	if len(names) == 0 {
		s, c := Find("")
		return s, c, nil
	}
	s, c := Find(names[0])
	for _, name := range names[1:] {
		other, o := Find(name)
		switch {
		case other.Row().Name == s.Row().Name:
		case o.Kind.Noun(2) != c.Kind.Noun(2):
			return nil, c, Mixed(names[0], c.Kind, name, o.Kind)
		default:
			return nil, c, fmt.Errorf("%s and %s: one is of %s, the other of %s; give one", names[0], name, s.Row().Name, other.Row().Name)
		}
	}
	if len(names) > 1 && !c.Several {
		return nil, c, fmt.Errorf("%d sets of %s: give one", len(names), c.Kind.Noun(2))
	}
	return s, c, nil
}

// Unused is the error of a setting that a name's source lacks and other sources have: of other
// samples, or else of the same ones by another name.
func Unused(flag, name string) error {
	row, c := Find(name)
	shown, theirs := cmp.Or(name, "the emoji inside the program"), ""
	for _, other := range Sources.Rows() {
		if table.Find(table.Fields(table.Copy(other)), flag) == nil {
			continue
		}
		claim, _ := other.Claim("")
		switch noun := claim.Kind.Noun(2); {
		case noun == c.Kind.Noun(2):
			return fmt.Errorf("--%s belongs to %s from a %s, and %s is of the source %s, which has none; leave it out", flag, noun, other.Row().Name, shown, row.Row().Name)
		case theirs == "":
			theirs = noun
		}
	}
	return fmt.Errorf("--%s belongs to %s, and %s is %s; leave it out", flag, theirs, shown, c.Kind.Noun(2))
}

// Mixed is the error of two names whose samples are not of one kind.
func Mixed(a string, of kind.Kind, b string, other kind.Kind) error {
	return fmt.Errorf("%s and %s: one is %s, the other %s; give one kind", a, b, of.Noun(2), other.Noun(2))
}

// Open opens names with the default settings of their source.
func Open(ctx context.Context, names []string, o Options) (*data.Set, error) {
	s, _, err := Of(names)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, names, o)
}

// Resolve turns names as a person gives them into those that a configuration keeps: paths become
// absolute, a file of arrays is called images where that is what it holds, and a folder of MNIST's
// images for training and test is the file of the first.
func Resolve(names []string) (all []string, err error) {
	for _, name := range names {
		if name == "" {
			return nil, errors.New("a name of data is empty; leave it out for the emoji inside the program")
		}
		_, c := Find(name)
		path := c.Path
		if path != "" {
			if path, err = filepath.Abs(path); err != nil {
				return nil, err
			}
		}
		prefix := strings.TrimSuffix(name, c.Path)
		if prefix == "" && holdsImages(path) {
			prefix = data.ArrayPrefix
		}
		if prefix == "" && c.Kind.Pictorial() && holdsSound(path) {
			prefix = soundPrefix
		}
		if file, ok := data.TrainingArray(path); ok && prefix == "" {
			path = file
		}
		all = append(all, prefix+path)
	}
	return all, nil
}

// holdsImages says whether a file whose name says that it is an array holds images.
func holdsImages(path string) bool {
	return strings.EqualFold(filepath.Ext(path), ".npz") && data.IsImages(path)
}

// Base is what a run on a name is called: the file's or folder's name without what says how it is
// read, of MNIST's files the folder's.
func Base(name string) string {
	_, c := Find(name)
	if c.Path == "" {
		_, after, found := strings.Cut(name, ":")
		if !found {
			after = name
		}
		return strings.Trim(filepath.Base(after), `./\`)
	}
	if strings.Contains(filepath.Base(c.Path), "idx3-ubyte") {
		c.Path = filepath.Dir(c.Path)
	}
	base := filepath.Base(c.Path)
	for _, end := range []string{".npz", ".zip"} {
		base = strings.TrimSuffix(base, end)
	}
	return strings.Trim(base, `./\`)
}
