package model

import (
	"fmt"
	"reflect"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
)

// space is one with the noise that the model was trained with, which all that is drawn has.
func (m *Model) space(s random.Stream) *engine.Recycler {
	return engine.NewRecycler(m.Engine.Space(s).Under(noise.Shaped(m.Spec.Noise)))
}

// A NoiseError says that something is stated for the standard normal noise, and the model was
// trained with another.
type NoiseError struct {
	What  string      // is stated
	Noise noise.Noise // the model's
	Else  string      // what else can be done
}

// Error implements error.
func (e *NoiseError) Error() string {
	return fmt.Sprintf("%s for the standard normal noise, and the model was trained with %s noise: %s", e.What, noise.Name(e.Noise), e.Else)
}

// standard is nil where the model's noise is the standard normal, and else a *NoiseError.
func (m *Model) standard(what, otherwise string) error {
	if noise.Standard(m.Spec.Noise) {
		return nil
	}
	return &NoiseError{what, m.Spec.Noise, otherwise}
}

// sameNoise says whether two models were trained with the same noise.
func sameNoise(a, b formulation.Spec) error {
	if reflect.DeepEqual(noise.Shaped(a.Noise), noise.Shaped(b.Noise)) {
		return nil
	}
	have, want := noise.Name(b.Noise), noise.Name(a.Noise)
	if have == want {
		return fmt.Errorf("it was trained with %s noise of other settings than this model's", have)
	}
	return fmt.Errorf("it was trained with %s noise, and this model with %s: what it sees on the way is none that it knows", have, want)
}
