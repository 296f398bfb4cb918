package engine

import (
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/random"
)

// TestEnter: Next within a walk frees what was made in it, and nothing from before; at its end all
// goes but what is kept, which goes with the step that it was made in.
func TestEnter(t *testing.T) {
	e := open(t)
	s := NewRecycler(e.Space(random.Stream{}))
	x := New(e, []float32{1, 2}, 2)
	double := func() *tensors.Tensor { return s.Sum([]float64{2}, x) }
	live := func(x *tensors.Tensor) bool { return x.CheckValid() == nil }

	before := double()
	leave := s.Enter()
	first := double()
	for range history {
		s.Next()
	}
	if !live(first) {
		t.Error("freed within the history")
	}
	s.Next()
	if live(first) || !live(before) {
		t.Errorf("after %d steps: what the walk made lives %v, what was before it %v", history+1, live(first), live(before))
	}
	rest, kept := double(), double()
	leave(kept)
	if live(rest) || !live(kept) || !live(before) {
		t.Errorf("at the end: the rest lives %v, what is kept %v, what was before %v", live(rest), live(kept), live(before))
	}
	for range history + 1 {
		s.Next()
	}
	if live(kept) || live(before) {
		t.Errorf("after the step: what was kept lives %v, what was before %v", live(kept), live(before))
	}
	Free(x)
}
