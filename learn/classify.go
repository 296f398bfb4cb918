package learn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/table"
)

// Classify is the way of classifiers: the cross-entropy of each sample's class,
//
//	-log p(y | x_t, t)
//
// at times drawn by the objective's law where the network knows noised samples, and else of the
// samples themselves. The posterior of the classes is what makes it least, and its gradient guides
// (Dhariwal & Nichol 2021, arXiv:2105.05233, sec. 4.1).
type Classify struct{}

// Row implements table.Row.
func (Classify) Row() table.Info {
	return table.Info{Name: "classify", Text: "the cross-entropy of a classifier's classes"}
}

// Method makes a classifier's method.
func (Classify) Method(s Setup) (Method, error) {
	m, ok := s.Net.(classifier.Network)
	switch {
	case !ok:
		return nil, fmt.Errorf("--objective classify learns a classifier, which architecture %s is not", s.Net.Arch())
	case !m.Noised():
		return &classify{denoise{Setup: s}, m}, nil
	case s.Objective.Process == nil:
		return nil, errors.New("learn: a classifier of noised samples needs a process")
	case s.From != nil:
		return nil, errors.New("learn: a classifier needs noise, and a second data set stands in its place")
	}
	return &classify{denoise{Setup: s}, m}, s.checkLevel()
}

// Right is the part of a classifier's loss that is 1 for a sample whose class the network holds for
// the most probable one, and else 0: its mean is the accuracy.
const Right = "right"

// classify is the method of Classify. Of denoise it has the law of times and its memory.
type classify struct {
	denoise
	net classifier.Network
}

// Inputs are what the network sees of the samples and the number that goes with each, their classes
// and the weights of their losses.
func (c *classify) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	class, err := c.classes(b)
	if err != nil {
		return nil, nil, err
	}
	x, cond, weight := engine.New(c.Engine, b.X, b.N, b.H, b.W, b.C), make([]float64, b.N), slices.Repeat([]float64{1}, b.N)
	var times []float64
	if c.net.Noised() {
		times = c.times(at, b.N)
		x, weight = c.noised(x, times, at), c.at(at).Factors(times)
		for i, t := range times {
			cond[i] = c.Objective.Process.Cond(t)
		}
	}
	in := []*tensors.Tensor{x}
	for _, v := range [][]float64{cond, class, weight} {
		in = append(in, engine.Vector(c.Engine, v))
	}
	return in, times, nil
}

// noised is what the network sees of x0 at the times.
func (c *classify) noised(x0 *tensors.Tensor, times []float64, at Place) *tensors.Tensor {
	space := c.Space(at)
	law := [][]float64{make([]float64, len(times)), make([]float64, len(times))}
	for i, t := range times {
		p := c.Objective.Process.At(t)
		scale := classifier.Scale(p)
		law[0][i], law[1][i] = scale*p.Alpha, scale*p.Sigma
	}
	x := space.SumEach(law, space.Own(x0), space.Noise(x0))
	space.Close(x)
	return x
}

// classes are the numbers of a batch's classes. Every sample has one.
func (c *classify) classes(b *data.Batch) ([]float64, error) {
	_, n := c.net.Channels()
	if b.Class == nil {
		return nil, errors.New("learn: the samples have no classes, by which a classifier learns")
	}
	numbers := make([]float64, b.N)
	for i, k := range b.Class {
		if k < 0 || k >= n {
			return nil, fmt.Errorf("learn: sample %d of the batch is of class %d: the network knows 0 to %d", i, k, n-1)
		}
		numbers[i] = float64(k)
	}
	return numbers, nil
}

// Loss is the weighted cross-entropy of each sample, and whether its class is the most probable.
func (c *classify) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	logs := classifier.LogProbabilities(v, c.net, in[0], in[1])
	own := classifier.Chosen(logs, in[2])
	right := graph.ConvertDType(graph.GreaterOrEqual(own, graph.ReduceMax(logs, 1)), logs.DType())
	return graph.Neg(graph.Mul(own, in[3])), []*graph.Node{right}
}

// Parts implements Method.
func (*classify) Parts() []string { return []string{Right} }

var (
	_ Adaptive = (*classify)(nil)
	_ Keeper   = (*classify)(nil)
)
