package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
		if got, err := outFolder("", run, "map"); err != nil || got.path != filepath.Join(run, want) {
			t.Errorf("%s, %v; want %s", got.path, err, want)
		}
	}
	own := filepath.Join(run, "a", "b")
	for range 2 { // new, and then empty
		if got, err := outFolder(own, run, "map"); err != nil || got.path != own {
			t.Errorf("%s, %v", got.path, err)
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

// TestFolderFailed: of a command that failed nothing is left that is empty, but what there was, and
// it says where what it made lies.
func TestFolderFailed(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("own", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"a/b/c", "own"} {
		before := snapshot(t, ".")
		f, err := outFolder(out, "", "map")
		if err != nil || os.MkdirAll(filepath.Join(f.path, "x", "y"), 0o777) != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		if f.failed(&said); said.Len() > 0 {
			t.Errorf("%s: %q", out, said.String())
		}
		before.unchanged(t, ".")
	}
	f, err := outFolder("d", "", "map")
	if err != nil || os.MkdirAll(filepath.Join("d", "x"), 0o777) != nil || os.WriteFile(filepath.Join("d", "made"), nil, 0o666) != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	f.failed(&said)
	if within, err := os.ReadDir("d"); err != nil || len(within) != 1 || !strings.Contains(said.String(), "is in d") {
		t.Errorf("%v, %v: %q", within, err, said.String())
	}
}

// endedAt runs a command that is interrupted once a file is there.
func endedAt(t *testing.T, path string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(path); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return cliIn(ctx, args...)
}

// TestOutFolderInterrupted: what was found until a command ends early is told as after a whole one.
func TestOutFolderInterrupted(t *testing.T) {
	explainShop(t)
	for _, c := range []struct{ until, table, line string }{
		{"o1/onestep.png", "o1/images.csv", "anomaly untold two --map onestep,patch --method repaint --passes 1000 --out o1"},
		{"o2/dark/00_difference.png", "o2/table.csv", "explain told two --classifier c1 --target bright --counterfactual ace --iterations 200 --batch 1 --steps 2 --doublings 0 --halvings 0 --out o2"},
	} {
		r := endedAt(t, c.until, strings.Fields(c.line)...)
		dir := filepath.Dir(c.table)
		if r.code == 0 || !strings.Contains(r.err, "is in "+dir) {
			t.Errorf("%s: %d, %s", c.line, r.code, r.err)
		}
		if st, err := os.Stat(c.table); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", c.line, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "patch")); err == nil {
			t.Errorf("%s: an empty folder is left", c.line)
		}
	}
}
