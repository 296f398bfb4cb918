package learn

import (
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// A State is all that a step changes: the network's parameters and buffers, the optimiser's moments
// of what is trained, and the moving average of parameters and buffers where one is kept. The
// tensors lie one after another in one slice, which is what the step donates.
type State struct {
	Params  []*net.Param // all, in state-dict order
	Trained []*net.Param // those that the optimiser moves

	moments int // of each trained parameter
	average bool
	tensors []*tensors.Tensor
}

// newState returns the layout of a state, without tensors.
func newState(m net.Network, moments int, average bool) *State {
	s := &State{Params: m.Params(), moments: moments, average: average}
	for _, p := range s.Params {
		if !p.Buffer {
			s.Trained = append(s.Trained, p)
		}
	}
	return s
}

// len is the number of tensors.
func (s *State) len() int {
	n := len(s.Params) + s.moments*len(s.Trained)
	if s.average {
		n += len(s.Params)
	}
	return n
}

// A parted is a slice laid out as the state's tensors, of tensors or of graph nodes, cut into its
// parts: average is empty where none is kept.
type parted[T any] struct {
	weights []T
	moments [][]T // each of all trained parameters
	average []T
}

func parts[T any](s *State, all []T) (p parted[T]) {
	n, k := len(s.Params), len(s.Trained)
	p.weights, all = all[:n], all[n:]
	for range s.moments {
		p.moments, all = append(p.moments, all[:k]), all[k:]
	}
	p.average = all
	return p
}

// Weights are the tensors of Params.
func (s *State) Weights() []*tensors.Tensor { return parts(s, s.tensors).weights }

// Moments are the optimiser's, each the tensors of Trained.
func (s *State) Moments() [][]*tensors.Tensor { return parts(s, s.tensors).moments }

// Average are the tensors of the moving average of Params, empty where none is kept.
func (s *State) Average() []*tensors.Tensor { return parts(s, s.tensors).average }

// Averaged says whether a moving average is kept.
func (s *State) Averaged() bool { return s.average }

// Sampling are the weights to sample from: the average, or where none is kept, or raw ones are
// asked for, the weights themselves.
func (s *State) Sampling(raw bool) []*tensors.Tensor {
	if raw || !s.average {
		return s.Weights()
	}
	return s.Average()
}

// Shapes are those of the tensors.
func (s *State) Shapes() []shapes.Shape {
	var all []shapes.Shape
	add := func(params []*net.Param) {
		for _, p := range params {
			all = append(all, shapes.Make(p.Type(dtypes.Float32), p.EngineShape()...))
		}
	}
	add(s.Params)
	for range s.moments {
		add(s.Trained)
	}
	if s.average {
		add(s.Params)
	}
	return all
}

// draw makes a fresh state, in the engine's memory.
func (s *State) draw(e *engine.Engine, m net.Network, seed uint64) error {
	p := parts(s, s.tensors)
	for i, t := range net.Initial(m, seed, dtypes.Float32) {
		p.weights[i] = t
		if err := e.Take(t); err != nil {
			return err
		}
	}
	for _, moment := range p.moments {
		for i, t := range s.Trained {
			moment[i] = engine.Zeros(e, shapes.Make(dtypes.Float32, t.EngineShape()...))
		}
	}
	for i := range p.average {
		average, err := p.weights[i].Clone()
		if err != nil {
			return err
		}
		p.average[i] = average
	}
	return nil
}

// free gives the tensors' memory back.
func (s *State) free() { engine.Free(s.tensors...) }
