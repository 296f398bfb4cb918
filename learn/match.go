package learn

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/learn/score"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// Exact is score matching with the exact trace (Hyvarinen 2005): without a target, the score that
// the network's prediction stands for is fitted to the noised data at each time,
//
//	sigma_t^2/D E[ |s|^2/2 + tr(ds/dx) ]
//
// lambda = sigma^2 makes all times count alike, as in NCSN. It is for small samples
// (score.MaxExact).
type Exact struct{}

// Row implements table.Row.
func (Exact) Row() table.Info {
	return table.Info{Name: "exact", Text: "score matching with the exact trace, Hyvarinen 2005; up to 64 numbers a sample"}
}

// Refuse reports what score matching does not go with.
func (w Exact) Refuse(f formulation.Formulation) error { return refuse(w, f) }

// Method makes the method of a network whose prediction determines the score.
func (w Exact) Method(s Setup) (Method, error) {
	if err := score.CheckExact(s.Kind.Size()); err != nil {
		return nil, fmt.Errorf("--objective exact: %w", err)
	}
	return newMatch(s, w.Row().Name)
}

// Sliced is Exact with the trace along a random direction (package learn/score).
type Sliced struct{}

// Row implements table.Row.
func (Sliced) Row() table.Info {
	return table.Info{Name: "sliced", Text: "score matching along random directions, Song et al. 2019"}
}

// Refuse reports what score matching does not go with.
func (w Sliced) Refuse(f formulation.Formulation) error { return refuse(w, f) }

// Method makes the method of a network whose prediction determines the score.
func (w Sliced) Method(s Setup) (Method, error) { return newMatch(s, w.Row().Name) }

// SlicedReduced is Sliced with less variance.
type SlicedReduced struct{}

// Row implements table.Row.
func (SlicedReduced) Row() table.Info {
	return table.Info{Name: "sliced-vr", Text: "the same with less variance"}
}

// Refuse reports what score matching does not go with.
func (w SlicedReduced) Refuse(f formulation.Formulation) error { return refuse(w, f) }

// Method makes the method of a network whose prediction determines the score.
func (w SlicedReduced) Method(s Setup) (Method, error) { return newMatch(s, w.Row().Name) }

// refuse reports what the ways of score matching do not go with.
func refuse(w Way, f formulation.Formulation) error {
	name := w.Row().Name
	switch {
	case len(f.From) > 0:
		return fmt.Errorf("--objective %s fits a score, and a flow between two data sets has none; give --objective denoise", name)
	case f.Loss != nil && f.Loss.Row().Name != "mse" || !simple(f):
		return fmt.Errorf("--objective %s is a square of its own, weighted by sigma^2; give --loss mse and --weighting simple", name)
	case !noise.Standard(f.Noise):
		return fmt.Errorf("--objective %s fits the score of what is noised by the standard normal, and --noise %s is another; give --objective denoise, or --noise gaussian", name, noise.Name(f.Noise))
	case f.Coupling != "" && f.Coupling != "none":
		return fmt.Errorf("--objective %s sees no pairs; leave --coupling out", name)
	}
	return nil
}

// match is the method of all three.
type match struct {
	denoise
	kind string // the way's name
}

func newMatch(s Setup, kind string) (*match, error) {
	d, err := newDenoise(s)
	if err != nil {
		return nil, err
	}
	lo, hi := s.Objective.Process.Span()
	if s.Level > 0 {
		lo, hi = s.Level, s.Level
	}
	if _, _, _, err := score.Coefs(s.Objective.Process, s.Objective.Param, []float64{lo, hi}); err != nil {
		return nil, fmt.Errorf("--objective %s: %w", kind, err)
	}
	return &match{*d, kind}, nil
}

