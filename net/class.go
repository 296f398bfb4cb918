package net

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// MaxClasses bounds the class numbers that a network knows.
const MaxClasses = 1 << 14

// Classes says what stands for a class before a network that takes one. The zero value is any
// number, as the time is one.
type Classes struct {
	// Numbers is how many there are, 0 to Numbers-1. Of the networks that are laid out here the
	// last stands for no class in particular: the null class.
	Numbers int
	// Width is the length of the vector that stands for a class in place of a number.
	Width int
}

// String is such as "classes by 10 numbers".
func (c Classes) String() string {
	switch {
	case c.Width > 0:
		return fmt.Sprintf("classes by vectors of %d numbers", c.Width)
	case c.Numbers > 0:
		return fmt.Sprintf("classes by %d numbers", c.Numbers)
	}
	return "classes by any number"
}

// A Conditioned model takes a class.
type Conditioned interface {
	Model
	Classes() Classes
}

// A wrapper is a model made of another.
type wrapper interface{ Unwrap() Model }

// ClassesOf says what stands for a class before m, or before the model that it is made of; not ok
// of one that takes none.
func ClassesOf(m Model) (c Classes, ok bool) {
	for m.Takes()&Class != 0 {
		if own, is := m.(Conditioned); is {
			return own.Classes(), true
		}
		w, is := m.(wrapper)
		if !is {
			return c, true
		}
		m = w.Unwrap()
	}
	return c, false
}

// check panics for a class that is no vector where one is expected, or no number.
func (c Classes) check(arch string, class *graph.Node) {
	s := class.Shape()
	switch {
	case c.Width == 0 && s.Rank() != 1:
		panic(fmt.Errorf("net: architecture %s takes a number for each class, [N], not %v", arch, s.Dimensions))
	case c.Width > 0 && (s.Rank() != 2 || s.Dim(1) != c.Width):
		panic(fmt.Errorf("net: architecture %s takes a vector of %d numbers for each class, [N,%d], not %v", arch, c.Width, c.Width, s.Dimensions))
	}
}

// Embedding is a table of vectors, torch.nn.Embedding: row k stands for number k.
type Embedding struct {
	Weight *Param // [rows,width]
}

// NewEmbedding adds a table to s, drawn from the standard normal law.
func NewEmbedding(s Scope, rows, width int) Embedding {
	return Embedding{s.Add(Param{Name: "weight", Shape: []int{rows, width}, Init: Init{SD: 1}})}
}

// Forward maps whole numbers k [N], of any type, to their rows [N,width]; a number that has no row
// to zeros. It is a product with rows of the unit matrix: no rounding is in it, and its gradient,
// which adds up over the samples of a class, is a product too, the same for any number of threads.
func (e Embedding) Forward(v *Vars, k *graph.Node) *graph.Node {
	w := v.Get(e.Weight)
	units := graph.OneHot(graph.ConvertDType(k, dtypes.Int32), w.Shape().Dim(0), w.DType())
	return graph.Dot(units, w)
}

// CheckClasses says whether n can be the number of class numbers that a network knows; 0: it takes
// none.
func CheckClasses(field string, n int) error {
	if n < 0 || n > MaxClasses {
		return fmt.Errorf("%s: %d, expected 0 to %d", field, n, MaxClasses)
	}
	return nil
}
