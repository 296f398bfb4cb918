package eval_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// compared is a comparison of a model of a few steps, and the settings of a sweep of its steps.
func compared(t *testing.T) (*eval.Comparison, []eval.Setting) {
	t.Helper()
	metrics, err := eval.Choose("pr", "swd")
	if err != nil {
		t.Fatal(err)
	}
	c, err := eval.CompareModel(t.Context(), trained(t, "points:moons"), nil, eval.Options{Metrics: metrics, Draws: 2, Sampling: model.Options{N: 40, Steps: 2, Seed: 5}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	var settings []eval.Setting
	for _, steps := range []int{2, 5} {
		at := eval.Setting{Value: float64(steps), Sampling: c.Sampling}
		at.Sampling.Steps = steps
		settings = append(settings, at)
	}
	return c, settings
}

// A point of a sweep is what a run of its own measures at that value, bit for bit; afterwards all
// is as it was. Real data in the samples' place are measured once in each draw, whatever the values
// are, with the notes and what was left out.
func TestSweep(t *testing.T) {
	c, settings := compared(t)
	real := 0
	counting := func(_ context.Context, c *eval.Case) ([]eval.Value, error) {
		if !c.Real {
			return []eval.Value{{Name: "counted", X: float64(c.Seed)}}, nil
		}
		if real++; c.Seed == 6 {
			return nil, fmt.Errorf("%w: of seed 6", eval.ErrUnfit)
		}
		c.Note("of real data, seed %d", c.Seed)
		return []eval.Value{{Name: "counted", X: float64(c.Seed)}}, nil
	}
	c.Metrics = append(c.Metrics, eval.Plain{Base: eval.Base{Info: table.Info{Name: "counted"}}, Func: counting})
	s, err := c.Sweep(t.Context(), "steps", settings)
	if err != nil || len(s.Points) != 2 || c.Sampling.Steps != 2 {
		t.Fatalf("%+v, %v, steps %d", s, err, c.Sampling.Steps)
	}
	if real != 2 {
		t.Errorf("real data were measured %d times in 2 draws", real)
	}
	for i, at := range settings {
		c.Sampling = at.Sampling
		want, err := c.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Points[i]; got.Value != at.Value || !(got.Seconds > 0) || !reflect.DeepEqual(got.Report, want) {
			t.Errorf("at %v: %+v\nalone: %+v", at.Value, got.Report, want)
		}
		for _, note := range []string{"of real data, seed 5", "counted against the held-out set is left out: not defined here: of seed 6"} {
			if !slices.Contains(s.Points[i].Notes, note) {
				t.Errorf("at %v: %q is missing among %q", at.Value, note, s.Points[i].Notes)
			}
		}
	}
	if real != 6 {
		t.Errorf("real data were measured %d times in 2 draws of a sweep and of two runs", real)
	}
	if reflect.DeepEqual(s.Points[0].Rows, s.Points[1].Rows) {
		t.Error("the steps change nothing")
	}
}

// What was measured before an interruption is kept.
func TestSweepInterrupted(t *testing.T) {
	c, settings := compared(t)
	ctx, cancel := context.WithCancel(t.Context())
	c.Progress = func(what string, _, _ int) {
		if strings.HasPrefix(what, "steps 5, draw 2") {
			cancel()
		}
	}
	s, err := c.Sweep(ctx, "steps", settings)
	if !errors.Is(err, context.Canceled) || len(s.Points) != 1 || s.Points[0].Value != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// swept is a sweep of two points.
func swept() *eval.Sweep {
	row := func(name string, x float64) eval.Row {
		return eval.Row{Name: name, Better: eval.More, HeldOut: &eval.Cell{Value: x, Error: .25}, Real: &eval.Cell{Value: .75}}
	}
	report := func(note string, rows ...eval.Row) *eval.Report {
		return &eval.Report{Draws: 3, Samples: 20, HeldOut: 10, Rows: rows, Notes: []string{"of both", note}, Warnings: []string{"first"}}
	}
	return &eval.Sweep{Model: "run", Setting: "guidance", Points: []eval.Point{
		{Value: 1, Seconds: .5, Report: report("few", row("accuracy", .5), row("recall", .25))},
		{Value: 2.5, Seconds: 1, Report: report("many", row("accuracy", 1))},
	}}
}

// The table, its notes, the file and the JSON have every number once at its value.
func TestSweepWritten(t *testing.T) {
	s := swept()
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `run: 3 draws of 20 samples at each guidance; 10 held out

guidance  ↑ accuracy   ↑ recall     s/sample
1         0.50 ± 0.25  0.25 ± 0.25  0.5
2.5       1.00 ± 0.25  -            1
data      0.75         0.75         

↓: less is better, ↑: more. ± is the deviation over the draws. data: as many
training samples in their place, of accuracy the held-out ones.
note: of both
note: guidance 1: few
note: guidance 2.5: many
`
	if b.String() != want {
		t.Errorf("%s\nexpected\n%s", b.String(), want)
	}
	lines, err := csv.NewReader(strings.NewReader(string(s.CSV()))).ReadAll()
	if err != nil || !reflect.DeepEqual(lines, [][]string{
		{"guidance", "seconds_per_sample", "accuracy", "accuracy error", "recall", "recall error"},
		{"1", "0.5", "0.5", "0.25", "0.25", "0.25"}, {"2.5", "1", "1", "0.25", "", ""}, {"data", "", "0.75", "0", "0.75", "0"},
	}) {
		t.Errorf("%q, %v", lines, err)
	}
	b.Reset()
	if err := s.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back eval.Sweep
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back.Setting != "guidance" || back.Points[1].Value != 2.5 || back.Points[1].Rows[0].HeldOut.Value != 1 {
		t.Errorf("%+v, %v", back, err)
	}
	if got := back.Points[0].Notes; !reflect.DeepEqual(got, []string{"first", "of both", "few"}) {
		t.Errorf("notes %q", got)
	}
	if img := s.Image().Bounds(); img.Dx() < 500 {
		t.Errorf("a picture of %v", img)
	}
}

// What does not go with a sweep is refused by its flag.
func TestSweepRefused(t *testing.T) {
	elbo, err := eval.Choose("elbo")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		path, flag string
		o          eval.Options
	}{
		{"a.npz", "sweep", eval.Options{}}, {"run", "sweep", eval.Options{Metrics: elbo}}, {"run", "npz", eval.Options{NPZ: "a.npz"}},
	} {
		var wrong *table.Error
		if err := x.o.CheckSweep(x.path); !errors.As(err, &wrong) || wrong.Flag != x.flag {
			t.Errorf("%v, expected one of --%s", err, x.flag)
		}
	}
}
