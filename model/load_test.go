package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/train"
)

func openEngine(t testing.TB) *engine.Engine {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// trained makes a run of four steps, with checkpoints of steps 2 and 4.
func trained(t testing.TB, e *engine.Engine, change func(*config.Run)) string {
	c, err := config.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range 4 {
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		img.SetGray(i, i, color.Gray{200})
		f, err := os.Create(filepath.Join(dir, string(rune('a'+i))+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	c.Data, c.DataClass, c.Resolution = []string{dir}, nil, data.Size{H: 8, W: 8}
	put(&c, "channels", "4,8")
	c.Process.(*formulation.DDPM).Timesteps = 20
	c.Val, c.Batch, c.Warmup, c.Time, c.Steps, c.SaveEvery, c.SampleEvery = 0, 2, 0, 0, 4, 2, 0
	change(&c)
	set, err := c.Open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := train.New(t.Context(), e, &c, train.Parts{Data: set})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Create(filepath.Join(t.TempDir(), "run"), ""); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tr.Run(context.Background()), tr.Close()); err != nil {
		t.Fatal(err)
	}
	return tr.Dir
}

// put sets fields of a configuration by their flags.
func put(c *config.Run, pairs ...string) {
	if err := c.Set(pairs...); err != nil {
		panic(err)
	}
}

// weights are the values of a loaded model under their names.
func weights(t testing.TB, l *model.Loaded) map[string]checkpoint.Tensor {
	m, err := net.Export(l.Net.Params(), l.Weights)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sameWeights(a map[string]checkpoint.Tensor, b map[string]checkpoint.Tensor) bool {
	for name, x := range a {
		if string(x.Data) != string(b[name].Data) {
			return false
		}
	}
	return len(a) == len(b)
}

// A run gives its newest checkpoint, a checkpoint itself, a model itself; the averaged weights
// where there are any, unless raw; and the defaults that the run was configured with.
func TestLoad(t *testing.T) {
	e := openEngine(t)
	run := trained(t, e, func(c *config.Run) { c.Variance, c.SampleSteps = "beta", 15; put(c, "solver", "ddpm") })
	list, err := checkpoint.List(run)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	folder := filepath.Join(t.TempDir(), "model")
	c, err := checkpoint.Load(list[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.SaveModel(nil, folder, c); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		kind checkpoint.Kind
		from string
	}{
		run:          {checkpoint.RunFolder, list[1].Path},
		list[0].Path: {checkpoint.CheckpointFolder, list[0].Path},
		folder:       {checkpoint.ModelFolder, folder},
	} {
		for _, raw := range []bool{false, true} {
			l, err := model.Load(e, path, raw)
			if err != nil {
				t.Fatal(err)
			}
			if l.Found.Kind != want.kind || l.Found.Model != want.from || l.Averaged == raw {
				t.Errorf("%s, raw %v: %+v, averaged %v", path, raw, l.Found, l.Averaged)
			}
			c, err := checkpoint.Load(want.from)
			if err != nil {
				t.Fatal(err)
			}
			dict, other := c.EMA, c.Weights
			if raw {
				dict, other = other, dict
			}
			if got := weights(t, l); !sameWeights(got, dict) || sameWeights(got, other) {
				t.Errorf("%s, raw %v: other weights", path, raw)
			}
			o := l.Filled(model.Options{})
			if o.Height != 8 || o.Width != 8 || o.Sampler() != "ddpm (variance beta)" || o.Steps != 15 || o.Clamp != "x0" {
				t.Errorf("%s: %+v", path, o)
			}
			if l.Process.(reverie.Discrete).Steps() != 20 || l.Net.Arch() != "unet" {
				t.Errorf("%s: %d steps, %s", path, l.Process.(reverie.Discrete).Steps(), l.Net.Arch())
			}
			x, err := l.Sample(context.Background(), model.Options{N: 2})
			if err != nil || len(x) != 2*8*8*3 {
				t.Errorf("%s: %d values, %v", path, len(x), err)
			}
			l.Close()
		}
	}
}

// TestOwnSolver: the settings of a run's own solver are in its files; what is none of the solver,
// or out of range, is said, and another solver taken.
func TestOwnSolver(t *testing.T) {
	e := openEngine(t)
	run := trained(t, e, func(c *config.Run) { put(c, "solver", "ddim", "eta", "0.5"); c.SampleSteps = 7 })
	last, err := checkpoint.Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(last.Path)
	if err != nil {
		t.Fatal(err)
	}
	for settings, want := range map[string]string{`{"eta":0.5}`: "ddim (eta 0.5)", `{"eta":2}`: "dpm++2m", `{"eta":"x"}`: "dpm++2m", `{"churn":1}`: "dpm++2m", `{}`: "ddim (eta 0)"} {
		extra := *c.Scheduler.Reverie
		if settings == `{"eta":0.5}` && string(extra.SolverSettings["eta"]) != "0.5" {
			t.Errorf("the file has the settings %s", extra.SolverSettings)
		}
		extra.SolverSettings = nil
		if err := json.Unmarshal([]byte(settings), &extra.SolverSettings); err != nil {
			t.Fatal(err)
		}
		other := *c
		other.Scheduler.Reverie = &extra
		dir := filepath.Join(t.TempDir(), "model")
		if err := checkpoint.SaveModel(nil, dir, &other); err != nil {
			t.Fatal(err)
		}
		l, err := model.Load(e, dir, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Filled(model.Options{}).Sampler(); got != want || (len(l.Checkpoint.Notes) > 0) != (want == "dpm++2m") {
			t.Errorf("%s: solver %s, notes %q", settings, got, l.Checkpoint.Notes)
		}
		l.Close()
	}
}

// Without an average the raw weights are taken, and it is said.
func TestLoadWithoutAverage(t *testing.T) {
	e := openEngine(t)
	l, err := model.Load(e, trained(t, e, func(c *config.Run) { c.EMA = 0 }), false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Averaged {
		t.Error("an average that there is not")
	}
}

func TestLoadErrors(t *testing.T) {
	e := openEngine(t)
	run := trained(t, e, func(*config.Run) {})
	last, err := checkpoint.Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(last.Path)
	if err != nil {
		t.Fatal(err)
	}
	spoiled := func(change func(c *checkpoint.Checkpoint)) string {
		copied := *c
		change(&copied)
		dir := filepath.Join(t.TempDir(), "model")
		if err := checkpoint.SaveModel(nil, dir, &copied); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, x := range []struct{ want, path string }{
		{"no such run", filepath.Join(run, "nothing")},
		{"not a run, checkpoint or model", t.TempDir()},
		{"clip_sample_range 2", spoiled(func(c *checkpoint.Checkpoint) { c.Scheduler.ClipSampleRange = 2 })},
		{`"conv_in.weight"`, spoiled(func(c *checkpoint.Checkpoint) {
			c.EMA = map[string]checkpoint.Tensor{}
			for name, v := range c.Weights {
				c.EMA[name] = v
			}
			delete(c.EMA, "conv_in.weight")
		})},
		{"variance_type is learned_range, with which the network of 3 channels has 6 outputs, and it has 3", spoiled(func(c *checkpoint.Checkpoint) { c.Scheduler.VarianceType = "learned_range" })},
		{"expected the variance_type learned_range", spoiled(func(c *checkpoint.Checkpoint) { c.ArchConfig = outputs(c.ArchConfig, 6) })},
		{"reverie.unpaired: process ddpm is no reference", spoiled(func(c *checkpoint.Checkpoint) { unpaired(c, "ddpm") })},
		{"predicts both ends of a bridge, for which 3 channels take 6 outputs, and it has 3", spoiled(func(c *checkpoint.Checkpoint) { unpaired(c, "bridge") })},
		{"4 outputs for 3 channels", spoiled(func(c *checkpoint.Checkpoint) { c.ArchConfig = outputs(c.ArchConfig, 4) })},
		{"block_out_channels: string, expected a list of whole numbers", spoiled(func(c *checkpoint.Checkpoint) { c.ArchConfig = []byte(`{"block_out_channels": "8, 16"}`) })},
		{"unknown architecture", spoiled(func(c *checkpoint.Checkpoint) { c.Arch = "transformer" })},
		{"configuration", spoiled(func(c *checkpoint.Checkpoint) { c.ArchConfig = []byte(`{"wings": 2}`) })},
	} {
		l, err := model.Load(e, x.path, false)
		if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), x.path) {
			t.Errorf("%s: %v, %v", x.want, l, err)
		}
	}
}

// outputs is a configuration of unet with another number of outputs.
func outputs(text []byte, n int) []byte {
	return regexp.MustCompile(`"out_channels": *3`).ReplaceAll(text, fmt.Appendf(nil, `"out_channels": %d`, n))
}

// A model from elsewhere that does not clamp is not clamped by default.
func TestForeignDefaults(t *testing.T) {
	e := openEngine(t)
	run := trained(t, e, func(*config.Run) {})
	last, err := checkpoint.Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(last.Path)
	if err != nil {
		t.Fatal(err)
	}
	c.Scheduler.Reverie, c.Scheduler.ClipSample = nil, false
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoint.SaveModel(nil, dir, c); err != nil {
		t.Fatal(err)
	}
	l, err := model.Load(e, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if o := l.Filled(model.Options{Height: 8}); o.Clamp != "none" || o.Sampler() != "dpm++2m" || o.Steps != 20 {
		t.Errorf("%+v", o)
	}
	if _, err := l.Sample(context.Background(), model.Options{N: 1}); err == nil || !strings.Contains(err.Error(), "0x0") {
		t.Errorf("a size that nobody said: %v", err)
	}
}

// Forward takes any N, H and W of the architecture, image by image the same.
func TestForward(t *testing.T) {
	e := openEngine(t)
	l, err := model.Load(e, trained(t, e, func(*config.Run) {}), false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	x := make([]float32, 3*12*4*3)
	for i := range x {
		x[i] = float32(i%17)/8 - 1
	}
	run := func(x []float32, n int, cond ...float32) []float32 {
		in := engine.New(e, x, n, 12, 4, 3)
		y, err := l.Forward(net.Eval, in, cond)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(y.Shape().Dimensions, []int{n, 12, 4, 3}) {
			t.Errorf("shape %v", y.Shape())
		}
		return tensors.MustCopyFlatData[float32](y)
	}
	all := run(x, 3, 0, 7, 19)
	for i, c := range []float32{0, 7, 19} {
		one := run(x[i*144:(i+1)*144], 1, c)
		for k, v := range one {
			if d := v - all[i*144+k]; d > 1e-5 || d < -1e-5 {
				t.Fatalf("image %d alone: value %d is %v, in a batch %v", i, k, v, all[i*144+k])
			}
		}
	}
	in := engine.New(e, x, 3, 12, 4, 3)
	if _, err := l.Forward(net.Train, in, []float32{0, 0, 0}); err == nil {
		t.Error("ran in training mode")
	}
	if _, err := l.Forward(net.Eval, in, []float32{0, 0}); err == nil {
		t.Error("two times for three images")
	}
}

// unpaired makes the files' process one of a bridge without pairs.
func unpaired(c *checkpoint.Checkpoint, process string) {
	x := checkpoint.SchedulerExtra{}
	if c.Scheduler.Reverie != nil {
		x = *c.Scheduler.Reverie
	}
	x.Process, x.Between, x.Unpaired = process, process != "ddpm", true
	c.Scheduler.Reverie, c.Scheduler.PredictionType = &x, "sample"
}
