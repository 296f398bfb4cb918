package train

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
)

// state is all that a training step changes: the network's parameters and
// buffers, Adam's two moments of what is trained, and the moving average of
// parameters and buffers where one is kept. The tensors lie one after another
// in one slice, which is what the step donates.
type state struct {
	params  []*net.Param // all, in state-dict order
	trained []*net.Param // those that Adam moves
	ema     bool
	tensors []*tensors.Tensor
}

// newState returns the layout of a state without tensors.
func newState(m net.Model, ema bool) *state {
	s := &state{params: m.Params(), ema: ema}
	for _, p := range s.params {
		if !p.Buffer {
			s.trained = append(s.trained, p)
		}
	}
	return s
}

// len is the number of tensors.
func (s *state) len() int {
	n := len(s.params) + 2*len(s.trained)
	if s.ema {
		n += len(s.params)
	}
	return n
}

// shapes are the shapes of the tensors.
func (s *state) shapes() []shapes.Shape {
	var all []shapes.Shape
	add := func(params []*net.Param) {
		for _, p := range params {
			all = append(all, shapes.Make(p.Type(dtypes.Float32), p.EngineShape()...))
		}
	}
	add(s.params)
	add(s.trained)
	add(s.trained)
	if s.ema {
		add(s.params)
	}
	return all
}

// parts cuts a slice laid out as the state's tensors (of tensors or of graph
// nodes) into its parts; ema is empty where none is kept.
func parts[T any](s *state, all []T) (weights, avg, avgSq, ema []T) {
	n, k := len(s.params), len(s.trained)
	return all[:n], all[n : n+k], all[n+k : n+2*k], all[n+2*k:]
}

// initState draws a fresh state.
func initState(e *engine.Engine, m net.Model, seed uint64, ema bool) *state {
	s := newState(m, ema)
	s.tensors = net.Initial(m, seed, dtypes.Float32)
	for range 2 {
		for _, p := range s.trained {
			s.tensors = append(s.tensors, engine.Zeros(e, shapes.Make(dtypes.Float32, p.EngineShape()...)))
		}
	}
	if ema {
		s.tensors = append(s.tensors, net.Initial(m, seed, dtypes.Float32)...)
	}
	return s
}

// loadState takes a state from a checkpoint.
func loadState(m net.Model, c *checkpoint.Checkpoint, ema bool) (*state, error) {
	if c.Optimizer == nil {
		return nil, fmt.Errorf("it has no optimiser state, so training cannot go on from it")
	}
	s := newState(m, ema)
	add := func(what string, params []*net.Param, dict map[string]checkpoint.Tensor) error {
		t, err := net.Import(params, pipeline.Arrays(dict), dtypes.Float32)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		s.tensors = append(s.tensors, t...)
		return nil
	}
	err := firstOf(
		func() error { return add("weights", s.params, c.Weights) },
		func() error { return add("exp_avg", s.trained, c.Optimizer.ExpAvg) },
		func() error { return add("exp_avg_sq", s.trained, c.Optimizer.ExpAvgSq) },
		func() error {
			if !ema {
				return nil
			}
			return add("averaged weights", s.params, c.EMA)
		},
	)
	return s, err
}

// sampling returns the weights to sample from, raw or averaged.
func (s *state) sampling(raw bool) []*tensors.Tensor {
	weights, _, _, ema := parts(s, s.tensors)
	if raw || !s.ema {
		return weights
	}
	return ema
}

func firstOf(steps ...func() error) error {
	for _, f := range steps {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
