package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/recordings"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/data/sound/spectra"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// soundPrefix marks a folder of recordings, or a recording.
const soundPrefix = "sound:"

// Sound are recordings, WAV and FLAC, of which samples are the spectra of segments: package
// recordings. Beside them, Options.Pairs are noisy ones of the same names, and Options.Mix noise.
type Sound struct {
	Rate       int          `flag:"rate" range:"[0,192000]" help:"samples a second that recordings are brought to"`
	Hop        int          `flag:"hop" range:"[0,4096]" help:"samples from one frame of the spectra to the next"`
	SNR        mix.Decibels `flag:"mix-snr" help:"ratio of speech to the noise of --mix, dB: one, or LO:HI"`
	Resolution data.Size    `flag:"resolution" help:"size of the spectra: bins and frames"`
	Strict     bool         `flag:"strict" help:"fail on a recording that cannot be read"`
	Cache      int          `flag:"cache" range:"[-1,1048576]" help:"memory for recordings, MiB"`
}

// The defaults of Sound.
const (
	DefaultRate = 8000
	frameHops   = 4 // hops in a frame of 2 H samples
)

// Row implements table.Row.
func (*Sound) Row() table.Info {
	return table.Info{Name: "sound", Text: "FOLDER... of WAV and FLAC files, or sound:FOLDER: spectra of segments of recordings"}
}

// Claim implements Source.
func (s *Sound) Claim(name string) (Claim, bool) {
	path, ok := strings.CutPrefix(name, soundPrefix)
	return Claim{Kind: kind.Kind{Form: kind.Spectra, H: s.Resolution.H, W: s.Resolution.W, C: 2}, Path: path, Several: true}, ok
}

// Spectra is the kind of the spectra.
func (s *Sound) Spectra() (kind.Kind, error) {
	size := s.Resolution
	if size.H < 2 || size.W < 2 {
		return kind.Kind{}, fmt.Errorf("--resolution %v: spectra have bins and frames, at least 2 of each, such as 128x64", size)
	}
	hop := cmp.Or(s.Hop, max(1, 2*size.H/frameHops))
	k := kind.OfSpectra(size.H, size.W, spectra.Speech(cmp.Or(s.Rate, DefaultRate), hop))
	if err := k.Validate(); err != nil {
		return k, fmt.Errorf("--hop: %w", err)
	}
	return k, nil
}

// Open implements Source.
func (s *Sound) Open(ctx context.Context, names []string, o Options) (*data.Set, error) {
	k, err := s.Spectra()
	if err != nil {
		return nil, err
	}
	if o.Like != nil {
		if err := o.Like.Interchangeable(k); err != nil {
			return nil, err
		}
	}
	return recordings.Open(ctx, SoundPaths(names), recordings.Options{
		Kind: k, Noisy: SoundPaths(o.Pairs), Mix: SoundPaths(o.Mix), Ratios: s.SNR, Val: o.Val, Seed: o.Seed, Strict: s.Strict,
		CacheBytes: Pictures{Cache: s.Cache}.cacheBytes(), Progress: o.Progress,
	})
}

// SoundPaths are the paths of names of recordings.
func SoundPaths(names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = strings.TrimPrefix(name, soundPrefix)
	}
	return paths
}

// pictureEndings are those of files that make a folder one of images.
var pictureEndings = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// looked bounds the files that are looked at to tell what a folder holds.
const looked = 10_000

// holdsSound says whether a path is a recording, or a folder in which, of recordings and images,
// recordings come first.
func holdsSound(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return err == nil && recordings.Is(path)
	}
	found, n := errors.New("found"), 0
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		n++
		switch {
		case n > looked || err == nil && slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(file))):
			return fs.SkipAll
		case err == nil && !d.IsDir() && recordings.Is(file):
			return found
		}
		return nil // what cannot be read is said where it is opened
	})
	return err == found
}
