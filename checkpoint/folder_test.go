package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// link makes a symbolic link or skips the test.
func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
}

// othersFolder is a folder of somebody else's that looks as inviting as can be, and its contents.
func othersFolder(t *testing.T) (dir string, unchanged func()) {
	t.Helper()
	dir = t.TempDir()
	put := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{"diary.txt": "dear diary", ".tmp-notes/x": "notes"}
	for step, name := range map[int64]string{1: "step-000001", 2: "step-000002", 3: "step-000003.old"} {
		b, err := Trainer{Step: step}.encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		all[name+"/"+trainerFile] = string(b)
	}
	for name, text := range all {
		put(name, text)
	}
	return dir, func() {
		t.Helper()
		n := 0
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				n++
			}
			return err
		})
		if n != len(all) {
			t.Errorf("%d files in the foreign folder, %d were there", n, len(all))
		}
		for name, text := range all {
			if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != text {
				t.Errorf("%s: %q, %v", name, b, err)
			}
		}
	}
}

// A run folder of somebody else's making leads out of itself by no name: it is refused, as a new
// one and as one to resume, and what the link leads to stays.
func TestLinksInARun(t *testing.T) {
	for _, x := range []struct {
		name string
		log  bool // is there: what makes it a run
		open func(string) (*RunLock, error)
	}{{".lock", true, OpenRun}, {".lock", false, CreateRun}, {"samples", true, OpenRun}, {"samples", false, CreateRun}, {"checkpoints", true, OpenRun}} {
		out, unchanged := othersFolder(t)
		dir, target := t.TempDir(), out
		if x.name == ".lock" {
			target = filepath.Join(out, "diary.txt")
		}
		link(t, target, filepath.Join(dir, x.name))
		if x.log {
			if err := os.WriteFile(filepath.Join(dir, "log.jsonl"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.open(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, x.name)+" is a link") {
			t.Errorf("%s, begun %v: %v", x.name, x.log, err)
		}
		unchanged()
	}
}

// A link that comes once the folder is locked leads nowhere either; one in a checkpoint's place is
// removed, not followed.
func TestLinksThatComeLater(t *testing.T) {
	out, unchanged := othersFolder(t)
	dir := filepath.Join(t.TempDir(), "run")
	l, err := CreateRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	checkpoints := filepath.Join(dir, "checkpoints")
	link(t, out, checkpoints)
	if _, err := Save(l.Folder, dir, sample(7, 1)); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("save: %v", err)
	}
	if err := Prune(l.Folder, dir, 1); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("prune: %v", err)
	}
	if err := Clean(l.Folder, dir); err == nil {
		t.Error("clean followed a link")
	}
	unchanged()
	if err := os.Remove(checkpoints); err != nil {
		t.Fatal(err)
	}
	for step := range int64(3) {
		if _, err := Save(l.Folder, dir, sample(5+step, 1)); err != nil {
			t.Fatal(err)
		}
	}
	link(t, filepath.Join(out, "step-000001"), filepath.Join(checkpoints, "step-000001"))
	link(t, out, filepath.Join(checkpoints, ".tmp-step-000009"))
	if err := errors.Join(Clean(l.Folder, dir), Prune(l.Folder, dir, 1)); err != nil {
		t.Error(err)
	}
	if list, err := List(dir); err != nil || len(list) != 1 || list[0].Step != 7 {
		t.Errorf("%v, %v", list, err)
	}
	unchanged()
}

// The folder itself may be reached by a link.
func TestLinkToARun(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "link")
	link(t, dir, to)
	l, err := CreateRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Save(l.Folder, dir, sample(1, 1)); err != nil {
		t.Fatal(err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if l, err = OpenRun(to); err != nil {
		t.Fatal(err)
	}
	if path, err := Save(l.Folder, to, sample(2, 1)); err != nil || path != filepath.Join(to, "checkpoints", "step-000002") {
		t.Errorf("%s, %v", path, err)
	}
	if err := errors.Join(l.Unlock(), l.Unlock()); err != nil { // a trainer and its caller both do
		t.Error(err)
	}
	if list, err := List(dir); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}

// A folder takes no path outside itself, reads files alone, and none too long.
func TestFolder(t *testing.T) {
	out, unchanged := othersFolder(t)
	dir := t.TempDir()
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, path := range []string{out, filepath.Join(dir, "..", "x"), filepath.Dir(dir)} {
		_, errCreate := f.Create(path)
		for _, err := range []error{errCreate, f.Mkdir(path), f.RemoveAll(path), f.Rename(path, filepath.Join(dir, "x")), f.Rename(dir, path), f.SyncDir(path)} {
			if err == nil || !strings.Contains(err.Error(), "not in the run folder") {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(f.Mkdir(at("folder")), WriteFileAtomic(f, at("file"), writes("0123456789"))); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(out, "diary.txt"), at("link"))
	link(t, "file", at("inside"))
	if b, err := f.ReadFile(at("file"), 10); err != nil || string(b) != "0123456789" {
		t.Errorf("%q, %v", b, err)
	}
	for name, want := range map[string]string{"file": "longer than the 9 bytes", "folder": "is a folder", "link": "is a link", "inside": "is a link"} {
		if _, err := f.ReadFile(at(name), 9); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), at(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.ReadFile(at("none"), 9); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := WriteFileAtomic(f, at("link"), writes("mine")); err != nil { // takes the link's place
		t.Error(err)
	}
	if b, err := ReadRunFile(dir, "link", 9); err != nil || string(b) != "mine" {
		t.Errorf("%q, %v", b, err)
	}
	if err := f.RemoveAll(at("inside")); err != nil || !isFile(at("file")) {
		t.Errorf("removed a link: %v", err)
	}
	unchanged()
}

// writes is what writes a text into a file.
func writes(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// A file that claims to be long is refused before it is read: one of 1 TiB that takes no room on
// the disk.
func TestReadFileOfNoEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log.jsonl")
	touch(t, path)
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip("no sparse files here:", err)
	}
	const limit = 1 << 40 // which is held, if it is read
	if _, err := ReadRunFile(dir, "log.jsonl", limit-1); err == nil || !strings.Contains(err.Error(), "is longer than the") {
		t.Errorf("error %v", err)
	}
}
