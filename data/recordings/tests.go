package recordings

import (
	"context"
	"errors"
	"fmt"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/random"
)

// A Test is a whole recording, of which is known what it was to be.
type Test struct {
	Path         string
	Noise        string  // that it was mixed with; "": it is one of a pair
	SNR          float64 // of the mixture, dB
	Rate         int     // samples a second
	Clean, Noisy []float64
}

// testSeconds is the most of a recording that a test has, and testLeast the least.
const (
	testSeconds = 30
	testLeast   = 1
)

// EachTest calls f for at most most recordings: those that are held out, or all where none are or
// where all says so, drawn by the seed, of a second at least and half a minute at most; in each of
// the ratios of a mixture with held-out noise, of pairs once. Only the first channel counts. It is
// an error where there is none.
func EachTest(ctx context.Context, roots []string, o Options, all bool, ratios []float64, most int, f func(Test) error) error {
	s, _, _, err := open(ctx, roots, o)
	if err != nil {
		return err
	}
	if s.noisy == nil && !s.mixes() {
		return errors.New("recordings: no pairs: what recordings were to be is not known")
	}
	rate := s.reader.rate
	var of, held []int
	for i, r := range s.clean {
		if r.samples < testLeast*rate {
			continue
		}
		if of = append(of, i); data.HeldOut(r.hash, o.Val) {
			held = append(held, i)
		}
	}
	if !all && held != nil {
		of = held
	}
	if of == nil {
		return fmt.Errorf("recordings: none lasts for %d s, which a test is to last", testLeast)
	}
	order := random.Stream{Seed: o.Seed, Domain: random.Evaluation}.Perm(len(of))
	for n, k := range order[:min(most, len(order))] {
		r := s.clean[of[k]]
		x, err := s.reader.values(r)
		if err != nil {
			return fmt.Errorf("recordings: %s: %w", r.Path, err)
		}
		length := min(r.samples, testSeconds*rate)
		t := Test{Path: r.Path, Rate: rate, Clean: part(x[0], 0, length)}
		if s.noisy != nil {
			y, err := s.reader.values(s.noisy[of[k]])
			if err != nil {
				return fmt.Errorf("recordings: %s: %w", s.noisy[of[k]].Path, err)
			}
			t.Noisy = part(y[0], 0, length)
			if err := f(t); err != nil {
				return err
			}
			continue
		}
		for i, ratio := range ratios {
			draws := random.Stream{Seed: o.Seed, Domain: random.Evaluation, Sample: 1 + uint64(n*len(ratios)+i)}
			noise := s.noises[1][int(draws.Uniform()*float64(len(s.noises[1])))]
			y, err := s.reader.values(noise)
			if err != nil {
				return fmt.Errorf("recordings: %s: %w", noise.Path, err)
			}
			draws.Step = 1
			m, err := mix.Draw(t.Clean, part(y[0], 0, len(y[0])), ratio, draws)
			if err != nil {
				return fmt.Errorf("recordings: %s with %s: %w", r.Path, noise.Path, err)
			}
			t.Noise, t.SNR, t.Noisy = noise.Path, ratio, m.Noisy
			if err := f(t); err != nil {
				return err
			}
		}
	}
	return nil
}
