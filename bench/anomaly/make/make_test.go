package main

import (
	"image"
	"image/color"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/data"
)

// standIn is the folder of the stand-ins, made once.
var standIn = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "make")
	if err != nil {
		return dir, err
	}
	return dir, writeStandIn(dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := standIn(); dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// sources copies stand-ins for both sources into a folder.
func sources(t *testing.T) (dir string) {
	t.Helper()
	from, err := standIn()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// made are the files of both sets made of the sources in a folder, by their paths.
func made(t *testing.T, from string, seed uint64) (dir string, files map[string]string) {
	t.Helper()
	dir, files = t.TempDir(), map[string]string{}
	m := maker{fashion: from, textures: from, crops: 60, seed: seed}
	if err := m.make(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	root := os.DirFS(dir)
	if err := fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = string(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return dir, files
}

// part is which part of a set a file belongs to.
func part(path string) string {
	set, below, _ := strings.Cut(path, "/")
	first, _, _ := strings.Cut(below, "/")
	if first == "ground_truth" {
		first = "test"
	}
	return set + " " + first
}

// TestSets: the sets repeat by their seed, have as many images as they should in each folder, and
// are read as MVTec AD's.
func TestSets(t *testing.T) {
	from := sources(t)
	dir, files := made(t, from, 1)
	if _, again := made(t, from, 1); !maps.Equal(files, again) {
		t.Error("other files by the same seed")
	}
	if _, other := made(t, from, 2); maps.Equal(files, other) {
		t.Error("the same files by another seed")
	}
	counts := map[string]int{}
	for path := range files {
		counts[filepath.Dir(path)]++
	}
	want := map[string]int{}
	for set, n := range map[string][3]int{"garments": {110, 10, 40}, "bricks": {60, 3, 6}} {
		for folder, n := range map[string]int{
			"train/good": n[0], "weak/healthy": n[0] - n[0]/2, "weak/lesioned": n[0] / 2,
			"valid/test/good": n[1] - n[1]/2, "valid/test/patch": n[1] / 2, "valid/ground_truth/patch": n[1] / 2,
			"test/good": n[2] - n[2]/2, "test/patch": n[2] / 2, "ground_truth/patch": n[2] / 2,
		} {
			want[set+"/"+folder] = n
		}
	}
	if !maps.Equal(counts, want) {
		t.Errorf("files %v, want %v", counts, want)
	}
	for _, folder := range []string{"garments", "garments/valid", "bricks", "bricks/valid"} {
		s, err := images.Open(t.Context(), []string{filepath.Join(dir, folder)}, images.Options{Channels: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, img := range s.Images {
			if good := strings.HasPrefix(img.Name, "good/"); img.Normal != good || good == (img.Lesion >= least) {
				t.Errorf("%s: %s: normal %v, %d pixels of lesion", folder, img.Name, img.Normal, img.Lesion)
			}
		}
	}
	healthy := map[string]string{}
	for path, content := range files {
		if strings.HasSuffix(filepath.Dir(path), "train/good") {
			healthy[part(path)+content] = path
		}
	}
	for path, content := range files {
		if at := healthy[strings.Replace(part(path), "test", "train", 1)+content]; strings.HasSuffix(part(path), "test") && at != "" {
			t.Errorf("%s is %s", path, at)
		}
	}
}

// TestSources: what the test is made of says nothing of training and validation, and the other way
// round: whichever source changes, only its parts of the sets do.
func TestSources(t *testing.T) {
	before := sources(t)
	_, want := made(t, before, 1)
	left, right := image.Rect(0, 0, photo/2, photo), image.Rect(photo/2, 0, photo, photo)
	labels := map[string][]byte{}
	for _, name := range []string{"train", "t10k"} {
		content, err := os.ReadFile(filepath.Join(before, name+"-labels-idx1-ubyte"))
		if err != nil {
			t.Fatal(err)
		}
		labels[name] = content[8:]
	}
	fashion := func(name string, shirts bool) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name+"-images-idx3-ubyte")
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i := range content[16:] {
				if v := &content[16+i]; *v >= cloth && (labels[name][i/784] == 0) == shirts {
					*v ^= 8 // by which cloth stays cloth
				}
			}
			return os.WriteFile(path, content, 0o666)
		}
	}
	photograph := func(within image.Rectangle, names ...string) func(dir string) error {
		return func(dir string) error {
			for _, name := range names {
				path := filepath.Join(dir, name+".png")
				x, _, err := data.ReadImage(t.Context(), path, data.Options{Height: photo, Channels: 1})
				if err != nil {
					return err
				}
				img := grey(x, photo, photo)
				for y := within.Min.Y; y < within.Max.Y; y++ {
					for x := within.Min.X; x < within.Max.X; x++ {
						img.SetGray(x, y, color.Gray{Y: img.GrayAt(x, y).Y ^ 8})
					}
				}
				if err := savePNG(path, img); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, c := range []struct {
		name   string
		change func(dir string) error
		want   []string // the parts that change
	}{
		{"training shirts", fashion("train", true), []string{"garments train", "garments valid", "garments weak"}},
		{"other garments of training", fashion("train", false), []string{"garments valid", "garments weak"}},
		{"shirts of the test", fashion("t10k", true), []string{"garments test"}},
		{"other garments of the test", fashion("t10k", false), []string{"garments test"}},
		{"the wall's training rows", photograph(trainRows, "brick"), []string{"bricks train", "bricks weak"}},
		{"the wall's validation rows", photograph(validRows, "brick"), []string{"bricks valid"}},
		{"the wall's test rows", photograph(testRows, "brick"), []string{"bricks test"}},
		{"the left of gravel and grass", photograph(left, "gravel", "grass"), []string{"bricks valid", "bricks weak"}},
		{"the right of gravel and grass", photograph(right, "gravel", "grass"), []string{"bricks test"}},
	} {
		dir := sources(t)
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		_, got := made(t, dir, 1)
		changed := map[string]bool{}
		for path := range got {
			if got[path] != want[path] {
				changed[part(path)] = true
			}
		}
		if parts := slices.Sorted(maps.Keys(changed)); !slices.Equal(parts, c.want) {
			t.Errorf("with other %s %q change, want %q", c.name, parts, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	from, empty, dir := sources(t), t.TempDir(), t.TempDir()
	small := sources(t)
	if err := savePNG(filepath.Join(small, "grass.png"), image.NewGray(image.Rect(0, 0, 256, 512))); err != nil {
		t.Fatal(err)
	}
	unlabelled := sources(t)
	if err := os.Remove(filepath.Join(unlabelled, "train-labels-idx1-ubyte")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		m    maker
	}{
		{"train-images-idx3-ubyte", maker{fashion: empty, textures: from, crops: 60}},
		{"0 images of class 0", maker{fashion: unlabelled, textures: from, crops: 60}},
		{"brick.png", maker{fashion: from, textures: empty, crops: 60}},
		{"grass.png is of 512x256", maker{fashion: from, textures: small, crops: 60}},
		{"-crops 39", maker{fashion: from, textures: from, crops: 39}},
		{"-crops 9000", maker{fashion: from, textures: from, crops: 9000}},
		{"-crops -1", maker{fashion: from, textures: from, crops: -1}},
	} {
		if err := c.m.make(t.Context(), filepath.Join(dir, c.want)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	m := maker{fashion: from, textures: from, crops: 60}
	if err := m.make(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := m.make(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "garments is there already") {
		t.Errorf("a second time: %v", err)
	}
}
