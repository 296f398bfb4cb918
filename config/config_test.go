package config

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestPresetsAreValid(t *testing.T) {
	for _, name := range PresetNames() {
		r, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(); err != nil {
			t.Errorf("preset %s: %v", name, err)
		}
	}
	if _, err := Preset("large"); err == nil || !strings.Contains(err.Error(), "small, lecture") {
		t.Errorf("unknown preset: %v", err)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := lecture()
	r.Data, r.Resolution, r.Time = []string{"/a", "/b"}, Size{64, 48}, Duration(90*time.Second)
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := back.JSON()
	if !bytes.Equal(text, again) {
		t.Errorf("changed on the way:\n%s\n%s", text, again)
	}
	for _, bad := range []string{
		strings.Replace(string(text), `"batch"`, `"batsh"`, 1), string(text) + "{}", "", "{", strings.Replace(string(text), "64x48", "64x", 1),
		strings.Replace(string(text), `"batch": 128`, `"batch": 0`, 1), strings.Repeat(" ", maxJSON+1),
	} {
		if _, err := Parse(strings.NewReader(bad)); err == nil {
			t.Errorf("accepted %.80s", bad)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{"64": {64, 64}, "64x48": {64, 48}, "1": {1, 1}} {
		if got, err := ParseSize(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "64x", "x64", "0", "-1", "5000", "64x48x3", "64 48", "64px"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

func TestValidateNamesTheFlag(t *testing.T) {
	for flag, spoil := range map[string]func(*Run){
		"--arch":           func(r *Run) { r.Arch = "transformer" },
		"--crop":           func(r *Run) { r.Crop = "left" },
		"--channels":       func(r *Run) { r.Channels = []int{64} },
		"--layers":         func(r *Run) { r.Layers = 0 },
		"--image-channels": func(r *Run) { r.ImageChannels = 2 },
		"--val":            func(r *Run) { r.Val = 1 },
		"--schedule":       func(r *Run) { r.Schedule = "sqrt" },
		"--beta-start":     func(r *Run) { r.BetaStart = 0.5 },
		"--weighting":      func(r *Run) { r.Weighting = "elbo" }, // with l1
		"--lr":             func(r *Run) { r.LR = 0 },
		"--adam-betas":     func(r *Run) { r.AdamBetas[1] = 1 },
		"--ema":            func(r *Run) { r.EMA = 1 },
		"--clip-norm":      func(r *Run) { r.ClipNorm = -1 },
		"--batch":          func(r *Run) { r.Batch = 0 },
		"--solver":         func(r *Run) { r.Solver = "euler" },
		"--sample-steps":   func(r *Run) { r.SampleSteps = 301 },
		"--time":           func(r *Run) { r.Time = -1 },
		"--epochs":         func(r *Run) { r.Epochs = 0 },
		"--sample-n":       func(r *Run) { r.SampleN = -1 },
		"--prediction":     func(r *Run) { r.Prediction = "noise" },
		"--loss":           func(r *Run) { r.Loss = "l3" },
	} {
		r := lecture()
		spoil(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestResume(t *testing.T) {
	run, given := small(), small()
	given.Steps, given.LR, given.Keep = 20, 5, 7
	if _, err := run.Resume(&given, []string{"steps", "lr"}); err == nil || !strings.Contains(err.Error(), "--lr 5 (the run has 0.003)") {
		t.Errorf("a changed rate: %v", err)
	}
	next, err := run.Resume(&given, []string{"steps", "batch"})
	if err != nil {
		t.Fatal(err)
	}
	want := run
	want.Steps, want.Time = 20, 0 // the stop given replaces the run's, the rest stays
	got, _ := next.JSON()
	wanted, _ := want.JSON()
	if !bytes.Equal(got, wanted) {
		t.Errorf("resumed with\n%s", got)
	}
	if run.Steps != 0 {
		t.Error("Resume changed its receiver")
	}
}
