package eval

import (
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// ofModel is what the metrics of a model itself set: how many samples of a reference it is judged
// on.
type ofModel struct {
	Most int `flag:"images" range:"[1,1048576]" help:"images on which the model is judged"`
}

// usualImages is the default of ofModel's.
const usualImages = 64

// someTimes is the setting of a bound.
type someTimes struct {
	Times int `flag:"times" range:"[0,1048576]" help:"random times at which the bound is estimated (even; 0: all steps of a chain, 128 of continuous time)"`
}

// Validate refuses an odd number.
func (s someTimes) Validate() error {
	if s.Times%2 == 1 {
		return &table.Error{Flag: "times", Text: fmt.Sprintf("%d: times are drawn in pairs, which show how far they vary; give an even number, or 0 for the default", s.Times)}
	}
	return nil
}

// judged are the samples of the reference on which the model is judged, drawn at random.
func (c *Case) judged(most int) (m Images, err error) {
	if c.Model == nil {
		return m, errors.New("there is no model to judge: give Evaluation one")
	}
	m = c.Reference.Images
	if m.N > most {
		m = m.Take(random.Stream{Seed: c.Seed, Domain: random.Evaluation, Sample: 1 << 41}.Perm(m.N)[:most])
	}
	return m, nil
}

// noteDensity says that images of more than 8 bits have a density, whose bits do not compare with
// those of levels.
func noteDensity(c *Case, name string, m Images) {
	if m.Ranged && m.Levels == 0 {
		c.Note("%s on %s images: some files hold more than 8 bits, so it is that of a density on [-1,1], not of 8-bit levels (to compare, subtract from the latter log2 127.5, 6.99 bits)", name, c.Reference.Name)
	}
}

// withNumerical is an estimate whose errors hold the numerical one.
func withNumerical(e likelihood.Estimate, numerical float64) likelihood.Estimate {
	if math.IsNaN(e.SE) && math.IsNaN(e.Noise) { // of one image, exactly
		e.Noise = 0
	}
	e.SE, e.Noise = math.Hypot(e.SE, numerical), math.Hypot(e.Noise, numerical)
	return e
}

// noteErrors says which error is printed of a single image.
func noteErrors(c *Case, name string, e likelihood.Estimate) {
	if math.IsNaN(e.SE) && !math.IsNaN(e.Noise) {
		c.Note("%s on one %s image: ± is the estimator's own noise alone, for nothing shows how images differ", name, c.Reference.Name)
	}
}

// divergedBits is a number of bits a dimension beyond what a density means: the normal prior gives
// it 37 deviations out.
const divergedBits = 1000

// noteDiverged says that a likelihood is no statement about the images.
func noteDiverged(c *Case, bits float64) {
	if math.Abs(bits) > divergedBits {
		c.Note("likelihood on %s images: %.3g bits a dimension is no property of the images: the flow of this network diverges; train it longer, or measure vlb", c.Reference.Name, bits)
	}
}

// evidenceValues are a bound and its terms in bits a dimension, of a density in nats too.
func evidenceValues(name string, e *likelihood.Evidence, levels int) []Value {
	out := []Value{
		bits(name, e.Total(), e.Dim), bits(name+": reconstruction", e.Reconstruction(), e.Dim),
		bits(name+": prior", e.Prior(), e.Dim), bits(name+": steps", e.Steps(), e.Dim),
	}
	if levels == 0 {
		out = append(out, valueOf(name+", nats", e.Total()))
	}
	return out
}

// bits is an estimate in nats an image as bits a dimension.
func bits(name string, e likelihood.Estimate, dim int) Value {
	return valueOf(name+", bits/dim", e.Bits(dim))
}

// valueOf is an estimate as a value. Of one image its error is the estimator's.
func valueOf(name string, e likelihood.Estimate) Value {
	v := Value{Name: name, X: e.Value, Error: e.SE, Better: Less}
	if math.IsNaN(v.Error) {
		v.Error = e.Noise
	}
	if math.IsNaN(v.Error) {
		v.Error = 0 // of one image and one draw
	}
	return v
}
