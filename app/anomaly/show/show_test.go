package show

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/chart"
)

// one is a case of 2x3 pixels in grey levels.
func one() Case {
	return Case{H: 2, W: 3, C: 1, X: []float32{-1, 0, 1, -1, 0, 1}, Healed: make([]float32, 6), Map: []float64{0, 0.25, 0.5, 0, 1, 2}, Mask: []bool{false, false, true, false, true, true}}
}

// TestColours: the scale goes from 0 to the top, and the image shows as it is, in grey, where the
// map is 0.
func TestColours(t *testing.T) {
	c := one()
	heat, over, lesion := c.Heat(), c.Overlay(), c.Lesion()
	for i, v := range c.Map {
		x, y := i%3, i/3
		if got, want := heat.NRGBAAt(x, y), chart.Night(v/2); got != want {
			t.Errorf("heat of %v: %v, want %v", v, got, want)
		}
		level := color.NRGBAModel.Convert(c.Input().At(x, y)).(color.NRGBA)
		if got, want := over.NRGBAAt(x, y), chart.Mix(level, chart.Night(v/2), 0.4*v); got != want {
			t.Errorf("overlay of %v: %v, want %v", v, got, want)
		}
		if got := lesion.NRGBAAt(x, y).R; (got == 255) != c.Mask[i] || (got == 0) == c.Mask[i] {
			t.Errorf("mask of pixel %d: %v", i, got)
		}
	}
	c.Top = 0.5
	if heat := c.Heat(); heat.NRGBAAt(2, 0) != chart.Night(1) || heat.NRGBAAt(2, 1) != chart.Night(1) || heat.NRGBAAt(1, 0) != chart.Night(0.5) {
		t.Error("numbers of the top and above it")
	}
	c.Top, c.Map = 0, make([]float64, 6)
	if c.Heat().NRGBAAt(0, 0) != chart.Night(0) || c.Overlay().NRGBAAt(2, 0) != (color.NRGBA{255, 255, 255, 255}) {
		t.Error("a map of zeros")
	}
	c.Mask = nil
	if got := c.Lesion().NRGBAAt(1, 1); got != chart.Faint {
		t.Errorf("no mask: %v", got)
	}
	if c.Healed = nil; c.Check() != nil || c.Better().NRGBAAt(1, 1) != chart.Faint {
		t.Errorf("nothing instead: %v", c.Better().NRGBAAt(1, 1))
	}
	if clear := (Case{H: 1, W: 1, C: 4, X: []float32{-1, -1, -1, -1}, Healed: make([]float32, 4), Map: []float64{0}}); clear.Overlay().NRGBAAt(0, 0) != (color.NRGBA{255, 255, 255, 255}) {
		t.Error("what is transparent lies on white")
	}
}

// TestLegend: below the map, which stays as it is, lie all colours and numbers.
func TestLegend(t *testing.T) {
	c := one()
	img := c.Legend(c.Heat())
	if img.NRGBAAt(2, 1) != c.Heat().NRGBAAt(2, 1) {
		t.Error("the map")
	}
	last := img.Rect.Dx() - 1
	if y := 2 + 2 + barHeight/2; img.NRGBAAt(0, y) != chart.Night(0) || img.NRGBAAt(last, y) != chart.Night(1) {
		t.Error("the bar")
	}
	ink := 0
	for x := range img.Rect.Dx() {
		for y := 2 + 2 + barHeight; y < img.Rect.Dy(); y++ {
			if img.NRGBAAt(x, y) == chart.Ink {
				ink++
			}
		}
	}
	if ink < 10 {
		t.Errorf("%d pixels of numbers", ink)
	}
}

// TestSheet: five pictures a case, of images of any size and shape.
func TestSheet(t *testing.T) {
	cases := []Case{one()}
	for _, s := range [][2]int{{300, 500}, {1, 40}, {64, 64}, {40, 1}} {
		n := s[0] * s[1]
		cases = append(cases, Case{H: s[0], W: s[1], C: 3, X: make([]float32, 3*n), Healed: make([]float32, 3*n), Map: make([]float64, n)})
	}
	img, err := Sheet(cases, []string{"a", "b", "c", "d", "e"})
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 5*256+6*2 || size.Y < 5*256/2 {
		t.Errorf("the sheet is of %v", size)
	}
	titled := func(c Case) *image.NRGBA {
		img, err := Sheet([]Case{c}, []string{""})
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	grey, none := one(), one()
	if none.Healed = nil; slices.Equal(titled(grey).Pix, titled(none).Pix) {
		t.Error("nothing instead is shown as something")
	}
	cases[0].Map = nil
	if _, err := Sheet(cases, make([]string, 5)); err == nil {
		t.Error("a case without a map")
	}
	if img, err := Sheet(nil, nil); err != nil || img == nil {
		t.Errorf("no cases: %v", err)
	}
}

// TestWrite: the files hold what was found.
func TestWrite(t *testing.T) {
	dir, c := t.TempDir(), one()
	if err := WriteMap(dir, "crack/000", c.Map, c.H, c.W); err != nil {
		t.Fatal(err)
	}
	paths, err := c.WritePictures(dir, "crack/000", picture.Text{Key: "map", Value: "recon"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		name, _ := filepath.Rel(dir, p)
		names = append(names, filepath.ToSlash(name))
	}
	if want := []string{"crack/000_map.png", "crack/000_overlay.png", "crack/000_healed.png"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	z, err := checkpoint.OpenNPZ(filepath.Join(dir, "crack", "000_map.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	m, err := z.Read("map")
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.F64s()
	if err != nil || !slices.Equal(v, c.Map) || !slices.Equal(m.Shape, []int{2, 3}) {
		t.Errorf("the map is %v of %v, %v", v, m.Shape, err)
	}
	f, err := os.Open(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds().Size() != image.Pt(3, 2) || color.NRGBAModel.Convert(img.At(2, 1)) != c.Overlay().At(2, 1) {
		t.Errorf("the overlay: %v", err)
	}
	c.Healed = nil
	if paths, err = c.WritePictures(dir, "none"); err != nil || len(paths) != 2 {
		t.Errorf("nothing instead: %v, %v", paths, err)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	for want, change := range map[string]func(*Case){
		"expected at least 1x1":      func(c *Case) { c.H = 0 },
		"1, 3 or 4 channels":         func(c *Case) { c.C = 2 },
		"6, 6 and 5 numbers":         func(c *Case) { c.Map = c.Map[:5] },
		"6, 5 and 6 numbers":         func(c *Case) { c.Healed = c.Healed[:5] },
		"a mask of 5 pixels":         func(c *Case) { c.Mask = c.Mask[:5] },
		"top NaN":                    func(c *Case) { c.Top = math.NaN() },
		"number 1 of the map is NaN": func(c *Case) { c.Map[1] = math.NaN() },
		"of an image of 2x3x1, healed, and its map: expected 6, 6 and 6": func(c *Case) { c.X = nil },
	} {
		c := one()
		change(&c)
		if _, err := c.WritePictures(dir, "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, name := range []string{"", "../x", "/x"} {
		if _, err := one().WritePictures(dir, name); err == nil || !strings.Contains(err.Error(), "a path below it") || WriteMap(dir, name, make([]float64, 6), 2, 3) == nil {
			t.Errorf("name %q: %v", name, err)
		}
	}
}
