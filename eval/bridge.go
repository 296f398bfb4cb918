package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// bridges judges a model of an unpaired bridge by walks in both directions.
type bridges struct {
	Base
	ofModel
	Steps int `flag:"walk-steps" range:"[2,10000]" help:"steps of a bridge's walks"`
}

var bridge = &bridges{
	Base: Base{
		Info:    table.Info{Name: "bridge", Text: "an unpaired bridge (train --bridge) by walks both ways: W2 and sliced distance at the ends, covariance of the ends beside that of Sinkhorn's plan, path KL from the drift, error of the flow there and back"},
		Subject: ModelOnly, Reads: []string{"from"},
	},
	ofModel: ofModel{512}, Steps: 100,
}

// Measure walks from the reference to the second set and back.
func (b *bridges) Measure(ctx context.Context, c *Case) ([]Value, error) {
	m := c.Model
	if m == nil || !m.Spec.Unpaired || c.evaluation.Ends == nil {
		return nil, fmt.Errorf("bridge: %w: it judges a model of train --bridge", ErrUnfit)
	}
	near, err := c.judged(min(b.Most, maxAssigned))
	if err != nil {
		return nil, err
	}
	x, n := widened(near.Pix), near.N
	if near.Wide != nil {
		x = m.Kind.FromUnits(near.Wide)
	}
	y, err := c.evaluation.Ends(0, n)
	if err != nil {
		return nil, err
	}
	p, err := reverie.PinnedOf(m.Process)
	if err != nil {
		return nil, err
	}
	space := engine.NewRecycler(m.Engine.Space(random.Stream{Seed: c.Seed, Domain: random.Sampling}))
	defer space.Close()
	d := m.Denoiser(space, c.Likelihood.Mode)
	defer d.Close()
	h, w, ch := near.Shape()
	walker := walks[*tensors.Tensor]{
		space: space, bridge: p, denoiser: d, steps: b.Steps,
		write: func(r Rows) *tensors.Tensor { return engine.New(m.Engine, narrowed(r.X), r.N, h, w, ch) },
		read:  func(x *tensors.Tensor) []float64 { return widened(tensors.MustCopyFlatData[float32](x)) },
		next:  func(x *tensors.Tensor) { space.Next(x) },
	}
	return walker.measure(ctx, Rows{n, near.Size(), x}, Rows{n, near.Size(), widened(y)}, c.Seed)
}

