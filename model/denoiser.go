package model

import (
	"context"
	"errors"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// A Denoiser is a model's network as the maths sees it. It computes in the float type of what it is
// given: a batch of float64 in float64 throughout, as likelihoods of points are.
type Denoiser struct {
	reverie.Denoiser[*tensors.Tensor]
	network *network
}

// Close frees the weights in float64, where any were asked for.
func (d *Denoiser) Close() {
	engine.Free(d.network.double...)
	d.network.double = nil
}

// Denoiser returns the network in mode net.Eval or net.PerImage, over the recycler's space, which
// owns what it returns. It knows the vector-Jacobian product, the variance where that is learned,
// the far end of an unpaired bridge, and of a network that is told classes the estimate of each;
// where no class is wanted it takes the null class, and refuses where that was not learned. The
// weights in float64 are the model's as they are at the first call.
func (m *Model) Denoiser(space *engine.Recycler, mode net.Mode) *Denoiser {
	n := &network{m: m, space: space, mode: mode}
	if m.Spec.Unpaired {
		return &Denoiser{reverie.FromHeads(space, m.Process, n), n}
	}
	return &Denoiser{reverie.FromPrediction(space, m.Process, m.Param, n), n}
}

// network is what reverie.FromPrediction asks, or FromHeads: what it answers is the prediction, in
// x0hat's place.
type network struct {
	m      *Model
	space  *engine.Recycler
	mode   net.Mode
	double []*tensors.Tensor
}

// ErrNoPair says that nothing is given beside x to a network that has learned pairs.
var ErrNoPair = errors.New("the model has learned what goes with what (train --pairs), and sees the other one of each pair beside the sample: give it, as sample --from does")

// takesGiven says whether the network sees what lies beside x.
func (m *Model) takesGiven() bool { return m.Net.Takes()&net.Given != 0 }

// Knows refuses a variance, a far end, a class and the absence of one that were not learned, and
// the absence of what lies beside x.
func (n *network) Knows(w reverie.Want) error {
	known := reverie.WantVJP
	if n.m.Learned {
		known |= reverie.WantVariance
	}
	if n.m.takesGiven() {
		if known |= reverie.WantGiven; !w.Has(reverie.WantGiven) {
			return ErrNoPair
		}
	}
	if n.m.Spec.Unpaired {
		known |= reverie.WantFar
	}
	if !n.m.Conditional() {
		return w.Beyond(known, "the network")
	}
	if err := n.m.takesNumbers(); err != nil {
		return err
	}
	if !w.Has(reverie.WantClass) && !n.m.Null {
		return ErrNoNull
	}
	return w.Beyond(known|reverie.WantClass, "the network")
}

// Denoise runs the network once for all that is wanted.
func (n *network) Denoise(ctx context.Context, q reverie.Query[*tensors.Tensor]) (e reverie.Estimate[*tensors.Tensor], err error) {
	if err := n.Knows(q.Want); err != nil {
		return e, err
	}
	if err := ctx.Err(); err != nil {
		return e, err
	}
	parts, err := n.parts(q)
	if err != nil {
		return e, err
	}
	e.X0 = parts[0]
	switch {
	case n.m.Spec.Unpaired:
		e.X1 = parts[1]
	case n.m.Learned:
		e.V = parts[1]
	}
	if q.Want.Has(reverie.WantVJP) {
		e.VJP = parts[len(parts)-1]
	}
	return e, nil
}

// twoHeads says whether the output has a second half.
func (m *Model) twoHeads() bool { return m.Learned || m.Spec.Unpaired }

// parts are the prediction, the network's second half where it has one, and the product where it is
// wanted.
func (n *network) parts(q reverie.Query[*tensors.Tensor]) ([]*tensors.Tensor, error) {
	f, err := n.m.in(n.mode)
	if err != nil {
		return nil, err
	}
	told, err := n.told(q)
	if err != nil {
		return nil, err
	}
	defer engine.Free(told...)
	weights, err := n.weights(q.X.DType())
	if err != nil {
		return nil, err
	}
	in := slices.Concat(weights, []*tensors.Tensor{q.X}, told)
	given, ok, err := q.Beside()
	if err != nil {
		return nil, err
	}
	if ok {
		in = append(in, given)
	}
	if q.Want.Has(reverie.WantVJP) {
		return n.own(f.vjp.Call(append(in, q.U)...))
	}
	y, err := n.own(f.forward.Call(in...))
	if err != nil || !n.m.twoHeads() {
		return y, err
	}
	return n.own(n.m.split.Call(y...))
}

// own makes tensors the recycler's.
func (n *network) own(y []*tensors.Tensor, err error) ([]*tensors.Tensor, error) {
	for _, y := range y {
		n.space.Own(y)
	}
	return y, err
}

// told is what the network sees beside a query's x: a number for each sample's time, and one for
// its class where it takes any.
func (n *network) told(q reverie.Query[*tensors.Tensor]) ([]*tensors.Tensor, error) {
	e, samples := n.m.Engine, q.X.Shape().Dim(0)
	class, err := n.classes(q, samples)
	if err != nil {
		return nil, err
	}
	var told []*tensors.Tensor
	if q.X.DType() != dtypes.Float64 {
		told = append(told, engine.Fill(e, func(v []float32) { set(v, float32(q.T)) }, samples))
	} else {
		told = append(told, engine.Fill(e, func(v []float64) { set(v, q.T) }, samples))
	}
	if class != nil {
		told = append(told, engine.Vector(e, class))
	}
	return told, nil
}

// weights are the model's in a float type.
func (n *network) weights(float dtypes.DType) ([]*tensors.Tensor, error) {
	if float != dtypes.Float64 {
		return n.m.Weights, nil
	}
	if n.double == nil {
		double := make([]*tensors.Tensor, len(n.m.Weights))
		for i, w := range n.m.Weights {
			var err error
			if double[i], err = widened(n.m.Engine, w); err != nil {
				return nil, err
			}
		}
		n.double = double
	}
	return n.double, nil
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

// functions are a network's in one mode.
type functions struct {
	forward *engine.Func // weights, x, cond, class and what is given where it takes them -> the network's output
	vjp     *engine.Func // the same and u -> the parts of the output, of which the first is the prediction F, and u' dF/dx
}

func (m *Model) functions(mode net.Mode) functions {
	params := m.Net.Params()
	n := len(params)
	forward := func(in []*graph.Node) *graph.Node {
		told, more := net.Input{X: in[n], Cond: in[n+1]}, in[n+2:]
		if m.Conditional() {
			told.Class, more = more[0], more[1:]
		}
		if m.takesGiven() {
			told.Given = more[0]
		}
		return m.Net.Forward(net.Bind(mode, params, in[:n]), told)
	}
	return functions{
		forward: m.Engine.Func(m.Net.Arch()+" forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			return []*graph.Node{forward(in)}
		}),
		vjp: m.Engine.Func(m.Net.Arch()+" vector-Jacobian product", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
			parts := []*graph.Node{forward(in)}
			if m.twoHeads() {
				parts = splitGraph(g, parts)
			}
			product := graph.ReduceAllSum(graph.Mul(parts[0], in[len(in)-1])) // each image's own, for images do not meet in a network
			return append(parts, graph.Gradient(product, in[n])[0])
		}),
	}
}

// splitGraph cuts [N,H,W,2C] into two of C channels.
func splitGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	c := in[0].Shape().Dim(-1) / 2
	return []*graph.Node{channels(in[0], 0, c), channels(in[0], c, 2*c)}
}

// channels are those of x from first to under last.
func channels(x *graph.Node, first, last int) *graph.Node {
	all := graph.AxisRange()
	return graph.Slice(x, all, all, all, graph.AxisRange(first, last))
}
