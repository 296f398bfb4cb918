package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/pflag"
)

// The flags of train that belong together.
var (
	ofOneClassifier  = []string{"features", "noised"}
	ofOneAutoencoder = []string{"latent-channels", "likelihood", "beta", "beta-warmup"}
	ofOneDiffusion   = []string{
		"class-cond", "class-drop", "energy", "vae", "process", "timesteps", "schedule", "beta-start", "beta-end", "sigma-min", "sigma-max", "from", "coupling", "prediction", "sigma-data",
		"objective", "level", "loss", "weighting", "times", "solver", "sample-steps", "clamp", "variance", "patch", "pairs",
	}
	ofOneProcess  = []string{"process", "timesteps", "schedule", "beta-start", "beta-end", "sigma-min", "sigma-max", "level", "times"}
	ofNoises      = []string{"noise", "discount", "octaves", "persistence", "frequency", "cells"}
	ofOneSample   = []string{"sample-every", "sample-n"}
	ofImagesAlone = []string{"image-channels", "resolution", "flip", "crop", "data-class", "labels", "split", "strict", "cache", "max-pixels"}
	ofTables      = []string{"timesteps", "beta-start", "beta-end"}
	ofBridges     = []string{"diffusion", "growth", "sb-scale", "theta", "bridge", "rounds", "round-steps", "walks", "walk-steps", "first", "blind"}
	ofSound       = []string{"mix", "mix-snr", "rate", "hop"}
	ofSigmas      = []string{"sigma-min", "sigma-max", "sigma-data"}
	ofSolvers     = solverSettings("")
	ofNotDPM      = solverSettings("dpm++2m")
	ofNotHeun     = solverSettings("heun")
)

