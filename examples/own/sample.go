package main

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Midpoint is the explicit midpoint rule on the probability flow, of second order.
type Midpoint struct{ table.Info }

// Step implements sample.Solver. The last step, to the data, is x0hat.
func (Midpoint) Step(ctx context.Context, r *sample.Run[*tensors.Tensor], x *tensors.Tensor, t, s float64) (*tensors.Tensor, error) {
	if s == reverie.Clean {
		return r.Denoise(ctx, x, t)
	}
	middle, err := along(ctx, r, x, x, t, (s-t)/2)
	if err != nil {
		return nil, err
	}
	return along(ctx, r, x, middle, (t+s)/2, s-t)
}

// along is x + h times the velocity of the flow at t, in y.
func along(ctx context.Context, r *sample.Run[*tensors.Tensor], x, y *tensors.Tensor, t, h float64) (*tensors.Tensor, error) {
	x0, err := r.Denoise(ctx, y, t)
	if err != nil {
		return nil, err
	}
	cy, c0, _ := r.Process.At(t).Velocity()
	return r.Space.Sum([]float64{1, h * cy, h * c0}, x, y, x0), nil
}

// Towards is a guide: it draws x0hat towards 0.
type Towards struct {
	table.Info
	By float64 `flag:"towards" range:"[0,1]" help:"share of the way on which it draws x0hat to 0"`
}

// Guide implements guide.Guide.
func (g *Towards) Guide(s guide.Setup[*tensors.Tensor], d reverie.Denoiser[*tensors.Tensor]) (reverie.Denoiser[*tensors.Tensor], error) {
	draw := func(x *tensors.Tensor) *tensors.Tensor { return s.Space.Sum([]float64{1 - g.By}, x) }
	return reverie.Map(d, draw, func(_, u *tensors.Tensor) *tensors.Tensor { return draw(u) }), nil
}
