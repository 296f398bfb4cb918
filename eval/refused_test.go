package eval

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// More classes than can be judged each by itself are refused by the flag.
func TestTooManyClasses(t *testing.T) {
	x := pair(3, 1, 2, 1)
	for i := range mostPerClass - 2 {
		x.Classes = append(x.Classes, kind.Class{Name: fmt.Sprint(i)})
	}
	e := &Evaluation{PerClass: true}
	if names, err := e.classes(NewSet("samples", x, "")); len(names) != 101 || err != nil {
		t.Errorf("all and 100 classes: %d names, %v", len(names), err)
	}
	x.Classes = append(x.Classes, kind.Class{Name: "one more"})
	var wrong *table.Error
	if _, err := e.classes(NewSet("samples", x, "")); !errors.As(err, &wrong) || wrong.Flag != "per-class" || !strings.Contains(wrong.Text, "there are 101 classes, more than the limit of 100") {
		t.Errorf("101 classes: %v", err)
	}
}

// What is not there to judge by is told, and is no failure of the rest.
func TestNothingToJudgeBy(t *testing.T) {
	x := NewSet("samples", pair(3, 5, 2, 1), "")
	none := pair(4, 5, 2, 1)
	for i := range none.Class {
		none.Class[i] = -1
	}
	for want, f := range map[string]func() error{
		"nothing says of which class samples are; give Evaluation a Labeller": func() error {
			_, err := measureAccuracy(t.Context(), &Case{Samples: x, Reference: x, evaluation: &Evaluation{}})
			return err
		},
		"nothing learns classes; give Evaluation a Teacher": func() error {
			_, err := measureCAS(t.Context(), &Case{Samples: x, Reference: x, HeldOut: x, evaluation: &Evaluation{}})
			return err
		},
		"there is nothing held out to test a classifier on": func() error {
			teach := (&Comparison{}).teach
			_, err := measureCAS(t.Context(), &Case{Samples: x, Reference: x, evaluation: &Evaluation{Teacher: teach}})
			return err
		},
		"none of them are of a class": func() error { _, _, err := Labeller(bayes).Agreement(t.Context(), none); return err },
		"no class has two members in both sets": func() error {
			_, _, err := IntraClass(t.Context(), x.Rows(), none.Rows(), [][2][]int{{{0, 1}, {0}}, {{2}, {1, 2}}})
			return err
		},
	} {
		if err := f(); !unfit(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A file whose classes cannot be those of its samples is refused, with its name.
func TestClassesOfFileRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	for want, a := range map[string]checkpoint.Tensor{
		`array "arr_1" of labels has shape [2]: expected one number for each of 3 samples`: checkpoint.FromI64s([]int64{0, 1}, 2),
		`label 2 is -2: expected whole numbers from 0 to 1000000, or -1`:                   checkpoint.FromI64s([]int64{0, 1, -2}, 3),
		`label 0 is 1.000001e+06`: checkpoint.FromI64s([]int64{1000001, 1, 0}, 3),
		`label 1 is 0.5`:          checkpoint.FromF64s([]float64{0, 0.5, 1}, 3),
	} {
		if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: arrayName, Tensor: checkpoint.FromF64s(make([]float64, 6), 3, 2)}, checkpoint.NamedTensor{Key: labelsName, Tensor: a}); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadNPZ(path); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
