package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
)

// A draw is what one set of samples gave.
type draw struct {
	Model     string
	Files     string // the hash of the model's, for a run trained anew in its place
	N, Batch  int
	Solver    string
	Spacing   string
	Steps     int
	Tolerance float64
	Seed      uint64

	SWD, MMD float64 // times 1000
	Calls    float64 // of the network for each image
	Seconds  float64 // an image
}

// key is what identifies a draw.
func (d draw) key() draw {
	d.SWD, d.MMD, d.Calls, d.Seconds = 0, 0, 0, 0
	return d
}

// A result is a row with its draws.
type result struct {
	row
	swd, mmd, calls, seconds []float64
}

func (r *result) add(d draw) {
	r.swd, r.mmd = append(r.swd, d.SWD), append(r.mmd, d.MMD)
	r.calls, r.seconds = append(r.calls, d.Calls), append(r.seconds, d.Seconds)
}

// String is the row of the table.
func (r result) String() string {
	spacing, steps := r.spacing, fmt.Sprint(r.steps)
	if r.tolerance > 0 {
		spacing, steps = "", fmt.Sprintf("to %g", r.tolerance)
	}
	return fmt.Sprintf("| %s | %s | %s | %.0f | %s | %s | %.4f |", r.solver, spacing, steps, report.Mean(r.calls),
		report.Spread(r.swd, 1), report.Spread(r.mmd, 1), report.Mean(r.seconds))
}

// measure draws a row, or takes its draws from the log.
func (b *bench) measure(r row) (result, error) {
	got := result{row: r}
	for i := range r.draws {
		key := draw{
			Model: b.model.Found.Model, Files: b.log.files, N: b.n, Batch: b.batch,
			Solver: r.solver, Spacing: r.spacing, Steps: r.steps, Tolerance: r.tolerance, Seed: uint64(i + 1),
		}
		d, ok := b.log.have[key]
		if !ok {
			var err error
			if d, err = b.draw(r, key); err != nil {
				return got, err
			}
			if err := b.log.note(d); err != nil {
				return got, err
			}
		}
		got.add(d)
	}
	return got, nil
}

// draw samples and judges.
func (b *bench) draw(r row, key draw) (draw, error) {
	o := r.options(b.n, b.batch, key.Seed)
	calls := map[int]int{} // by a batch's first image
	o.Hook = func(first int, s model.State) error { calls[first] = s.Calls; return nil }
	began := time.Now()
	x, err := b.model.Sample(b.ctx, o)
	if err != nil {
		return draw{}, err
	}
	spent := time.Since(began)
	d, err := b.judge(eval.Images{N: b.n, Kind: b.heldOut.Kind, Pix: x}, key.Seed)
	key.SWD, key.MMD, key.Seconds = d.SWD, d.MMD, spent.Seconds()/float64(b.n)
	for first, n := range calls {
		key.Calls += float64(n*min(b.batch, b.n-first)) / float64(b.n)
	}
	return key, err
}

// judge measures images against those held out.
func (b *bench) judge(x eval.Images, seed uint64) (d draw, err error) {
	x = x.Rounded()
	levels, err := eval.SWD{Seed: seed}.Measure(context.Background(), x, b.heldOut)
	if err != nil {
		return d, err
	}
	for _, l := range levels {
		d.SWD += l.Distance / float64(len(levels))
	}
	d.MMD, _, err = eval.MMD(context.Background(), b.kernel, x.Rows(), b.heldOut.Rows())
	d.MMD *= 1000
	return d, err
}

// A drawLog is the draws that were made, in a file with a line of JSON each.
type drawLog struct {
	path  string // "": none
	files string // of the model: see filesOf
	have  map[draw]draw
}

// open reads the draws of n samples of the model in a folder.
func (l *drawLog) open(model string, n int) (err error) {
	l.have = map[draw]draw{}
	if l.path == "" {
		return nil
	}
	if l.files, err = filesOf(model); err != nil {
		return err
	}
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var d draw
		if json.Unmarshal(lines.Bytes(), &d) == nil && d.Model == model && d.Files == l.files && d.N == n { // an interrupted line is none
			l.have[d.key()] = d
		}
	}
	return lines.Err()
}

// filesOf is the hash of all files in a folder, names and contents.
func filesOf(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		own := sha256.New()
		if _, err := io.Copy(own, f); err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %x\n", filepath.ToSlash(name), own.Sum(nil))
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}

// note adds a line to the file.
func (l *drawLog) note(d draw) error {
	if l.path == "" {
		return nil
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(f).Encode(d), f.Close())
}
