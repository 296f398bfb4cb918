package lab

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// bridgeProcess is the Brownian motion over which bridges lead.
var bridgeProcess = reverie.Bridge{C: 0.35}

// A bothEnds is a trained network of two heads, as reverie.FromHeads asks it.
type bothEnds struct{ *Network }

// Knows refuses all but the ends.
func (bothEnds) Knows(w reverie.Want) error {
	return w.Beyond(reverie.WantFar, "a network of two heads")
}

// Denoise cuts the output in two.
func (b bothEnds) Denoise(ctx context.Context, q reverie.Query[points]) (e reverie.Estimate[points], err error) {
	if err := b.Knows(q.Want); err != nil {
		return e, err
	}
	y, err := b.Call(ctx, q.X, q.T)
	for _, p := range y {
		e.X0, e.X1 = append(e.X0, p[:2]), append(e.X1, p[2:])
	}
	return e, err
}

// trainBridge trains both heads of a bridge on pairs, in half of the budget.
func (l *lab) trainBridge(ctx context.Context, what string, p pairing, number uint64) (reverie.Denoiser[points], error) {
	m, err := mlp.New(mlp.Config{Depth: 2, Out: 4})
	if err != nil {
		return nil, err
	}
	seed := l.Seed + number<<32
	pairs, times := stream(seed, streamTraining), stream(seed, streamTraining+1<<33)
	learner, err := newLearner(l.Engine, m, denoisingLoss, seed, func(step int) []*tensors.Tensor {
		x0, x1 := p.next(pairs, step, couplingBatch)
		times.Step = uint32(step)
		t := reverie.UniformTimes{}.Times(bridgeProcess, times, couplingBatch)
		x, target, cond := headsOf(x0, x1, t, random.Stream{Seed: seed, Domain: random.Training, Step: uint32(step)})
		return []*tensors.Tensor{tensor(l.Engine, x), engine.Vector(l.Engine, cond), tensor(l.Engine, target), constants(l.Engine, couplingBatch, 1)}
	})
	if err != nil {
		return nil, err
	}
	half := Budget{Steps: max(1, l.Budget.Steps/2), Time: l.Budget.Time / 2}
	if err := run(ctx, learner, half, func(done float64) { l.progress(what, done) }); err != nil {
		return nil, err
	}
	n := newNetwork(l.Engine, learner, bridgeProcess, reverie.X0)
	return reverie.FromHeads(&reverie.Host[float64]{}, reverie.Process(bridgeProcess), reverie.Denoiser[points](bothEnds{n})), nil
}

// headsOf are what a network of two heads sees of pairs at the times t, and is to say.
func headsOf(x0, x1 points, t []float64, s random.Stream) (x, target points, cond []float64) {
	z := (&reverie.Host[float64]{Stream: s}).Noise(x0)
	for i, t := range t {
		c := bridgeProcess.At(t)
		head0, head1, in := c.Ends()
		seen, say := make([]float64, 2), make([]float64, 4)
		for j := range seen {
			at := c.Alpha*x0[i][j] + c.Beta*x1[i][j] + c.Sigma*z[i][j]
			seen[j], say[j], say[2+j] = in*at, (x0[i][j]-head0.Skip*at)/head0.Out, (x1[i][j]-head1.Skip*at)/head1.Out
		}
		x, target, cond = append(x, seen), append(target, say), append(cond, bridgeProcess.Cond(t))
	}
	return x, target, cond
}

// bridgeFigure shows bridges between two data sets without pairs, in both directions: of
// independent pairs, and of those of the entropic plan.
func bridgeFigure(ctx context.Context, l *lab) ([]output, error) {
	near, far, err := l.couplingEnds()
	if err != nil {
		return nil, err
	}
	n := l.few(1000)
	f := &figure{
		title: fmt.Sprintf("Brownian bridges from eight Gaussians to %s and back: of independent pairs, and the Schroedinger bridge", near.Name),
		names: []string{"independent", "Schroedinger"}, rows: make([][]*panel, 2), box: window, window: 160,
		below: []string{
			"One network of two heads says both ends of x_t; of these two follow the walks in both directions and the flow. Both rows have the same ends: only by Sinkhorn's pairs is the way the nearest one to the reference.",
			fmt.Sprintf("SW: sliced Wasserstein distance of %d ends from fresh samples. moved: root mean square distance of the two ends of a walk.", n),
		},
	}
	for row, eps := range []float64{0, bridgeProcess.Regularisation()} {
		p := pairing{near: near.Points, far: far, eps: eps}
		d, err := l.trainBridge(ctx, "training the bridge, "+f.names[row], p, uint64(40+row))
		if err != nil {
			return nil, err
		}
		if f.rows[row], err = l.bridgeRow(ctx, d, p, near, n, row == 0); err != nil {
			return nil, err
		}
	}
	return []output{{file: "bridge", shows: "bridges between two data sets without pairs, both ways: independent pairs and the Schroedinger bridge", drawing: f}}, nil
}

// bridgeRow is the pairs of a batch, walks back and forth, and the flow.
func (l *lab) bridgeRow(ctx context.Context, d reverie.Denoiser[points], p pairing, near Data, n int, titled bool) ([]*panel, error) {
	background := near.dimHeat(reverie.Coef{Alpha: 1, Sigma: Blur})
	row := []*panel{l.pairs(p, background)}
	fresh, start := near.fresh(l.Seed, 1, n), p.far[:n]
	turned := reverie.Process(reverie.Reversed{Bridge: bridgeProcess.Pinned()})
	for _, c := range []struct {
		title    string
		process  reverie.Process
		denoiser reverie.Denoiser[points]
		solver   sample.Solver[points]
		from, to points
	}{
		{"walks back", bridgeProcess, d, sample.EulerMaruyama[points]{}, start, fresh},
		{"walks forth", turned, reverie.Turn(d), sample.EulerMaruyama[points]{}, fresh, start},
		{"flow back", bridgeProcess, d, sample.DDIM[points]{}, start, fresh},
	} {
		grid, err := sample.Linear(c.process, 50)
		if err != nil {
			return nil, err
		}
		t, err := l.carry(ctx, walk{c.title, c.process, c.denoiser, c.solver, grid}, slices.Clone(c.from), 90)
		if err != nil {
			return nil, err
		}
		off, err := distance(t.end, c.to)
		if err != nil {
			return nil, err
		}
		w := (&panel{title: c.title, note: fmt.Sprintf("SW %.3f, moved %.2f", off, travelled(c.from, t.end))}).add(background)
		row = append(row, w.add(dots(t.end, .8, alpha(white, .5))).add(trails(t.paths)...))
	}
	if !titled {
		for _, p := range row {
			p.title = ""
		}
	}
	return row, nil
}

// travelled is the root mean square distance of two sets' points, each from the other of its
// number.
func travelled(a, b points) float64 {
	sum := 0.0
	for i, p := range a {
		sum += (p[0]-b[i][0])*(p[0]-b[i][0]) + (p[1]-b[i][1])*(p[1]-b[i][1])
	}
	return math.Sqrt(sum / float64(len(a)))
}
