package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A draw is taken from the log for the same files of the same model alone.
func TestLogKnowsTheWeights(t *testing.T) {
	model := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(model, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("unet/weights", "one")
	path := filepath.Join(t.TempDir(), "log.jsonl")
	open := func(model string, n int) *drawLog {
		t.Helper()
		l := &drawLog{path: path}
		if err := l.open(model, n); err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := open(model, 8)
	d := draw{Model: model, Files: first.files, N: 8, Solver: "ddim", Steps: 5, Seed: 1, SWD: 3}
	if err := first.note(d); err != nil {
		t.Fatal(err)
	}
	if l := open(model, 8); l.have[d.key()] != d {
		t.Errorf("the log has %+v", l.have)
	}
	if l := open(model, 9); len(l.have) != 0 {
		t.Errorf("for 9 samples the log has %+v", l.have)
	}
	write("unet/weights", "two")
	if l := open(model, 8); len(l.have) != 0 || l.files == first.files {
		t.Errorf("for other weights the log has %+v", l.have)
	}
	write("unet/weights", "one")
	if l := open(model, 8); len(l.have) != 1 {
		t.Errorf("for the same weights again the log has %+v", l.have)
	}
	write("model_index.json", "{}")
	if l := open(model, 8); len(l.have) != 0 {
		t.Errorf("with another file the log has %+v", l.have)
	}
}
