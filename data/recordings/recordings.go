// Package recordings makes training sets of recordings: clean ones, beside noisy ones of the same
// names or mixed with noise, as spectra of segments that each epoch cuts and mixes anew.
//
//	set, err := recordings.Open(ctx, []string{"clean"}, recordings.Options{
//		Kind: kind.OfSpectra(128, 64, spectra.Speech(8000, 64)),
//		Mix:  []string{"noise"}, Ratios: mix.Decibels{Lo: -5, Hi: 15}, Val: .1,
//	})
//
// A recording of n samples gives n over the segment's length many samples of the set, rounded, at
// least one; each is a segment that begins at random within a part of it, so that an epoch is a
// pass over all that was recorded. Every channel is a recording of its own. What is shorter than a
// segment lies in it at random, in silence.
package recordings

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"math"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/data/sound/spectra"
	"github.com/reverie-go/reverie/kind"
)

// Options say what a set is made of, beside the clean recordings.
type Options struct {
	// Kind is that of the spectra, see kind.OfSpectra: its rate is what recordings are brought to.
	Kind kind.Kind
	// Noisy are folders of what the recordings go with, by their names; Mix folders of noise that
	// they are mixed with, at these Ratios. One of them at most is given; without either the set is
	// none of pairs.
	Noisy  []string
	Mix    []string
	Ratios mix.Decibels
	// Val is the part of the recordings that is held out, see data.Options, and of the noises: what
	// is held out is mixed with those alone, where there are any, and all else with the others.
	Val float64
	// Seed is of what is drawn outside of epochs.
	Seed uint64
	// Strict makes a file that cannot be read an error; else it is skipped.
	Strict bool
	// CacheBytes bounds the numbers kept in memory; other files are read again for each segment.
	CacheBytes int64
	// Progress, if not nil, is told how many files are read of how many.
	Progress func(done, total int)
}

// stretch is how many seconds of a recording are mixed at once: the ratio is that of their
// energies, so that a segment may hold a pause.
const stretch = 10

// A set is what samples are drawn from.
type set struct {
	Options
	t      *spectra.Transform
	reader *reader
	clean  []*recording
	noisy  []*recording    // of each of clean; nil: there are none
	noises [2][]*recording // of training, and held out
	items  []item
	of     []data.Info
}

// An item is a sample of the set: part of parts of a channel of a recording.
type item struct {
	recording, channel int
	part, parts        int
}

// Open reads the recordings in folders, or those that are named themselves, once, and makes a set
// of them.
func Open(ctx context.Context, roots []string, o Options) (*data.Set, error) {
	s, skipped, remarks, err := open(ctx, roots, o)
	if err != nil {
		return nil, err
	}
	d := data.Drawn{
		Kind: o.Kind, Info: s.of, Seed: o.Seed, Draw: s.draw, Paired: s.noisy != nil || s.mixes(),
		Of: s.others(), Skipped: skipped, Remarks: remarks,
	}
	return data.FromDrawn(d, data.Options{Val: o.Val, Strict: o.Strict})
}

// open reads all files.
func open(ctx context.Context, roots []string, o Options) (s *set, skipped []data.Skip, remarks []string, err error) {
	s = &set{Options: o}
	if s.t, err = spectra.New(o.Kind); err != nil {
		return nil, nil, nil, err
	}
	if len(o.Noisy) > 0 && len(o.Mix) > 0 {
		return nil, nil, nil, errors.New("recordings: noisy recordings and noise to mix with: give one")
	}
	if len(o.Mix) > 0 {
		if err := o.Ratios.Check(); err != nil {
			return nil, nil, nil, fmt.Errorf("recordings: %w", err)
		}
	}
	var lists [3][]File
	for i, of := range [][]string{roots, o.Noisy, o.Mix} {
		if lists[i], err = List(of...); err != nil {
			return nil, nil, nil, err
		}
	}
	if lists[0] == nil {
		return nil, nil, nil, errors.New("recordings: no folder is given")
	}
	var left []string
	if len(o.Noisy) > 0 {
		if lists[0], lists[1], left, err = paired(lists[0], lists[1]); err != nil {
			return nil, nil, nil, err
		}
	}
	s.reader = &reader{rate: o.Kind.Spectrum.Rate, strict: o.Strict, progress: o.Progress, room: o.CacheBytes, total: len(lists[0]) + len(lists[1]) + len(lists[2])}
	var read [3][]*recording
	for i, files := range lists {
		good, bad, err := s.reader.all(ctx, files)
		if err != nil {
			return nil, nil, nil, err
		}
		if len(o.Mix) > 0 {
			if good, bad, err = s.audible(good, bad); err != nil {
				return nil, nil, nil, err
			}
		}
		if skipped = append(skipped, bad...); len(good) == 0 && len(bad) > 0 {
			return nil, nil, nil, fmt.Errorf("recordings: none of %s can be read; the first is %s: %w", english.Plural(len(bad), "file", ""), bad[0].Path, bad[0].Err)
		}
		read[i] = good
		remarks = append(remarks, s.remarks(good)...)
	}
	s.clean = read[0]
	if len(o.Noisy) > 0 {
		bad, err := s.match(read[1])
		if err != nil {
			return nil, nil, nil, err
		}
		skipped = append(skipped, bad...)
	}
	for _, n := range read[2] {
		held := 0
		if data.HeldOut(n.hash, o.Val) {
			held = 1
		}
		s.noises[held] = append(s.noises[held], n)
	}
	remarks = append(append(remarks, left...), s.shared()...)
	s.cut()
	return s, skipped, remarks, nil
}

