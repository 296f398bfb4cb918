package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The last whole line of a log counts, however long the log; what is no log is 0.
func TestLastStep(t *testing.T) {
	line := `{"step":41,"loss":0.5}` + "\n"
	for text, want := range map[string]int64{
		"": 0, "{": 0, line: 41, line + `{"step":42`: 41, strings.Repeat(line, 1<<13) + `{"step":7}` + "\n": 7, "x\n": 0, "\n": 0, strings.Repeat("x", maxTail) + line: 0,
	} {
		f, err := OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(f.dir, "log.jsonl"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := f.lastStep(); got != want {
			t.Errorf("%.40q: %d, want %d", text, got, want)
		}
		f.Close()
	}
}

// A folder that nobody locks, or this process, is not in training; looking leaves no lock and no
// file.
func TestTrainingNow(t *testing.T) {
	dir := t.TempDir()
	if _, yes := TrainingNow(dir); yes || isFile(filepath.Join(dir, lockName)) {
		t.Error("an empty folder")
	}
	l, err := lockRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, yes := TrainingNow(dir); yes {
		t.Error("this process")
	}
	path := filepath.Join(dir, lockName)
	if err := os.WriteFile(path, []byte("1\n"), 0o666); err != nil { // as if another had it
		t.Fatal(err)
	}
	if got, yes := TrainingNow(dir); !yes || got.String() != "training now (process 1), step 0" {
		t.Errorf("%v, %v", got, yes)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if _, yes := TrainingNow(dir); yes {
		t.Error("after the lock was let go")
	}
	if l, err = lockRun(dir); err != nil {
		t.Fatal(err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
}
