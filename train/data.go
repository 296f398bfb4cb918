package train

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
)

// OpenData opens the data that a configuration names: the embedded emoji, folders of images, or points. progress, if not nil, is told
// how many files are read of how many.
func OpenData(ctx context.Context, c *config.Run, progress func(done, total int)) (*data.Set, error) {
	if c.Points() {
		return openPoints(c, c.Data[0], nil)
	}
	return openImages(ctx, c, c.Data, progress)
}

// OpenFrom opens the second data set of a flow between two, in the units of the first.
func OpenFrom(ctx context.Context, c *config.Run, progress func(done, total int)) (*data.Set, error) {
	if !c.Points() {
		return openImages(ctx, c, c.From, progress)
	}
	set, err := openPoints(c, c.Data[0], nil)
	if err != nil {
		return nil, err
	}
	return openPoints(c, c.From[0], &points.Affine{Shift: set.Kind().Shift, Scale: set.Kind().Scale})
}

func openImages(ctx context.Context, c *config.Run, roots []string, progress func(done, total int)) (*data.Set, error) {
	o := DataOptions(c)
	o.Progress = progress
	if len(roots) == 0 {
		return data.Embedded(ctx, o)
	}
	return data.Open(ctx, roots, o)
}

// openPoints opens points and brings them to variance 1, or into given units: in the plane by one factor, so that shapes stay as they
// are, a table each column by its own.
func openPoints(c *config.Run, source string, units *points.Affine) (*data.Set, error) {
	name := source
	if config.IsNamed(source) {
		name = config.PointsName(source)
	}
	cloud, err := points.Open(name, points.Options{Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	table := slices.Contains([]string{".csv", ".tsv", ".txt", ".dat", ".npz", ".npy"}, filepath.Ext(name))
	switch {
	case units != nil && len(units.Shift) != cloud.Dim():
		return nil, fmt.Errorf("%s: points of %d numbers, and the data's have %d", source, cloud.Dim(), len(units.Shift))
	case units != nil:
	case cloud.Dim() == 2 && !table:
		a := points.Rescale(cloud.X)
		units = &a
	default:
		a := points.Standardise(cloud.X)
		units = &a
	}
	return cloud.SetIn(*units, source, data.Options{Val: c.Val})
}
