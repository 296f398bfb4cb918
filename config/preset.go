package config

import "time"

// PresetNames lists the presets, the default first.
func PresetNames() []string { return []string{"small", "lecture"} }

// Preset returns a copy of the named preset.
//
//   - small: new emoji faces in eight minutes on two cores.
//   - lecture: the experiment of the lecture, SimpleUnet at 128x128.
func Preset(name string) (Run, error) {
	if err := OneOf("preset", name, PresetNames()); err != nil {
		return Run{}, err
	}
	if name == "lecture" {
		return lecture(), nil
	}
	return small(), nil
}

// lecture is the table of the lecture's experiment (Ho et al. 2020,
// arXiv:2006.11239, with 300 steps and an L1 loss).
func lecture() Run {
	return Run{
		Preset:     "lecture",
		Resolution: Size{H: 128, W: 128}, ImageChannels: 3, Crop: "none", Flip: true, Val: 0.02, Split: "bytes", Cache: 2048,
		Arch: "simpleunet", Channels: []int{64, 128, 256, 512, 1024}, Layers: 1,
		LatentChannels: 4, Likelihood: "gaussian", Beta: 1,
		Process: "ddpm", Timesteps: 300, Schedule: "linear", BetaStart: 1e-4, BetaEnd: 0.02,
		Prediction: "eps", Loss: "l1", Weighting: "simple", Coupling: "none", Objective: "denoise", Times: "uniform",
		Batch: 128, LR: 1e-3, LRSchedule: "constant", AdamBetas: [2]float64{0.9, 0.999}, EMA: 0.995,
		Solver: "ddpm", Clamp: "x", Variance: "posterior",
		Epochs: 100, SaveEvery: 500, Keep: 2, SampleEvery: 5, SampleN: 16,
	}
}

// small is what `reverie train` runs when it is told nothing: chosen by
// measurement for eight minutes on two cores, see docs/benchmarks.md.
func small() Run {
	return Run{
		Preset:    "small",
		DataClass: []string{"Smileys & Emotion"}, Resolution: Size{H: 32, W: 32}, ImageChannels: 3, Crop: "none", Flip: true, Val: 0.15, Split: "bytes", Cache: 2048,
		Arch: "unet", Channels: []int{16, 32, 64, 128}, Layers: 1,
		LatentChannels: 4, Likelihood: "gaussian", Beta: 1,
		Process: "ddpm", Timesteps: 300, Schedule: "cosine", BetaStart: 1e-4, BetaEnd: 0.02,
		Prediction: "v", Loss: "mse", Weighting: "simple", Coupling: "none", Objective: "denoise", Times: "uniform",
		Batch: 32, LR: 3e-3, Warmup: 100, LRSchedule: "cosine", AdamBetas: [2]float64{0.9, 0.99}, ClipNorm: 1, EMA: 0.995,
		Solver: "dpm++2m", SampleSteps: 20, Clamp: "x0", Variance: "posterior",
		Time: Duration(8 * time.Minute), SaveEvery: 500, Keep: 2, SampleEvery: 100, SampleN: 16,
	}
}
