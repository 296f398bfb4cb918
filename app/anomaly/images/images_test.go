package images

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
)

// put writes a picture of h x w pixels, of the levels that at gives.
func put(t *testing.T, path string, h, w int, at func(y, x int) uint8) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetGray(x, y, color.Gray{Y: at(y, x)})
		}
	}
	write(t, path, img)
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// flat is a picture of one level.
func flat(level uint8) func(y, x int) uint8 { return func(int, int) uint8 { return level } }

// lay writes pictures of 8x8 pixels below a folder of its own, by their names: masks, which have
// "mask" in their path, white in the first two rows, others grey.
func lay(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		at := flat(128)
		if strings.Contains(name, "mask") {
			at = func(y, _ int) uint8 { return map[bool]uint8{true: 255}[y < 2] }
		}
		put(t, filepath.Join(dir, name), 8, 8, at)
	}
	return dir
}

func open(t *testing.T, o Options, paths ...string) *Set {
	t.Helper()
	s, err := Open(t.Context(), paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// summary is each image by its name with what is known of it.
func summary(s *Set) (all []string) {
	for _, m := range s.Images {
		known := "?"
		switch {
		case m.Normal:
			known = "normal"
		case m.Mask != "":
			known = fmt.Sprint(m.Lesion)
		}
		all = append(all, m.Name+" "+known)
	}
	return all
}

func wantSummary(t *testing.T, s *Set, want ...string) {
	t.Helper()
	if got := summary(s); !slices.Equal(got, want) {
		t.Errorf("images %q, want %q", got, want)
	}
}

// wantLine reports that no line of what is told has all of these parts.
func wantLine(t *testing.T, s *Set, parts ...string) {
	t.Helper()
	if !slices.ContainsFunc(s.Lines(), func(line string) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(line, p) })
	}) {
		t.Errorf("no line with %q in:\n%s", parts, strings.Join(s.Lines(), "\n"))
	}
}

