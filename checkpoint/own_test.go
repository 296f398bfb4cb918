package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is a run's or a model's own is not written to, by whatever way it is named; beside it is.
func TestCheckForeign(t *testing.T) {
	base := t.TempDir()
	run, model, plain := filepath.Join(base, "run"), filepath.Join(base, "model"), filepath.Join(base, "plain")
	if err := os.Mkdir(run, 0o777); err != nil {
		t.Fatal(err)
	}
	mustSave(t, nil, run, sample(1, 0))
	touch(t, filepath.Join(plain, "notes.json"))
	if err := SaveModel(nil, model, sample(1, 0)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(base, "link")
	if err := os.Symlink(filepath.Join(run, "checkpoints"), link); err != nil {
		t.Skip(err)
	}
	for path, what := range map[string]string{
		"run/config.json": "run", "run/log.jsonl": "run", "run/best.json": "run", "run/.lock": "run", "run/CONFIG.json": "run",
		"run/checkpoints/a.png": "run", "run/checkpoints/step-000001/trainer.json": "run", "run/samples/../loss.svg": "run", "link/a.png": "run",
		"model/model_index.json": "model", "model/unet/a.png": "model", "model/x.safetensors": "model",
		"run/a.png": "", "run/samples/a.png": "", "model/a.png": "", "plain/notes.json": "", "none/config.json": "",
	} {
		err := CheckForeign(filepath.Join(base, filepath.FromSlash(path)))
		if (err != nil) != (what != "") || err != nil && !strings.Contains(err.Error(), "the "+what+"'s own") {
			t.Errorf("%s: error %v, want one of a %q", path, err, what)
		}
	}
}
