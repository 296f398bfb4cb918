package eval_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/reverie-go/reverie/train"
)

// trained is a model of a few steps on the named points.
func trained(t *testing.T, names ...string) *model.Loaded {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c, set, err := train.Configure(t.Context(), "small", names...)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	c.Steps, c.Time, c.SampleEvery = 4, 0, 0
	if err := c.Set("channels", "8"); err != nil {
		t.Fatal(err)
	}
	run, err := train.New(t.Context(), e, c, train.Parts{Data: set})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if err := errors.Join(run.Create(filepath.Join(t.TempDir(), "run"), ""), run.Run(t.Context())); err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(e, run.Dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// ellipse is a file of 200 points.
func ellipse(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	for i := range 200 {
		sin, cos := math.Sincos(float64(i))
		fmt.Fprintf(&b, "%v,%v\n", 3*cos, sin)
	}
	path := filepath.Join(t.TempDir(), "ellipse.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// A program judges a run in two calls, and again with other metrics.
func TestCompareModel(t *testing.T) {
	m := trained(t, ellipse(t))
	c, err := eval.CompareModel(t.Context(), m, nil, eval.Options{Draws: 1, Sampling: model.Options{N: 100, Steps: 3, Seed: 5}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Samples != 100 || r.HeldOut != c.References.HeldOut.N || r.HeldOut+r.Training != 200 || r.HeldOut == 0 {
		t.Errorf("%+v", r)
	}
	// The distance of the model's own samples, measured without a Comparison.
	x, err := eval.Draw(t.Context(), m.Model, model.Options{N: 100, Steps: 3, Seed: 5, Batch: 32})
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := eval.Choose("w2")
	if err != nil {
		t.Fatal(err)
	}
	want, err := eval.JudgeBy(metrics[0]).Rank(t.Context(), x, c.References.HeldOut.Images, 5)
	if err != nil {
		t.Fatal(err)
	}
	if got := cell(t, r, "w2^2"); !(math.Abs(got-want) <= 1e-6*want) {
		t.Errorf("w2^2 %v, by itself %v", got, want)
	}
	if c.Metrics, err = eval.Choose("mmd"); err != nil {
		t.Fatal(err)
	}
	if r, err = c.Run(t.Context()); err != nil || len(r.Rows) == 0 || r.Rows[0].Metric != "mmd" {
		t.Errorf("again, with mmd: %+v, %v", r, err)
	}
}

// cell is a number of the samples against the held-out ones.
func cell(t *testing.T, r *eval.Report, name string) float64 {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == name {
			return row.HeldOut.Value
		}
	}
	t.Fatalf("no %s in %+v", name, r.Rows)
	return 0
}

// The samples of a model, written to a file, are as far from its data as the model's are.
func TestCompareSamples(t *testing.T) {
	m := trained(t, "points:circles")
	file := filepath.Join(t.TempDir(), "a.npz")
	metrics, err := eval.Choose("w2")
	if err != nil {
		t.Fatal(err)
	}
	o := eval.Options{Metrics: metrics, Draws: 1, Sampling: model.Options{N: 50, Steps: 2}, NPZ: file}
	c, err := eval.CompareModel(t.Context(), m, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := eval.CompareSamples(t.Context(), m.Engine, file, []string{"points:circles"}, eval.Options{Metrics: metrics, Val: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := cell(t, got, "w2^2"), cell(t, want, "w2^2"); a != b || got.HeldOut != want.HeldOut {
		t.Errorf("%v of the file, %v of the model: %+v", a, b, got)
	}
}

// Options that cannot be are refused before anything is opened, by the names of their flags.
func TestOptionsRefused(t *testing.T) {
	choose := func(names ...string) []eval.Metric {
		m, err := eval.Choose(names...)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, x := range []struct {
		file string
		o    eval.Options
		flag string
	}{
		{"a.npz", eval.Options{Metrics: choose("elbo")}, "metrics"},
		{"a.npz", eval.Options{Metrics: choose("swd"), Draws: 2}, "draws"},
		{"a.npz", eval.Options{Metrics: choose("swd"), Sampling: model.Options{Steps: 2}}, "steps"},
		{"", eval.Options{Metrics: choose("swd"), Draws: 1001}, "draws"},
		{"", eval.Options{Metrics: choose("swd"), Sampling: model.Options{N: -1}}, "n"},
		{"", eval.Options{Metrics: choose("swd"), Val: 0.5}, "val"},
		{"", eval.Options{Metrics: choose("elbo"), Variance: "none"}, "variance"},
		{"", eval.Options{Metrics: choose("vlb"), Variance: "beta"}, "variance"},
		{"", eval.Options{Metrics: choose("likelihood"), Sampling: model.Options{N: 3}}, "n"},
		{"", eval.Options{Metrics: choose("likelihood"), Draws: 3}, "draws"},
		{"", eval.Options{Metrics: choose("elbo"), NPZ: "a.npz"}, "npz"},
		{"", eval.Options{Metrics: choose("elbo"), Terms: "a.txt"}, "terms"},
	} {
		var wrong *table.Error
		if err := x.o.Check(x.file); !errors.As(err, &wrong) || wrong.Flag != x.flag {
			t.Errorf("expected an error of --%s, and it is %v", x.flag, err)
		}
	}
	for _, o := range []eval.Options{
		{Metrics: choose("elbo"), Variance: "beta", Draws: 3}, {Metrics: choose("swd", "vlb"), Draws: 3, Sampling: model.Options{N: 3}},
	} {
		if err := o.Check(""); err != nil {
			t.Error(err)
		}
	}
}

// What is not for the samples that there are is refused where it was asked for, and else left out.
func TestComparisonFits(t *testing.T) {
	m := trained(t, "points:moons")
	_, err := eval.CompareModel(t.Context(), m, nil, eval.Options{DataClass: []string{"a"}})
	if want := "--data-class belongs to images, and " + m.Found.Model + " has points; leave it out"; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	_, err = eval.CompareModel(t.Context(), m, nil, eval.Options{From: "points:moons"})
	if err == nil || !strings.HasPrefix(err.Error(), "--from belongs to a flow between two data sets") {
		t.Errorf("%v", err)
	}
	images := eval.Plain{Base: eval.Base{Info: table.Info{Name: "sharpness"}, Subject: eval.ImagesOnly}}
	for _, fitting := range []bool{true, false} {
		c, err := eval.CompareModel(t.Context(), m, nil, eval.Options{Metrics: []eval.Metric{images}, Fitting: fitting})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Run(t.Context()); (err == nil) != fitting || err != nil && err.Error() != "--metrics sharpness is for images, and these are points" {
			t.Errorf("fitting %v: %v", fitting, err)
		}
	}
}

// JSON has what the numbers cannot be read without before the notes.
func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	r := &eval.Report{Warnings: []string{"first"}, Notes: []string{"second"}}
	if err := r.WriteJSON(&b, "a"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Model string
		Notes []string
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Model != "a" || strings.Join(got.Notes, " ") != "first second" || len(r.Notes) != 1 {
		t.Errorf("%s, %v", b.String(), err)
	}
}
