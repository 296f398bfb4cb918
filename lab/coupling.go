package lab

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// betweenProcess is a flow between two data sets.
var betweenProcess = reverie.Flow{Between: true}

// couplingBatch is the number of pairs in a training step: exact assignment takes its cube.
const couplingBatch = 128

// A pairing draws pairs of a near and a far data set, at random or coupled within a batch: by
// optimal transport, or by the entropic one of weight eps.
type pairing struct {
	near, far points
	coupled   bool
	eps       float64 // 0: not
}

// next returns a batch of pairs.
func (p pairing) next(s random.Stream, step, n int) (x0, far points) {
	u := make([]float64, 2*n)
	s.Step = uint32(step)
	s.Uniforms(u)
	x0, far = make(points, n), make(points, n)
	for i := range n {
		x0[i], far[i] = p.near[int(u[2*i]*float64(len(p.near)))], p.far[int(u[2*i+1]*float64(len(p.far)))]
	}
	var order []int
	switch {
	case p.eps > 0:
		plan, _ := reverie.Plan(x0, far, p.eps, 1e-2)
		s.Sample += 1 << 20
		order = reverie.Partners(plan, s)
	case p.coupled:
		order = reverie.Couple(x0, far)
	default:
		return x0, far
	}
	paired := make(points, n)
	for i, j := range order {
		paired[i] = far[j]
	}
	return x0, paired
}

// trainBetween trains the velocity of a flow between the two sets, in half of the budget.
func (l *lab) trainBetween(ctx context.Context, what string, p pairing, number uint64) (*Network, error) {
	o := reverie.Objective{Process: betweenProcess, Param: reverie.Velocity}
	seed := l.Seed + number<<32
	sp, pairs, times := &reverie.Host[float64]{}, stream(seed, streamTraining), stream(seed, streamTraining+1<<33)
	learner, err := newLearner(l.Engine, smallModel(), denoisingLoss, seed, func(step int) []*tensors.Tensor {
		x0, far := p.next(pairs, step, couplingBatch)
		times.Step = uint32(step)
		task := reverie.Pair[points](o, sp, x0, far, o.Times(times, couplingBatch))
		return []*tensors.Tensor{tensor(l.Engine, task.Input), engine.Vector(l.Engine, task.Cond), tensor(l.Engine, task.Target), engine.Vector(l.Engine, task.Weight)}
	})
	if err != nil {
		return nil, err
	}
	half := Budget{Steps: max(1, l.Budget.Steps/2), Time: l.Budget.Time / 2}
	if err := run(ctx, learner, half, func(done float64) { l.progress(what, done) }); err != nil {
		return nil, err
	}
	return newNetwork(l.Engine, learner, o.Process, o.Param), nil
}

// couplingEnds returns the two ends: eight Gaussians, widened so that they are seen around the
// data, and the tour's data, or moons where those are the eight Gaussians.
func (l *lab) couplingEnds() (near Data, far points, err error) {
	eight, err := Open("8gaussians", l.Seed+1)
	if err != nil {
		return near, nil, err
	}
	near = l.data
	if near.Name == eight.Name {
		if near, err = Open("moons", l.Seed); err != nil {
			return near, nil, err
		}
	}
	return near, (&reverie.Host[float64]{}).Sum([]float64{1.6}, eight.Points), nil
}

// couplingFigure shows flow matching between two data sets, paired at random and by optimal
// transport.
func couplingFigure(ctx context.Context, l *lab) ([]output, error) {
	near, far, err := l.couplingEnds()
	if err != nil {
		return nil, err
	}
	n := l.few(1000)
	floor, err := l.floor(near.Law, n)
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: fmt.Sprintf("Flow matching from eight Gaussians to %s, paired at random and by optimal transport", near.Name),
		names: []string{"at random", "coupled"}, rows: make([][]*panel, 2), box: window, window: 160,
		below: []string{
			fmt.Sprintf("First column: what the network learns from, 60 pairs of a batch of %d. Coupled, they are those whose squared distances have the least sum (arXiv:2302.00482), and the flow becomes straight: few steps do.", couplingBatch),
			fmt.Sprintf("SW: sliced Wasserstein distance of %d ends from fresh data; two sets of fresh data have %.3f on average.", n, floor),
		},
	}
	for row, coupled := range []bool{false, true} {
		p := pairing{near: near.Points, far: far, coupled: coupled}
		network, err := l.trainBetween(ctx, "training the flow between, "+f.names[row], p, uint64(20+row))
		if err != nil {
			return nil, err
		}
		if f.rows[row], err = l.couplingRow(ctx, network, p, near, n, row == 0); err != nil {
			return nil, err
		}
	}
	return []output{{file: "coupling", shows: "a flow between two data sets: paired at random it bends, coupled by optimal transport it is straight", drawing: f}}, nil
}

// pairs is the panel of some pairs of a batch.
func (l *lab) pairs(p pairing, background layer) *panel {
	x0, ends := p.next(stream(l.Seed, streamShow), 0, couplingBatch)
	pairs := (&panel{title: "pairs"}).add(background)
	for i := range 60 {
		pairs.add(trace(points{ends[i], x0[i]}, .5, alpha(direction(ends[i]), .7)))
	}
	return pairs.add(dots(ends[:60], 1.3, ice))
}

// couplingRow is the pairs of a batch, the paths of the flow, and where one and four Euler steps
// end.
func (l *lab) couplingRow(ctx context.Context, network *Network, p pairing, near Data, n int, titled bool) ([]*panel, error) {
	background := near.dimHeat(reverie.Coef{Alpha: 1, Sigma: Blur})
	row := []*panel{l.pairs(p, background)}
	start := p.far[:n]
	for _, c := range []struct {
		title  string
		solver sample.Solver[points]
		steps  int
	}{
		{"paths (Heun, 30 steps)", sample.Heun[points]{}, 30},
		{"4 Euler steps", sample.Euler[points]{}, 4},
		{"1 Euler step", sample.Euler[points]{}, 1},
	} {
		grid, err := sample.Trailing(network.Process, c.steps)
		if err != nil {
			return nil, err
		}
		t, err := l.carry(ctx, walk{c.title, network.Process, network.Denoiser(), c.solver, grid}, start, 80)
		if err != nil {
			return nil, err
		}
		d, err := distance(t.end, near.fresh(l.Seed, 1, n))
		if err != nil {
			return nil, err
		}
		w := (&panel{title: c.title, note: fmt.Sprintf("SW %.3f", d)}).add(background)
		if c.steps == 30 {
			w.add(dots(t.end, .8, alpha(white, .5))).add(trails(t.paths)...)
		} else {
			w.add(byDirection(t.end, start, 1))
		}
		row = append(row, w)
	}
	if !titled {
		for _, p := range row {
			p.title = ""
		}
	}
	return row, nil
}
