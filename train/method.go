package train

import (
	"encoding/json"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// A method is what a run learns: what a step takes from its batch, and the loss that it builds of that. A denoiser's, a score's and
// an autoencoder's are methods; the loop, the optimiser, the average and the files are the same for all.
type method interface {
	// inputs makes what the loss takes of a batch: tensors whose first axis is the batch's, of the same shapes for every batch of a
	// size. at is the batch's place in the randomness. t are the times of the images, nil where there are none.
	inputs(b *data.Batch, at place) (in []*tensors.Tensor, t []float64, err error)
	// loss builds each image's loss, [N], from the network and the inputs, and the named parts of it, [N] each.
	loss(v *net.Vars, in []*graph.Node) (loss *graph.Node, parts []*graph.Node)
	// parts names what loss returns beside the loss, for the log; nil where it is one thing.
	parts() []string
}

// A place is a batch's place in the run's randomness.
type place struct {
	step         int           // of the training, 0 first
	times, noise random.Stream // of the batch's first image
	validation   bool          // the loss is to be compared with that of other steps: no state is changed, nothing is random that need not be
}

// A learner is a method that looks at the losses that its images had.
type learner interface {
	method
	// learned is told each image's loss, as loss built it, and its time.
	learned(losses []float32, t []float64)
}

// A keeper is a method with a memory, which a checkpoint keeps.
type keeper interface {
	method
	memory() (json.RawMessage, error)
	remember(json.RawMessage) error
}

// A grader is a method that trains some parameters by another loss than the rest.
type grader interface {
	method
	// gradients builds the gradients of the mean of loss, and of what else there is, with respect to params.
	gradients(v *net.Vars, loss *graph.Node, parts []*graph.Node, params []*net.Param) []*graph.Node
}
