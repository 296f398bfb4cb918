package data

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
)

// labelKeys are the usual names of arrays of labels, the first that is there, and namesKey that of
// the array of their names.
var labelKeys = []string{"labels", "y", "y_train", "train_labels", "arr_1"}

const namesKey = "classes"

// ArrayLabels say of which class the samples of an npz file are.
type ArrayLabels struct {
	Key   string   // of the array that they stand in
	Class []int    // of each sample the number of its class, from 0 on, -1 of one that has none
	Names []string // of the classes by their numbers; nil: the file does not say
}

// Name is what class k is called, where the file does not say by its number; "" of -1.
func (l *ArrayLabels) Name(k int) string {
	switch {
	case k < 0:
		return ""
	case l.Names != nil:
		return l.Names[k]
	}
	return strconv.Itoa(k)
}

// LabelArrays are the arrays of an npz file that [ReadLabels] reads as labels: the numbers of the
// samples' classes as arr_1, -1 for none, and the names of the classes, where there are any, as
// classes, texts [K].
func LabelArrays(class []int, names []string) []checkpoint.NamedTensor {
	numbers := make([]int64, len(class))
	for i, k := range class {
		numbers[i] = int64(k)
	}
	all := []checkpoint.NamedTensor{{Key: "arr_1", Tensor: checkpoint.FromI64s(numbers, len(numbers))}}
	if len(names) > 0 {
		all = append(all, checkpoint.NamedTensor{Key: namesKey, Tensor: checkpoint.FromTexts(names)})
	}
	return all
}

// ReadLabels reads the labels of the n samples of an npz file: an array [N] or [N,1] of whole
// numbers from 0 to 10^6, -1 for no class, under the first of the keys that is there; where none
// are given, of labels, y, y_train, train_labels and arr_1. An array of texts called classes names
// them. nil of a file without.
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
	return l, l.readNames(z)
}

// readNames reads what the classes are called; an array of that name that holds no texts is of
// something else.
func (l *ArrayLabels) readNames(z *checkpoint.NPZ) error {
	if !slices.Contains(z.Keys(), namesKey) {
		return nil
	}
	names, err := z.Texts(namesKey)
	switch {
	case errors.Is(err, checkpoint.ErrArray):
		return nil
	case err != nil:
		return err
	}
	seen := map[string]bool{}
	for k, name := range names {
		if err := kind.CheckClassName(name); err != nil {
			return fmt.Errorf("array %q: [%d]: %w", namesKey, k, err)
		}
		if seen[name] {
			return fmt.Errorf("array %q: %q comes twice", namesKey, name)
		}
		seen[name] = true
	}
	for i, k := range l.Class {
		if k >= len(names) {
			return fmt.Errorf("array %q of labels: label %d is %d, and array %q names %d classes", l.Key, i, k, namesKey, len(names))
		}
	}
	l.Names = names
	return nil
}
