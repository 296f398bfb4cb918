package source

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// pointsPrefix marks a name of a set of points, or a file that is to be read as points.
const pointsPrefix = "points:"

// extension is the end of a file's name, in lower case.
func extension(name string) string { return strings.ToLower(filepath.Ext(name)) }

// Endings of the files of points.
var (
	tableEndings = []string{".csv", ".tsv", ".txt", ".dat"}
	arrayEndings = []string{".npz", ".npy"}
)

// cloud opens points as such.
type cloud struct{}

// Cloud returns the points of a name as they are, with the names of their columns.
func (cloud) Cloud(name string, o Options) (*points.Cloud, error) {
	return points.Open(pointsName(name), points.Options{Seed: o.Seed})
}

// A Clouder is a source of points, which are known by the names of their columns.
type Clouder interface {
	Cloud(name string, o Options) (*points.Cloud, error)
}

// CloudOf are the numbers of a set that s opened by that name, in their units, a column for each
// channel; with the columns' names where the source knows them.
func CloudOf(s Source, name string, set *data.Set) (*points.Cloud, error) {
	if r, ok := s.(Clouder); ok {
		return r.Cloud(name, Options{})
	}
	_, _, c := set.Shape()
	all := &points.Cloud{Notes: set.Remarks()}
	for x := range slices.Chunk(set.InUnits(), c) {
		all.X = append(all.X, x)
	}
	return all, nil
}

// Named are sets of points by name, points:NAME, and files that are read as points whatever else
// they may be, points:FILE.
type Named struct{ cloud }

// Row implements table.Row.
func (Named) Row() table.Info {
	return table.Info{Name: "points", Text: "points:NAME, points of the plane (" + strings.Join(points.Names(), ", ") + "); points:FILE.png, the dark pixels of a picture"}
}

// Claim implements Source.
func (Named) Claim(name string) (Claim, bool) {
	return Claim{Kind: kind.OfPoints(0)}, strings.HasPrefix(name, pointsPrefix)
}

// Open implements Source.
func (n Named) Open(_ context.Context, names []string, o Options) (*data.Set, error) {
	return openPoints(n, names, o)
}

// Tables are points in files of text, a line each.
type Tables struct {
	LabelColumn string `flag:"label-column" help:"the column that holds the points' labels, which is no number of them then"`
}

// Row implements table.Row.
func (*Tables) Row() table.Info {
	return table.Info{Name: "table", Text: "FILE.csv, .tsv, .txt, .dat: points, a line each, of the columns that hold numbers"}
}

// Claim implements Source.
func (*Tables) Claim(name string) (Claim, bool) {
	return Claim{Kind: kind.OfPoints(0), Path: name}, slices.Contains(tableEndings, extension(name)) && !prefixed(name)
}

// Open implements Source.
func (t *Tables) Open(_ context.Context, names []string, o Options) (*data.Set, error) {
	return openPoints(t, names, o)
}

// Cloud implements Clouder.
func (t *Tables) Cloud(name string, o Options) (*points.Cloud, error) {
	return points.Open(name, points.Options{Seed: o.Seed, LabelColumn: t.LabelColumn})
}

// Arrays are points in files of numpy.
type Arrays struct{ cloud }

// Row implements table.Row.
func (Arrays) Row() table.Info {
	return table.Info{Name: "array", Text: "FILE.npz, .npy: points, an array [N,D]"}
}

// Claim implements Source.
func (Arrays) Claim(name string) (Claim, bool) {
	return Claim{Kind: kind.OfPoints(0), Path: name}, slices.Contains(arrayEndings, extension(name)) && !prefixed(name)
}

// Open implements Source.
func (a Arrays) Open(_ context.Context, names []string, o Options) (*data.Set, error) {
	return openPoints(a, names, o)
}

// prefixed says whether a name says itself what it is.
func prefixed(name string) bool {
	return slices.ContainsFunc([]string{data.ArrayPrefix, pointsPrefix, fieldsPrefix, soundPrefix}, func(p string) bool { return strings.HasPrefix(name, p) })
}

// pointsName is what package points calls a name.
func pointsName(name string) string { return strings.TrimPrefix(name, pointsPrefix) }

// openPoints opens points and brings them to variance 1, or into given units: in the plane by one
// factor, so that shapes stay as they are, a table each column by its own.
func openPoints(of Clouder, names []string, o Options) (*data.Set, error) {
	name := names[0]
	cloud, err := of.Cloud(name, o)
	if err != nil {
		return nil, err
	}
	columns := slices.Contains(slices.Concat(tableEndings, arrayEndings), filepath.Ext(pointsName(name)))
	var units kind.Units
	switch {
	case o.Like != nil && o.Like.C != cloud.Dim():
		return nil, fmt.Errorf("%s: points of %d numbers, and the data's have %d", name, cloud.Dim(), o.Like.C)
	case o.Like != nil:
		units = o.Like.Units
	case cloud.Dim() == 2 && !columns:
		units = points.Rescale(cloud.X)
	default:
		units = points.Standardise(cloud.X)
	}
	return cloud.SetIn(units, name, data.Options{Val: o.Val})
}
