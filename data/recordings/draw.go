package recordings

import (
	"context"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/data/sound/spectra"
	"github.com/reverie-go/reverie/random"
)

// What the numbers of a sample's stream decide, in their order.
const (
	drawPlace = iota // where the segment begins
	drawRatio        // of speech to noise
	drawNoise        // which one
	draws
)

// draw is data.Drawn's: it cuts segment i, and what it goes with.
func (s *set) draw(_ context.Context, i int, stream random.Stream, x, pair []float32) error {
	u := make([]float64, draws)
	stream.Uniforms(u)
	clean, noisy, err := s.segment(s.items[i], u, stream)
	if err != nil {
		return err
	}
	if noisy == nil {
		return s.t.Forward(x, clean, spectra.Level(clean))
	}
	level := spectra.Level(noisy)
	if err := s.t.Forward(x, clean, level); err != nil {
		return err
	}
	return s.t.Forward(pair, noisy, level)
}

// segment cuts an item, and what it goes with; nil: nothing.
func (s *set) segment(it item, u []float64, stream random.Stream) (clean, noisy []float64, err error) {
	r, n := s.clean[it.recording], s.t.Samples()
	x, err := s.reader.values(r)
	if err != nil {
		return nil, nil, err
	}
	at := place(r.samples, n, it, u[drawPlace])
	switch {
	case s.noisy != nil:
		other := s.noisy[it.recording]
		y, err := s.reader.values(other)
		if err != nil {
			return nil, nil, fmt.Errorf("its pair %s: %w", other.Path, err)
		}
		return part(x[it.channel], at, n), part(y[it.channel], at, n), nil
	case s.mixes():
		return s.mixed(x[it.channel], at, s.noisesOf(r), u, stream)
	}
	return part(x[it.channel], at, n), nil, nil
}

// place is where a segment of n samples begins in a recording of so many: within the item's part of
// the places; in one that is shorter before it, by a number below 0.
func place(samples, n int, it item, u float64) int {
	if samples <= n {
		return -int(u * float64(n-samples+1))
	}
	places := samples - n + 1
	lo, hi := it.part*places/it.parts, (it.part+1)*places/it.parts
	return lo + int(u*float64(hi-lo))
}

// part is n samples from at on, with zeros where there are none.
func part(x []float32, at, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		if k := at + i; k >= 0 && k < len(x) {
			out[i] = float64(x[k])
		}
	}
	return out
}

// noisesOf are those that a recording may be mixed with.
func (s *set) noisesOf(r *recording) []*recording {
	if data.HeldOut(r.hash, s.Val) {
		return s.noises[1]
	}
	return s.noises[0]
}

// mixed cuts a segment of a stretch of a recording that is mixed with noise.
func (s *set) mixed(x []float32, at int, noises []*recording, u []float64, stream random.Stream) (clean, noisy []float64, err error) {
	n := s.t.Samples()
	long := max(n, min(stretch*s.reader.rate, len(x)))
	begin := min(at, 0) // of the stretch: it holds all of a recording that is shorter than a segment
	if len(x) > n {
		begin = max(0, min(at-(long-n)/2, len(x)-long))
	}
	speech := part(x, begin, long)
	r := noises[int(u[drawNoise]*float64(len(noises)))]
	y, err := s.reader.values(r)
	if err != nil {
		return nil, nil, fmt.Errorf("the noise %s: %w", r.Path, err)
	}
	own := stream // of the noise's place
	own.Sample += 1 << 48
	channel := y[0]
	if len(y) > 1 {
		channel = y[int(own.Uniform()*float64(len(y)))]
		own.Sample += 1 << 48
	}
	if most := 4 * long; len(channel) > most { // of which the mixture takes a part anyway
		begin := int(own.Uniform() * float64(len(channel)-most))
		channel = channel[begin : begin+most]
		own.Sample += 1 << 48
	}
	noise := part(channel, 0, len(channel))
	if silent(speech) {
		// No noise has a ratio to silence: it is as loud as it is.
		speech[0] = 1
		m, err := mix.Draw(speech, noise, 0, own)
		if err != nil {
			return nil, nil, fmt.Errorf("the noise %s: %w", r.Path, err)
		}
		return make([]float64, n), m.Noise[at-begin:][:n], nil
	}
	m, err := mix.Draw(speech, noise, s.Ratios.At(u[drawRatio]), own)
	if err != nil {
		return nil, nil, fmt.Errorf("with the noise %s: %w", r.Path, err)
	}
	return speech[at-begin:][:n], m.Noisy[at-begin:][:n], nil
}

// silent says whether x is nothing but zeros.
func silent(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v != 0 })
}
