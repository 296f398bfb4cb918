package learn

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// A Way makes methods: a row of [Ways]. Its settings are the tagged fields of its struct.
type Way interface {
	table.Row
	// Method makes the method of a network, and says what of the setup does not go with it. Without
	// an engine the method is there to be asked for, not to be used.
	Method(Setup) (Method, error)
}

// A Setup is what a method is made of.
type Setup struct {
	Engine *engine.Engine
	Net    net.Network
	Kind   kind.Kind // of the samples

	// Objective is what is to be predicted, of a network that predicts.
	Objective reverie.Objective
	// Noise is the law of eps that samples are noised by; nil: the standard normal. Space has it.
	Noise noise.Noise
	// Patch, if not 0, is the side of the one square of each image, in pixels, that is noised.
	Patch int
	// Loss is the norm of the prediction's error, of a way that regresses on one; nil: MSE.
	Loss Loss
	// ClassDrop is the share of the samples that a network which takes classes is told to be of
	// none, in [0,1).
	ClassDrop float64
	// Level is the one time at which it learns; 0: all times.
	Level float64
	// From, if not nil, is a second data set: a flow's in place of the noise, a bridge's far end.
	From *data.Set
	// Data is what the network learns from, and Walker walks by it, for a way that learns of its
	// own walks; Seed is of those.
	Data   *data.Set
	Walker Walker
	Seed   uint64
	// Bridge, if not nil, is how a bridge is learned in both directions, by a network of two heads.
	Bridge Bridging
	// Coupling is how each batch's samples and their far ends are paired: as they come ("", none),
	// by optimal transport (ot: reverie.Couple) or by that with an entropy (sinkhorn:
	// reverie.Plan).
	Coupling string
}

// Ways are the ways to learn that a name chooses.
var Ways = table.New[Way]("objective", "objectives", ": how it learns",
	Denoising{}, Exact{}, Sliced{}, SlicedReduced{}, &ELBO{Beta: 1}, Classify{})

// Space is the space in which a batch at a place is noised, with the setup's law of the noise.
func (s Setup) Space(at Place) *engine.Recycler {
	return engine.NewRecycler(s.Engine.Space(at.Noise).Under(noise.Shaped(s.Noise)))
}

// model is the network as one that predicts.
func (s Setup) model() (net.Model, error) {
	if m, ok := s.Net.(net.Model); ok {
		return m, nil
	}
	return nil, fmt.Errorf("learn: architecture %s makes no predictions of noised samples", s.Net.Arch())
}

// checkLevel reports a level that is no time of the process.
func (s Setup) checkLevel() error {
	if s.Level == 0 {
		return nil
	}
	lo, hi := s.Objective.Process.Span()
	_, discrete := s.Objective.Process.(reverie.Discrete)
	if !(s.Level >= lo && s.Level <= hi) || discrete && s.Level != math.Trunc(s.Level) {
		return fmt.Errorf("--level %v is no time of the process: give one from %v to %v, an index of a table of betas", s.Level, lo, hi)
	}
	return nil
}
