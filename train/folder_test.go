//go:build unix

package train

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/reverie-go/reverie/config"
)

// What somebody put in the place of a run's own files is named, not waited for, read without end or
// written through.
func TestStrangeFilesInARun(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps, c.Best = 2, "val"
	tr := start(t, c)
	run(t, tr)
	fifo := func(path string) error { return syscall.Mkfifo(path, 0o666) }
	zero := func(path string) error { return os.Symlink("/dev/zero", path) }
	for _, name := range []string{"config.json", "log.jsonl", bestFile} {
		for what, put := range map[string]func(string) error{"pipe": fifo, "link": zero} {
			dir := filepath.Join(t.TempDir(), "run")
			if err := os.CopyFS(dir, os.DirFS(tr.Dir)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := put(path); err != nil {
				t.Skip(err)
			}
			if err := refusedResume(t, c, dir); err == nil || !strings.Contains(err.Error(), path+" is a ") || !strings.Contains(err.Error(), what) {
				t.Errorf("%s as a %s: %v", name, what, err)
			}
			for read, f := range map[string]func() error{
				"config.json": func() error { _, err := config.Read(dir); return err },
				bestFile:      func() error { _, err := ReadBest(dir); return err },
			} {
				if err := f(); (err != nil) != (read == name) {
					t.Errorf("%s with %s as a %s: %v", read, name, what, err)
				}
			}
			if info, err := os.Lstat(path); err != nil || info.Mode().IsRegular() {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
	}
}

// A picture and a curve take a link's place, and leave alone what it leads to.
func TestWritesOverLinks(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 2
	tr := start(t, c)
	out := filepath.Join(t.TempDir(), "diary.txt")
	if err := os.WriteFile(out, []byte("dear diary"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"loss.svg", "samples/training.png", "best.json"} {
		if err := os.Symlink(out, filepath.Join(tr.Dir, name)); err != nil {
			t.Skip(err)
		}
	}
	if err := tr.record(&Best{Metric: "val", Value: 1, Step: 1}); err != nil {
		t.Error(err)
	}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	closed(t, tr)
	for _, name := range []string{"loss.svg", "samples/training.png", "best.json"} {
		if info, err := os.Lstat(filepath.Join(tr.Dir, name)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "dear diary" {
		t.Errorf("%q, %v", b, err)
	}
}

// A log with a line of any length is read to its end.
func TestLongLogLine(t *testing.T) {
	dir := t.TempDir()
	text := `{"step":1,"loss":1}` + "\n" + `{"step":2,"note":"` + strings.Repeat("x", 1<<17) + `"}` + "\n" + `{"step":3,"loss":1}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "log.jsonl"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := records(t, dir); len(r) != 3 || r[2].Step != 3 {
		t.Errorf("%d records", len(r))
	}
}
