package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A shell gives back every path that it is given quoted, whatever it holds.
func TestQuoted(t *testing.T) {
	paths := []string{"/a/b-1_c.d", "/with space", "/it's", `/back\slash`, "/dollar$HOME", "/`x`", "/new\nline", "/esc\x1b[31m'\\", "/ümlaut é", "/~", "~", "-x", "/a;b&c|d", "/*?[x]", "/#x", "/!x", "/\xff", "/\u202e", ""}
	for _, p := range paths {
		q := quoted(p)
		if visible(q) != q || strings.Contains(q, "\n") {
			t.Errorf("%q: %q would move the terminal", p, q)
		}
		shell, err := exec.LookPath("bash")
		if err != nil {
			continue
		}
		out, err := exec.Command(shell, "-c", "printf %s "+q).Output()
		if p == "-x" { // printf's own option
			out, err = exec.Command(shell, "-c", "printf -- %s "+q).Output()
		}
		if err != nil || string(out) != p {
			t.Errorf("%q: the shell makes %q of %q, %v", p, out, q, err)
		}
	}
	if got := quoted("/tmp/case-x/photos"); got != "/tmp/case-x/photos" {
		t.Errorf("quoted without need: %s", got)
	}
}

// What `go run` builds lies in a folder of its own or in the build cache.
func TestBuiltToRun(t *testing.T) {
	for path, want := range map[string]bool{
		"/tmp/go-build123/b001/exe/reverie": true, "/home/x/.cache/go-build/ab/" + strings.Repeat("0a", 32) + "-d/reverie": true,
		"/cache/ab/" + strings.Repeat("0a", 32) + "-d/reverie": true, "/usr/bin/reverie": false, "/home/x/go/bin/reverie": false,
		"/tmp/go-build123/b001/reverie.test": false, "/tmp/go-builder/reverie": false,
	} {
		if got := builtToRun(filepath.FromSlash(path)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if programName() != "reverie" {
		t.Errorf("a test is started as %q", programName())
	}
}

// TestTrainHere: of a run on the folder that one stands in, a command is printed
// that works in any other.
func TestTrainHere(t *testing.T) {
	imgs := filepath.Join(t.TempDir(), "my photos")
	if err := os.CopyFS(imgs, os.DirFS(images(t))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(imgs)
	r := ok(t, with([]string{"train", "."}, "--steps", "2", "--run", "runs/one")...)
	want := "reverie sample '" + filepath.Join(imgs, "runs", "one") + "'"
	if got := lastLine(r.out); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
