//go:build unix

package checkpoint

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in a file's place is refused, not waited for; so is an endless device behind a link.
func TestPipesInARun(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pipe", lockName} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Skip(err)
		}
	}
	link(t, "/dev/zero", filepath.Join(dir, "zero"))
	for name, want := range map[string]string{"pipe": "is a device or pipe", "zero": "is a link"} {
		if _, err := ReadRunFile(dir, name, 9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := CreateRun(dir); err == nil || !strings.Contains(err.Error(), ".lock is a device or pipe") {
		t.Error(err)
	}
	if _, yes := TrainingNow(dir); yes {
		t.Error("nobody trains here")
	}
}
