package learn

import (
	"fmt"

	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// A Bridging is a way to learn an unpaired bridge by a network of two heads, E[x0 | x_t] and then
// E[x1 | x_t]: a row of [Bridges].
type Bridging interface{ Way }

// Bridges are those that --bridge chooses from: each is a Bridging but the first, which stands for
// a bridge whose far end is given.
var Bridges = table.New[table.Row]("bridge", "bridges", ": how both directions of a bridge are learned of sets without pairs",
	Given{}, SF2M{}, &IMF{usualRounds, "batch"}, &IPF{usualRounds})

// Given is no Bridging: the network learns E[x0 | x_t] alone, and of the far end what it is given.
type Given struct{}

// Row implements table.Row.
func (Given) Row() table.Info {
	return table.Info{Name: "none", Text: "one direction alone, from far ends that are given"}
}

// SF2M regresses on the ends of pairs that are coupled within a batch: by sinkhorn those of the
// Schroedinger bridge, which it then learns without any simulation ([SF]2M, Tong et al. 2024,
// arXiv:2307.03672, whose flow and score are combinations of the two ends). Without a coupling it
// is the first round of [IMF].
type SF2M struct{}

// Row implements table.Row.
func (SF2M) Row() table.Info {
	return table.Info{Name: "sf2m", Text: "by the entropic coupling of each batch, without simulation, Tong et al. 2024"}
}

// Suits says what goes well with it.
func (SF2M) Suits(f formulation.Formulation, _ func(string) bool) map[string]string {
	return bridgeSuits(f, "sinkhorn")
}

// Refuse reports what no unpaired bridge goes with.
func (b SF2M) Refuse(f formulation.Formulation) error { return refuseBridge(b, f) }

// Method makes the method of a network of two heads.
func (SF2M) Method(s Setup) (Method, error) { return newUnpaired(s) }

// bridgeSuits is what goes well with a row of Bridges.
func bridgeSuits(f formulation.Formulation, coupling string) map[string]string {
	if !entropic(f) || f.HasPairs() { // which are refused
		return nil
	}
	return map[string]string{"coupling": coupling, "prediction": "x0", "loss": "mse", "solver": "euler-maruyama"}
}

// entropic says whether a formulation's process is the reference of a Schroedinger bridge.
func entropic(f formulation.Formulation) bool {
	if f.Process == nil {
		return false
	}
	p, err := f.Process.Process()
	_, ok := p.(formulation.Entropic)
	return ok && err == nil
}

// refuseBridge reports what no row of Bridges goes with.
func refuseBridge(b table.Row, f formulation.Formulation) error {
	name := b.Row().Name
	is := func(r table.Row, want string) bool { return r == nil || r.Row().Name == want }
	switch {
	case !entropic(f):
		return fmt.Errorf("--bridge %s is of a Schroedinger bridge over a reference, which --process %s is none of; give --process bridge", name, f.Process.Row().Name)
	case !is(f.Way, "denoise"):
		return fmt.Errorf("--bridge %s is learned by --objective denoise, not %s; leave --objective out", name, f.Way.Row().Name)
	case f.Prediction != nil && !is(f.Prediction, "x0"):
		return fmt.Errorf("--bridge %s predicts both ends; give --prediction x0, not %s", name, f.Prediction.Row().Name)
	case !simple(f):
		return fmt.Errorf("--bridge %s weights both ends alike; give --weighting simple, not %s", name, f.Weighting.Row().Name)
	case !noise.Standard(f.Noise):
		return fmt.Errorf("--bridge %s is over a reference with the standard normal's noise, and --noise %s is another; give --noise gaussian", name, noise.Name(f.Noise))
	case f.Learned():
		return fmt.Errorf("--bridge %s has the far end where --variance learned has the variance; leave one out", name)
	case f.Energy:
		return fmt.Errorf("--energy is the gradient of one scalar, and --bridge %s predicts two ends; leave one out", name)
	case f.HasPairs():
		return fmt.Errorf("--bridge %s is of sets without pairs, and --pairs gives each sample its own; leave one out", name)
	case f.Patch > 0:
		return fmt.Errorf("--patch noises a part of an image, and --bridge %s leads to all of another; leave one out", name)
	}
	return nil
}
