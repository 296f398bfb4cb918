package model

import (
	"cmp"
	"image"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
)

// stages is the number of pictures in a strip.
const stages = 10

// A Strip records the first image of a sampling, or the points of its first batch, at ten stages
// evenly spread over its steps, the last one what is finished. Its Hook goes into Options.Hook.
type Strip struct {
	Kind kind.Kind // of the samples
	// Images, if not nil, makes images of what the walk is at, as Model.Images does for a model of
	// latents.
	Images func(x *tensors.Tensor) (*tensors.Tensor, error)
	// Stages is how many there are, 0: ten.
	Stages int
	// All shows all images of the batch in a grid, not the first alone.
	All bool

	images []image.Image
	first  int // image of the batch that is recorded, once there is a stage
}

// Hook records the step if it is one of the ten.
func (s *Strip) Hook(first int, at State) error {
	n := cmp.Or(s.Stages, stages)
	if len(s.images) > 0 && first != s.first || at.Step*n < (len(s.images)+1)*at.Steps {
		return nil
	}
	s.first = first
	x := at.X
	if s.Images != nil {
		var err error
		if x, err = s.Images(at.X); err != nil {
			return err
		}
		if x != at.X {
			defer engine.Free(x)
		}
	}
	tensors.MustConstFlatData(x, func(flat []float32) {
		if s.All {
			s.images = append(s.images, picture.Sheet(flat, s.Kind, picture.Layout{}))
			return
		}
		if s.Kind.View() != kind.Scatter { // of which all that there are is in one picture
			flat = flat[:s.Kind.Size()]
		}
		s.images = append(s.images, picture.One(flat, s.Kind))
	})
	return nil
}

// Frames returns the stages.
func (s *Strip) Frames() []image.Image { return s.images }

// Image returns the stages in a row.
func (s *Strip) Image() image.Image { return picture.Strip(s.images, picture.Layout{}) }

// ForwardTimes are the ten times of a forward strip: for a table of T betas t = 0, T/10, .., 9T/10,
// else as evenly spread over the span, from its start to its end.
func ForwardTimes(p reverie.Process) []float64 {
	lo, hi := p.Span()
	d, discrete := p.(reverie.Discrete)
	t := make([]float64, stages)
	for i := range t {
		if discrete {
			t[i] = float64(i * d.Steps() / stages)
		} else {
			t[i] = lo + (hi-lo)*float64(i)/(stages-1)
		}
	}
	return t
}

// ForwardStrip shows a sample [H,W,C] of a kind, or points [N,1,1,C], at the times of ForwardTimes,
// under one draw of the noise of law n.
func ForwardStrip(p reverie.Process, n noise.Noise, x0 []float32, k kind.Kind, seed uint64) image.Image {
	var sp reverie.Host[float32]
	x := reverie.Batch[float32]{x0}
	eps := reverie.Batch[float32]{noise.Single(n, random.Stream{Seed: seed, Domain: random.Training}, len(x0), k.H, k.W, k.C)}
	var images []image.Image
	for _, t := range ForwardTimes(p) {
		law := p.At(t)
		noised := sp.Sum([]float64{law.Alpha, law.Sigma}, x, eps)
		images = append(images, picture.One(noised[0], k))
	}
	return picture.Strip(images, picture.Layout{})
}
