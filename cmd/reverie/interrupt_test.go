package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterrupted: a command whose context has ended says so and writes nothing.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	run, at := trained(t), func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"sample", run, "--out", at("s.png"), "--npz", at("i.npz")},
		{"data", images(t), "--out", at("d.png")},
		with([]string{"train", images(t)}, "--steps", "1", "--run", at("run")),
	} {
		r := cliIn(ctx, args...)
		if r.code != exitFailure || !strings.Contains(r.err, "reverie: interrupted\n") {
			t.Errorf("%s: exit code %d, %s", args[0], r.code, r.err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}
