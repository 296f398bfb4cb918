package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
)

// TestDir: --dir has the images of the grid one by one, and each says by its text how it is drawn
// again, alone.
func TestDir(t *testing.T) {
	run := trained(t)
	t.Chdir(t.TempDir())
	r := ok(t, "sample", run, "-n", "5", "--batch", "2", "--seed", "3", "--dir", "all", "--npz", "all.npz")
	if r.out != "all\nall.npz\n" {
		t.Errorf("stdout %q", r.out)
	}
	all, err := eval.ReadNPZ("all.npz")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		path := fmt.Sprintf("all/%06d.png", i)
		want := picture.FromFloat(all.Image(i), all.H, all.W, all.C)
		if !bytes.Equal(shownBy(t, path), want.Pix) {
			t.Errorf("%s is not image %d of the array", path, i)
		}
		text := textOf(t, path)
		if !slices.Contains(text, picture.Text{Key: "first", Value: fmt.Sprint(i)}) || !slices.Contains(text, picture.Text{Key: "seed", Value: "3"}) {
			t.Errorf("%s: %v", path, text)
		}
		ok(t, "sample", run, "--seed", "3", "--first", fmt.Sprint(i), "--dir", "alone")
		if !bytes.Equal(shownBy(t, fmt.Sprintf("alone/%06d.png", i)), want.Pix) {
			t.Errorf("image %d alone differs from what it is among the others", i)
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 3 {
		t.Errorf("a grid that was not asked for? %v, %v", entries, err)
	}
	vae := trainedVAE(t)
	ok(t, "sample", vae, "-n", "3", "--batch", "2", "--dir", "prior")
	ok(t, "sample", vae, "--first", "2", "--dir", "prior-alone")
	if !bytes.Equal(shownBy(t, "prior/000002.png"), shownBy(t, "prior-alone/000002.png")) {
		t.Error("image 2 of an autoencoder's prior differs alone")
	}
	refused(t, exitUsage, []string{"--first", "rk45"}, "sample", run, "--first", "1", "--solver", "rk45")
}

// TestPriorIsNotKept: an autoencoder's images that only --dir wants are written batch by batch and
// not kept, as many as there may be.
func TestPriorIsNotKept(t *testing.T) {
	e, err := openEngine("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a, err := model.LoadAutoencoder(e, trainedVAE(t), false)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Free()
	for _, c := range []struct {
		o    sampleOptions
		kept int
	}{{sampleOptions{n: 3, batch: 2, dir: t.TempDir()}, 0}, {sampleOptions{n: 3, batch: 2}, 3 * 8 * 8 * 3}, {sampleOptions{n: 3, batch: 2, dir: t.TempDir(), npz: "a.npz"}, 3 * 8 * 8 * 3}} {
		d, err := c.o.draws(a.Kind(), "", nil)
		if err == nil {
			err = a.Each(t.Context(), model.Options{N: c.o.n, Batch: c.o.batch, Height: 8, Width: 8}, d.add)
		}
		if err != nil || len(d.all) != c.kept {
			t.Errorf("%+v: %d numbers are kept, want %d: %v", c.o, len(d.all), c.kept, err)
		}
		if files, _ := os.ReadDir(c.o.dir); c.o.dir != "" && len(files) != 3 {
			t.Errorf("%d files", len(files))
		}
	}
}

// shownBy are the pixels of a PNG file.
func shownBy(t *testing.T, path string) []byte {
	t.Helper()
	img := decode(t, path)
	shown := image.NewNRGBA(img.Bounds())
	draw.Draw(shown, shown.Rect, img, shown.Rect.Min, draw.Src)
	return shown.Pix
}

// TestDefaultName: a picture that nobody named replaces none: it is the next in the run's samples,
// or in the working folder.
func TestDefaultName(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	if err := os.CopyFS(run, os.DirFS(trained(t))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	first := filepath.Join(run, "samples", "sample-001.png")
	if r := ok(t, "sample", "run", "-n", "1"); r.out != filepath.Join("run", "samples", "sample-001.png")+"\n" {
		t.Errorf("stdout %q", r.out)
	}
	before := readBytes(t, first)
	if r := ok(t, "sample", "run", "-n", "1", "--seed", "9"); r.out != filepath.Join("run", "samples", "sample-002.png")+"\n" {
		t.Errorf("stdout %q", r.out)
	}
	if !bytes.Equal(before, readBytes(t, first)) {
		t.Error("the first picture was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the working folder holds %v, %v", entries, err)
	}
}

// TestStdout: --out - writes the picture to stdout and nothing else, the names of other files to
// stderr.
func TestStdout(t *testing.T) {
	t.Chdir(t.TempDir())
	r := ok(t, "sample", trained(t), "-n", "1", "--out", "-", "--strip", "strip.png")
	if _, err := png.Decode(bytes.NewReader([]byte(r.out))); err != nil || r.out[len(r.out)-8:len(r.out)-4] != "IEND" {
		t.Errorf("stdout is no PNG alone: %v", err)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// TestGIF: the animation has a frame for each step and ends with the grid.
func TestGIF(t *testing.T) {
	t.Chdir(t.TempDir())
	ok(t, "sample", trained(t), "-n", "4", "--solver", "ddim", "--steps", "6", "--gif", "way.gif", "--out", "grid.png")
	g, err := gif.DecodeAll(bytes.NewReader(readBytes(t, "way.gif")))
	if err != nil || len(g.Image) != 6 {
		t.Fatalf("%v, %v", g, err)
	}
	grid, err := png.Decode(bytes.NewReader(readBytes(t, "grid.png")))
	if err != nil || g.Image[5].Bounds() != (image.Rectangle{Max: grid.Bounds().Size()}) || bytes.Equal(g.Image[0].Pix, g.Image[5].Pix) {
		t.Errorf("the last frame is of %v, the grid of %v: %v", g.Image[5].Bounds(), grid.Bounds(), err)
	}
	refused(t, exitUsage, []string{"--gif a.png", "end the name with .gif"}, "sample", "nowhere", "--gif", "a.png")
}
