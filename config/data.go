package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// adaptPoints replaces what a preset says of images and their networks.
func (r *Run) adaptPoints(given func(flag string) bool) {
	unless := func(flag string, change func()) {
		if !given(flag) {
			change()
		}
	}
	r.set(map[string]string{"arch": net.Fitting(kind.OfPoints(0), checkpoint.Denoiser)[0]}, given)
	unless("image-channels", func() { r.ImageChannels = 2 })
	unless("clamp", func() { r.Clamp = "none" })
	unless("batch", func() { r.Batch = 256 })
	unless("lr", func() { r.LR = 2e-3 })
	unless("val", func() { r.Val = 0.1 })
	unless("sample-n", func() { r.SampleN = 1000 })
	if !given("time") && !given("steps") && !given("epochs") {
		r.Stops = Stops{Time: time.Minute}
	}
	unless("resolution", func() { r.Resolution = data.Size{H: 1, W: 1} })
	r.Flip, r.Crop, r.DataClass, r.Labels = false, "none", nil, ""
}

// adaptFields replaces what a preset says of images alone.
func (r *Run) adaptFields(given func(flag string) bool) {
	if !given("clamp") {
		r.Clamp = "none"
	}
	r.Flip, r.Crop, r.DataClass, r.Labels, r.Split = false, "none", nil, "", r.UsualSplit()
	if k := claim(r.Data).Kind; k.Size() > 0 { // else the data tell when they are opened
		r.Resolution, r.ImageChannels = data.Size{H: k.H, W: k.W}, k.C
	}
}

// adaptSpectra replaces what a preset that is not of spectra says of their shape and mixtures.
func (r *Run) adaptSpectra(given func(flag string) bool) {
	r.adaptFields(given)
	if r.ImageChannels = 2; r.Preset == "speech" {
		return
	}
	usual := speech()
	if !given("resolution") {
		r.Resolution = usual.Resolution
	}
	if !given("mix-snr") {
		r.SNR = usual.SNR
	}
}

// claim is what the source of the first of names knows of it; of no names that of the emoji inside
// the program.
func claim(names []string) source.Claim {
	name := ""
	if len(names) > 0 {
		name = names[0]
	}
	_, c := source.Find(name)
	return c
}

// Kind says what the run's data are, as far as their source and the configuration do before they
// are opened.
func (r *Run) Kind() kind.Kind {
	k := claim(r.Data).Kind
	if !k.Vector() {
		k = k.Sized(r.Resolution.H, r.Resolution.W)
	}
	k.C = r.ImageChannels
	return k
}

// Source is the source of names, the run's data or others, with the run's settings.
func (r *Run) Source(names []string) (source.Source, error) {
	row, _, err := source.Of(names)
	if err != nil {
		return nil, err
	}
	own := table.Copy(row).(source.Source)
	return own, table.Take(own, r.Fields())
}

// unusedSettings finds settings of other sources than the data's.
func (r *Run) unusedSettings(given func(flag string) bool) error {
	row, _, err := source.Of(r.Data)
	if err != nil {
		return err
	}
	own := table.Fields(table.Copy(row))
	for _, other := range source.Sources.Rows() {
		for _, f := range table.Fields(table.Copy(other)) {
			if given(f.Name) && table.Find(own, f.Name) == nil {
				name := "" // the emoji inside the program
				if len(r.Data) > 0 {
					name = r.Data[0]
				}
				return source.Unused(f.Name, name)
			}
		}
	}
	return nil
}

// CheckNoise says whether samples of a kind have noise of the run's law.
func (r *Run) CheckNoise(k kind.Kind) error {
	if r.Noise == nil {
		return nil
	}
	if err := r.Noise.Fits(k); err != nil {
		return fmt.Errorf("--noise %s: %w; give --noise gaussian", name(r.Noise), err)
	}
	return nil
}

// validateKind finds data of several kinds, and what theirs rules out.
func (r *Run) validateKind() error {
	_, c, err := source.Of(r.Data)
	if err != nil {
		return err
	}
	if len(r.Mix) > 0 && c.Kind.Form != kind.Spectra {
		return fmt.Errorf("--mix %s is noise for recordings, and the data are %s; leave it out, or give a folder of WAV or FLAC files", r.Mix[0], c.Kind.Noun(2))
	}
	for _, names := range [][]string{r.From, r.Pairs, r.Mix} {
		if len(names) == 0 {
			continue
		}
		_, from, err := source.Of(names)
		if err != nil {
			return err
		}
		if from.Kind.Noun(2) != c.Kind.Noun(2) {
			what := "the embedded emoji"
			if len(r.Data) > 0 {
				what = r.Data[0]
			}
			return source.Mixed(what, c.Kind, names[0], from.Kind)
		}
	}
	if err := r.validateFit(); err != nil {
		return err
	}
	if r.HasProcess() {
		if err := r.CheckNoise(r.seen()); err != nil {
			return err
		}
	}
	k := r.Kind()
	switch {
	case k.Vector() && !k.Pictorial() && (r.Resolution.H != 1 || r.Resolution.W != 1):
		return fmt.Errorf("--resolution %v: points have none; leave it out", r.Resolution)
	case k.Pictorial() && !slices.Contains([]int{1, 3, 4}, r.ImageChannels):
		return fmt.Errorf("--image-channels %d: give 1 (grey), 3 (RGB) or 4 (RGBA)", r.ImageChannels)
	}
	return nil
}
