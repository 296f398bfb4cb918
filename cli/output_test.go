package cli

import "testing"

// An output that would replace a file of a run or a model is refused before anything is done,
// whichever flag names it.
func TestOutputsSpareRuns(t *testing.T) {
	dir := workshop(t)
	before := snapshot(t, dir)
	for _, c := range [][]string{
		{"sample", "run", "--out", "run/config.json"},
		{"sample", "run", "--strip", "run/log.jsonl"},
		{"sample", "run", "--npz", "run/checkpoints/best.npz"},
		{"sample", "run", "--dir", "run/checkpoints/new"},
		{"sample", "run", "--gif", "run/checkpoints/a.gif"},
		{"sample", "run", "--out", "model/model_index.json"},
		{"eval", "run", "imgs", "--npz", "run/.lock"},
		{"data", "imgs", "--out", "run/loss.svg"},
		{"noise", "imgs/0.png", "--out", "model/unet/noise.png"},
		{"predict", "--model", "model", "--in", "in/ok.npz", "--out", "model/unet/diffusion_pytorch_model.safetensors"},
		{"lab", "--data", "moons", "--out", "run/checkpoints"},
		{"import", "--weights", "weights/nan.safetensors", "--resolution", "8", "--out", "run/checkpoints/step-000009"},
	} {
		refused(t, 1, []string{c[len(c)-2], c[len(c)-1], "'s own files", "give another name"}, c...)
	}
	before.unchanged(t, dir)
}
