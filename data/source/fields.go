package source

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// fieldsPrefix marks an array that is read as fields.
const fieldsPrefix = "fields:"

// Fields are real numbers on a grid, with any number of channels: an array [N,H,W] or [N,H,W,C] of
// a file of numpy. Each channel is brought to mean 0 and variance 1.
type Fields struct{}

// Row implements table.Row.
func (Fields) Row() table.Info {
	return table.Info{Name: "fields", Text: "fields:FILE.npz, .npy: real numbers on a grid, an array [N,H,W] or [N,H,W,C] of any number of channels"}
}

// Claim implements Source.
func (Fields) Claim(name string) (Claim, bool) {
	path, ok := strings.CutPrefix(name, fieldsPrefix)
	return Claim{Kind: kind.OfFields(0, 0, 0), Path: path}, ok
}

// Open implements Source.
func (Fields) Open(_ context.Context, names []string, o Options) (*data.Set, error) {
	path := strings.TrimPrefix(names[0], fieldsPrefix)
	k, x, err := readFields(path)
	if err != nil {
		return nil, fmt.Errorf("fields: %s: %w", path, err)
	}
	if o.Like == nil {
		k = k.In(standardise(x, k.C))
	} else if err := k.Comparable(*o.Like); err != nil {
		return nil, fmt.Errorf("fields: %s: %w", path, err)
	} else {
		k = k.In(o.Like.Units)
	}
	m := data.Memory{Name: path, Kind: k, X: make([]float32, len(x)), Source: x}
	for i, y := range k.FromUnits(x) {
		m.X[i] = float32(y)
	}
	return data.FromMemory(m, data.Options{Val: o.Val})
}

// readFields reads the array of a file.
func readFields(path string) (k kind.Kind, x []float64, err error) {
	var a checkpoint.Tensor
	if extension(path) == ".npy" {
		a, err = checkpoint.ReadNPY(path)
	} else {
		a, err = readOnly(path)
	}
	if err != nil {
		return k, nil, err
	}
	if len(a.Shape) == 3 {
		a.Shape = append(a.Shape, 1)
	}
	if len(a.Shape) != 4 {
		return k, nil, fmt.Errorf("shape %v, expected fields [N,H,W] or [N,H,W,C]", a.Shape)
	}
	if err := a.Finite(); err != nil {
		return k, nil, err
	}
	x, err = a.F64s()
	return kind.OfFields(a.Shape[1], a.Shape[2], a.Shape[3]), x, err
}

// readOnly reads the array arr_0 of an npz file or, where the file has but one, that.
func readOnly(path string) (a checkpoint.Tensor, err error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return a, err
	}
	defer z.Close()
	key := "arr_0"
	if keys := z.Keys(); len(keys) == 1 {
		key = keys[0]
	}
	return z.Read(key)
}

// standardise returns the units in which each of c channels has mean 0 and deviation 1. A channel
// that is the same everywhere has the scale 1e-9 of its size, or of 1, so that what a model draws
// of it keeps its value.
func standardise(x []float64, c int) kind.Units {
	mean, deviation := make([]float64, c), make([]float64, c)
	n := float64(len(x) / c)
	for i, v := range x {
		mean[i%c] += v / n
	}
	for i, v := range x {
		d := v - mean[i%c]
		deviation[i%c] += d * d / n
	}
	for k, v := range deviation {
		if deviation[k] = math.Sqrt(v); deviation[k] <= 1e-9*math.Abs(mean[k]) {
			deviation[k] = 1e-9 * max(1, math.Abs(mean[k]))
		}
	}
	return kind.Units{Shift: mean, Scale: deviation}
}
