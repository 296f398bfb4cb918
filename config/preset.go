package config

import (
	"time"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A Start is a preset: where a run starts from. New makes a run of its own at every call.
type Start struct {
	table.Info
	New func() Run
	// Of is the form of data that it is for, where no other preset is given; "": of none alone.
	Of kind.Form
}

// Presets are those that --preset chooses from, the default first.
var Presets = table.New("preset", "presets", ": where a run starts from",
	Start{table.Info{Name: "small", Text: "new emoji faces in eight minutes on two cores"}, small, ""},
	Start{table.Info{Name: "lecture", Text: "the lecture's experiment: SimpleUnet at 128x128, 300 steps, L1"}, lecture, ""},
	Start{table.Info{Name: "speech", Text: "speech made clean by a Schroedinger bridge, 8 kHz, ten minutes on two cores: --mix NOISE, or --pairs"}, speech, kind.Spectra},
	Start{table.Info{Name: "speech16", Text: "the same at 16 kHz, 256x256 spectra, for hours on a larger machine"}, speech16, ""},
)

// Preset returns a copy of the named preset.
func Preset(name string) (Run, error) {
	p, err := Presets.Find(name)
	if err != nil {
		return Run{}, err
	}
	return p.New(), nil
}

// lecture is the table of the lecture's experiment (Ho et al. 2020, arXiv:2006.11239, with 300
// steps and an L1 loss).
func lecture() Run {
	return Run{
		Preset: "lecture",
		Stops:  Stops{Epochs: 100},
		Sources: Sources{
			Images:        Images{Resolution: data.Size{H: 128, W: 128}, Crop: "none", Flip: true, Split: "bytes", Cache: 2048},
			ImageChannels: 3, Val: 0.02,
		},
		Network:      Network{Arch: &simpleunet.Architecture{Levels: net.Levels{Channels: []int{64, 128, 256, 512, 1024}}}},
		Conditioning: Conditioning{ClassDrop: 0.1},
		Formulation: formulation.Formulation{
			Spec: formulation.Spec{
				Process:    &formulation.DDPM{Timesteps: 300, Schedule: formulation.NewLinear(1e-4, 0.02)},
				Prediction: formulation.Eps, Noise: noise.Gaussian, Variance: "posterior",
			},
			Way: learn.Denoising{}, Loss: learn.L1{}, Weighting: formulation.Simple, Coupling: "none", Bridge: learn.Given{}, Times: formulation.Uniform,
		},
		Optimiser: Optimiser{Batch: 128, LR: 1e-3, LRSchedule: "constant", AdamBetas: [2]float64{0.9, 0.999}, EMA: 0.995},
		Sampler:   Sampler{Solver: solver("ddpm"), Clamp: "x"},
		Rhythm:    Rhythm{SaveEvery: 500, Keep: 2, SampleEvery: 5, SampleN: 16},
	}
}

// small is what `reverie train` runs when it is told nothing: chosen by measurement for eight
// minutes on two cores, see docs/benchmarks.md.
func small() Run {
	return Run{
		Preset: "small",
		Stops:  Stops{Time: 8 * time.Minute},
		Sources: Sources{
			Images: Images{
				DataClass: []string{"Smileys & Emotion"}, Resolution: data.Size{H: 32, W: 32}, Crop: "none", Flip: true, Split: "bytes", Cache: 2048,
			},
			ImageChannels: 3, Val: 0.15,
		},
		Network:      Network{Arch: &unet.Architecture{Levels: net.Levels{Channels: []int{16, 32, 64, 128}}, Layers: 1}},
		Conditioning: Conditioning{ClassDrop: 0.1},
		Formulation: formulation.Formulation{
			Spec: formulation.Spec{
				Process:    &formulation.DDPM{Timesteps: 300, Schedule: formulation.Cosine},
				Prediction: formulation.V, Noise: noise.Gaussian, Variance: "posterior",
			},
			Way: learn.Denoising{}, Loss: learn.MSE{}, Weighting: formulation.Simple, Coupling: "none", Bridge: learn.Given{}, Times: formulation.Uniform,
		},
		Optimiser: Optimiser{Batch: 32, LR: 3e-3, Warmup: 100, LRSchedule: "cosine", AdamBetas: [2]float64{0.9, 0.99}, ClipNorm: 1, EMA: 0.995},
		Sampler:   Sampler{Solver: solver("dpm++2m"), SampleSteps: 20, Clamp: "x0"},
		Rhythm:    Rhythm{SaveEvery: 500, Keep: 2, SampleEvery: 100, SampleN: 16},
	}
}

// speech cleans speech of noise by the bridge of Jukic et al. 2024 (arXiv:2407.16074) at 8 kHz:
// half a second of 128 bins. Their c = .4 is of a complex number, and so .2 of each of its parts;
// the ODE of few steps is theirs, which leaves the noisy end without noise.
func speech() Run {
	ode := solver("ddim")
	if err := table.Find(table.Fields(ode), "quiet").Set("true"); err != nil {
		panic(err)
	}
	return Run{
		Preset: "speech",
		Stops:  Stops{Time: 10 * time.Minute},
		Sources: Sources{
			Images:        Images{Resolution: data.Size{H: 128, W: 64}, Crop: "none", Split: "bytes", Cache: 2048},
			Sound:         Sound{Rate: 8000, SNR: mix.Decibels{Lo: -5, Hi: 15}},
			ImageChannels: 3, Val: 0.1, // of images; of spectra it is 2
		},
		Network:      Network{Arch: &unet.Architecture{Levels: net.Levels{Channels: []int{16, 32, 64, 128}}, Layers: 1}},
		Conditioning: Conditioning{ClassDrop: 0.1},
		Formulation: formulation.Formulation{
			Spec: formulation.Spec{
				Process:    &formulation.SBVE{K: 2.6, C: .2},
				Prediction: formulation.X0, Noise: noise.Gaussian, Variance: "posterior",
			},
			Way: learn.Denoising{}, Loss: learn.MSE{}, Weighting: formulation.Simple, Coupling: "none", Bridge: learn.Given{}, Times: formulation.Uniform,
		},
		Optimiser: Optimiser{Batch: 8, LR: 2e-3, Warmup: 100, LRSchedule: "cosine", AdamBetas: [2]float64{0.9, 0.99}, ClipNorm: 1, EMA: 0.995},
		Sampler:   Sampler{Solver: ode, SampleSteps: 5, Clamp: "none"},
		Rhythm:    Rhythm{SaveEvery: 500, Keep: 2, SampleEvery: 5, SampleN: 8},
	}
}

// speech16 is speech at the rate, the spectra and the batch of the paper, on a larger network.
func speech16() Run {
	r := speech()
	r.Preset, r.Stops, r.Rate = "speech16", Stops{Time: 12 * time.Hour}, 16000
	r.Resolution = data.Size{H: 256, W: 256}
	r.Arch = &unet.Architecture{Levels: net.Levels{Channels: []int{32, 64, 128, 256}}, Layers: 2}
	r.LR, r.EMA = 5e-4, .999
	return r
}

// solver is the solver of a name with its usual settings.
func solver(name string) table.Row {
	row, err := sample.Solvers.New(name)
	if err != nil {
		panic(err) // of a preset's own words
	}
	return row
}
