package train

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// A Stepper makes single training steps of a configuration's network from host memory to
// host memory, without data, files or randomness: for benchmarks and for loops
// of one's own.
type Stepper struct {
	config *config.Run
	engine *engine.Engine
	update *engine.Func
	state  *state
	step   int
}

// NewStepper returns a stepper with fresh weights.
func NewStepper(e *engine.Engine, c *config.Run) (*Stepper, error) {
	n, err := Network(c)
	if err != nil {
		return nil, err
	}
	m, ok := n.(net.Model)
	if !ok {
		return nil, fmt.Errorf("train: a Stepper moves predictions towards targets, and architecture %s makes none", n.Arch())
	}
	o, err := Objective(c)
	if err != nil {
		return nil, err
	}
	s, err := initState(e, n, c.Seed, c.EMA > 0)
	if err != nil {
		return nil, err
	}
	return &Stepper{config: c, engine: e, update: newUpdate(e, n, &denoise{engine: e, net: m, objective: o}, c), state: s}, nil
}

// images moves images [N,H,W,C] to a tensor.
func (s *Stepper) images(x []float32, n int) *tensors.Tensor {
	r := s.config.Resolution
	return engine.New(s.engine, x, n, r.H, r.W, s.config.ImageChannels)
}

// Train makes one training step on inputs [N,H,W,C], each with the number cond
// [N] that the network sees, towards target, and returns the mean loss.
func (s *Stepper) Train(input, cond, target []float32) (loss float64, err error) {
	n := len(cond)
	ones := make([]float64, n)
	for i := range ones {
		ones[i] = 1
	}
	in := hyper(s.engine, s.config, s.step, s.config.LR)
	in = append(in, s.images(input, n), engine.New(s.engine, cond, n), s.images(target, n), vector(s.engine, ones))
	defer engine.Free(in...)
	out, err := s.update.Update(s.state.tensors, in...)
	if err != nil {
		return 0, err
	}
	defer engine.Free(out...)
	s.step++
	losses, err := tensors.CopyFlatData[float32](out[1])
	return mean(losses), err
}

// Close frees the weights and the compiled function.
func (s *Stepper) Close() {
	s.update.Free()
	engine.Free(s.state.tensors...)
}
