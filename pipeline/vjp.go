package pipeline

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// A Differentiable is a network as a denoiser that can be differentiated with respect to its input. It computes in the float type of
// what it is given: a batch of float64 in float64 throughout, as likelihoods of points are. Where the variance is learned it is a
// reverie.VarianceDenoiser too. Close frees what it compiled.
type Differentiable interface {
	reverie.Differentiable[*tensors.Tensor]
	Close()
}

// Differentiable returns the network in mode net.Eval or net.PerImage, over the scope's space, which owns what it returns. Functions are
// compiled once for each shape. The weights in float64 are the model's as they are at the first call.
func (m *Model) Differentiable(space *Scope, mode net.Mode) Differentiable {
	d := &differentiable{m: m, space: space}
	params := m.Net.Params()
	n := len(params)
	forward := func(in []*graph.Node) *graph.Node {
		return m.Net.Forward(net.Bind(mode, params, in[:n]), in[n], in[n+1])
	}
	d.forward = m.Engine.Func(m.Net.Arch()+" forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return m.parts(forward(in))
	})
	d.vjp = m.Engine.Func(m.Net.Arch()+" vector-Jacobian product", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		f := m.parts(forward(in))[0]
		product := graph.ReduceAllSum(graph.Mul(f, in[n+2])) // each image's own, for images do not meet in a network
		return []*graph.Node{f, graph.Gradient(product, in[n])[0]}
	})
	if m.Learned {
		return &differentiableVariance{d}
	}
	return d
}

// parts are the prediction and, where it is learned, the variance.
func (m *Model) parts(f *graph.Node) []*graph.Node {
	if !m.Learned {
		return []*graph.Node{f}
	}
	return splitGraph(nil, []*graph.Node{f})
}

type differentiable struct {
	m       *Model
	space   *Scope
	forward *engine.Func // weights, x, cond -> the parts of the network's output
	vjp     *engine.Func // weights, x, cond, u -> the prediction F and u' dF/dx
	double  []*tensors.Tensor
}

// Close frees the compiled functions and the weights in float64.
func (d *differentiable) Close() {
	d.forward.Free()
	d.vjp.Free()
	if d.double != nil {
		engine.Free(d.double...)
	}
	d.double = nil
}

// Denoise returns x0hat, as that of Model.Denoiser.
func (d *differentiable) Denoise(ctx context.Context, x *tensors.Tensor, t float64) (*tensors.Tensor, error) {
	x0, _, err := d.denoise(ctx, d.forward, x, t)
	return x0, err
}

// VJP returns x0hat and u' d x0hat/dx = skip u + out in u' dF/dx.
func (d *differentiable) VJP(ctx context.Context, x *tensors.Tensor, t float64, u *tensors.Tensor) (x0, vjp *tensors.Tensor, err error) {
	x0, g, err := d.denoise(ctx, d.vjp, x, t, u)
	if err != nil {
		return nil, nil, err
	}
	skip, _, out, in := d.m.Param(d.m.Process.At(t))
	return x0, d.space.Sum([]float64{skip, out * in}, u, g), nil
}

// denoise calls f, and returns x0hat and f's other output, if it has one.
func (d *differentiable) denoise(ctx context.Context, f *engine.Func, x *tensors.Tensor, t float64, more ...*tensors.Tensor) (x0, other *tensors.Tensor, err error) {
	network := func(ctx context.Context, x *tensors.Tensor, cond float64) (*tensors.Tensor, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		y, err := d.call(f, x, cond, more)
		if err != nil {
			return nil, err
		}
		for _, y := range y {
			d.space.Own(y)
		}
		if len(y) == 2 {
			other = y[1]
		}
		return y[0], nil
	}
	x0, err = reverie.Wrap(d.space, d.m.Process, d.m.Param, network).Denoise(ctx, x, t)
	return x0, other, err
}

// call runs f on the weights in x's float type, x, the number that the network sees, and more.
func (d *differentiable) call(f *engine.Func, x *tensors.Tensor, cond float64, more []*tensors.Tensor) ([]*tensors.Tensor, error) {
	weights, c, err := d.weights(x.DType(), cond, x.Shape().Dim(0))
	if err != nil {
		return nil, err
	}
	defer engine.Free(c)
	in := append(append([]*tensors.Tensor{}, weights...), x, c)
	return f.Call(append(in, more...)...)
}

// weights are the model's in the float type, and cond [n] in it.
func (d *differentiable) weights(float dtypes.DType, cond float64, n int) (weights []*tensors.Tensor, c *tensors.Tensor, err error) {
	if float != dtypes.Float64 {
		return d.m.Weights, engine.Fill(d.m.Engine, func(v []float32) { set(v, float32(cond)) }, n), nil
	}
	if d.double == nil {
		double := make([]*tensors.Tensor, len(d.m.Weights))
		for i, w := range d.m.Weights {
			if double[i], err = widened(d.m.Engine, w); err != nil {
				return nil, nil, err
			}
		}
		d.double = double
	}
	return d.double, engine.Fill(d.m.Engine, func(v []float64) { set(v, cond) }, n), nil
}

// set makes all of v x.
func set[T any](v []T, x T) {
	for i := range v {
		v[i] = x
	}
}

// widened is a copy of w in float64, where it is of float32: counters keep their type.
func widened(e *engine.Engine, w *tensors.Tensor) (*tensors.Tensor, error) {
	if w.DType() != dtypes.Float32 {
		return w.LocalClone()
	}
	v, err := tensors.CopyFlatData[float32](w)
	if err != nil {
		return nil, err
	}
	return engine.Fill(e, func(flat []float64) {
		for i, v := range v {
			flat[i] = float64(v)
		}
	}, w.Shape().Dimensions...), nil
}

// differentiableVariance is one whose network learned the variance.
type differentiableVariance struct{ *differentiable }

// DenoiseVariance returns x0hat and what the network says of the reverse step's variance.
func (d *differentiableVariance) DenoiseVariance(ctx context.Context, x *tensors.Tensor, t float64) (x0, v *tensors.Tensor, err error) {
	return d.denoise(ctx, d.forward, x, t)
}
