package checkpoint

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ended runs a process to its end, and gives its number, which none has then.
func ended(t *testing.T) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// byProcess is the name of a temporary file as another process has it.
func byProcess(pid int) string {
	parts := strings.Split(filepath.Base(Temporary("")), "-")
	parts[3] = strconv.Itoa(pid)
	return strings.Join(parts, "-")
}

// A command clears what killed ones left where it writes: not what one writes that still runs, here
// or on another machine, nor what only looks so.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	dead, foreign, old := byProcess(ended(t)), ".tmp-reverie-00000000-1-00000001", ".tmp-reverie-00000000-1-00000002"
	folder := byProcess(ended(t))
	mine, diary := filepath.Base(Temporary("")), ".tmp-reverie-diary"
	for _, name := range []string{dead, foreign, old, mine, diary, filepath.Join(folder, "unet", "config.json")} {
		touch(t, filepath.Join(dir, name))
	}
	long := time.Now().Add(-2 * abandonedAfter)
	if err := os.Chtimes(filepath.Join(dir, old), long, long); err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("n", 255) // as long as names can be
	err := WriteFileAtomic(nil, filepath.Join(dir, name), func(w io.Writer) error { _, err := w.Write([]byte("text")); return err })
	if err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{dead: false, old: false, folder: false, foreign: true, mine: true, diary: true, name: true} {
		if exists(filepath.Join(dir, name)) != stays {
			t.Errorf("%s: there %t, want %t", name, !stays, stays)
		}
	}
}
