package config

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/table"
)

// given is the configuration of a command line: pairs of a flag and its value.
func given(t *testing.T, pairs ...string) (*Run, Given, error) {
	t.Helper()
	all := Flags()
	var g Given
	for i := 0; i < len(pairs); i += 2 {
		f := table.Find(all, pairs[i])
		if err := f.Set(pairs[i+1]); err != nil {
			t.Fatal(err)
		}
		g = append(g, f)
	}
	r, err := Begin("small", g)
	return r, g, err
}

// TestClassifier: a classifier has no prediction and no sampler, of noised samples a process and
// its times, and of clean ones none; it learns all classes of the emoji by AdamW. Its file says so.
func TestClassifier(t *testing.T) {
	for _, noised := range []string{"true", "false"} {
		r, _, err := given(t, "arch", "classifier", "noised", noised)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, r := range []*Run{r, roundTrip(t, r)} {
			if r.Prediction != nil || r.Loss != nil || r.Solver != nil || r.Way != nil || r.SampleN != 0 || r.WeightDecay != 0.05 || len(r.DataClass) != len(data.EmojiCategories()) {
				t.Errorf("%+v", r)
			}
			if has := r.Process != nil; has != (noised == "true") || has != r.HasProcess() || !r.Classifier() || r.Denoises() {
				t.Errorf("noised %s: process %v", noised, r.Process)
			}
		}
	}
	r, _, err := given(t, "data", "points:8gaussians", "arch", "classifier", "noised", "true", "process", "edm", "times", "stratified")
	if err != nil || r.Validate() != nil {
		t.Fatal(err, r.Validate())
	}
	if f := table.Find(r.Fields(), "channels"); f.String() != "128,128,128" || r.Process.Row().Name != "edm" || r.Times.Row().Name != "stratified" {
		t.Errorf("channels %v, process %v, times %v", f, r.Process, r.Times)
	}
}

// TestClassifierRefuses: what belongs to a diffusion, or to noised samples alone, is refused.
func TestClassifierRefuses(t *testing.T) {
	for _, c := range []struct {
		want  string
		pairs []string
	}{
		{"--process belongs to noised samples, and this classifier is of clean ones; add --noised", []string{"process", "vp"}},
		{"--schedule belongs to noised samples", []string{"schedule", "cosine"}},
		{"--prediction belongs to a diffusion, and --arch classifier", []string{"noised", "true", "prediction", "v"}},
		{"--solver belongs to a diffusion", []string{"noised", "true", "solver", "ddim"}},
		{"--sample-n belongs to a diffusion", []string{"noised", "true", "sample-n", "4"}},
		{"a classifier of latents is not to be had", []string{"vae", "/runs/vae-1"}},
		{"--from gives a second set of data", []string{"data", "points:8gaussians", "noised", "true", "process", "flow", "from", "points:moons"}},
		{"--schedule learned is learned with a prediction", []string{"noised", "true", "process", "vp", "schedule", "learned"}},
		{"--best swd judges samples of a diffusion", []string{"best", "swd"}},
	} {
		r, g, err := given(t, append([]string{"arch", "classifier"}, c.pairs...)...)
		if err == nil {
			err = first(r.Validate(), r.Unused(g.Has))
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %s", c.pairs, err, c.want)
		}
	}
	r, g, err := given(t, "noised", "true")
	if err == nil {
		err = first(r.Validate(), r.Unused(g.Has))
	}
	if err == nil || !strings.Contains(err.Error(), "--noised belongs to --arch classifier") {
		t.Errorf("error %v", err)
	}
}
