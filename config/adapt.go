package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Adapt replaces what the preset says by what suits the data, the network and the process that were
// given, wherever the command line does not say.
func (r *Run) Adapt(given func(flag string) bool) {
	switch k := claim(r.Data).Kind; {
	case k.Vector():
		r.adaptPoints(given)
	case k.Form == kind.Spectra:
		r.adaptSpectra(given)
	case !k.Pictorial():
		r.adaptFields(given)
	default:
		r.adaptImages(given)
	}
	if (r.ClassCond || r.Classifier()) && len(r.Data) == 0 && !given("data-class") {
		r.DataClass = data.EmojiCategories()
	}
	r.adaptNetwork(given)
	r.adaptAutoencoder(given)
	if r.HasProcess() {
		r.adaptFormulation(given)
	}
	r.adaptClassifier(given)
}

// adaptImages replaces how images are held out and where their classes come from.
func (r *Run) adaptImages(given func(flag string) bool) {
	if !given("split") {
		r.Split = r.UsualSplit()
	}
	if !given("labels") && len(r.Data) > 0 {
		r.Labels = "auto"
	}
}

// UsualSplit is the rule of the hold-out where none is given: by the pixels. The embedded emoji, of
// which none is a copy of another, keep the split that runs on them have always had; points are
// compared by their numbers alone.
func (r *Run) UsualSplit() string {
	if len(r.Data) == 0 || !r.Kind().Pictorial() {
		return "bytes"
	}
	return "pixels"
}

// ofDiffusion are the flags that an autoencoder has no use for.
func ofDiffusion() []string {
	all := []string{"vae"}
	for _, f := range table.All(&struct {
		Conditioning
		formulation.Formulation
		Sampler
	}{}) {
		all = append(all, f.Name)
	}
	return all
}

// adaptAutoencoder replaces what a preset says by what suits an autoencoder, or a diffusion in the
// latent space of one.
func (r *Run) adaptAutoencoder(given func(flag string) bool) {
	unless := func(flag string, change func()) {
		if !given(flag) {
			change()
		}
	}
	switch {
	case r.Autoencoder():
		unless("lr", func() { r.LR = 2e-3 })
		r.Formulation, r.Sampler = formulation.Formulation{}, Sampler{}
	case r.VAE != "":
		unless("clamp", func() { r.Clamp = "none" })
	}
}

// adaptFormulation replaces what belongs to another process, such as its prediction.
func (r *Run) adaptFormulation(given func(flag string) bool) {
	for _, f := range table.Fields(&r.Formulation) {
		if s, ok := f.Chosen().(suiting); ok && given(f.Name) {
			r.set(s.Suits(r.Formulation, given), given)
		}
	}
	if row := sample.Stands(given); row != nil && !given("solver") {
		r.set(map[string]string{"solver": name(row)}, given)
	}
	if (given("process") || given("solver") || given("timesteps") || given("variance")) && !given("sample-steps") {
		r.SampleSteps = 0 // the preset's number is for its own solver and T
	}
	if !r.habits().Lecture && r.Clamp == "x" && !given("clamp") {
		r.Clamp = "x0" // the lecture's clamp of x is for its own two solvers
	}
	if b, ok := r.Bridge.(interface{ Length() int }); ok && !given("time") && !given("steps") && !given("epochs") {
		r.Stops = Stops{Steps: b.Length()}
	}
	if r.Patch > 0 {
		r.set(map[string]string{"sample-every": "0", "sample-n": "0"}, given) // it draws no whole images
	}
	if !r.hasVariance() && !given("variance") {
		r.Variance = "posterior" // which no other solver looks at
	}
}

// suiting is what a row of package formulation may implement.
type suiting interface {
	Suits(f formulation.Formulation, given func(flag string) bool) map[string]string
}

// set sets the fields in force of those names that are not given.
func (r *Run) set(values map[string]string, given func(flag string) bool) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if f := table.Find(r.Fields(), name); f != nil && !given(name) {
			if err := f.Set(values[name]); err != nil {
				panic(err) // of a row's own words
			}
		}
	}
}

// Unused returns an error for a flag that was given and that the rest of the configuration leaves
// without effect, with what it belongs to.
func (r *Run) Unused(given func(flag string) bool) error {
	if err := first(r.unusedProcess(given), r.unusedOfClassifier(given), r.unusedSettings(given)); err != nil {
		return err
	}
	if given("class-drop") && !r.ClassCond {
		return fmt.Errorf("--class-drop drops the classes of --class-cond, which is not given; give it, or leave --class-drop out")
	}
	for _, f := range Flags() {
		if given(f.Name) {
			if err := table.Unused(r, f.Name); err != nil {
				return err
			}
		}
	}
	if given("split") && r.Val == 0 {
		return fmt.Errorf("--split says which images are held out, and --val 0 holds out none; leave it out, or give a --val")
	}
	if !r.Denoises() {
		return nil
	}
	_, ended := r.Process.(formulation.Ended)
	p, err := r.Process.Process()
	_, entropic := p.(formulation.Entropic)
	rows := []struct {
		flag    string
		belongs bool
		to, not string
	}{
		{"blind", len(r.Pairs) > 0, "--pairs", "data without them"},
		{"bridge", entropic || err != nil, "--process bridge, i2sb, sb-ve and sb-vp", name(r.Process)},
		{"coupling", ended, "--process flow and bridges", name(r.Process)},
		{"times", r.Level == 0, "all times", fmt.Sprintf("--level %v", r.Level)},
		{"variance", r.hasVariance(), "--solver ddpm", name(r.Solver)},
	}
	for _, row := range rows {
		if given(row.flag) && !row.belongs {
			return fmt.Errorf("--%s belongs to %s, not to %s; leave it out", row.flag, row.to, row.not)
		}
	}
	return nil
}

// unusedProcess finds flags of a diffusion given to an autoencoder.
func (r *Run) unusedProcess(given func(flag string) bool) error {
	if !r.Autoencoder() {
		return nil
	}
	for _, flag := range ofDiffusion() {
		if given(flag) {
			return fmt.Errorf("--%s belongs to a diffusion, and --arch %s is an autoencoder: it has no process and learns by its own bound; leave it out", flag, name(r.Arch))
		}
	}
	return nil
}
