package train

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
)

// TestClassSheet: of each class as many training images as the smallest has, in the order that is
// given, a row a class under its name; those of no class are in none.
func TestClassSheet(t *testing.T) {
	tr := prepare(t, told(classFolders(t)))
	defer closed(t, tr)
	of := map[int][]int{}
	order := make([]int, tr.images.Len())
	for i := range order {
		order[i] = len(order) - 1 - i
		k := tr.images.Info(order[i]).Class
		of[k] = append(of[k], order[i])
	}
	columns := min(len(of[0]), len(of[1]))
	if columns < 1 || len(of[0])+len(of[1]) == len(order) {
		t.Fatalf("places of the classes %v", of)
	}
	b, err := tr.images.Load(t.Context(), slices.Concat(of[0][:columns], of[1][:columns])...)
	if err != nil {
		t.Fatal(err)
	}
	n, got, err := tr.classSheet(t.Context(), order)
	want := picture.Rows(b.X, tr.images.Kind(), columns, []string{"bird", "fish"}, picture.Layout{})
	if err != nil || n != 2*columns || !reflect.DeepEqual(got, image.Image(want)) {
		t.Errorf("%d images in %v, want %d in %v; %v", n, got.Bounds(), 2*columns, want.Bounds(), err)
	}
}

// TestClassRows: a run that is told classes shows a row of each in the grids of raw and averaged
// weights.
func TestClassRows(t *testing.T) {
	c := told(classFolders(t))
	c.SampleEvery, c.SampleN, c.SampleSteps, c.Steps, c.Epochs = 1, 20, 2, 0, 1
	put(&c, "solver", "ddim")
	tr := start(t, c)
	run(t, tr)
	img, err := png.Decode(bytes.NewReader([]byte(contents(t, filepath.Join(tr.Dir, "samples"))["epoch-00001-raw-ema.png"])))
	if err != nil {
		t.Fatal(err)
	}
	k := kind.OfImages(8, 8, 3)
	rows := picture.Rows(make([]float32, 2*8*k.Size()), k, 8, []string{"bird", "fish"}, picture.Layout{})
	if want := picture.Beside(picture.Titled(rows, "raw"), picture.Titled(rows, "EMA")).Bounds(); img.Bounds() != want {
		t.Errorf("a picture of %v, want %v", img.Bounds(), want)
	}
}

// TestShownClasses: rows are of the classes with the most images, in the order of their numbers,
// and none of a class without any; pictures have a row of eight, points all that a grid has.
func TestShownClasses(t *testing.T) {
	m := data.Memory{Name: "many", Kind: kind.OfPoints(1)}
	for k := range 2*mostClasses + 1 {
		m.Classes = append(m.Classes, fmt.Sprintf("%02d", k))
		for range k % 3 { // none, one or two
			m.X, m.Class = append(m.X, float32(len(m.X))), append(m.Class, k)
		}
	}
	set, err := data.FromMemory(m, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &Trainer{images: set, Config: &config.Run{}}
	tr.Config.SampleN = 30
	want := []int{1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 17, 20, 23, 26, 29, 32} // eleven of two, and the first five of one
	if got := tr.shownClasses(); !slices.Equal(got, want) {
		t.Errorf("rows of %v, want %v", got, want)
	}
	if names := tr.classNames([]int{1, 11}); !slices.Equal(names, []string{"01", "11"}) {
		t.Errorf("names %q", names)
	}
	if got := tr.eachClass(); got != 30 {
		t.Errorf("%d points of a class", got)
	}
	images, err := data.FromMemory(data.Memory{Name: "one", Kind: kind.OfImages(2, 2, 1), X: make([]float32, 4)}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if tr.images = images; tr.eachClass() != 8 {
		t.Errorf("%d images of a class", tr.eachClass())
	}
}
