package data

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// goldenCase is a case of testdata/cases.json, made by make_golden.py.
type goldenCase struct {
	Src, Want         string
	H, W, Channels    int
	Crop              Crop
	Exact, JPEG, Deep bool
}

func goldenCases(t *testing.T) (list []goldenCase) {
	t.Helper()
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 50 {
		t.Fatalf("only %d golden cases", len(list))
	}
	return list
}

// goldenPixels decodes a source picture as a Set would.
func goldenPixels(t *testing.T, g goldenCase) *pixels {
	t.Helper()
	o := Options{Height: g.H, Width: g.W, Channels: g.Channels, Crop: g.Crop}.withDefaults()
	p, _, err := newStore(o).read(t.Context(), os.DirFS("testdata/src"), g.Src)
	if err != nil {
		t.Fatalf("%s: %v", g.Src, err)
	}
	return p
}

// difference is the mean and largest |a-b|.
type difference struct{ mean, most float64 }

func (d *difference) add(a, b float64, n int) {
	d.mean += math.Abs(a-b) / float64(n)
	d.most = max(d.most, math.Abs(a-b))
}

func readPNG(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestResizeAsPillow holds decoding, turning, compositing, cropping and resizing against Pillow.
// The issue allows a mean of 1/255 and no difference over 4/255. Pillow rounds to 8 bits between
// its two passes and after compositing, which is at most 2 levels and half a level in the mean;
// images that are not resized are equal.
func TestResizeAsPillow(t *testing.T) {
	for _, g := range goldenCases(t) {
		if g.Deep {
			continue
		}
		p, want := goldenPixels(t, g), readPNG(t, filepath.Join("testdata/want", g.Want))
		if len(p.lo) != g.H*g.W*g.Channels || want.Bounds().Size() != image.Pt(g.W, g.H) {
			t.Fatalf("%+v: %d values, want has %v", g, len(p.lo), want.Bounds())
		}
		d := compare(p, want, g)
		mean, most := .5, 2.
		if g.Exact {
			mean, most = 0, 0
			if g.Channels == 4 { // 16-bit products lose part of a level of what is nearly transparent
				mean, most = .01, .01
			}
		} else if g.JPEG { // the inverse cosine transform and colour conversion round differently
			mean, most = 1, 4
		}
		if !(d.mean <= mean && d.most <= most) {
			t.Errorf("%+v: mean difference %.3f, largest %.0f levels; at most %v and %v", g, d.mean, d.most, mean, most)
		}
	}
}

// compare finds the difference in levels of 255. With alpha, colours are compared as they count,
// times alpha: Pillow divides 8-bit products by alpha, which leaves little of a nearly transparent
// colour.
func compare(p *pixels, want image.Image, g goldenCase) (d difference) {
	n := len(p.lo)
	for i := range g.H * g.W {
		q := color.NRGBAModel.Convert(want.At(i%g.W, i/g.W)).(color.NRGBA)
		w := [4]uint8{q.R, q.G, q.B, q.A}
		v := p.lo[i*g.Channels : (i+1)*g.Channels]
		for k := range v {
			a, b := float64(v[k]), float64(w[k])
			if g.Channels == 4 && k < 3 {
				a, b = a*float64(v[3])/255, b*float64(w[3])/255
			}
			d.add(a, b, n)
		}
	}
	return d
}

// TestSixteenBits holds the resize of 16-bit pictures against Pillow's of float32: 8 bits of
// precision would be 257 levels here.
func TestSixteenBits(t *testing.T) {
	seen := 0
	for _, g := range goldenCases(t) {
		if !g.Deep {
			continue
		}
		seen++
		p, want := goldenPixels(t, g), readPNG(t, filepath.Join("testdata/want", g.Want)).(*image.Gray16)
		var d difference
		for i := range g.H * g.W {
			d.add(float64(p.hi[i]), float64(want.Gray16At(i%g.W, i/g.W).Y), g.H*g.W)
		}
		if !(d.most <= 1) {
			t.Errorf("%+v: largest difference %v of 65535", g, d.most)
		}
	}
	if seen < 6 {
		t.Fatalf("%d cases of 16 bits", seen)
	}
}
