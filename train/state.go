package train

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
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
func newState(m net.Network, ema bool) *state {
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

// initState draws a fresh state, in the engine's memory.
func initState(e *engine.Engine, m net.Network, seed uint64, ema bool) (*state, error) {
	s := newState(m, ema)
	for _, t := range net.Initial(m, seed, dtypes.Float32) {
		if err := toEngine(e, t); err != nil {
			return nil, err
		}
		s.tensors = append(s.tensors, t)
	}
	for range 2 {
		for _, p := range s.trained {
			s.tensors = append(s.tensors, engine.Zeros(e, shapes.Make(dtypes.Float32, p.EngineShape()...)))
		}
	}
	if ema {
		for _, weight := range s.tensors[:len(s.params)] {
			average, err := weight.Clone()
			if err != nil {
				return nil, err
			}
			s.tensors = append(s.tensors, average)
		}
	}
	return s, nil
}

// toEngine moves a tensor to the engine's memory: of a state in the host's, the
// first step would have two.
func toEngine(e *engine.Engine, t *tensors.Tensor) error {
	const device = 0
	if err := t.MaterializeOnDevice(e.Backend(), true, device); err != nil {
		return err
	}
	t.FinalizeLocal()
	return nil
}

// loadState takes the state of the checkpoint in dir. Each tensor goes to its
// place as it is read: a second copy of all is never in memory.
func loadState(e *engine.Engine, m net.Network, dir string, ema bool) (*state, error) {
	s := newState(m, ema)
	s.tensors = make([]*tensors.Tensor, s.len())
	weights, avg, avgSq, average := parts(s, s.tensors)
	places := map[checkpoint.Part]dictionary{
		checkpoint.Weights: {s.params, weights}, checkpoint.ExpAvg: {s.trained, avg}, checkpoint.ExpAvgSq: {s.trained, avgSq},
	}
	if ema {
		places[checkpoint.EMA] = dictionary{s.params, average}
	}
	_, err := checkpoint.Load(dir, checkpoint.Each(func(part checkpoint.Part, name string, t checkpoint.Tensor) error {
		if d, ok := places[part]; ok {
			return d.put(e, name, net.Array(t))
		}
		return nil // an average that is no longer kept
	}))
	if err != nil {
		return nil, err
	}
	for _, part := range []checkpoint.Part{checkpoint.Weights, checkpoint.ExpAvg, checkpoint.ExpAvgSq, checkpoint.EMA} {
		d := places[part]
		if i := slices.Index(d.tensors, nil); i >= 0 {
			return nil, fmt.Errorf("weights do not fit the network: missing %q %v", d.params[i].Name, d.params[i].Shape)
		}
	}
	return s, nil
}

// sampling returns the weights to sample from, raw or averaged.
func (s *state) sampling(raw bool) []*tensors.Tensor {
	weights, _, _, ema := parts(s, s.tensors)
	if raw || !s.ema {
		return weights
	}
	return ema
}
