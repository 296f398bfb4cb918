package pipeline

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/net"
)

// Denoiser is the network as the maths sees it, over the scope's space, which owns what it returns. Where the variance is learned it
// is a reverie.VarianceDenoiser.
func (m *Model) Denoiser(space *Scope, mode net.Mode) reverie.Denoiser[*tensors.Tensor] {
	network := m.Network(mode)
	if !m.Learned {
		return reverie.Wrap(space, m.Process, m.Param, func(ctx context.Context, x *tensors.Tensor, cond float64) (*tensors.Tensor, error) {
			y, err := network(ctx, x, cond)
			if err != nil {
				return nil, err
			}
			return space.Own(y), nil
		})
	}
	return &learned{m, space, network}
}

// learned is a network whose output is the prediction and, beside it, the variance of the reverse steps.
type learned struct {
	m       *Model
	space   *Scope
	network reverie.Network[*tensors.Tensor]
}

// Denoise is DenoiseVariance without the variance.
func (l *learned) Denoise(ctx context.Context, x *tensors.Tensor, t float64) (*tensors.Tensor, error) {
	x0, _, err := l.DenoiseVariance(ctx, x, t)
	return x0, err
}

// DenoiseVariance runs the network once for both.
func (l *learned) DenoiseVariance(ctx context.Context, x *tensors.Tensor, t float64) (x0, v *tensors.Tensor, err error) {
	d := reverie.Wrap(l.space, l.m.Process, l.m.Param, func(ctx context.Context, x *tensors.Tensor, cond float64) (*tensors.Tensor, error) {
		y, err := l.network(ctx, x, cond)
		if err != nil {
			return nil, err
		}
		both, err := l.m.split.Call(l.space.Own(y))
		if err != nil {
			return nil, err
		}
		v = l.space.Own(both[1])
		return l.space.Own(both[0]), nil
	})
	x0, err = d.Denoise(ctx, x, t)
	return x0, v, err
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