func TestMVTec(t *testing.T) {
	dir := lay(t, "train/good/000.png", "test/good/000.png", "test/crack/000.png", "test/crack/001.png", "test/hole/000.png",
		"ground_truth/crack/000_mask.png", "ground_truth/crack/001_mask.png", "ground_truth/crack/002_mask.png")
	s := open(t, Options{}, dir)
	wantSummary(t, s, "crack/000.png 16", "crack/001.png 16", "good/000.png normal", "hole/000.png ?")
	wantLine(t, s, "4 images of 8")
	wantLine(t, s, "laid out as MVTec AD", "train is left for training")
	wantLine(t, s, "2 images with a mask", "1 image without a mask in a folder good")
	wantLine(t, s, "1 image without a mask, of whose lesions nothing is known", filepath.Join(dir, "test/hole/000.png"))
	wantLine(t, s, "1 mask without an image", "002_mask.png")
	if known := []bool{s.Images[0].Known(), s.Images[2].Known(), s.Images[3].Known()}; !slices.Equal(known, []bool{true, true, false}) {
		t.Errorf("known: %v", known)
	}
	for i, want := range []int{16, 16, 0, -1} {
		mask, err := s.Mask(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if want < 0 {
			if mask != nil {
				t.Errorf("image %d: a mask where nothing is known", i)
			}
			continue
		}
		for k, lesion := range mask {
			if lesion != (k < want) || len(mask) != 64 {
				t.Fatalf("image %d: pixel %d of %d is %v", i, k, len(mask), lesion)
			}
		}
	}
	if _, err := Open(t.Context(), []string{dir}, Options{Masks: dir}); err == nil || !strings.Contains(err.Error(), "leave the other masks out") {
		t.Errorf("other masks beside the layout's: %v", err)
	}
	if _, err := Open(t.Context(), []string{filepath.Dir(dir)}, Options{}); err == nil || !strings.Contains(err.Error(), "give one of "+dir) {
		t.Errorf("the folder above: %v", err)
	}
}

// TestPairs: masks go by the path below their folder, with and without the suffix, whatever lies
// where.
func TestPairs(t *testing.T) {
	dir := lay(t, "in/a.png", "in/b/a.png", "in/b/x_mask.png", "in/c.png", "masks/a.png", "masks/b/a_mask.png", "masks/b/x_mask.png", "masks/b/c.png")
	in, masks := filepath.Join(dir, "in"), filepath.Join(dir, "masks")
	s := open(t, Options{Masks: masks}, in)
	wantSummary(t, s, "a.png 16", "b/a.png 16", "b/x_mask.png 16", "c.png ?")
	if want := []string{filepath.Join(masks, "b/c.png")}; !slices.Equal(s.Unpaired, want) {
		t.Errorf("unpaired masks %q, want %q", s.Unpaired, want)
	}
	s = open(t, Options{Masks: masks}, filepath.Join(in, "c.png"), filepath.Join(in, "a.png"))
	wantSummary(t, s, "c.png ?", "a.png 16")
	wantSummary(t, open(t, Options{}, in, in), "a.png ?", "b/a.png ?", "b/x_mask.png ?", "c.png ?")
	wantLine(t, open(t, Options{}, in, in), "it is examined already, as")

	dir = lay(t, "1.png", "2.png", "masks/1.png", "masks/2_mask.png")
	s = open(t, Options{Masks: filepath.Join(dir, "masks")}, dir)
	wantSummary(t, s, "1.png 16", "2.png 16")
	wantLine(t, s, "2 of 4", "are masks, and not examined")

	dir = lay(t, "1.png", "1_mask.png", "2.png", "good/3.png")
	s = open(t, Options{Masks: dir}, dir)
	wantSummary(t, s, "1.png 16", "2.png ?", "good/3.png normal")

	s = open(t, Options{}, dir)
	wantSummary(t, s, "1.png ?", "1_mask.png ?", "2.png ?", "good/3.png normal")
	wantLine(t, s, "1 image in a folder good")
	wantSummary(t, open(t, Options{}, filepath.Join(dir, "good")), "3.png normal")
	wantSummary(t, open(t, Options{}, filepath.Join(dir, "good", "3.png")), "3.png normal")
	t.Chdir(filepath.Join(dir, "good"))
	wantSummary(t, open(t, Options{}, "."), "3.png normal")
	wantSummary(t, open(t, Options{}, "3.png"), "3.png normal")
}

// TestMasks: what is above half is lesion, and what a mask has of it is counted.
func TestMasks(t *testing.T) {
	dir := lay(t, "in/none.png", "in/full.png", "in/ones.png", "in/levels.png")
	for name, at := range map[string]func(y, x int) uint8{
		"none": flat(0), "full": flat(255), "ones": flat(1), "levels": func(y, x int) uint8 { return uint8(120 + 2*x) },
	} {
		put(t, filepath.Join(dir, "masks", name+".png"), 8, 8, at)
	}
	s := open(t, Options{Masks: filepath.Join(dir, "masks")}, filepath.Join(dir, "in"))
	wantSummary(t, s, "full.png 64", "levels.png 32", "none.png 0", "ones.png 0")
	wantLine(t, s, "4 images with a mask, 2 of them without a lesion and 1 that are all lesion")
	wantLine(t, s, "1 of 4 images masked without a lesion, by a mask that is not black: its brightest level is 1 of 255")
}

func TestRefused(t *testing.T) {
	dir := lay(t, "in/a.png", "masks/a_mask.png")
	in, masks := filepath.Join(dir, "in"), filepath.Join(dir, "masks")
	put(t, filepath.Join(dir, "wide", "a.png"), 8, 9, flat(0))
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	two := lay(t, "in/a.png", "in/A.png", "masks/a.png", "masks/a_mask.png")
	put(t, filepath.Join(dir, "broken", "x.png"), 8, 8, flat(0))
	if err := os.Truncate(filepath.Join(dir, "broken", "x.png"), 40); err != nil {
		t.Fatal(err)
	}
	stems := lay(t, "in/a.png", "masks/a.png")
	if raw, err := os.ReadFile(filepath.Join(stems, "in/a.png")); err != nil || os.WriteFile(filepath.Join(stems, "in/a.bmp"), raw, 0o666) != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want  string
		o     Options
		paths []string
	}{
		{"none are given", Options{}, nil},
		{"no such file or folder", Options{}, []string{filepath.Join(dir, "x")}},
		{"no such folder", Options{Masks: filepath.Join(dir, "x")}, []string{filepath.Join(in, "a.png")}},
		{"no such file or folder: " + filepath.Join(dir, "x"), Options{Masks: filepath.Join(dir, "x")}, []string{in}},
		{"no images in " + filepath.Join(dir, "empty"), Options{}, []string{filepath.Join(dir, "empty")}},
		{"masks: data: no images in " + filepath.Join(dir, "empty"), Options{Masks: filepath.Join(dir, "empty")}, []string{in}},
		{filepath.Join(dir, "wide", "a.png") + " is of 8x9 (height x width), and " + filepath.Join(in, "a.png") + " of 8x8", Options{Masks: filepath.Join(dir, "wide")}, []string{in}},
		{"a.png has two masks", Options{Masks: filepath.Join(two, "masks")}, []string{filepath.Join(two, "in")}},
		{"may be that of " + filepath.Join(stems, "in/a.bmp") + " and of " + filepath.Join(stems, "in/a.png"), Options{Masks: filepath.Join(stems, "masks")}, []string{filepath.Join(stems, "in")}},
		{"may be that of", Options{Masks: masks}, []string{in, filepath.Join(two, "in")}},
		{"all images in " + masks + " are masks", Options{Masks: masks}, []string{masks}},
		{"channels 2", Options{Channels: 2}, []string{in}},
		{"none of 1 image file can be read", Options{}, []string{filepath.Join(dir, "broken")}},
		{"none of 1 image file can be read", Options{MaxPixels: 63}, []string{in}},
	} {
		if _, err := Open(t.Context(), c.paths, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, []string{in}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Open(t.Context(), []string{filepath.Join(dir, "x")}, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is no fs.ErrNotExist", err)
	}
}

// TestUnreadable: what cannot be read is left out by its name and the rest examined, an image
// whose mask is damaged without one.
func TestUnreadable(t *testing.T) {
	dir := lay(t, "in/a.png", "in/b.png", "in/c.png", "masks/a.png", "masks/b.png", "masks/c.png")
	in, masks := filepath.Join(dir, "in"), filepath.Join(dir, "masks")
	for _, path := range []string{filepath.Join(in, "a.png"), filepath.Join(masks, "b.png")} {
		if err := os.Truncate(path, 60); err != nil {
			t.Fatal(err)
		}
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	clear.Set(1, 1, color.Black)
	write(t, filepath.Join(masks, "c.png"), clear)
	if err := os.WriteFile(filepath.Join(in, "notes.txt"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{Masks: masks}, in)
	wantSummary(t, s, "b.png ?", "c.png ?")
	wantLine(t, s, "left out 3 files")
	wantLine(t, s, "left out 1 file of other names")
	wantLine(t, s, filepath.Join(masks, "b.png"), "damaged", "nothing is known of the lesions of "+filepath.Join(in, "b.png"))
	wantLine(t, s, filepath.Join(masks, "c.png"), "transparent in part")
	for _, skip := range s.Skipped {
		if strings.Contains(skip.Err.Error(), skip.Path) {
			t.Errorf("%s is named twice: %v", skip.Path, skip.Err)
		}
	}
}

// TestRead: each image has its own size, at which it is read as it is, and another one is data's.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	ramp := func(y, x int) uint8 { return uint8(10*y + x) }
	put(t, filepath.Join(dir, "a.png"), 5, 9, ramp)
	put(t, filepath.Join(dir, "b.png"), 80, 70, ramp)
	s := open(t, Options{Channels: 1}, dir)
	if got := s.String(); got != "2 images of 5x9 to 80x70" {
		t.Error(got)
	}
	x, err := s.Read(t.Context(), 0, s.Images[0].H, s.Images[0].W)
	if err != nil || len(x) != 45 {
		t.Fatal(len(x), err)
	}
	for i, v := range x {
		if want := float32(float64(ramp(i/9, i%9))/127.5 - 1); v != want {
			t.Errorf("value %d is %v, want %v", i, v, want)
		}
	}
	if len(s.Images[0].Notes) > 0 {
		t.Errorf("notes on what was not done: %q", s.Images[0].Notes)
	}
	want, _, err := data.ReadImage(t.Context(), filepath.Join(dir, "b.png"), data.Options{Height: 16, Width: 16, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	if x, err := s.Read(t.Context(), 1, 16, 16); err != nil || !slices.Equal(x, want) {
		t.Errorf("resized: %v, %v", x, err)
	}
	put(t, filepath.Join(dir, "a.png"), 6, 9, ramp)
	if _, err := s.Read(t.Context(), 0, 5, 9); err == nil || !strings.Contains(err.Error(), "it has changed") {
		t.Errorf("a file that has changed: %v", err)
	}
}

// TestStems: files of images are never written over one another, where letters are of one case
// neither.
func TestStems(t *testing.T) {
	s := new(Set)
	for _, name := range []string{"a/1.png", "a/2.png", "a/2.jpg", "A/1.PNG", "b.png", "a/2.png", "a/2.png-2.png"} {
		s.Images = append(s.Images, Image{Name: name})
	}
	want := []string{"a/1.png", "a/2.png", "a/2.jpg", "A/1.PNG-2", "b", "a/2.png-2", "a/2.png-2-2"}
	if got := s.Stems(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
