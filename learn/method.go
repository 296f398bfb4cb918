package learn

import (
	"encoding/json"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// A Method is what a network learns: what a step takes of a batch, and the loss that it builds of
// that. A denoiser's, a score's, an autoencoder's and a classifier's are methods; the step, the
// optimiser, the average and the files are the same for all.
//
// A method may be more: [Adaptive], a [Keeper], a [Hoarder], a [Rounder], a [Grader].
type Method interface {
	// Inputs makes what the loss takes of a batch: tensors whose first axis is the batch's, of the
	// same shapes for every batch of a size, which are the caller's from then on. t are the times
	// of the samples, nil where there are none.
	Inputs(b *data.Batch, at Place) (in []*tensors.Tensor, t []float64, err error)
	// Loss builds each sample's loss, [N], from the network and the inputs, and the named parts of
	// it, [N] each. Like all that builds a graph it panics where it cannot.
	Loss(v *net.Vars, in []*graph.Node) (loss *graph.Node, parts []*graph.Node)
	// Parts names what Loss returns beside the loss, for the log; nil where it is one thing.
	Parts() []string
}

// A Place is a batch's place in the randomness of a training.
type Place struct {
	Step         int           // of the training, 0 first
	Times, Noise random.Stream // of the batch's first sample
	// Validation: the loss is to be compared with that of other steps. No state is changed, and
	// nothing is random that need not be.
	Validation bool
	// Null: no sample is told its class.
	Null bool
}

// An Adaptive method looks at the losses that its samples had.
type Adaptive interface {
	Method
	// Adapt is told each sample's loss after a step, as Loss built it, and its time.
	Adapt(losses []float32, t []float64)
}

// A Keeper is a method with a memory, which a checkpoint keeps.
type Keeper interface {
	Method
	// Memory is the memory as JSON, nil where there is none.
	Memory() (json.RawMessage, error)
	// Remember takes it back.
	Remember(json.RawMessage) error
}

// A Hoarder is a Keeper whose memory has numbers beside, too many for JSON.
type Hoarder interface {
	Keeper
	// Arrays are they, by their names, which the caller does not change.
	Arrays() map[string][]float32
	// Restore takes them back, before Remember.
	Restore(map[string][]float32) error
}

// A Rounder is a method that learns of what its own network makes.
type Rounder interface {
	Method
	// Begin is told before each step, the number of which is given, the weights that would be
	// sampled from.
	Begin(step int, weights []*tensors.Tensor) error
}

// A Grader is a method that trains some parameters by another loss than the rest.
type Grader interface {
	Method
	// Gradients builds the gradients of the mean of loss, and of what else there is, with respect
	// to params.
	Gradients(v *net.Vars, loss *graph.Node, parts []*graph.Node, params []*net.Param) []*graph.Node
}

// Plain is a Method of two functions, whose loss is one thing and which remembers nothing.
type Plain struct {
	// In makes the inputs of a batch, see Method.Inputs.
	In func(b *data.Batch, at Place) ([]*tensors.Tensor, error)
	// Of builds each sample's loss, [N], of them.
	Of func(v *net.Vars, in []*graph.Node) *graph.Node
}

var _ Method = Plain{}

// Inputs calls In; there are no times.
func (p Plain) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	in, err := p.In(b, at)
	return in, nil, err
}

// Loss calls Of.
func (p Plain) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	return p.Of(v, in), nil
}

// Parts is nil.
func (Plain) Parts() []string { return nil }