// narrowed and widened are numbers in the other float type.
func narrowed(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func widened(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// walks are those of an unpaired bridge over a reference, by a denoiser of both ends.
type walks[X any] struct {
	space    reverie.Space[X]
	bridge   reverie.Pinned
	denoiser reverie.Denoiser[X]
	steps    int
	write    func(Rows) X
	read     func(X) []float64
	next     func(keep X) // after each step
}

// walk leads the rows x to the other end, by the process or by its probability flow, and sums up
// along the process the mean of |u|^2/(2 g^2), u what its drift has beside the reference's. back in
// time it is that of the reversed reference, and no divergence.
func (w walks[X]) walk(ctx context.Context, x Rows, forward, flow bool) (y Rows, kl float64, err error) {
	run := &sample.Run[X]{Space: w.space, Process: w.bridge, Denoiser: w.denoiser}
	if forward {
		run.Process, run.Denoiser = reverie.Reversed{Bridge: w.bridge}, reverie.Turn(w.denoiser)
	}
	var solver sample.Solver[X] = sample.EulerMaruyama[X]{}
	if flow {
		solver = sample.DDIM[X]{Quiet: true}
	}
	grid, err := sample.Grid("linear", run.Process, w.steps)
	if err != nil {
		return y, 0, err
	}
	before := x.X
	end, err := sample.Sample(ctx, run, solver, w.write(x), grid, func(s sample.State[X]) error {
		here := w.read(s.X)
		if forward && !flow {
			kl += w.cost(1-s.T, s.T-max(0, s.S), before, w.read(s.X0)) / float64(x.N)
		}
		before = here
		w.next(s.X)
		return nil
	})
	if err != nil {
		return y, 0, err
	}
	return Rows{x.N, x.D, w.read(end)}, kl, nil
}

// cost is the sum of h |u|^2/(2 g^2) at the time t of the bridge, of places x and expected far
// ends.
func (w walks[X]) cost(t, h float64, x, far []float64) (sum float64) {
	cx, c1 := w.bridge.At(t).Drift()
	cx -= w.bridge.Reference.At(t).F
	for i := range x {
		u := cx*x[i] + c1*far[i]
		sum += u * u
	}
	return sum * h / (2 * w.bridge.G2(t))
}

// measure are the values of data and far ends, as many of both.
func (w walks[X]) measure(ctx context.Context, near, far Rows, seed uint64) (all []Value, err error) {
	forth, kl, err := w.walk(ctx, near, true, false)
	if err != nil {
		return nil, err
	}
	back, _, err := w.walk(ctx, far, false, false)
	if err != nil {
		return nil, err
	}
	there, _, err := w.walk(ctx, near, true, true)
	if err != nil {
		return nil, err
	}
	again, _, err := w.walk(ctx, there, false, true)
	if err != nil {
		return nil, err
	}
	for _, end := range []struct {
		what     string
		led, law Rows
	}{{"back", back, near}, {"forward", forth, far}} {
		d, _, err := Transport{Seed: seed}.Measure(ctx, end.led, end.law)
		if err != nil {
			return nil, err
		}
		s, err := Sliced{Seed: seed}.Measure(ctx, end.led, end.law)
		if err != nil {
			return nil, err
		}
		all = append(all, Value{Name: "bridge: w2^2 " + end.what, X: d, Better: Less}, Value{Name: "bridge: sliced " + end.what, X: s, Better: Less})
	}
	plan, off := reverie.Plan(near.batch(near.N), far.batch(far.N), w.bridge.Regularisation(), 1e-3)
	if off > 1e-3 { // the noise is too little for a plan
		plan = nil
	}
	values, err := coupled(near, far, forth, back, plan)
	if err != nil {
		return nil, err
	}
	all = append(all, values...)
	all = append(all, Value{Name: "bridge: path KL, nats", X: kl})
	moved, spread := 0.0, near.spread()
	for i, v := range again.X {
		moved += (v - near.X[i]) * (v - near.X[i]) / float64(near.N)
	}
	return append(all, Value{Name: "bridge: cycle error", X: math.Sqrt(moved / spread), Better: Less}), nil
}

// spread is the mean squared distance of the rows from their mean.
func (r Rows) spread() (sum float64) {
	for _, v := range r.minus(r.means()).X {
		sum += v * v / float64(r.N)
	}
	return sum
}

// coupled are the correlations of the ends, the trace of their covariance over the roots of their
// spreads, of walks in both directions and of a plan of near and far, and by how much the
// covariances of walks differ from the plan's, in its norm.
func coupled(near, far, forth, back Rows, plan [][]float64) (all []Value, err error) {
	mixed := NewRows(near.N, near.D) // of each near row the far end that the plan expects
	for i, row := range plan {
		for j, share := range row {
			for k, v := range far.Row(j) {
				mixed.X[i*near.D+k] += share * v
			}
		}
	}
	of := func(x, y Rows) []float64 { return covariance(x.minus(x.means()), y.minus(y.means())) }
	want := of(near, mixed)
	roots := math.Sqrt(near.spread() * far.spread())
	if plan != nil {
		all = append(all, Value{Name: "bridge: correlation by Sinkhorn", X: trace(want, near.D) / roots})
	}
	for _, c := range []struct {
		what string
		cov  []float64
	}{{"back", of(back, far)}, {"forward", of(near, forth)}} {
		all = append(all, Value{Name: "bridge: correlation " + c.what, X: trace(c.cov, near.D) / roots})
		if plan == nil {
			continue
		}
		off, norm := 0.0, 0.0
		for i, v := range c.cov {
			off += (v - want[i]) * (v - want[i])
			norm += want[i] * want[i]
		}
		all = append(all, Value{Name: "bridge: covariance error " + c.what, X: math.Sqrt(off / norm), Better: Less})
	}
	return all, nil
}

// covariance is x'y over the number of rows.
func covariance(x, y Rows) []float64 {
	out := make([]float64, x.D*x.D)
	for n := range x.N {
		a, b := x.Row(n), y.Row(n)
		for i, v := range a {
			row := out[i*x.D : (i+1)*x.D]
			for j, u := range b {
				row[j] += v * u / float64(x.N)
			}
		}
	}
	return out
}

// trace is that of a matrix of d rows.
func trace(m []float64, d int) (sum float64) {
	for i := range d {
		sum += m[i*d+i]
	}
	return sum
}
