//go:build unix

package data

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipe: a pipe with an image's name is skipped, not waited for.
func TestPipe(t *testing.T) {
	dir := folder(t, 1)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.png"), 0o644); err != nil {
		t.Skip("no pipes here:", err)
	}
	bad := mustOpen(t, small, dir).Skipped()
	if len(bad) != 1 {
		t.Fatalf("skipped %v", bad)
	}
	wantError(t, bad[0].Err, "not a regular file")
}
