package kind

import "fmt"

// A Spectrum says of which sound spectra are: H bins, of frames of 2 H samples under a Hann window,
// W frames, and real and imaginary part as channels, their amplitudes compressed.
//
//	z = Scale |X|^Power e^(j arg X)
//
// See package data/sound/spectra.
type Spectrum struct {
	Rate  int     `json:"rate"`  // samples a second
	Hop   int     `json:"hop"`   // samples from one frame to the next
	Power float64 `json:"power"` // above 0, at most 1
	Scale float64 `json:"scale"` // above 0
}

// OfSpectra is the kind of spectra of h bins and w frames.
func OfSpectra(h, w int, s Spectrum) Kind {
	return Kind{Form: Spectra, H: h, W: w, C: 2, Spectrum: &s}
}

// maxRate bounds the samples a second that files may say.
const maxRate = 1 << 20

// check reports what no spectra of h bins are made with; 0 is not known.
func (s *Spectrum) check(h, c int) error {
	switch {
	case s.Rate < 1 || s.Rate > maxRate:
		return fmt.Errorf("spectra of %d samples a second: expected 1 to %d", s.Rate, maxRate)
	case s.Hop < 1 || h > 0 && s.Hop > h:
		return fmt.Errorf("spectra of %d bins, a hop of %d samples: expected 1 to as many as bins", h, s.Hop)
	case !(s.Power > 0 && s.Power <= 1):
		return fmt.Errorf("spectra of amplitudes to the power of %v: expected above 0, at most 1", s.Power)
	case !(s.Scale > 0 && s.Scale <= maxUnit):
		return fmt.Errorf("spectra of the scale %v: expected a number above 0", s.Scale)
	case c != 0 && c != 2:
		return fmt.Errorf("spectra of %d channels: expected 2, real and imaginary part", c)
	}
	return nil
}
