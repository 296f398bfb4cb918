package data

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/reverie-go/reverie/checkpoint"
)

// labelKeys are the usual names of arrays of labels, the first that is there.
var labelKeys = []string{"labels", "y", "y_train", "train_labels", "arr_1"}

// ArrayLabels say of which class the samples of an npz file are.
type ArrayLabels struct {
	Key   string // of the array that they stand in
	Class []int  // of each sample the number of its class, from 0 on, -1 of one that has none
}

// Name is what class k is called, by its number; "" of -1.
func (l *ArrayLabels) Name(k int) string {
	if k < 0 {
		return ""
	}
	return strconv.Itoa(k)
}

// ReadLabels reads the labels of the n samples of an npz file: an array [N] or [N,1] of whole
// numbers from 0 to 10^6, -1 for no class, under the first of the keys that is there; where none
// are given, of labels, y, y_train, train_labels and arr_1. nil of a file without.
func ReadLabels(z *checkpoint.NPZ, n int, keys ...string) (*ArrayLabels, error) {
	if keys == nil {
		keys = labelKeys
	}
	at := slices.IndexFunc(keys, func(k string) bool { return slices.Contains(z.Keys(), k) })
	if at < 0 {
		return nil, nil
	}
	l := &ArrayLabels{Key: keys[at]}
	y, err := z.Read(l.Key)
	if err != nil {
		return nil, fmt.Errorf("%w; it is read as the labels of the samples: give it another name if it is something else", err)
	}
	v, err := y.F64s()
	if err != nil || len(v) != n || len(y.Shape) < 1 || len(y.Shape) > 2 {
		return nil, fmt.Errorf("array %q of labels has shape %v: expected one number for each of %d samples; give it another name if it is something else", l.Key, y.Shape, n)
	}
	for i, f := range v {
		if f != float64(int(f)) || f < -1 || f > 1e6 {
			return nil, fmt.Errorf("array %q of labels: label %d is %v: expected whole numbers from 0 to 1000000, or -1 for no class; give it another name if it is something else", l.Key, i, f)
		}
		l.Class = append(l.Class, int(f))
	}
	return l, nil
}
