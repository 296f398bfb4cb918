package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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

// TestOutFolder: a folder that is filled replaces nothing.
func TestOutFolder(t *testing.T) {
	run := t.TempDir()
	for _, want := range []string{"map-001", "map-002"} {
		if got, err := outFolder("", run, "map"); err != nil || got != filepath.Join(run, want) {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	own := filepath.Join(run, "a", "b")
	for range 2 { // new, and then empty
		if got, err := outFolder(own, run, "map"); err != nil || got != own {
			t.Errorf("%s, %v", got, err)
		}
	}
	if err := os.WriteFile(filepath.Join(own, "x"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := outFolder(own, run, "map"); err == nil || !strings.Contains(err.Error(), "holds x already") {
		t.Errorf("a folder with files: %v", err)
	}
	if _, err := outFolder("", filepath.Join(run, "none"), "map"); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("of no run: %v", err)
	}
}
