package config

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// noised is what of a Formulation a classifier of noised samples has.
type noised struct {
	Process formulation.Process `flag:"process" of:"process"`
	Noise   noise.Noise         `flag:"noise" of:"noise"`
	Level   float64             `flag:"level" range:"[0,1e9]"`
	Times   formulation.TimeLaw `flag:"times" of:"times"`
}

// ofSamples are the flags of a run's pictures of its samples.
var ofSamples = []string{"sample-every", "sample-n"}

// adaptClassifier replaces what a preset says by what suits a classifier: AdamW, no sampler, and no
// process where it knows clean samples.
func (r *Run) adaptClassifier(given func(flag string) bool) {
	if !r.Classifier() {
		return
	}
	r.set(map[string]string{"lr": "0.001", "weight-decay": "0.05"}, given)
	if r.Kind().Pictorial() {
		r.set(map[string]string{"batch": "64"}, given)
	}
	r.SampleEvery, r.SampleN, r.Sampler = 0, 0, Sampler{}
	f := formulation.Formulation{}
	if r.HasProcess() {
		f.Process, f.Noise, f.Level, f.Times = r.Process, r.Noise, r.Level, r.Times
	}
	r.Formulation = f
}

// validateClassifier looks at what a classifier rules out.
func (r *Run) validateClassifier() error {
	switch {
	case !r.Classifier():
		return nil
	case r.VAE != "":
		return fmt.Errorf("--vae trains a diffusion on the latents of an autoencoder; a classifier of latents is not to be had: leave --vae out")
	case len(r.From) > 0:
		return fmt.Errorf("--from gives a second set of data for a flow to start from, and --arch %s has a use for one set alone; leave it out", name(r.Arch))
	case r.HasProcess() && r.LearnedSchedule():
		return fmt.Errorf("--schedule learned is learned with a prediction, and --arch %s makes none; give another: at equal noise levels a classifier guides under every process", name(r.Arch))
	}
	return nil
}

// unusedOfClassifier finds flags of a diffusion given to a classifier.
func (r *Run) unusedOfClassifier(given func(flag string) bool) error {
	if !r.Classifier() {
		return nil
	}
	ofNoised := table.All(new(noised))
	for _, flag := range slices.Concat(ofDiffusion(), ofSamples) {
		switch ofProcess := table.Find(ofNoised, flag) != nil; {
		case !given(flag) || flag == "vae" || flag == "from" || r.HasProcess() && ofProcess: // those are refused with a reason of their own
		case ofProcess:
			return fmt.Errorf("--%s belongs to noised samples, and this classifier is of clean ones; add --noised, or leave it out", flag)
		default:
			return fmt.Errorf("--%s belongs to a diffusion, and --arch %s says of which class samples are: it predicts and draws none; leave it out", flag, name(r.Arch))
		}
	}
	return nil
}
