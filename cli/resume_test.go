package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stateFiles are the files of a checkpoint that hold tensors.
var stateFiles = []string{
	"unet/diffusion_pytorch_model.safetensors", "unet_ema/diffusion_pytorch_model.safetensors", "trainer.safetensors",
}

// sameState fails unless the checkpoints of a step of two runs hold the same bytes.
func sameState(t *testing.T, a, b string, step int) {
	t.Helper()
	for _, name := range stateFiles {
		at := filepath.Join("checkpoints", fmt.Sprintf("step-%06d", step), name)
		if !bytes.Equal(readBytes(t, filepath.Join(a, at)), readBytes(t, filepath.Join(b, at))) {
			t.Errorf("%s differs between %s and %s", at, a, b)
		}
	}
}

// TestResumeBitForBit: 20 steps are 10 steps and then 10 more, to the last bit, though the second
// ten run on one thread.
func TestResumeBitForBit(t *testing.T) {
	for _, net := range [][]string{
		{"--arch", "simpleunet", "--channels", "4,8"},
		{"--arch", "unet", "--channels", "8,16", "--clip-norm", "1"},
	} {
		t.Run(net[1], func(t *testing.T) {
			whole, cut := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "cut")
			start := func(dir, steps string) { // 16 images, 3 steps an epoch: the cut is inside one
				ok(t, with([]string{"train", images(t)}, append(net, "--steps", steps, "--run", dir)...)...)
			}
			start(whole, "20")
			start(cut, "10")
			r := ok(t, "train", "--resume", cut, "--steps", "20", "--backend", "simd:threads=1")
			if !strings.Contains(r.err, "10 steps in") {
				t.Errorf("resumed run did not take 10 steps:\n%s", r.err)
			}
			sameState(t, whole, cut, 20)
			a, b := readBytes(t, filepath.Join(whole, "log.jsonl")), readBytes(t, filepath.Join(cut, "log.jsonl"))
			if na, nb := bytes.Count(a, []byte("\n")), bytes.Count(b, []byte("\n")); na != 20 || nb != 20 {
				t.Errorf("logs of %d and %d lines, want 20", na, nb)
			}
		})
	}
}

// TestResumeFlags: stops and rhythm may change, all else be left out or repeated alike; a
// difference is named, and nothing is touched.
func TestResumeFlags(t *testing.T) {
	dir := copyOf(t, trained(t))
	imgs := images(t)
	for i, more := range [][]string{
		{"--steps", "5"},
		with([]string{imgs}, "--steps", "6"),
		{"--steps", "9", "--save-every", "2", "--keep", "1", "--sample-every", "1"},
		{"--epochs", "4"},
		{"--time", "1h", "--steps", "13"},
	} {
		if r := ok(t, append([]string{"train", "--resume", dir}, more...)...); strings.Contains(r.err, "reached its stop already") {
			t.Errorf("%d: nothing was trained", i)
		}
	}
	ok(t, "sample", dir, "-n", "1", "--out", filepath.Join(t.TempDir(), "s.png"))

	before := snapshot(t, dir)
	for _, c := range []struct{ flag, value, has string }{
		{"--batch", "2", "4"}, {"--preset", "lecture", "small"}, {"--arch", "unet", "simpleunet"},
		{"--channels", "4,16", "4,8"}, {"--seed", "9", "0"}, {"--resolution", "16", "8"}, {"--loss", "l1", "mse"},
		{"--val", "0.5", "0.15"}, {"--ema", "0", "0.995"}, {"--flip", "", "false"},
		{"--solver", "ddim", "ddpm"}, {"--sample-n", "2", "16"},
	} {
		args := []string{"train", "--resume", dir, c.flag}
		if c.value != "" {
			args = append(args, c.value)
		}
		refused(t, 1, []string{c.flag, "the run has " + c.has}, args...)
	}
	refused(t, 1, []string{"other images", filepath.Join(imgs, "a"), "it had"}, "train", filepath.Join(imgs, "a"), "--resume", dir)
	refused(t, 1, []string{"DATA", "the run has", imgs}, "train", "points:moons", "--resume", dir)
	before.unchanged(t, dir)
}

// TestResumeReplacesStops: a stop on the command line replaces all that the run had, the same and
// others.
func TestResumeReplacesStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", images(t)}, "--epochs", "1", "--steps", "2", "--run", dir)...)
	r := ok(t, "train", "--resume", dir, "--steps", "7") // 3 steps are an epoch
	if !strings.Contains(r.err, "5 steps in") {
		t.Errorf("--epochs 1 still holds:\n%s", r.err)
	}
}

// TestResumeDone: a total that is reached already trains nothing and says so.
func TestResumeDone(t *testing.T) {
	dir := copyOf(t, trained(t))
	r := ok(t, "train", "--resume", dir, "--steps", "3")
	if !strings.Contains(r.err, "reached its stop already (--steps 3); give a larger total") {
		t.Errorf("stderr: %s", r.err)
	}
	sameState(t, trained(t), dir, 4)
}

// TestResumeRate: a longer total takes the rate up again and says so, as do --lr, --lr-schedule and
// --warmup; data that moved are given as DATA.
func TestResumeRate(t *testing.T) {
	imgs, dir := copyOf(t, images(t)), filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", imgs}, "--steps", "4", "--lr-schedule", "cosine", "--run", dir)...)
	moved := imgs + "-moved"
	if err := os.Rename(imgs, moved); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, []string{"no such folder", imgs, "train DATA --resume " + dir}, "train", "--resume", dir, "--steps", "8")
	r := ok(t, "train", moved, "--resume", dir, "--steps", "8", "--warmup", "2")
	for _, text := range []string{"note: the total is now --steps 8", "learning rate rises", "are now read from [" + moved} {
		if !strings.Contains(r.err, text) {
			t.Errorf("%q is not in %s", text, r.err)
		}
	}
	r = ok(t, "train", "--resume", dir, "--steps", "12", "--lr", "0.001", "--lr-schedule", "constant")
	if !strings.Contains(r.err, "to 0.001 over 2 steps, and stays there") {
		t.Errorf("stderr: %s", r.err)
	}
	refused(t, 2, []string{"--lr-schedule"}, "train", "--resume", dir, "--lr-schedule", "linear")
}

// TestResumeData: a run goes on with the images that it began with.
func TestResumeData(t *testing.T) {
	imgs, dir := copyOf(t, images(t)), filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", imgs}, "--steps", "2", "--run", dir)...)
	before := snapshot(t, dir)
	if err := os.Remove(filepath.Join(imgs, "a", "02.png")); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, []string{"other images", imgs}, "train", "--resume", dir, "--steps", "4")
	if err := os.RemoveAll(imgs); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, []string{"no such folder", imgs}, "train", "--resume", dir, "--steps", "4")
	before.unchanged(t, dir)
}
