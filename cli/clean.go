package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/app/speech"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/recordings"
	"github.com/reverie-go/reverie/data/sound"
	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/spf13/cobra"
)

// cleans says whether sample makes recordings clean: those of --from, by a model of their spectra.
func (o *sampleOptions) cleans(m *model.Loaded) bool {
	return m.Kind.Spectrum != nil && m.Spec.Paired && o.from != ""
}

// A cleaning is one of recordings.
type cleaning struct {
	*sampleOptions
	cmd *cobra.Command
	m   *model.Loaded
	p   model.Options

	seconds float64 // of sound
	clipped int
	banded  bool // the loss of the upper band was said
}

// clean makes the recordings of --from clean.
func (o *sampleOptions) clean(cmd *cobra.Command, m *model.Loaded, p model.Options) error {
	if err := refuseUnused(cmd.Flags(), []string{"n", "first", "class", "resolution", "strip", "gif", "npz", "csv"}, "samples that are drawn", "--from gives recordings to "+m.Found.Model); err != nil {
		return err
	}
	files, names, err := o.recordings()
	if err != nil {
		return err
	}
	size := m.Kind.Size()
	p.N, p.Start = p.Batch, func(_, n int) ([]float32, error) { return make([]float32, n*size), nil }
	if err := o.solverFlags.complete(&p, m, m.Fits); err != nil {
		return err
	}
	if sample.HabitsOf(p.Solver, nil).Joint {
		return usagef("solver %s takes its steps by all windows of a batch, and a recording is not to depend on that: choose another --solver", sample.Name(p.Solver))
	}
	network := networkOf(m, p.Mode, p.Height, p.Width)
	if err := o.load(p.N, p.Batch, m.Kind.H, m.Kind.W, m.Kind.C, network).Check(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%s, seed %d: solver %s, %s\n", m.Describe(), english.Plural(len(files), "recording", ""), p.Seed, p.Sampler(), english.Plural(p.Steps, "step", ""))
	c := &cleaning{sampleOptions: o, cmd: cmd, m: m, p: p}
	began := time.Now()
	for i, file := range files {
		if err := c.one(cmd.Context(), file, names[i]); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	spent := time.Since(began)
	if c.clipped > 0 {
		writeNotes(cmd.ErrOrStderr(), []string{fmt.Sprintf("%s beyond full scale, written as its end", english.Plural(c.clipped, "number was", "numbers were"))})
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	fmt.Fprintf(cmd.ErrOrStderr(), "%s of sound in %s: %.2g s for a second of it; %s of memory at most\n",
		took(time.Duration(c.seconds*float64(time.Second))), took(spent), spent.Seconds()/max(c.seconds, 1e-9), humanize.IBytes(mem.Sys))
	return nil
}

// recordings are the files of --from, "-" being stdin, and what is written for each.
func (o *sampleOptions) recordings() (files, names []string, err error) {
	from := strings.TrimPrefix(o.from, "sound:")
	if from == toStdout {
		if o.dir != "" || o.out == "" {
			return nil, nil, usagef("--from -: a recording from stdin is written to --out FILE.wav, or --out - for stdout")
		}
		return []string{from}, []string{o.out}, nil
	}
	list, err := recordings.List(from)
	if err != nil {
		return nil, nil, fmt.Errorf("--from: %w", err)
	}
	switch {
	case o.dir != "" && o.out != "":
		return nil, nil, usagef("--out and --dir both say where recordings go; give one")
	case o.out != "" && (len(list) > 1 || list[0].Path != from):
		return nil, nil, usagef("--out takes one recording, and --from %s is a folder; give --dir", o.from)
	case o.dir == "" && o.out == "":
		return nil, nil, usagef("give --dir, the folder that the clean recordings go to, or of one recording --out FILE.wav")
	}
	written := map[string]string{}
	for _, f := range list {
		name := o.out
		if o.dir != "" {
			name = filepath.Join(o.dir, filepath.FromSlash(f.Name)+".wav")
		}
		if other, ok := written[strings.ToLower(name)]; ok {
			return nil, nil, fmt.Errorf("%s and %s would both be written as %s: rename one", other, f.Path, name)
		}
		if a, b := absolute(name), absolute(f.Path); a == b {
			return nil, nil, usagef("%s would be written over what it is made of; name another --dir or --out", name)
		}
		written[strings.ToLower(name)] = f.Path
		files, names = append(files, f.Path), append(names, name)
	}
	if o.dir != "" {
		_, err = makeFolder("dir", o.dir)
	}
	return files, names, err
}

// one cleans a recording: a file is read to its end before, so that its length is known, and what
// is damaged is found before anything is written.
func (c *cleaning) one(ctx context.Context, file, out string) error {
	n := int64(-1)
	in := io.Reader(c.cmd.InOrStdin())
	if file != toStdout {
		f, _, err := regular.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		if n, err = c.count(file, f); err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		in = f
	}
	r, err := sound.NewReader(in)
	if err != nil {
		return err
	}
	if model := c.m.Kind.Spectrum.Rate; r.Rate > model && !c.banded {
		c.banded = true
		writeNotes(c.cmd.ErrOrStderr(), []string{fmt.Sprintf("%s has %d samples a second and the model %d: what lies above %d Hz is lost", file, r.Rate, model, model/2)})
	}
	write := func(w io.Writer) error { return c.through(ctx, r, w, n) }
	if out == toStdout {
		return write(raw(c.cmd.OutOrStdout()))
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o777); c.dir != "" && err != nil {
		return err
	}
	if err := checkpoint.WriteFileAtomic(nil, out, write); err != nil {
		return err
	}
	fmt.Fprintln(c.cmd.OutOrStdout(), out)
	return nil
}

// count reads a recording to its end, and says what is noted of it.
func (c *cleaning) count(file string, from io.Reader) (n int64, err error) {
	r, err := sound.NewReader(from)
	if err != nil {
		return 0, err
	}
	x := blocks(r.Channels)
	for {
		k, err := r.Read(x)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		n += int64(k)
	}
	for _, note := range r.Notes() {
		writeNotes(c.cmd.ErrOrStderr(), []string{file + ": " + note})
	}
	return n, nil
}

// blocks are arrays for what is read at once.
func blocks(channels int) [][]float64 {
	x := make([][]float64, channels)
	for i := range x {
		x[i] = make([]float64, max(1, (1<<16)/channels))
	}
	return x
}

// through reads a recording, cleans and writes it; n is its samples of each channel, -1 where that
// is not known.
func (c *cleaning) through(ctx context.Context, r *sound.Reader, to io.Writer, n int64) error {
	w, err := sound.NewWriter(to, r.Rate, r.Channels, asWritten(r.Coding), n)
	if err != nil {
		return err
	}
	cleaner, err := speech.New(c.m.Kind, r.Rate, r.Channels, c.p.Batch, c.restore)
	if err != nil {
		return err
	}
	x := blocks(r.Channels)
	part := make([][]float64, r.Channels)
	for {
		k, err := r.Read(x)
		var y [][]float64
		switch {
		case err == nil:
			for i := range part {
				part[i] = x[i][:k]
			}
			c.seconds += float64(k) / float64(r.Rate)
			y, err = cleaner.Push(ctx, part)
		case errors.Is(err, io.EOF):
			if y, err = cleaner.Flush(ctx); err == nil {
				err = w.Write(y)
			}
			c.clipped += w.Clipped
			return errors.Join(err, w.Close())
		}
		if err == nil {
			err = w.Write(y)
		}
		if err != nil {
			return err
		}
	}
}

// restore is speech.Restore by the model.
func (c *cleaning) restore(ctx context.Context, first int, noisy []float32, n int) ([]float32, error) {
	p := c.p
	p.N, p.First, p.Batch = n, first, n
	p.Start = func(int, int) ([]float32, error) { return noisy, nil }
	return c.m.Sample(ctx, p)
}

// asWritten is the coding of what a recording of another becomes: as wide, of those that a WAV file
// is written in.
func asWritten(c sound.Coding) sound.Coding {
	switch {
	case c == sound.Float32 || c == sound.Float64:
		return sound.Float32
	case strings.HasPrefix(string(c), "pcm"):
		bits := 0
		if _, err := fmt.Sscanf(string(c), "pcm%d", &bits); err == nil && bits > 24 {
			return sound.PCM32
		} else if bits > 16 {
			return sound.PCM24
		}
	}
	return sound.PCM16
}
