package lab

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/learn/score"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// A contender is a loss of score matching at one noise level, as a function of the score function
// and of a batch.
type contender struct {
	name string
	loss func(s score.Func, b matchBatch) *graph.Node
}

// A matchBatch is noised points x = x0 + s eps, fresh normal directions v, and the true score,
// where it is asked for.
type matchBatch struct{ x, eps, v, truth *graph.Node }

// matchSigma is the noise level s at which the losses are compared.
const matchSigma = 0.3

// The first contender alone sees the true score.
var contenders = []contender{
	{"explicit, true score given", func(s score.Func, b matchBatch) *graph.Node { return score.Fisher(s, b.x, b.truth) }},
	{"exact", func(s score.Func, b matchBatch) *graph.Node { return score.Exact(s, b.x) }},
	{"sliced", func(s score.Func, b matchBatch) *graph.Node { return score.Sliced(s, b.x, b.v) }},
	{"sliced, variance reduced", func(s score.Func, b matchBatch) *graph.Node { return score.SlicedReduced(s, b.x, b.v) }},
	{"denoising", func(s score.Func, b matchBatch) *graph.Node {
		sigma := graph.MulScalar(graph.Ones(b.x.Graph(), perPoint(b.x)), matchSigma)
		return graph.DivScalar(score.Denoising(s, b.x, b.eps, sigma), matchSigma*matchSigma)
	}},
}

// perPoint is the shape [N] of a number for each of x's points.
func perPoint(x *graph.Node) shapes.Shape { return shapes.Make(x.DType(), x.Shape().Dim(0)) }

// scoreOf is the score function of a model: its own output.
func scoreOf(m net.Model, v *net.Vars) score.Func {
	return func(x *graph.Node) *graph.Node {
		return m.Forward(v, net.Input{X: x, Cond: graph.Zeros(x.Graph(), perPoint(x))})
	}
}

// lossOf builds the contender's loss of a matchBatch's tensors.
func (c contender) lossOf(m net.Model) lossGraph {
	return func(v *net.Vars, in []*graph.Node) *graph.Node {
		return c.loss(scoreOf(m, v), matchBatch{in[0], in[1], in[2], in[3]})
	}
}

// A scored set is points with their true scores.
type scored struct{ x, truth points }

// scoredPoints draws n points of the noised law.
func (l *lab) scoredPoints(number uint64, n int) scored {
	c := reverie.Coef{Alpha: 1, Sigma: matchSigma}
	s := scored{l.data.Law.At(c).Sample(stream(l.Seed, streamShow+number<<32), n), make(points, n)}
	truth := l.data.scoreAt(c)
	parallel.For(n, func(i int) { s.truth[i] = truth(s.x[i]) })
	return s
}

// A matcher draws the batches of one contender.
type matcher struct {
	l      *lab
	sp     *reverie.Host[float64]
	truths *scored // where the true score is given
	stream random.Stream
}

// next returns the tensors of a matchBatch.
func (m *matcher) next(step int) []*tensors.Tensor {
	u := make([]float64, batchSize)
	m.stream.Step = uint32(step)
	m.stream.Uniforms(u)
	x0, truth := make(points, batchSize), reverie.NewBatch[float64](batchSize, 2)
	if m.truths != nil {
		for i, u := range u {
			k := int(u * float64(len(m.truths.x)))
			x0[i], truth[i] = m.truths.x[k], m.truths.truth[k]
		}
		return m.tensors(x0, x0, x0, truth)
	}
	for i, u := range u {
		x0[i] = m.l.data.Points[int(u*float64(len(m.l.data.Points)))]
	}
	eps := m.sp.Noise(x0)
	return m.tensors(m.sp.Sum([]float64{1, matchSigma}, x0, eps), eps, m.sp.Noise(x0), truth)
}

func (m *matcher) tensors(x ...points) []*tensors.Tensor {
	out := make([]*tensors.Tensor, len(x))
	for i, x := range x {
		out[i] = tensor(m.l.Engine, x)
	}
	return out
}

// A race is how a contender fared: the Fisher divergence over seconds of training.
type race struct{ seconds, divergence []float64 }

// race trains a model on contender k's loss, and measures it now and then on the test points; only
// the training steps' time counts.
func (l *lab) race(ctx context.Context, k int, model net.Model, truths, test scored) (race, error) {
	var r race
	c, seed := contenders[k], l.Seed+uint64(10+k)<<32
	var batch []*tensors.Tensor
	learner, err := newLearner(l.Engine, model, c.lossOf, seed, func(int) []*tensors.Tensor { return batch })
	if err != nil {
		return r, err
	}
	defer learner.Close()
	m := &matcher{l: l, stream: stream(seed, streamTraining), sp: &reverie.Host[float64]{Stream: stream(seed, streamTraining+1<<33)}}
	if k == 0 {
		m.truths = &truths
	}
	forward := scoreFunc(l.Engine, model)
	var spent time.Duration
	next, budget := 0.03, l.raceBudget()
	for done := 0.0; done < 1; done = budget.share(learner.Steps, spent) {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		l.progress("training by the loss: "+c.name, done)
		batch = m.next(learner.Steps)
		began := time.Now()
		if err := step(learner, done); err != nil {
			return r, fmt.Errorf("loss %s: %w", c.name, err)
		}
		if learner.Steps > 1 { // the first compiles
			spent += time.Since(began)
		}
		if spent.Seconds() >= next {
			next = 1.2 * spent.Seconds()
			if err := r.measure(l.Engine, learner, forward, test, spent); err != nil {
				return r, err
			}
		}
	}
	return r, r.measure(l.Engine, learner, forward, test, spent)
}

