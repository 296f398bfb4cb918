package net

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/random"
)

// initChunk is how many values are drawn from one stream, so that a large tensor does not need as
// many float64 at once.
const initChunk = 1 << 14

// Initial draws a network's weights before training, in the order of its parameters, each by its
// own law, in the float type given (Float32 or Float64). The seed alone decides them: parameter i's
// values come, in PyTorch's order, from [random.Stream] {seed, Init, i}, 16384 from each step of
// it. float32 values are the rounded float64 ones.
func Initial(m Network, seed uint64, float dtypes.DType) []*tensors.Tensor {
	all := make([]*tensors.Tensor, len(m.Params()))
	for i, p := range m.Params() {
		s := random.Stream{Seed: seed, Domain: random.Init, Sample: uint64(i)}
		all[i] = p.build(float, p.Init.values(s))
	}
	return all
}

// values returns the function that gives a parameter's values, called with 0, 1, 2, ... in turn.
func (in Init) values(s random.Stream) func(i int) float64 {
	if in.Values != nil {
		return func(i int) float64 { return in.Values[i] }
	}
	switch {
	case in.SD > 0:
		return drawn(s, random.Stream.Normal, 0, in.SD)
	case in.Lo == in.Hi:
		return func(int) float64 { return in.Lo }
	}
	return drawn(s, random.Stream.Uniforms, in.Lo, in.Hi-in.Lo)
}

// drawn are numbers lo + width u of a stream's u, which fill draws.
func drawn(s random.Stream, fill func(random.Stream, []float64), lo, width float64) func(i int) float64 {
	chunk := make([]float64, initChunk)
	return func(i int) float64 {
		if i%initChunk == 0 {
			s.Step = uint32(i / initChunk)
			fill(s, chunk)
		}
		return lo + width*chunk[i%initChunk]
	}
}

// build makes the parameter's tensor of values in PyTorch's order.
func (p *Param) build(float dtypes.DType, value func(i int) float64) *tensors.Tensor {
	t := tensors.FromShape(shapes.Make(p.Type(float), p.EngineShape()...))
	t.MustMutableFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float32:
			p.scatter(func(to, from int) { flat[to] = float32(value(from)) })
		case []float64:
			p.scatter(func(to, from int) { flat[to] = value(from) })
		case []int64:
			p.scatter(func(to, from int) { flat[to] = int64(value(from)) })
		default:
			panic(fmt.Sprintf("net: parameter %q of type %s", p.Name, t.DType()))
		}
	})
	return t
}

// scatter calls f with each element's place in the engine's layout and its place in PyTorch's, the
// latter ascending.
func (p *Param) scatter(f func(engine, torch int)) {
	if p.Layout == AsTorch {
		for i := range p.Size() {
			f(i, i)
		}
		return
	}
	d0, d1, pixels := p.Shape[0], p.Shape[1], p.Shape[2]*p.Shape[3]
	i := 0
	for a := range d0 {
		for b := range d1 {
			for xy := range pixels {
				f((xy*d1+b)*d0+a, i)
				i++
			}
		}
	}
}
