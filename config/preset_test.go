package config

import (
	"fmt"
	"testing"
	"time"

	"github.com/reverie-go/reverie/data"
)

// Preset lecture is the lecture's table.
func TestLecture(t *testing.T) {
	r := lecture()
	for _, x := range []struct {
		name      string
		got, want any
	}{
		{"image size", r.Resolution, data.Size{H: 128, W: 128}},
		{"image channels", r.ImageChannels, 3},
		{"flip", r.Flip, true},
		{"resizing of both sides", r.Crop, "none"},
		{"network", name(r.Arch), "simpleunet"},
		{"widths", simpleUnetOf(&r).Channels, []int{64, 128, 256, 512, 1024}},
		{"T", ddpm(&r).Timesteps, 300},
		{"schedule", ddpm(&r).Schedule.Row().Name, "linear"},
		{"beta_start", linear(&r).Start, 0.0001},
		{"beta_end", linear(&r).End, 0.02},
		{"prediction", r.Prediction.Row().Name, "eps"},
		{"loss", name(r.Loss), "l1"},
		{"weighting", r.Weighting.Row().Name, "simple"},
		{"batch", r.Batch, 128},
		{"Adam's rate", r.LR, 0.001},
		{"rate over the run", r.LRSchedule, "constant"},
		{"warm-up", r.Warmup, 0},
		{"Adam's decays", r.AdamBetas, [2]float64{0.9, 0.999}},
		{"clipping", r.ClipNorm, 0.0},
		{"epochs", r.Epochs, 100},
		{"steps", r.Steps, 0},
		{"time", r.Time, time.Duration(0)},
		{"sampler", name(r.Solver), "ddpm"},
		{"its steps", r.SampleSteps, 0},
		{"clamping of x", r.Clamp, "x"},
		{"its variance", r.Variance, "posterior"},
		{"pictures, epochs", r.SampleEvery, 5},
		{"held out", r.Val, 0.02},
	} {
		if fmt.Sprint(x.got) != fmt.Sprint(x.want) {
			t.Errorf("%s: %v, the lecture has %v", x.name, x.got, x.want)
		}
	}
}

// What is promised of preset small: eight minutes of faces, some held out.
func TestSmall(t *testing.T) {
	r := small()
	if time.Duration(r.Time) != 8*time.Minute || r.Steps != 0 || r.Epochs != 0 {
		t.Errorf("stops after %v, %d steps, %d epochs", time.Duration(r.Time), r.Steps, r.Epochs)
	}
	if r.Val != 0.15 || fmt.Sprint(r.DataClass) != "[Smileys & Emotion]" || (r.Resolution != data.Size{H: 32, W: 32}) || name(r.Arch) != "unet" || r.Data != nil {
		t.Errorf("%+v", r)
	}
}
