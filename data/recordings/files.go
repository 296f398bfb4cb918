package recordings

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound"
	"github.com/reverie-go/reverie/data/sound/resample"
	"github.com/reverie-go/reverie/internal/regular"
)

// Endings are those of the files that are taken for recordings, in lower case.
var Endings = []string{".wav", ".wave", ".flac"}

// Is says whether a file of that name is taken for a recording.
func Is(name string) bool { return slices.Contains(Endings, strings.ToLower(filepath.Ext(name))) }

// maxFiles bounds the files of a set.
const maxFiles = 1 << 20

// A File is a recording's, found in a folder.
type File struct {
	Path string // the root as it was given, joined with the path below it
	Name string // the path below the root without its ending, by which pairs are known
}

// List returns the recordings in folders, and those that are named themselves, in the order of
// their paths. Hidden files and links are passed over.
func List(roots ...string) (all []File, err error) {
	for _, root := range roots {
		info, err := os.Stat(root)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("recordings: no such file or folder: %s", root)
		case err != nil:
			return nil, fmt.Errorf("recordings: %w", err)
		case !info.IsDir():
			all = append(all, File{root, strings.TrimSuffix(filepath.Base(root), filepath.Ext(root))})
			continue
		}
		before := len(all)
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			hidden := strings.HasPrefix(d.Name(), ".") && path != root
			switch {
			case err != nil:
				return err
			case d.IsDir() && hidden:
				return filepath.SkipDir
			case d.IsDir() || hidden || !d.Type().IsRegular() || !Is(path):
				return nil
			case len(all) == maxFiles:
				return fmt.Errorf("more than %d files: give a folder of fewer", maxFiles)
			}
			below, err := filepath.Rel(root, path)
			all = append(all, File{path, strings.TrimSuffix(filepath.ToSlash(below), filepath.Ext(below))})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("recordings: %s: %w", root, err)
		}
		if len(all) == before {
			return nil, fmt.Errorf("recordings: %s holds no recordings: expected files that end with %s", root, strings.Join(Endings, ", "))
		}
	}
	return all, nil
}

// channels are the channels of a file at the set's rate.
type channels [][]float32

// A recording is a file that was read once, and whose numbers may be in memory.
type recording struct {
	File
	hash     [sha256.Size]byte
	format   sound.Format
	samples  int // of each channel, at the set's rate
	channels int
	bytes    int64
	notes    []string
	constant bool // every channel is one number, or next to it

	kept channels // nil: read again where they are wanted
}

// read reads a file's channels at another rate, in blocks.
func read(path string, rate int) (x channels, format sound.Format, notes []string, err error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return nil, format, nil, err
	}
	defer f.Close()
	return readFrom(f, rate)
}

// readFrom is read of a stream.
func readFrom(from io.Reader, rate int) (x channels, format sound.Format, notes []string, err error) {
	r, err := sound.NewReader(from)
	if err != nil {
		return nil, format, nil, err
	}
	const block = 1 << 14
	change := make([]*resample.Resampler, r.Channels)
	in := make([][]float64, r.Channels)
	for c := range in {
		if change[c], err = resample.New(r.Rate, rate); err != nil {
			return nil, format, nil, err
		}
		in[c] = make([]float64, max(1, block/r.Channels))
	}
	x = make(channels, r.Channels)
	var out []float64
	for total := 0; ; {
		n, err := r.Read(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, format, nil, err
		}
		for c := range x {
			if out = out[:0]; err == nil {
				out = change[c].Push(out, in[c][:n])
			} else {
				out = change[c].Flush(out)
			}
			for _, v := range out {
				x[c] = append(x[c], float32(v))
			}
		}
		if total += n * r.Channels; total > sound.MaxSamples {
			return nil, format, nil, fmt.Errorf("it has more than %d numbers: cut it", sound.MaxSamples)
		}
		if err != nil {
			return x, r.Format, r.Notes(), nil
		}
	}
}

// A reader reads recordings, and keeps them while there is room.
type reader struct {
	rate     int
	strict   bool
	progress func(done, total int)

	mu    sync.Mutex
	room  int64 // bytes
	done  int
	total int
}

// all reads files, several at a time. Those that cannot be read are returned apart.
func (r *reader) all(ctx context.Context, files []File) (good []*recording, bad []data.Skip, err error) {
	found, failed := make([]*recording, len(files)), make([]error, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, f := range files {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if found[i], failed[i] = r.first(f); failed[i] != nil && r.strict {
				return fmt.Errorf("recordings: %s: %w", f.Path, failed[i])
			}
			r.tell()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for i, err := range failed {
		if err != nil {
			bad = append(bad, data.Skip{Path: files[i].Path, Err: err})
		} else {
			good = append(good, found[i])
		}
	}
	return good, bad, nil
}

// tell reports one more file.
func (r *reader) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done++; r.progress != nil {
		r.progress(r.done, r.total)
	}
}

// first reads a file for the first time.
func (r *reader) first(f File) (*recording, error) {
	file, info, err := regular.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	x, format, notes, err := readFrom(file, r.rate)
	if err != nil {
		return nil, err
	}
	out := &recording{File: f, hash: [sha256.Size]byte(h.Sum(nil)), format: format, samples: len(x[0]), channels: len(x), bytes: info.Size(), notes: notes, constant: constant(x)}
	size := int64(4 * len(x) * len(x[0]))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.room >= size {
		r.room -= size
		out.kept = x
	}
	return out, nil
}

// constant says whether in each channel there is nothing to hear.
func constant(x channels) bool {
	for _, c := range x {
		lo, hi := slices.Min(c), slices.Max(c)
		if float64(hi)-float64(lo) > 1e-6*max(math.Abs(float64(hi)), math.Abs(float64(lo))) {
			return false
		}
	}
	return true
}

// values returns a recording's channels.
func (r *reader) values(f *recording) (channels, error) {
	if f.kept != nil {
		return f.kept, nil
	}
	x, _, _, err := read(f.Path, r.rate)
	if err != nil {
		return nil, err
	}
	if len(x) != f.channels || len(x[0]) != f.samples {
		return nil, fmt.Errorf("it has %d samples of %d channels, and had %d of %d: it was changed", len(x[0]), len(x), f.samples, f.channels)
	}
	return x, nil
}
