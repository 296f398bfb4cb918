package source_test

import (
	"archive/zip"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

func write(t *testing.T, dir, name string, raw []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// idx is an array of zeros in the IDX format.
func idx(size ...int) []byte {
	b, n := []byte{0, 0, 8, byte(len(size))}, 1
	for _, s := range size {
		b, n = binary.BigEndian.AppendUint32(b, uint32(s)), n*s
	}
	return append(b, make([]byte, n)...)
}

// TestMNIST: of a folder with MNIST's training and test images the first are read, and the others
// by their own name; a run on it is called as the folder is.
func TestMNIST(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "digits")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	training := write(t, dir, "train-images-idx3-ubyte", idx(3, 8, 8))
	if names, err := source.Resolve([]string{dir}); err != nil || names[0] != dir {
		t.Errorf("%q, %v", names, err)
	}
	test := write(t, dir, "t10k-images-idx3-ubyte", idx(2, 8, 8))
	write(t, dir, "train-labels-idx1-ubyte", idx(3))
	for name, want := range map[string]string{dir: training, training: training, test: test} {
		names, err := source.Resolve([]string{name})
		if err != nil || names[0] != want {
			t.Fatalf("%s is %q, %v; want %s", name, names, err, want)
		}
		if got := source.Base(names[0]); got != "digits" {
			t.Errorf("%s is called %q", names[0], got)
		}
	}
	s, err := source.Open(t.Context(), []string{training}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Len() != 3 || len(s.Classes()) != 1 {
		t.Errorf("%v", s)
	}
}

// TestSettingsOfLabels: the settings of the sources reach what reads them.
func TestSettingsOfLabels(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cat_1.png", "dog_1.png"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, len(name), 4+int(name[0])))); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	write(t, dir, "metadata.csv", []byte("file_name,kind\ncat_1.png,3\ndog_1.png,5\n"))
	for want, p := range map[string]source.Pictures{
		"cat dog": {Labels: "prefix"}, "3 5": {Labels: "auto", LabelColumn: "kind"}, "": {Labels: "none"}, " ": {Labels: "folders"}, "  ": {},
	} {
		p.Resolution = data.Size{H: 4, W: 4}
		s, err := (&source.Folders{Pictures: p}).Open(t.Context(), []string{dir}, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.Classes(), " "); got != strings.TrimSpace(want) {
			t.Errorf("%+v: classes %q, want %q", p, got, want)
		}
		s.Close()
	}

	out, err := os.Create(filepath.Join(t.TempDir(), "pets.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(out)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	out.Close()
	s, err := source.Open(t.Context(), []string{out.Name()}, source.Options{})
	if err != nil || s.Len() != 2 || source.Base(out.Name()) != "pets" {
		t.Errorf("%v, called %q, %v", s, source.Base(out.Name()), err)
	}

	points := write(t, dir, "points.csv", []byte("x,y,kind\n1,2,b\n3,4,a\n5,9,b\n"))
	row, _, err := source.Of([]string{points})
	if err != nil {
		t.Fatal(err)
	}
	own := table.Copy(row).(source.Source)
	if err := table.Find(table.Fields(own), "label-column").Set("kind"); err != nil {
		t.Fatal(err)
	}
	s, err = own.Open(t.Context(), []string{points}, source.Options{})
	if err != nil || s.Kind().C != 2 || len(s.ClassCounts()) != 2 || s.ClassCounts()[1] != (kind.Class{Name: "b", Samples: 2}) {
		t.Errorf("%v, %v", s, err)
	}
	if s, err := source.Open(t.Context(), []string{points}, source.Options{}); err == nil {
		t.Errorf("a table with texts is read as %v", s)
	}
}

// A folder whose first file, of recordings and pictures, is a recording is one of recordings; so is
// a recording.
func TestSoundIsTold(t *testing.T) {
	speech, photos := filepath.Join(t.TempDir(), "speech"), t.TempDir()
	if err := os.MkdirAll(filepath.Join(speech, "a"), 0o777); err != nil {
		t.Fatal(err)
	}
	one := write(t, speech, "a/x.FLAC", nil)
	write(t, photos, "a.png", nil)
	write(t, photos, "b.wav", nil)
	for name, want := range map[string]string{speech: "sound:" + speech, one: "sound:" + one, photos: photos, "sound:" + photos: "sound:" + photos} {
		names, err := source.Resolve([]string{name})
		if err != nil || names[0] != want {
			t.Errorf("%s is %q, %v; want %s", name, names, err, want)
		}
	}
	if base := source.Base("sound:" + speech); base != "speech" {
		t.Errorf("it is called %q", base)
	}
	s := source.Sound{Resolution: data.Size{H: 128, W: 64}}
	k, err := s.Spectra()
	if err != nil || k.Spectrum.Hop != 64 || k.Spectrum.Rate != 8000 || k.C != 2 {
		t.Errorf("%v, %+v, %v", k, k.Spectrum, err)
	}
	s.Hop = 129
	if _, err := s.Spectra(); err == nil || !strings.Contains(err.Error(), "--hop") {
		t.Error(err)
	}
}
