package train

import (
	"context"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
)

// The pictures of a run: the data, the forward strip, and at every second epoch a strip and the
// grids of raw and averaged weights beside each other.
func TestPictures(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SampleEvery, c.SampleN, c.SampleSteps, c.Steps, c.Epochs = 2, 4, 12, 0, 4
	put(&c, "solver", "ddim")
	tr := start(t, c)
	run(t, tr)
	want := []string{"epoch-00002-raw-ema.png", "epoch-00002-strip.png", "epoch-00004-raw-ema.png", "epoch-00004-strip.png", "forward.png", "training.png"}
	dir := filepath.Join(tr.Dir, "samples")
	if got := slices.Sorted(maps.Keys(contents(t, dir))); !slices.Equal(got, want) {
		t.Fatalf("pictures %v", got)
	}
	const cell, border = 64 + 2, 2             // small images are shown eight times as large
	for name, size := range map[string][2]int{ // width, height
		"forward.png": {10*cell + border, cell + border}, "epoch-00002-strip.png": {10*cell + border, cell + border},
		"training.png": {9*cell + border, cell + border}, // 14 images, 5 held out
	} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.DecodeConfig(f)
		f.Close()
		if err != nil || img.Width != size[0] || img.Height != size[1] {
			t.Errorf("%s is %dx%d, want %v; %v", name, img.Width, img.Height, size, err)
		}
	}
	f, err := os.Open(filepath.Join(dir, "epoch-00004-strip.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := picture.ReadText(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []picture.Text{{Key: "step", Value: "12"}, {Key: "epoch", Value: "4"}, {Key: "seed", Value: "7"}, {Key: "solver", Value: "ddim"}} {
		if !slices.Contains(text, want) {
			t.Errorf("%v is not in %v", want, text)
		}
	}
}

// Every picture carries what it was made with.
func TestPictureText(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SampleEvery, c.SampleN, c.Steps, c.Clamp, c.Variance = 1, 2, 3, "x", "beta"
	tr := start(t, c)
	run(t, tr)
	for name, want := range map[string][]picture.Text{
		"forward.png":             {{Key: "schedule", Value: "linear"}, {Key: "timesteps", Value: "20"}, {Key: "beta-start", Value: "0.0001"}, {Key: "beta-end", Value: "0.2"}, {Key: "seed", Value: "7"}},
		"epoch-00001-strip.png":   {{Key: "solver", Value: "ddpm"}, {Key: "steps", Value: "20"}, {Key: "clamp", Value: "x"}, {Key: "variance", Value: "beta"}, {Key: "noise seed", Value: "8"}, {Key: "step", Value: "3"}},
		"epoch-00001-raw-ema.png": {{Key: "solver", Value: "ddim"}, {Key: "steps", Value: "20"}, {Key: "clamp", Value: "x0"}, {Key: "left, right", Value: "raw weights, averaged weights"}},
	} {
		text, err := picture.ReadText(strings.NewReader(contents(t, filepath.Join(tr.Dir, "samples"))[name]))
		if err != nil {
			t.Fatal(name, err)
		}
		for _, w := range want {
			if !slices.Contains(text, w) {
				t.Errorf("%s: %v is not in %v", name, w, text)
			}
		}
	}
}

// A run that ends where no pictures are due has those of its last step, once; one without pictures
// has none, and one that was interrupted has them at its end.
func TestPicturesAtTheEnd(t *testing.T) {
	dir := images(t, 14, 8)
	last := []string{"step-000004-raw-ema.png", "step-000004-strip.png"}
	for _, x := range []struct {
		every, steps int
		want         []string
	}{
		{100, 4, last},
		{100, 3, []string{"step-000003-raw-ema.png", "step-000003-strip.png"}}, // an epoch's end
		{1, 3, []string{"epoch-00001-raw-ema.png", "epoch-00001-strip.png"}},
		{0, 4, nil},
	} {
		c := tiny(dir)
		c.SampleEvery, c.SampleN, c.SampleSteps, c.Steps = x.every, 1, 2, x.steps
		put(&c, "solver", "ddim")
		tr := start(t, c)
		ctx, cancel := context.WithCancel(context.Background())
		tr.Observe(On(func(Step) { cancel() }))
		if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		closed(t, tr)
		pictures := func() []string {
			names := slices.Sorted(maps.Keys(contents(t, filepath.Join(tr.Dir, "samples"))))
			return slices.DeleteFunc(names, func(s string) bool { return s == "training.png" || s == "forward.png" })
		}
		if got := pictures(); len(got) > 0 {
			t.Errorf("%+v: %v after an interrupt", x, got)
		}
		run(t, resume(t, c, tr.Dir))
		if got := pictures(); !slices.Equal(got, x.want) {
			t.Errorf("%+v: %v", x, got)
		}
	}
}

// Pictures that an interrupt left out are drawn on resume, and are then those of a run that was not
// interrupted. Drawing does not touch the training.
func TestPicturesAfterInterrupt(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SampleEvery, c.SampleN, c.SampleSteps = 1, 1, 3
	put(&c, "solver", "ddim")
	w := start(t, c)
	run(t, w)
	tr := start(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	tr.Observe(On(func(e Step) {
		if e.Record.Step == 3 {
			cancel() // the epoch's end: before its pictures
		}
	}))
	if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	closed(t, tr)
	if got := len(contents(t, filepath.Join(tr.Dir, "samples"))); got != 2 {
		t.Errorf("%d pictures after the interrupt", got)
	}
	run(t, resume(t, c, tr.Dir))
	sameRun(t, tr.Dir, w.Dir)
	if a, b := contents(t, filepath.Join(tr.Dir, "samples")), contents(t, filepath.Join(w.Dir, "samples")); !maps.Equal(a, b) {
		t.Errorf("pictures differ: %v, %v", slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
	}
	c.SampleEvery = 0
	plain := start(t, c)
	run(t, plain)
	if a, b := latest(t, plain.Dir).Trainer.Files, latest(t, w.Dir).Trainer.Files; !maps.Equal(a, b) {
		t.Error("a run without pictures has other weights")
	}
}

func TestSmooth(t *testing.T) {
	var r []Record
	for i := range 1000 {
		r = append(r, Record{Step: i + 1, Loss: float64(i)})
	}
	k := smooth(r, func(r Record) (float64, float64) { return r.Loss, float64(r.Step % 2) }) // odd steps alone count
	// stretches of 1000/150 = 6 steps, whose odd ones have losses 0, 2, 4 and so on; the last has
	// the 4 that are left
	if n := len(k.X); n != 167 || len(k.Y) != n || k.X[0] != 6 || k.Y[0] != 2 || k.X[n-1] != 1000 || k.Y[n-1] != 997 {
		t.Errorf("%d points, (%v, %v) .. (%v, %v)", len(k.X), k.X[0], k.Y[0], k.X[len(k.X)-1], k.Y[len(k.Y)-1])
	}
}

// loss.svg is an SVG with a line for each of what there is.
func TestCurve(t *testing.T) {
	c := tiny(images(t, 14, 8))
	tr := start(t, c)
	run(t, tr)
	svg, err := os.ReadFile(filepath.Join(tr.Dir, "loss.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"<svg", "training", "validation", "quarter 1", "quarter 4", "step", "loss"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("%q is not in loss.svg", want)
		}
	}
}
