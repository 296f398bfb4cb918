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

// unpaired is the method of a network of two heads, which regresses on both ends of each pair:
//
//	L = w0 |F_0(x_t) - x0|^2 + w1 |F_1(x_t) - x1|^2
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

// Inputs are the task of denoise, the far ends, their weight, and the class that each sample is
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
	w0, w1 := make([]float64, len(times)), make([]float64, len(times))
	for i, w := range task.Weight {
		w0[i], w1[i] = w*e.count0[i], w*e.count1[i]
	}
	space.Close(task.Input, task.Target, e.x1)
	return []*tensors.Tensor{task.Input, engine.Vector(u.Engine, task.Cond), task.Target, engine.Vector(u.Engine, w0), e.x1, engine.Vector(u.Engine, w1)}, times
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
