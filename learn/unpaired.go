package learn

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// unpaired is the method of a network of two heads, which regresses on both ends of each pair, as
// reverie.Coef.Ends makes them targets of variance 1:
//
//	L = w0 |F_0(in x_t) - (x0 - skip0 x_t)/out0|^2 + w1 |F_1(in x_t) - (x1 - skip1 x_t)/out1|^2
//
// What it learns is the Markov process with the laws of x_t that the pairs and the pinned reference
// between them have (bridge matching: Peluchetti 2021; Shi et al. 2023, arXiv:2303.16852, eq. 8).
type unpaired struct{ denoise }

func newUnpaired(s Setup) (*unpaired, error) {
	d, err := newDenoise(s)
	if err != nil {
		return nil, err
	}
	if _, err := reverie.PinnedOf(s.Objective.Process); err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	if in, out := d.net.Channels(); out != 2*in {
		return nil, fmt.Errorf("learn: a network of %d channels and %d outputs: the two ends of a bridge take %d", in, out, 2*in)
	}
	return &unpaired{*d}, nil
}

// ends are pairs of ends as a step takes them: by what each sample's two losses count. A simulated
// end teaches nothing.
type ends struct {
	x0, eps, x1    *tensors.Tensor
	count0, count1 []float64
}

// Inputs are the noised samples, the number that the network sees of each one's time, the target of
// either head and its weight, and the class that each sample is
// told to be of.
func (u *unpaired) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	space := u.Space(at)
	x0, eps, far, err := u.pair(space, b, at)
	if err != nil {
		return nil, nil, err
	}
	ones := make([]float64, b.N)
	for i := range ones {
		ones[i] = 1
	}
	in, times := u.inputs(space, ends{x0, eps, far[0], ones, ones}, at)
	in, err = u.tell(in, b, at)
	return in, times, err
}

// inputs noises the pairs.
func (u *unpaired) inputs(space *engine.Recycler, e ends, at Place) ([]*tensors.Tensor, []float64) {
	times := u.times(at, len(e.count0))
	task := reverie.Pair(u.at(at), space, e.x0, e.eps, times, e.x1)
	n := len(times)
	input, target0, target1 := [][]float64{make([]float64, n)}, reverie.NewBatch[float64](2, n), reverie.NewBatch[float64](2, n)
	w0, w1 := make([]float64, n), make([]float64, n)
	for i, t := range times {
		x0, x1, in := u.Objective.Process.At(t).Ends()
		input[0][i] = in
		target0[0][i], target0[1][i] = 1/x0.Out, -x0.Skip/x0.Out
		target1[0][i], target1[1][i] = 1/x1.Out, -x1.Skip/x1.Out
		w0[i], w1[i] = task.Weight[i]*e.count0[i], task.Weight[i]*e.count1[i]
	}
	x := space.SumEach(input, task.Input)
	x0, x1 := space.SumEach(target0, e.x0, task.Input), space.SumEach(target1, e.x1, task.Input)
	space.Close(x, x0, x1)
	return []*tensors.Tensor{x, engine.Vector(u.Engine, task.Cond), x0, engine.Vector(u.Engine, w0), x1, engine.Vector(u.Engine, w1)}, times
}

// Loss is the sum of both heads' weighted norms, and each.
func (u *unpaired) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	both := u.net.Forward(v, u.input(in[0], in[1], in))
	c, all := both.Shape().Dim(-1)/2, graph.AxisRange()
	x0 := Each(u.Setup.Loss, graph.Slice(both, all, all, all, graph.AxisRange(0, c)), in[2], in[3])
	x1 := Each(u.Setup.Loss, graph.Slice(both, all, all, all, graph.AxisRange(c, 2*c)), in[4], in[5])
	return graph.Add(x0, x1), []*graph.Node{x0, x1}
}

func (u *unpaired) Parts() []string { return []string{"x0", "x1"} }
