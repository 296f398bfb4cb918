package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder of diffusers draws at its own size, says what of it is not followed, and gives the same
// images however it is laid out.
func TestForeignFolder(t *testing.T) {
	plain, flat := copyOf(t, "../checkpoint/testdata/diffusers"), copyOf(t, "../checkpoint/testdata/diffusers")
	for from, to := range map[string]string{
		"unet/config.json": "config.json", "unet/diffusion_pytorch_model.safetensors": "diffusion_pytorch_model.fp16.safetensors",
		"scheduler/scheduler_config.json": "scheduler_config.json",
	} {
		if err := os.Rename(filepath.Join(flat, from), filepath.Join(flat, to)); err != nil {
			t.Fatal(err)
		}
	}
	out := ok(t, "sample", plain, "-n", "1", "--steps", "2", "--out", filepath.Join(t.TempDir(), "o.png"))
	for _, want := range []string{"1 image of 8x8", "timestep_spacing leading is not followed"} {
		if !strings.Contains(out.err, want) {
			t.Errorf("the message lacks %q:\n%s", want, out.err)
		}
	}
	if !bytes.Equal(pixels(t, plain, "-n", "1", "--steps", "2"), pixels(t, flat, "-n", "1", "--steps", "2")) {
		t.Error("the same weights without folders draw another image")
	}
	if info := ok(t, "info", flat); !strings.Contains(info.out, "the weights are those of diffusion_pytorch_model.fp16.safetensors") {
		t.Errorf("info:\n%s", info.out)
	}
}

// Of a run whose newest checkpoint is damaged sample and info name the one before it.
func TestDamagedNewestIsTold(t *testing.T) {
	run := copyOf(t, trained(t))
	folders, err := filepath.Glob(filepath.Join(run, "checkpoints", "step-*"))
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	older := folders[len(folders)-1]
	newest := filepath.Join(run, "checkpoints", "step-000900")
	if err := os.CopyFS(newest, os.DirFS(older)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(newest, "trainer.json")
	writeBytes(t, path, readBytes(t, path)[:40])
	for _, command := range []string{"sample", "info"} {
		refused(t, 1, []string{path, "is whole: give " + older}, command, run)
	}
}
