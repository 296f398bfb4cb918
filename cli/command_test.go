package cli

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

// TestTrainHere: where one stands in one's images, nothing that is printed or written by default
// comes among them: they are examined, a run goes on by the command that it prints, in any folder,
// and a second one has as many.
func TestTrainHere(t *testing.T) {
	imgs := filepath.Join(t.TempDir(), "my photos")
	if err := os.CopyFS(imgs, os.DirFS(images(t))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(imgs)
	ok(t, "data", ".")
	r := ok(t, with([]string{"train", "."}, "--steps", "2")...)
	dir := filepath.Join(imgs, "runs", "my photos-1")
	if got, want := lastLine(r.out), "reverie sample '"+dir+"'"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	first := r.err[strings.Index(r.err, "data:"):]
	r = ok(t, with([]string{"train", "."}, "--steps", "2")...)
	if second := r.err[strings.Index(r.err, "data:"):]; second[:strings.Index(second, "\n")] != first[:strings.Index(first, "\n")] {
		t.Errorf("at first %s, then %s", first, second)
	}
	t.Chdir(t.TempDir())
	ok(t, "train", "--resume", dir, "--steps", "4")
}
