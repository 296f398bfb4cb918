package model

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
)

// A Scope is an engine's Space that remembers the tensors it has made, so that
// a loop gives their memory back instead of leaving it to the garbage
// collector, which lets the heap of a large network double first.
type Scope struct {
	*engine.Space
	made []*tensors.Tensor   // in this step
	old  [][]*tensors.Tensor // in the steps before, the last one first
}

var (
	_ reverie.Space[*tensors.Tensor]   = (*Scope)(nil)
	_ reverie.Clamper[*tensors.Tensor] = (*Scope)(nil)
	_ reverie.Normer[*tensors.Tensor]  = (*Scope)(nil)
)

// NewScope returns a scope over a space of its own.
func NewScope(s *engine.Space) *Scope { return &Scope{Space: s} }

// Own makes x one of the scope's tensors, and returns it.
func (s *Scope) Own(x *tensors.Tensor) *tensors.Tensor {
	s.made = append(s.made, x)
	return x
}

// Sum is the Space's.
func (s *Scope) Sum(c []float64, x ...*tensors.Tensor) *tensors.Tensor {
	return s.Own(s.Space.Sum(c, x...))
}

// SumEach is the Space's.
func (s *Scope) SumEach(c [][]float64, x ...*tensors.Tensor) *tensors.Tensor {
	return s.Own(s.Space.SumEach(c, x...))
}

// Noise is the Space's.
func (s *Scope) Noise(like *tensors.Tensor) *tensors.Tensor { return s.Own(s.Space.Noise(like)) }

// Clamp is the Space's.
func (s *Scope) Clamp(x *tensors.Tensor, lo, hi float64) *tensors.Tensor {
	return s.Own(s.Space.Clamp(x, lo, hi))
}

// ClampVJP is the Space's.
func (s *Scope) ClampVJP(x, u *tensors.Tensor, lo, hi float64) *tensors.Tensor {
	return s.Own(s.Space.ClampVJP(x, u, lo, hi))
}

// AbsQuantileVJP is the Space's.
func (s *Scope) AbsQuantileVJP(x *tensors.Tensor, q float64, u []float64) *tensors.Tensor {
	return s.Own(s.Space.AbsQuantileVJP(x, q, u))
}

// history is how many steps a tensor outlives its own: solvers of higher order
// look back at what the network said before.
const history = 3

// Next ends a step: it frees what was made more than history steps ago, other
// than keep.
func (s *Scope) Next(keep ...*tensors.Tensor) {
	s.old = append([][]*tensors.Tensor{s.made}, s.old...)
	s.made = nil
	if len(s.old) > history {
		s.free(s.old[history], keep)
		s.old = s.old[:history]
	}
}

// Close frees all that the scope has made, other than keep, which is the
// caller's from now on.
func (s *Scope) Close(keep ...*tensors.Tensor) {
	made := slices.Concat(append(s.old, s.made)...)
	s.made, s.old = nil, nil
	for _, x := range made {
		if !slices.Contains(keep, x) {
			engine.Free(x)
		}
	}
}

// free frees the tensors other than keep, which stay in the scope.
func (s *Scope) free(made, keep []*tensors.Tensor) {
	for _, x := range made {
		if slices.Contains(keep, x) {
			s.Own(x)
		} else {
			engine.Free(x)
		}
	}
}
