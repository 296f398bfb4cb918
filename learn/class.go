package learn

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// A teller tells a network that takes classes those of a batch, by their numbers. With probability
// drop a sample of training is told to be of the null class, whatever it is, so that the network
// learns what it would predict without (Ho & Salimans 2022, arXiv:2207.12598, algorithm 1); one
// without a class always is.
type teller struct {
	null int // the number of the null class; 0: the network takes none
	drop float64
}

// newTeller makes the teller of a network.
func newTeller(m net.Model, drop float64) (t teller, err error) {
	c, ok := net.ClassesOf(m)
	switch {
	case !ok && drop == 0:
		return t, nil
	case !ok:
		return t, fmt.Errorf("learn: a share %v of the classes is to be dropped, and the network takes none", drop)
	case c.Numbers < 2:
		return t, fmt.Errorf("learn: the network takes %v: expected a table of the classes and one more, the null class, to learn from", c)
	case !(drop >= 0 && drop < 1):
		return t, fmt.Errorf("learn: share %v of dropped classes: expected 0 or more and less than 1", drop)
	}
	return teller{c.Numbers - 1, drop}, nil
}

// numbers are what the samples of a batch are told. Each one's draw has a place of its own, beside
// those of its time and its noise. In a validation nothing is dropped.
func (t teller) numbers(b *data.Batch, at Place) ([]float64, error) {
	told, draws := make([]float64, b.N), at.Noise
	draws.Domain = random.ClassDrop
	for i := range told {
		class := -1
		if b.Class != nil {
			class = b.Class[i]
		}
		switch {
		case class >= t.null:
			return nil, fmt.Errorf("learn: sample %d of the batch is of class %d: the network knows 0 to %d", i, class, t.null-1)
		case class < 0 || at.Null || !at.Validation && t.drop > 0 && draws.Plus(i).Uniform() < t.drop:
			class = t.null
		}
		told[i] = float64(class)
	}
	return told, nil
}

// tell appends to the inputs of a loss what the network is told: the numbers of the classes, and
// what is given beside x, where it takes them.
func (d *denoise) tell(in []*tensors.Tensor, b *data.Batch, at Place) ([]*tensors.Tensor, error) {
	if d.teller.null > 0 {
		told, err := d.teller.numbers(b, at)
		if err != nil {
			engine.Free(in...)
			return nil, err
		}
		in = append(in, engine.Vector(d.Engine, told))
	}
	switch {
	case !d.given:
	case b.Pair == nil:
		engine.Free(in...)
		return nil, errors.New("learn: the network is given something beside x, and the batch has no pairs: see data.Set.Pair")
	default:
		in = append(in, engine.New(d.Engine, b.Pair, b.N, b.H, b.W, b.C))
	}
	return in, nil
}

// input is what the network is given of a loss's inputs: x, the number that it sees of the time,
// and what tell appended.
func (d *denoise) input(x, cond *graph.Node, in []*graph.Node) net.Input {
	n := net.Input{X: x, Cond: cond}
	last := func() (told *graph.Node) {
		told, in = in[len(in)-1], in[:len(in)-1]
		return told
	}
	if d.given {
		n.Given = last()
	}
	if d.teller.null > 0 {
		n.Class = last()
	}
	return n
}
