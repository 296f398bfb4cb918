package train

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
)

// images makes a folder of n random images of size x size.
func images(t testing.TB, n, size int) string {
	dir := t.TempDir()
	for i := range n {
		img := image.NewNRGBA(image.Rect(0, 0, size, size))
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		for y := range size {
			for x := range size {
				img.SetNRGBA(x, y, color.NRGBA{uint8(rng.IntN(256)), uint8(x * 200 / size), uint8(i * 90), 255})
			}
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

// tiny is a run of a few milliseconds a step on 8x8 images of dir, without pictures: BatchNorm, an
// average, flips and held-out images are part of it.
func tiny(dir string) config.Run {
	c, err := config.Preset("lecture")
	if err != nil {
		panic(err)
	}
	c.Data, c.Resolution = []string{dir}, data.Size{H: 8, W: 8}
	put(&c, "channels", "4,8")
	c.Process = &formulation.DDPM{Timesteps: 20, Schedule: formulation.NewLinear(1e-4, 0.2)}
	c.Val, c.Batch, c.Cache = 0.25, 3, 1
	c.Epochs, c.Steps, c.SaveEvery, c.SampleEvery, c.SampleN = 0, 8, 0, 0, 0
	c.Seed = 7
	return c
}

// start makes a trainer whose clock stands still, in a new run folder.
func start(t testing.TB, c config.Run) *Trainer {
	tr := prepare(t, c)
	if err := tr.Create(filepath.Join(t.TempDir(), "run"), ""); err != nil {
		t.Fatal(err)
	}
	return tr
}

// noteOf are told the notes of prepared trainers; a test puts its own.
var noteOf = map[*Trainer]func(string){}

// prepare makes a trainer without a folder.
func prepare(t testing.TB, c config.Run) *Trainer {
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	set, err := c.Open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(t.Context(), testEngine(t), &c, Parts{Data: set})
	if err != nil {
		t.Fatal(err)
	}
	tr.now = func() time.Time { return time.Unix(0, 0) }
	noteOf[tr] = func(s string) { t.Errorf("unexpected note: %s", s) }
	tr.Observe(On(func(n Note) { noteOf[tr](n.Text) }))
	return tr
}

// resume makes a trainer that goes on with the run in dir under c.
func resume(t testing.TB, c config.Run, dir string) *Trainer {
	tr := prepare(t, c)
	lock, err := checkpoint.OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Resume(lock); err != nil {
		t.Fatal(err)
	}
	return tr
}

// run trains and lets go of the run folder.
func run(t testing.TB, tr *Trainer) {
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	closed(t, tr)
}

func closed(t testing.TB, tr *Trainer) {
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
}

var opened *engine.Engine

// testEngine is one engine for all tests.
func testEngine(t testing.TB) *engine.Engine {
	if opened == nil {
		e, err := engine.Open("")
		if err != nil {
			t.Fatal(err)
		}
		opened = e
	}
	return opened
}

// contents maps the files below dir to what they hold.
func contents(t testing.TB, dir string) map[string]string {
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		m[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// latest loads the newest checkpoint of a run.
func latest(t testing.TB, dir string) *checkpoint.Checkpoint {
	e, err := checkpoint.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(e.Path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// records are the lines of a run's log.
func records(t testing.TB, dir string) []Record {
	f, err := checkpoint.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := log{path: filepath.Join(dir, "log.jsonl")}
	if err := l.read(f, 1<<40); err != nil {
		t.Fatal(err)
	}
	return l.Records
}

// put sets fields of a configuration by their flags.
func put(c *config.Run, pairs ...string) {
	if err := c.Set(pairs...); err != nil {
		panic(err)
	}
}