// raceBudget is a third of the tour's: there are five losses.
func (l *lab) raceBudget() Budget {
	return Budget{Steps: max(1, l.Budget.Steps/3), Time: l.Budget.Time / 3}
}

// scoreFunc is the function of a model's weights and points that gives their scores.
func scoreFunc(e *engine.Engine, m net.Model) *engine.Func {
	n := len(m.Params())
	return e.Func("score of the lab", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{scoreOf(m, net.Bind(net.Eval, m.Params(), in[:n]))(in[n])}
	})
}

// measure appends the Fisher divergence E|s - truth|^2/2 of the learner's average over the test
// points.
func (r *race) measure(e *engine.Engine, l *learn.Learner, forward *engine.Func, test scored, spent time.Duration) error {
	x := tensor(e, test.x)
	defer engine.Free(x)
	out, err := forward.Call1(append(slices.Clone(l.State.Average()), x)...)
	if err != nil {
		return err
	}
	defer engine.Free(out)
	sum := 0.0
	for i, s := range rows(out) {
		for j, v := range s {
			d := v - test.truth[i][j]
			sum += d * d / 2
		}
	}
	r.seconds, r.divergence = append(r.seconds, spent.Seconds()), append(r.divergence, sum/float64(len(test.x)))
	return nil
}

// lossesFigure races the losses, and shows what a step costs in more dimensions.
func lossesFigure(ctx context.Context, l *lab) ([]output, error) {
	truths, test := l.scoredPoints(10, l.few(4000)), l.scoredPoints(11, l.few(2000))
	left := chart.New(fmt.Sprintf("Fisher divergence, %s at noise σ = %v", l.data.Name, matchSigma), "seconds of training", "E|s - true score|^2 / 2").Log()
	for k, c := range contenders {
		r, err := l.race(ctx, k, smallModel(), truths, test)
		if err != nil {
			return nil, err
		}
		left.Add(curve(c.name, k, r.seconds, r.divergence))
	}
	right := chart.New("What a step costs in D dimensions", "D", "milliseconds a step, batch 64").Log()
	right.Ticks(costDims)
	for k, c := range contenders[1:] {
		d, ms, err := l.stepCosts(ctx, c)
		if err != nil {
			return nil, err
		}
		right.Add(curve(c.name, k+1, d, ms))
	}
	pair := &chart.Figure{Title: "Five losses of score matching with one minimiser, the score", Charts: []*chart.Chart{left, right}, Below: []string{
		"Exact takes a backward pass for each of D dimensions, sliced one whatever D, denoising none. All train the same network for as many steps (or, with --seconds, for as long); the divergence is measured on the moving average of its weights.",
		l.lawLine(),
	}}
	return []output{{file: "losses", shows: "explicit, exact, sliced and denoising score matching: Fisher divergence against seconds, cost against dimension", drawing: pair}}, nil
}

// curve is the k-th contender's.
func curve(name string, k int, x, y []float64) chart.Curve {
	return chart.Curve{Name: name, X: x, Y: y, Color: chart.Lines[k%len(chart.Lines)], Dots: true}
}

// costDims are the dimensions in which a step is timed.
var costDims = []int{2, 4, 8, 16, 32}

// stepCosts times a step of a contender in each of costDims.
func (l *lab) stepCosts(ctx context.Context, c contender) (d, ms []float64, err error) {
	for i, dim := range costDims {
		l.progress("timing the loss: "+c.name, float64(i)/float64(len(costDims)))
		seconds, err := l.stepCost(ctx, c, dim)
		if err != nil {
			return nil, nil, err
		}
		d, ms = append(d, float64(dim)), append(ms, 1000*seconds)
	}
	return d, ms, nil
}

// stepCost times a step of a contender in dim dimensions: the shortest of a few.
func (l *lab) stepCost(ctx context.Context, c contender, dim int) (seconds float64, err error) {
	m, err := mlp.New(mlp.Config{Dim: dim, Depth: 2})
	if err != nil {
		return 0, err
	}
	var batch []*tensors.Tensor
	learner, err := newLearner(l.Engine, m, c.lossOf, l.Seed, func(int) []*tensors.Tensor { return batch })
	if err != nil {
		return 0, err
	}
	defer learner.Close()
	x := (&reverie.Host[float64]{Stream: stream(l.Seed, streamShow)}).Noise(reverie.NewBatch[float64](64, dim))
	seconds = math.Inf(1)
	for try := range 12 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		batch = []*tensors.Tensor{tensor(l.Engine, x), tensor(l.Engine, x), tensor(l.Engine, x), tensor(l.Engine, x)}
		began := time.Now()
		if err := step(learner, 0); err != nil {
			return 0, err
		}
		if try > 0 { // the first compiles
			seconds = min(seconds, time.Since(began).Seconds())
		}
	}
	return seconds, nil
}