// errSilent says of a recording that nothing can be mixed with it, nor it with anything.
var errSilent = errors.New("it is silent, or constant: no mixture has a ratio to it")

// audible parts the recordings that can be mixed from others.
func (s *set) audible(all []*recording, bad []data.Skip) (good []*recording, _ []data.Skip, err error) {
	for _, r := range all {
		switch {
		case !r.constant:
			good = append(good, r)
		case s.Strict:
			return nil, nil, fmt.Errorf("recordings: %s: %w", r.Path, errSilent)
		default:
			bad = append(bad, data.Skip{Path: r.Path, Err: errSilent})
		}
	}
	return good, bad, nil
}

// mixes says whether noise is mixed with the recordings.
func (s *set) mixes() bool { return len(s.Mix) > 0 }

// shared gives one side of the hold-out the noises of the other where it has none itself, and says
// so.
func (s *set) shared() []string {
	for i, n := range s.noises {
		if other := s.noises[1-i]; len(n) == 0 && len(other) > 0 {
			if s.noises[i] = other; s.Val > 0 {
				return []string{fmt.Sprintf("the noises are too few to hold any out: %s mixed with what is held out, too", english.Plural(len(other), "is", "are"))}
			}
		}
	}
	return nil
}

// remarks say how files were read that are not as the set has them.
func (s *set) remarks(all []*recording) (out []string) {
	other, lower, noted := 0, 0, 0
	var first *recording
	for _, r := range all {
		if r.format.Rate != s.reader.rate {
			other++
		}
		if r.format.Rate < s.reader.rate {
			lower++
		}
		if len(r.notes) > 0 {
			if noted++; first == nil {
				first = r
			}
		}
	}
	if other > 0 {
		text := fmt.Sprintf("brought %s to %d samples a second", english.Plural(other, "recording", ""), s.reader.rate)
		if lower > 0 {
			text += fmt.Sprintf(", %d of them from fewer, so that their upper band is empty", lower)
		}
		out = append(out, text)
	}
	if first != nil {
		out = append(out, fmt.Sprintf("%s with a note, such as %s: %s", english.Plural(noted, "recording", ""), first.Path, first.notes[0]))
	}
	return out
}

// cut makes the items.
func (s *set) cut() {
	n := s.t.Samples()
	for i, r := range s.clean {
		parts := max(1, int(math.Round(float64(r.samples)/float64(n))))
		for c := range r.channels {
			for k := range parts {
				s.items = append(s.items, item{i, c, k, parts})
				s.of = append(s.of, data.Info{Path: r.Path, Class: -1, Hash: r.hash, Width: r.samples, Height: r.channels, Format: r.format.File, Mode: string(r.format.Coding), Bytes: r.bytes})
			}
		}
	}
}

// others says what the samples depend on beside the clean recordings.
func (s *set) others() string {
	h := sha256.New()
	fmt.Fprintf(h, "%+v %v\n", *s.Kind.Spectrum, s.Ratios)
	for _, of := range [][]*recording{s.noisy, s.noises[0], s.noises[1]} {
		sum(h, of)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// sum takes recordings into a hash.
func sum(h hash.Hash, of []*recording) {
	for _, r := range of {
		h.Write(r.hash[:])
	}
	h.Write([]byte("\n"))
}

// formatOf says of which form a recording is, for an error.
func formatOf(f sound.Format) string {
	return fmt.Sprintf("%s, %d samples a second", english.Plural(f.Channels, "channel", ""), f.Rate)
}

// compareNames orders recordings by the names that pairs are known by.
func compareNames(a, b File) int { return cmp.Compare(a.Name, b.Name) }