// Inputs are the noised images, the number that the network sees of each one's time, what makes its
// output the score, the weight, the directions of a sliced loss, and what the images are told to
// be.
func (m *match) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	times, o := m.times(at, b.N), m.at(at)
	x, f, in, err := score.Coefs(o.Process, o.Param, times)
	if err != nil {
		return nil, nil, err
	}
	space := m.Space(at)
	x0 := space.Own(engine.New(m.Engine, b.X, b.N, b.H, b.W, b.C))
	law, cond, weight := [2][]float64{make([]float64, b.N), make([]float64, b.N)}, make([]float64, b.N), make([]float64, b.N)
	factors := o.Factors(times)
	for i, t := range times {
		c := o.Process.At(t)
		law[0][i], law[1][i], cond[i] = c.Alpha, c.Sigma, o.Process.Cond(t)
		weight[i] = factors[i] * c.Sigma * c.Sigma / float64(b.H*b.W*b.C)
	}
	noised := space.SumEach(law[:], x0, space.Noise(x0))
	task := []*tensors.Tensor{noised}
	for _, v := range [][]float64{cond, x, f, in, weight} {
		task = append(task, engine.Vector(m.Engine, v))
	}
	keep := []*tensors.Tensor{noised}
	if m.kind != "exact" {
		direction := space.Noise(x0)
		task, keep = append(task, direction), append(keep, direction)
	}
	space.Close(keep...)
	task, err = m.tell(task, b, at)
	return task, times, err
}

// Loss is the score-matching loss of each image.
func (m *match) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	x, weight := in[0], in[5]
	var loss *graph.Node
	numbers := slices.Clone(in[1:5])
	if told := m.input(x, in[1], in).Class; told != nil {
		numbers = append(numbers, told)
	}
	s := m.scoreOf(v, numbers)
	switch m.kind {
	case "exact":
		loss = m.exact(v, x, numbers)
	case "sliced":
		loss = score.Sliced(s, x, score.Rademacher(in[6]))
	default:
		loss = score.SlicedReduced(s, x, score.Rademacher(in[6]))
	}
	return graph.Mul(loss, weight), nil
}

// scoreOf is the network as a score function of as many images as there are numbers: cond, three
// that make the score, and the class where the network takes one.
func (m *match) scoreOf(v *net.Vars, numbers []*graph.Node) score.Func {
	cond, x, f, in := numbers[0], numbers[1], numbers[2], numbers[3]
	return score.Affine{X: x, F: f, In: in}.Of(func(x *graph.Node) *graph.Node { return m.net.Forward(v, m.input(x, cond, numbers)) })
}

// exact is score.Exact at once for all D elements: the batch is repeated D times, copy d with the
// d-th unit vector as its direction, so that the graph does not grow with D, as one with a backward
// pass for each element does.
func (m *match) exact(v *net.Vars, x *graph.Node, numbers []*graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	n, d := dims[0], x.Shape().Size()/dims[0]
	repeated := func(x *graph.Node) *graph.Node { return graph.Concatenate(slices.Repeat([]*graph.Node{x}, d), 0) }
	units := make([][][]float64, d)
	for i := range units {
		units[i] = [][]float64{make([]float64, d)}
		units[i][0][i] = 1
	}
	unit := graph.BroadcastToDims(graph.ConstAsDType(x.Graph(), x.DType(), units), d, n, d)
	unit = graph.Reshape(unit, append([]int{d * n}, dims[1:]...)...)
	var each []*graph.Node
	for _, v := range numbers {
		each = append(each, repeated(v))
	}
	all := repeated(x)
	s := m.scoreOf(v, each)(all)
	slope := graph.Gradient(graph.ReduceAllSum(graph.Mul(s, unit)), all)[0]
	trace := graph.ReduceSum(graph.Reshape(graph.ReduceSum(graph.Mul(slope, unit), 1, 2, 3), d, n), 0)
	own := graph.Slice(s, graph.AxisRange(0, n))
	return graph.Add(trace, graph.MulScalar(graph.ReduceSum(graph.Square(own), 1, 2, 3), 0.5))
}

var _ Method = (*match)(nil)
