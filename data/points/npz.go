package points

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
)

// OpenNPY reads the points of a file of numpy.save: [N,D], or [N] of numbers, floats or integers in
// either order.
func OpenNPY(path string) (*Cloud, error) {
	a, err := checkpoint.ReadNPY(path)
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	x, err := rows(a)
	if err != nil {
		return nil, fmt.Errorf("points: %s: %w", path, err)
	}
	return &Cloud{X: x}, nil
}

// OpenNPZ reads the points of a file of numpy.savez: the array arr_0 or, where the file has but
// one, that; see OpenNPY. Another array may hold their labels, see [data.ReadLabels].
func OpenNPZ(path string) (*Cloud, error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	defer z.Close()
	key, keys := "arr_0", z.Keys()
	if len(keys) == 1 {
		key = keys[0]
	}
	a, err := z.Read(key)
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	x, err := rows(a)
	if err != nil {
		return nil, fmt.Errorf("points: %s: array %q: %w", path, key, err)
	}
	c := &Cloud{X: x}
	if len(keys) == 1 {
		return c, nil
	}
	if err := c.label(z); err != nil {
		return nil, fmt.Errorf("points: %s: %w", path, err)
	}
	return c, nil
}

// label gives the points the classes that a file has beside them.
func (c *Cloud) label(z *checkpoint.NPZ) error {
	found, err := data.ReadLabels(z, len(c.X))
	if err != nil || found == nil {
		return err
	}
	var of labels
	for _, k := range found.Class {
		if err := of.take(found.Name(k)); err != nil {
			return fmt.Errorf("array %q: %w", found.Key, err)
		}
	}
	of.classify(c, fmt.Sprintf("array %q holds the labels of the points", found.Key))
	return nil
}

// images says of an array that may be of images how those are read.
func images(a checkpoint.Tensor) string {
	if len(a.Shape) < 3 {
		return ""
	}
	return "; images are read from npz files, under the name images"
}

// rows makes points of an array [N,D], or [N].
func rows(a checkpoint.Tensor) (reverie.Batch[float64], error) {
	if len(a.Shape) == 1 {
		a.Shape = []int{a.Shape[0], 1}
	}
	if len(a.Shape) != 2 {
		return nil, fmt.Errorf("shape %v, expected points [N,D]%s", a.Shape, images(a))
	}
	n, d := a.Shape[0], a.Shape[1]
	if n < 1 || d < 1 || d > MaxDim || n > MaxNumbers/d {
		return nil, fmt.Errorf("%d points of %d numbers: expected at least 1 of 1 to %d, and at most %d numbers", n, d, MaxDim, MaxNumbers)
	}
	flat, err := a.F64s()
	if err != nil {
		return nil, err
	}
	x := make(reverie.Batch[float64], n)
	for i := range x {
		x[i] = flat[i*d : (i+1)*d : (i+1)*d]
		for j, v := range x[i] {
			if err := checkNumber(v); err != nil {
				return nil, fmt.Errorf("[%d,%d]: %w", i, j, err)
			}
		}
	}
	return x, nil
}
