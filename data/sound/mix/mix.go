// Package mix makes mixtures of speech and noise at a ratio of their energies.
package mix

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/random"
)

// MaxSNR is the largest ratio, either way, in dB: beyond it float32 holds the louder part alone.
const MaxSNR = 150

// tries is how many segments are drawn, at most, until one is not silent.
const tries = 16

// A Mixture is speech with noise.
type Mixture struct {
	// Noisy is the sum of speech and noise. It may exceed full scale.
	Noisy []float64
	// Noise is the noise in it, whose mean is 0.
	Noise []float64
	// At is the sample of the noise that it begins with, and Gain what it was multiplied with.
	At   int
	Gain float64
}

// Draw mixes speech with a segment of a noise, so that of all their samples
//
//	10 log10(sum s^2 / sum n^2) = snr
//
// The segment begins at a sample of the noise that the stream draws: of those from which the noise
// lasts as long as the speech, each is as likely as another; of a noise that is shorter every
// sample is, and the noise is repeated. Its mean is taken out, since many recordings have one that
// is larger than what is heard. A segment without anything else is drawn anew, up to 16 times.
// Silent speech, a noise that was silent every time, and a ratio that is no number from -MaxSNR to
// MaxSNR are errors.
func Draw(speech, noise []float64, snr float64, s random.Stream) (Mixture, error) {
	if !(math.Abs(snr) <= MaxSNR) {
		return Mixture{}, fmt.Errorf("mix: a ratio of %v dB: expected a number from %d to %d", snr, -MaxSNR, MaxSNR)
	}
	loud, err := energy("the speech", speech)
	if err != nil {
		return Mixture{}, err
	}
	if loud == 0 {
		return Mixture{}, fmt.Errorf("mix: the speech, %d samples, is silent: no noise has a ratio to it", len(speech))
	}
	if len(noise) == 0 {
		return Mixture{}, fmt.Errorf("mix: the noise has no samples")
	}
	places := len(noise)
	if len(noise) >= len(speech) {
		places = len(noise) - len(speech) + 1
	}
	draws := make([]float64, tries)
	s.Uniforms(draws)
	m := Mixture{Noisy: make([]float64, len(speech)), Noise: make([]float64, len(speech))}
	for _, u := range draws {
		m.At = int(u * float64(places))
		for i := range m.Noise {
			m.Noise[i] = noise[(m.At+i)%len(noise)]
		}
		all, err := energy("the noise", m.Noise)
		if err != nil {
			return Mixture{}, err
		}
		centre(m.Noise)
		quiet, err := energy("the noise", m.Noise)
		if err != nil {
			return Mixture{}, err
		}
		if quiet > 1e-24*all { // more than rounding
			if err := m.add(speech, math.Sqrt(loud/quiet)*math.Pow(10, -snr/20)); err != nil {
				return Mixture{}, err
			}
			return m, nil
		}
	}
	return Mixture{}, fmt.Errorf("mix: the noise, %d samples, is silent, or constant, at the %d places that were tried: leave it out", len(noise), tries)
}

// add sums speech and noise times a gain.
func (m *Mixture) add(speech []float64, gain float64) error {
	m.Gain = gain
	for i, v := range m.Noise {
		m.Noise[i] = gain * v
		m.Noisy[i] = speech[i] + m.Noise[i]
		if math.IsInf(m.Noisy[i], 0) || math.IsNaN(m.Noisy[i]) {
			return fmt.Errorf("mix: the noise is too faint to be made as loud: its gain is %v", gain)
		}
	}
	return nil
}

// centre takes the mean out of x.
func centre(x []float64) {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for i := range x {
		x[i] -= mean
	}
}

// energy is the sum of the squares.
func energy(what string, x []float64) (float64, error) {
	sum := 0.0
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("mix: sample %d of %s is %v: expected a finite number", i, what, v)
		}
		sum += v * v
	}
	if math.IsInf(sum, 0) {
		return 0, fmt.Errorf("mix: %s is too loud: the sum of its squares overflows", what)
	}
	return sum, nil
}
