package train

import (
	"strings"
	"testing"
)

// TestDescribe: a run that was stopped before its end says how to go on, and what its model learned
// on; the model alone says nothing of a run.
func TestDescribe(t *testing.T) {
	c := tiny(images(t, 8, 8))
	c.SaveEvery = 2
	tr := start(t, c)
	dir := tr.Dir
	run(t, tr)
	text := func(path string) map[string]string {
		facts, err := Describe(path, false, func(run string) string { return "go on in " + run })
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]string{}
		for _, f := range facts {
			said[f.Name] = f.Text
		}
		return said
	}
	whole := text(dir)
	for name, want := range map[string]string{
		"state": "finished: 8 steps", "split": "25% held out", "trained": "8 steps (", "process": "ddpm", "weights": "averaged (EMA", "image size": "8x8", "loss": "at step 8",
	} {
		if !strings.Contains(whole[name], want) {
			t.Errorf("%s is %q, want %q in it", name, whole[name], want)
		}
	}
	c.Steps = 16
	had := resume(t, c, dir)
	closed(t, had)
	if got := text(dir)["state"]; got != "interrupted before its stop, 16 steps; go on with: go on in "+dir {
		t.Errorf("state: %q", got)
	}
	if _, err := Describe(t.TempDir(), false, nil); err == nil {
		t.Error("an empty folder is described")
	}
}