// solverSettings are the flags of train that solvers alone have, but for those of the one of a name
// and for those that choose their solver themselves.
func solverSettings(but string) (all []string) {
	for _, row := range sample.Solvers.Rows() {
		for _, f := range table.Fields(row) {
			own := row.Row().Name == but
			if !own && !slices.Contains([]string{"variance", "level"}, f.Name) && (f.Name != "eta" || but == "") {
				all = append(all, f.Name)
			}
		}
	}
	if own, err := sample.Solvers.Find(but); err == nil {
		all = slices.DeleteFunc(all, func(name string) bool { return table.Find(table.Fields(own), name) != nil })
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// notOf are the flags of all but some.
func notOf(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(flag string) bool { return slices.Contains(some, flag) })
}

// trainKinds are the kinds of runs with a command line that makes one and the flags that nothing of
// it uses.
var trainKinds = map[string]struct {
	line   string
	unused [][]string
}{
	"unet":               {"imgs", [][]string{ofNotDPM, ofOneAutoencoder, ofSigmas, {"from", "coupling", "beta-start", "beta-end"}}},
	"simpleunet":         {"imgs --arch simpleunet", [][]string{ofNotDPM, ofOneAutoencoder, ofSigmas, {"from", "coupling", "beta-start", "beta-end", "layers"}}},
	"table of betas":     {"imgs --schedule linear", [][]string{ofNotDPM, ofOneAutoencoder, ofSigmas, {"from", "coupling"}}},
	"vp":                 {"imgs --process vp", [][]string{ofNotDPM, ofOneAutoencoder, ofSigmas, {"from", "coupling", "timesteps", "beta-start", "beta-end"}}},
	"emoji":              {"--process=vp", [][]string{ofNotDPM, ofOneAutoencoder, ofSigmas, {"from", "coupling", "timesteps", "beta-start", "beta-end"}}},
	"edm":                {"imgs --process edm", [][]string{ofNotHeun, ofOneAutoencoder, ofTables, {"from", "coupling", "schedule"}}},
	"flow":               {"imgs --process flow", [][]string{ofNotHeun, ofOneAutoencoder, ofSigmas, ofTables, {"schedule"}}},
	"points":             {"points:moons", [][]string{ofNotDPM, ofNoises[1:], ofOneAutoencoder, ofSigmas, ofImagesAlone, {"label-column", "from", "coupling", "beta-start", "beta-end", "layers", "patch"}}},
	"flow of points":     {"points:moons --process flow", [][]string{ofNotHeun, ofNoises[1:], ofOneAutoencoder, ofSigmas, ofImagesAlone, ofTables, {"label-column", "schedule", "layers", "patch"}}},
	"autoencoder":        {"imgs --arch vae", [][]string{ofSolvers, ofOneDiffusion, ofNoises}},
	"dense autoencoder":  {"imgs --arch vae-mlp", [][]string{ofSolvers, ofOneDiffusion, ofNoises, {"layers"}}},
	"points autoencoder": {"points:moons --arch vae-mlp", [][]string{ofSolvers, ofOneDiffusion, ofNoises, ofImagesAlone, {"label-column", "layers"}}},
	"classifier":         {"imgs --arch classifier", [][]string{ofSolvers, ofOneDiffusion, ofNoises, ofOneAutoencoder, ofOneSample, {"layers"}}},
	"noised classifier":  {"imgs --arch classifier --noised", [][]string{ofSolvers, notOf(ofOneDiffusion, ofOneProcess), ofOneAutoencoder, ofOneSample, ofSigmas, {"beta-start", "beta-end", "layers"}}},
	"latent diffusion":   {"imgs --vae nowhere", [][]string{ofNotDPM, ofOneAutoencoder, ofSigmas, {"from", "coupling", "beta-start", "beta-end", "patch", "pairs"}}},
	"nothing held out":   {"imgs --val 0", [][]string{{"split"}}},
}

// oneValue are flags of which a kind leaves one value: the images of the other preset are too large
// for a dense network, and points have no neighbours whose noise could be alike.
var oneValue = map[string][]string{"latent diffusion": {"clamp"}, "points": {"noise"}, "flow of points": {"arch", "noise"}, "dense autoencoder": {"preset"}}

// needs are flags without which another has no effect.
var needs = map[string]string{
	"class-drop": "--class-cond", "discount": "--noise=pyramid", "octaves": "--noise=simplex", "persistence": "--noise=simplex", "frequency": "--noise=simplex", "cells": "--noise=coarse",
}

// valuesOf are values of a flag of train, of which one suits every kind that uses the flag, of
// images or of points.
func valuesOf(f *pflag.Flag, points bool) []string {
	switch f.Name {
	case "resolution":
		return []string{"16"}
	case "channels":
		return []string{"8,16", "16,16"}
	case "adam-betas":
		return []string{"0.8,0.9"}
	case "time":
		return []string{"9s"}
	case "from", "pairs":
		return []string{map[bool]string{true: "points:circles", false: "nowhere"}[points]}
	case "best":
		return []string{"val", "mmd"}
	}
	for _, section := range sections() {
		if section.Flag == f.Name {
			var names []string
			for _, row := range section.Rows {
				names = append(names, row.Name)
			}
			return names
		}
	}
	switch f.Value.Type() {
	case "bool":
		return []string{"true", "false"}
	case "string", "stringSlice", "stringArray":
		return append([]string{"A"}, sample.Solvers.Names()...)
	}
	return []string{"1", "3", "0.5", "1e-3", "0.03"}
}

// freshOf is the configuration of a new run by a command line.
func freshOf(args ...string) (text string, err error) {
	o, f := new(trainOptions), pflag.NewFlagSet("train", pflag.ContinueOnError)
	o.addFlags(f)
	if err := f.Parse(args); err != nil {
		return "", err
	}
	set, err := o.given(f, f.Args())
	if err != nil {
		return "", err
	}
	c, err := o.fresh(set)
	if err != nil {
		return "", err
	}
	b, err := c.JSON()
	return string(b), err
}

// TestTrainKinds: of each kind of run every flag has an effect on its configuration with some
// value, or is refused by its name whatever its value is.
func TestTrainKinds(t *testing.T) {
	long(t)
	t.Chdir(t.TempDir())
	for kind, k := range trainKinds {
		t.Run(kind, func(t *testing.T) {
			base, points := strings.Fields(k.line), strings.HasPrefix(k.line, "points:")
			plain, err := freshOf(base...)
			if err != nil {
				t.Fatal(err)
			}
			unused := slices.Concat(k.unused...)
			unused = slices.Concat(unused, ofBridges, ofSound)
			if !slices.Contains(base, "classifier") {
				unused = append(unused, ofOneClassifier...)
			}
			f := pflag.NewFlagSet("", pflag.ContinueOnError)
			new(trainOptions).addFlags(f)
			f.VisitAll(func(f *pflag.Flag) {
				base, plain := base, plain
				if with := needs[f.Name]; with != "" && !slices.Contains(unused, f.Name) {
					base = append(slices.Clone(base), with)
					if plain, err = freshOf(base...); err != nil {
						t.Fatal(err)
					}
				}
				if _, setting := f.Value.(*table.Field); !setting || slices.Contains(base, "--"+f.Name) || slices.Contains(oneValue[kind], f.Name) {
					return
				}
				fresh := func(value string) (string, error) {
					return freshOf(append(slices.Clone(base), "--"+f.Name+"="+value)...)
				}
				if !slices.Contains(unused, f.Name) {
					effect := func(value string) bool { got, err := fresh(value); return err == nil && got != plain }
					if kind != "nothing held out" && !slices.ContainsFunc(valuesOf(f, points), effect) {
						t.Errorf("%s: no value of --%s has an effect", kind, f.Name)
					}
					return
				}
				for _, value := range valuesOf(f, points) {
					if _, err := fresh(value); err == nil || !strings.Contains(err.Error(), "--"+f.Name) {
						t.Errorf("%s: --%s=%s: %v", kind, f.Name, value, err)
					}
				}
			})
			for _, name := range unused {
				if t.Failed() {
					return // what is not refused would train
				}
				refused(t, exitUsage, []string{"--" + name}, append(append([]string{"train"}, base...), "--"+name+"="+valuesOf(f.Lookup(name), points)[0])...)
			}
		})
	}
}

// TestPointsFlags: what only images use is refused by its name by the commands that code and judge
// points.
func TestPointsFlags(t *testing.T) {
	long(t)
	t.Chdir(t.TempDir())
	ok(t, "train", "points:moons", "--arch", "vae-mlp", "--channels", "8", "--steps", "1", "--batch", "8", "--sample-every", "0", "--run", "coder")
	ok(t, "train", "points:moons", "--channels", "8", "--steps", "1", "--batch", "8", "--sample-every", "0", "--run", "points")
	ok(t, "encode", "coder", "--held-out", "--out", "z.npz")
	for line, flags := range map[string]string{
		"encode coder":                           "--resolution=1 --max-pixels=9",
		"decode coder --to b.png":                "--from=a.png",
		"decode coder --in z.npz":                "--resolution=1 --max-pixels=9 --steps=3 --path=linear",
		"eval points -n 8 --metrics fid,nearest": "--features=a.onnx --data-class=A --max-pixels=9 --no-cache --nearest=a.png",
		"data points:moons":                      "--data-class=A --labels=none --label-column=a --strict --copies --max-pixels=9",
	} {
		for flag := range strings.FieldsSeq(flags) {
			name, _, _ := strings.Cut(flag, "=")
			refused(t, exitUsage, []string{name + " belongs to ", "leave it out"}, append(strings.Fields(line), flag)...)
		}
	}
}
