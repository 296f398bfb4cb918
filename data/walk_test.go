package data

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
)

// TestRemarks: what lies beside the images is named by extension with its remedy, and what systems
// and runs leave behind is neither image nor class.
func TestRemarks(t *testing.T) {
	dir := folder(t, 4)
	heic := "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
	for name, text := range map[string]string{
		"a/1.HEIC": heic, "a/2.heic": heic, "b/3.ppm": "P6 1 1 255 abc", "b/note.txt": "text", "b/note2.txt": "text",
		"b/.DS_Store": "x", "__MACOSX/a/x.png": "x", "@eaDir/y.png": "y", "a/Thumbs.db": "z", ".git/z.png": "z",
	} {
		write(t, dir, name, []byte(text))
	}
	write(t, dir, "a/bare", pngOf(t, plain(9)))
	write(t, dir, "runs/a-1/config.json", []byte(`{"preset": "small", "image-channels": 3}`))
	write(t, dir, "runs/a-1/samples/1.png", pngOf(t, plain(8)))
	write(t, dir, "b/config.json", []byte(`{"preset": "mine"}`)) // of somebody else
	s := mustOpen(t, small, dir)
	if s.Len() != 4 || strings.Join(s.Classes(), " ") != "a b" || len(s.Skipped()) != 0 {
		t.Errorf("%d images, classes %q, skipped %v", s.Len(), s.Classes(), s.Skipped())
	}
	got := strings.Join(s.Remarks(), "\n")
	for _, part := range []string{
		"left out 7 files of other names: ", "2 .heic (HEIC picture: convert it to PNG or JPEG)", "1 .ppm (Netpbm picture", "1 without extension (PNG picture: rename",
		"2 .txt", "1 .json", "left out 5 hidden files and folders of the system", "left out 1 run folder of reverie, such as " + filepath.Join(dir, "runs", "a-1"),
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the remarks lack %q:\n%s", part, got)
		}
	}
	// A run folder that is given as the root is meant.
	if s := mustOpen(t, small, filepath.Join(dir, "runs", "a-1")); s.Len() != 1 {
		t.Errorf("a run folder as root: %d images", s.Len())
	}
	_, err := Open(t.Context(), []string{filepath.Join(dir, "runs")}, small)
	wantError(t, err, "no images in", "run folders of reverie are left out")
}

// TestNormalForms: a class is one whether its folder's name is composed or not, and is found by
// either.
func TestNormalForms(t *testing.T) {
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	a, b := t.TempDir(), t.TempDir()
	write(t, a, nfd+"/1.png", pngOf(t, plain(1)))
	write(t, a, "other/2.png", pngOf(t, plain(2)))
	write(t, b, nfc+"/3.png", pngOf(t, plain(3)))
	if s := mustOpen(t, small, a, b); s.Len() != 3 || len(s.Classes()) != 2 || s.Classes()[0] != nfd || s.Info(0).Class != s.Info(2).Class {
		t.Errorf("classes %q, %d images", s.Classes(), s.Len())
	}
	for _, name := range []string{nfc, nfd} {
		if s := mustOpen(t, Options{Height: 4, Classes: []string{name}}, a, b); s.Len() != 2 || len(s.Classes()) != 1 {
			t.Errorf("class %+q: %d images in %q", name, s.Len(), s.Classes())
		}
	}
}

// TestSizesAreHeightByWidth: of every size that is printed the height comes first, as in the flags.
func TestSizesAreHeightByWidth(t *testing.T) {
	if got := mustOpen(t, small, folder(t, 2)).String(); !strings.Contains(got, "of 4x6x3") {
		t.Errorf("the set is %s", got)
	}
}

// TestGridIsNoImage: what data draws of a folder, in that folder, is no image of it.
func TestGridIsNoImage(t *testing.T) {
	dir := folder(t, 3)
	r, err := Examine(t.Context(), []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	software := picture.Text{Key: "Software", Value: "reverie 1"}
	if err := picture.Write(filepath.Join(dir, "data.png"), r.Grid(), software, picture.Text{Key: "data", Value: dir}); err != nil {
		t.Fatal(err)
	}
	if err := picture.Write(filepath.Join(dir, "sample.png"), r.Grid(), software); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, small, dir)
	if s.Len() != 4 || len(s.Skipped()) != 0 || !strings.Contains(strings.Join(s.Remarks(), "; "), "left out 1 grid of images") {
		t.Errorf("%d images, skipped %v, remarks %q", s.Len(), s.Skipped(), s.Remarks())
	}
}
