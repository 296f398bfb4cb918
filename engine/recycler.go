package engine

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
)

// A Recycler is a Space that remembers the tensors it has made, so that a loop gives their memory
// back instead of leaving it to the garbage collector, which lets the heap of a large network
// double first.
type Recycler struct {
	*Space
	made []*tensors.Tensor   // in this step
	old  [][]*tensors.Tensor // in the steps before, the last one first
}

var (
	_ reverie.Space[*tensors.Tensor]   = (*Recycler)(nil)
	_ reverie.Clamper[*tensors.Tensor] = (*Recycler)(nil)
	_ reverie.Normer[*tensors.Tensor]  = (*Recycler)(nil)
)

// NewRecycler returns a recycler over a space of its own.
func NewRecycler(s *Space) *Recycler { return &Recycler{Space: s} }

// Own makes x one of the recycler's tensors, and returns it.
func (s *Recycler) Own(x *tensors.Tensor) *tensors.Tensor {
	s.made = append(s.made, x)
	return x
}

// Sum is the Space's.
func (s *Recycler) Sum(c []float64, x ...*tensors.Tensor) *tensors.Tensor {
	return s.Own(s.Space.Sum(c, x...))
}

// SumEach is the Space's.
func (s *Recycler) SumEach(c [][]float64, x ...*tensors.Tensor) *tensors.Tensor {
	return s.Own(s.Space.SumEach(c, x...))
}

// Noise is the Space's.
func (s *Recycler) Noise(like *tensors.Tensor) *tensors.Tensor { return s.Own(s.Space.Noise(like)) }

// Clamp is the Space's.
func (s *Recycler) Clamp(x *tensors.Tensor, lo, hi float64) *tensors.Tensor {
	return s.Own(s.Space.Clamp(x, lo, hi))
}

// ClampVJP is the Space's.
func (s *Recycler) ClampVJP(x, u *tensors.Tensor, lo, hi float64) *tensors.Tensor {
	return s.Own(s.Space.ClampVJP(x, u, lo, hi))
}

// AbsQuantileVJP is the Space's.
func (s *Recycler) AbsQuantileVJP(x *tensors.Tensor, q float64, u []float64) *tensors.Tensor {
	return s.Own(s.Space.AbsQuantileVJP(x, q, u))
}

// Stack is the Space's.
func (s *Recycler) Stack(x, y *tensors.Tensor) *tensors.Tensor { return s.Own(s.Space.Stack(x, y)) }

// Unstack is the Space's.
func (s *Recycler) Unstack(xy *tensors.Tensor) (x, y *tensors.Tensor) {
	x, y = s.Space.Unstack(xy)
	return s.Own(x), s.Own(y)
}

// history is how many steps a tensor outlives its own: solvers of higher order look back at what
// the network said before.
const history = 3

// Next ends a step: it frees what was made more than history steps ago, other than keep.
func (s *Recycler) Next(keep ...*tensors.Tensor) {
	s.old = append([][]*tensors.Tensor{s.made}, s.old...)
	s.made = nil
	if len(s.old) > history {
		s.free(s.old[history], keep)
		s.old = s.old[:history]
	}
}

// Enter begins a walk within a step, which may make much: until leave is called, Next frees what
// was made in it alone, and leave frees the rest of that, other than keep, which is the step's from
// then on.
func (s *Recycler) Enter() (leave func(keep ...*tensors.Tensor)) {
	made, old := s.made, s.old
	s.made, s.old = nil, nil
	return func(keep ...*tensors.Tensor) {
		s.Close(keep...)
		s.made, s.old = append(made, keep...), old
	}
}

// Close frees all that the recycler has made, other than keep, which is the caller's from now on.
func (s *Recycler) Close(keep ...*tensors.Tensor) {
	made := slices.Concat(append(s.old, s.made)...)
	s.made, s.old = nil, nil
	for _, x := range made {
		if !slices.Contains(keep, x) {
			Free(x)
		}
	}
}

// free frees the tensors other than keep, which stay in the recycler.
func (s *Recycler) free(made, keep []*tensors.Tensor) {
	for _, x := range made {
		if slices.Contains(keep, x) {
			s.Own(x)
		} else {
			Free(x)
		}
	}
}
