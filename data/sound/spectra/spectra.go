// Package spectra makes of segments of sound what a network takes, and sound of that again: the
// front end of the speech bridges (Jukic et al. 2024, arXiv:2407.16074; SGMSE+, Richter et al.
// 2023, arXiv:2208.05830).
//
//	t, err := spectra.New(kind.OfSpectra(128, 64, spectra.Speech(8000, 64)))
//	level := spectra.Level(noisy)         // the same for both of a pair
//	t.Forward(z, noisy, level)            // z [bins,frames,2]
//	t.Inverse(x, z, level)                // the same samples
//
// A segment over its level is cut into frames of 2 H samples under a Hann window, each Hop after
// the last (package stft), and of each frame's spectrum X the network sees, at bin b,
//
//	z = scale |X_b|^power e^(j arg X_b)
//
// with power 1/2 and scale .33, NeMo's; sgmse's are 1/2 and .15. A frame of 2 H real samples has H
// + 1 bins, of which the first and the last are real: the last stands as imaginary part of the
// first, so that there are H, which halve, and nothing is lost.
package spectra

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/data/sound/stft"
	"github.com/reverie-go/reverie/kind"
)

// NeMo's compression.
const (
	Power = .5
	Scale = .33
)

// Speech is the usual compression of sound of so many samples a second, in frames each hop after
// the last.
func Speech(rate, hop int) kind.Spectrum {
	return kind.Spectrum{Rate: rate, Hop: hop, Power: Power, Scale: Scale}
}

// A Transform takes segments to spectra and back. It may be used by several goroutines.
type Transform struct {
	kind.Kind
	t *stft.Transform
	c stft.Compression
}

// New returns the transform to spectra of a kind, whose H, W and Spectrum are known; W is at least
// 2.
func New(k kind.Kind) (*Transform, error) {
	if k.Spectrum == nil {
		return nil, fmt.Errorf("spectra: %v are no spectra of sound", k)
	}
	if err := k.Validate(); err != nil {
		return nil, fmt.Errorf("spectra: %w", err)
	}
	if k.H < 1 || k.W < 2 || k.C != 2 {
		return nil, fmt.Errorf("spectra: %v: expected bins, at least 2 frames, and 2 channels", k)
	}
	t, err := stft.New(2*k.H, k.Spectrum.Hop, stft.Hann)
	if err != nil {
		return nil, err
	}
	return &Transform{k, t, stft.Compression{Power: k.Spectrum.Power, Scale: k.Spectrum.Scale}}, nil
}

// Samples is the length of a segment: from the middle of the first frame to that of the last,
// (W-1) Hop.
func (t *Transform) Samples() int { return (t.W - 1) * t.Spectrum.Hop }

// Level is the largest absolute value of a segment, by which it and what goes with it are divided;
// 1 of silence.
func Level(x []float64) float64 {
	level := 0.0
	for _, v := range x {
		level = max(level, math.Abs(v))
	}
	if level == 0 {
		return 1
	}
	return level
}

// Forward writes the spectrum of a segment x over its level to z, [bins,frames,2].
func (t *Transform) Forward(z []float32, x []float64, level float64) error {
	if len(x) != t.Samples() || len(z) != t.Size() {
		return fmt.Errorf("spectra: %d numbers of a segment of %d samples: expected %d of %d", len(z), len(x), t.Size(), t.Samples())
	}
	if !(level > 0) || math.IsInf(level, 1) {
		return fmt.Errorf("spectra: a level of %v: expected a number above 0", level)
	}
	scaled := make([]float64, len(x))
	for i, v := range x {
		scaled[i] = v / level
	}
	s, err := t.t.Forward(scaled)
	if err != nil {
		return err
	}
	for f := range t.W {
		frame := s[f*(t.H+1):][:t.H+1]
		frame[0] = complex(real(frame[0]), real(frame[t.H]))
		for b, v := range frame[:t.H] {
			c, at := t.c.Compress(v), (b*t.W+f)*2
			z[at], z[at+1] = float32(real(c)), float32(imag(c))
		}
	}
	return nil
}

// Inverse writes the segment of a spectrum z, [bins,frames,2], times its level to x: the one whose
// spectrum is nearest, see stft.Transform.Inverse.
func (t *Transform) Inverse(x []float64, z []float32, level float64) error {
	if len(x) != t.Samples() || len(z) != t.Size() {
		return fmt.Errorf("spectra: %d numbers of a segment of %d samples: expected %d of %d", len(z), len(x), t.Size(), t.Samples())
	}
	s := make([]complex128, t.W*(t.H+1))
	for f := range t.W {
		frame := s[f*(t.H+1):][:t.H+1]
		for b := range t.H {
			at := (b*t.W + f) * 2
			frame[b] = t.c.Expand(complex(float64(z[at]), float64(z[at+1])))
		}
		frame[0], frame[t.H] = complex(real(frame[0]), 0), complex(imag(frame[0]), 0)
	}
	y, err := t.t.Inverse(s, len(x))
	if err != nil {
		return err
	}
	for i, v := range y {
		x[i] = v * level
	}
	return nil
}
