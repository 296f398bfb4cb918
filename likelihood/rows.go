package likelihood

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
)

// hostRows returns a batch's samples as float64 numbers on the host: what densities are computed with. X is a reverie.Batch or a tensor
// of floats, samples along its first axis.
func hostRows[X any](x X) ([][]float64, error) {
	switch x := any(x).(type) {
	case reverie.Batch[float64]:
		return x, nil
	case reverie.Batch[float32]:
		out := make([][]float64, len(x))
		for i := range x {
			out[i] = widen(x[i])
		}
		return out, nil
	case *tensors.Tensor:
		return tensorRows(x)
	}
	return nil, fmt.Errorf("likelihood: batches of %T: expected reverie.Batch or tensors", x)
}

// rowsLike is hostRows for a batch that is to have the shape of data.
func rowsLike[X any](x X, data [][]float64) ([][]float64, error) {
	rows, err := hostRows(x)
	if err != nil {
		return nil, err
	}
	n, dim, err := shapeOf(rows)
	if err != nil {
		return nil, err
	}
	if n != len(data) || dim != len(data[0]) {
		return nil, fmt.Errorf("likelihood: the network gave %d samples of %d numbers for %d of %d", n, dim, len(data), len(data[0]))
	}
	return rows, nil
}

func tensorRows(x *tensors.Tensor) ([][]float64, error) {
	var all []float64
	x.MustConstFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float64:
			all = slices.Clone(flat)
		case []float32:
			all = widen(flat)
		}
	})
	if x.Rank() == 0 || len(all) == 0 {
		return nil, fmt.Errorf("likelihood: a tensor %s: expected samples of float32 or float64", x.Shape())
	}
	n := x.Shape().Dimensions[0]
	size := len(all) / n
	out := make([][]float64, n)
	for i := range out {
		out[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	return out, nil
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// likeRows returns rows as a batch of like's kind and sample shape, of any number of samples.
func likeRows[X any](like X, rows [][]float64) X {
	var out any
	switch like := any(like).(type) {
	case reverie.Batch[float64]:
		out = reverie.Batch[float64](rows)
	case reverie.Batch[float32]:
		b := make(reverie.Batch[float32], len(rows))
		for i := range rows {
			b[i] = narrow(rows[i])
		}
		out = b
	case *tensors.Tensor:
		dims := slices.Clone(like.Shape().Dimensions)
		dims[0] = len(rows)
		all := slices.Concat(rows...)
		if like.DType().Size() == 4 {
			out = tensors.FromFlatDataAndDimensions(narrow(all), dims...)
		} else {
			out = tensors.FromFlatDataAndDimensions(all, dims...)
		}
	}
	return out.(X)
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// shapeOf returns the samples of rows and the numbers in each, all alike and at least one.
func shapeOf(rows [][]float64) (n, dim int, err error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return 0, 0, fmt.Errorf("likelihood: an empty batch")
	}
	for i, r := range rows {
		if len(r) != len(rows[0]) {
			return 0, 0, fmt.Errorf("likelihood: sample %d has %d numbers, sample 0 has %d", i, len(r), len(rows[0]))
		}
	}
	return len(rows), len(rows[0]), nil
}

// A recycler is a Space that frees what it made some steps ago, other than keep: package model's Scope.
type recycler[X any] interface{ Next(keep ...X) }

// recycle ends a step on sp, where it frees memory.
func recycle[X any](sp reverie.Space[X], keep ...X) {
	if r, ok := sp.(recycler[X]); ok {
		r.Next(keep...)
	}
}
