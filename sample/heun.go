package sample

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Heun is Karras et al.'s sampler (2022, arXiv:2206.00364, algorithm 2), of second order: with
// Churn = 0 deterministic (algorithm 1). It works on y = x/a at the noise level S = s/a, so that
// every process is one:
//
//	gamma = min(Churn/N, sqrt2 - 1) where Min <= S <= Max, else 0
//	S^ = S + gamma S,   y^ = y + sqrt(S^^2 - S^2) Noise z,   d = (y^ - x0hat)/S^
//	y' = y^ + (S_s - S^) d,   d' = (y' - x0hat')/S_s,   y_s = y^ + (S_s - S^) (d + d')/2
//
// of N steps; the step to Clean is x0hat. It takes two calls a step and one in the last. Where a =
// 0 (flow at 1) S is infinite, and the step is DDIM's. The time of S^ is that of its log(a/s), at
// most hi, so for a DDPM it may lie between two indices.
type Heun[X any] struct {
	Churn float64 `flag:"churn" range:"[0,1e6]" rare:"true" help:"fresh noise, S_churn" zero:"none"`
	Min   float64 `flag:"churn-min" range:"[0,1e6]" rare:"true" help:"S_tmin, the lowest noise level with churn"`
	Max   float64 `flag:"churn-max" range:"[0,1e6]" rare:"true" help:"S_tmax, the highest noise level with churn" zero:"all"`
	Noise float64 `flag:"churn-noise" range:"[0,10]" rare:"true" help:"S_noise of the churn" zero:"1"`
}

// Row describes the solver.
func (Heun[X]) Row() table.Info {
	return table.Info{Name: "heun", Text: "Karras et al.'s second-order sampler, with churn; not for bridges, nor with churn for flows between two data sets (no score)"}
}

// Habits are the paper's spacing under EDM, whose it is.
func (Heun[X]) Habits(p reverie.Process) Habits {
	h := Habits{Steps: 20, Spacing: "logsnr"}
	if _, ok := whole(p).(reverie.EDM); ok {
		h.Spacing = "karras"
	}
	return h
}

// Fits refuses a bridge, noise where the process has no score, and bounds of the churn that are the
// wrong way round.
func (h Heun[X]) Fits(p reverie.Process) error {
	if h.Max != 0 && h.Max < h.Min {
		return fmt.Errorf("churn-max = %v is below churn-min = %v", h.Max, h.Min)
	}
	if h.Churn > 0 {
		return needsScore("heun with churn", p)
	}
	return noFar("heun", p)
}

// Step returns x at s.
func (h Heun[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if s < t {
		x, t = h.churn(r, x, t)
	}
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	y, err := r.apply(r.move(t, s, 0), x, x0)
	if s == reverie.Clean || err != nil {
		return y, err
	}
	ct, cs := r.Process.At(t), r.Process.At(s)
	from, to := ct.Sigma/ct.Alpha, cs.Sigma/cs.Alpha
	if math.IsInf(from, 0) || math.IsInf(to, 0) || to == 0 {
		return y, nil
	}
	x1, err := r.Denoise(ctx, y, s)
	if err != nil {
		return x, err
	}
	// y_s - y^ = (to-from)/2 [(y^ - x0)/from + (y' - x1)/to], with x_s = a_s y_s
	u, v := (to-from)/(2*from), (to-from)/(2*to)
	return r.Space.Sum([]float64{cs.Alpha / ct.Alpha * (1 + u), -cs.Alpha * u, v, -cs.Alpha * v}, x, x0, y, x1), nil
}

// churn adds noise to x, and returns it with its time.
func (h Heun[X]) churn(r *Run[X], x X, t float64) (X, float64) {
	c := r.Process.At(t)
	S := c.Sigma / c.Alpha
	if h.Churn == 0 || math.IsInf(S, 0) || S < h.Min || h.Max > 0 && S > h.Max {
		return x, t
	}
	gamma := min(h.Churn/float64(max(1, r.steps)), math.Sqrt2-1)
	up := reverie.TimeAt(r.Process, -math.Log(S*(1+gamma)))
	d := r.Process.At(up)
	S2 := d.Sigma / d.Alpha
	if !(S2 > S) || math.IsInf(S2, 0) {
		return x, t
	}
	noise := h.Noise
	if noise == 0 {
		noise = 1
	}
	return r.Space.Sum([]float64{d.Alpha / c.Alpha, d.Alpha * noise * math.Sqrt((S2-S)*(S2+S))}, x, r.Space.Noise(x)), up
}
