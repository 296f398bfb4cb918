//go:build unix

package regular

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A regular file is opened, also by a link; nothing else is, nor waited for.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file, link, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := os.WriteFile(file, []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Skip("no pipes here:", err)
	}
	for _, path := range []string{file, link} {
		f, info, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(f); err != nil || string(text) != "text" || info.Size() != 4 {
			t.Errorf("%s: %q of %d bytes, %v", path, text, info.Size(), err)
		}
		f.Close()
	}
	for path, what := range map[string]string{dir: "folder", pipe: "device or pipe", "/dev/zero": "device or pipe", filepath.Join(dir, "none"): "no such file"} {
		if _, _, err := Open(path); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: error %v, want one of a %s", path, err, what)
		}
	}
}

// A pipe that takes a file's place again and again is never waited for.
func TestOpenWhileItChanges(t *testing.T) {
	dir := t.TempDir()
	file, pipe, path := filepath.Join(dir, "file"), filepath.Join(dir, "pipe"), filepath.Join(dir, "path")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Skip("no pipes here:", err)
	}
	stop, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				next := filepath.Join(dir, "next")
				_ = os.Link([]string{file, pipe}[i%2], next)
				_ = os.Rename(next, path)
			}
		}
	}()
	for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); {
		if f, info, err := Open(path); err == nil {
			if !info.Mode().IsRegular() {
				t.Errorf("a %s was opened", Kind(info.Mode()))
			}
			f.Close()
		}
	}
	close(stop)
	<-ended
}
