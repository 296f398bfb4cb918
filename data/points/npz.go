package points

import (
	"errors"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
)

// OpenNPZ reads the points of a file of numpy.savez: arr_0, [N,D], float64 or float32.
func OpenNPZ(path string) (*Cloud, error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	defer z.Close()
	a, err := z.Array("arr_0", checkpoint.F64, 2)
	if errors.Is(err, checkpoint.ErrArray) {
		a, err = z.Array("arr_0", checkpoint.F32, 2)
	}
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	x, err := rows(a)
	if err != nil {
		return nil, fmt.Errorf("points: %s: array \"arr_0\": %w", path, err)
	}
	return &Cloud{X: x}, nil
}

// rows makes points of an array [N,D].
func rows(a checkpoint.Tensor) (reverie.Batch[float64], error) {
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
