package main

import (
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestLesion: an image is changed where the patch has weight and on the ground alone, the mask is
// where that is more than half and something changed, and as the means match, the sum of the
// image's levels is what it was, but for rounding.
func TestLesion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	noise := func(size, lo, hi int) *image.Gray {
		img := image.NewGray(image.Rect(0, 0, size, size))
		for i := range img.Pix {
			img.Pix[i] = uint8(lo + r.IntN(hi-lo))
		}
		return img
	}
	island := func(img *image.Gray) (at []image.Point) { // a disc
		for _, p := range everywhere(img) {
			if d := p.Sub(image.Pt(14, 14)); d.X*d.X+d.Y*d.Y < 90 {
				at = append(at, p)
			}
		}
		return at
	}
	for name, g := range map[string]generator{"training": {shape: plain}, "test": {shape: blob}} {
		for range 200 {
			img, ground := noise(28, 150, 200), everywhere
			if r.IntN(2) == 0 {
				img, ground = noise(28, 200, 256), island // bright, so that levels are clamped
			}
			on := map[image.Point]bool{}
			for _, p := range ground(img) {
				on[p] = true
			}
			patch := noise(28, 0, 200)
			g.donor = func(*rand.Rand, image.Point) *image.Gray { return patch }
			l, err := g.draw(r, img, ground(img))
			if err != nil {
				t.Fatal(err)
			}
			changed, rise := 0, 0
			for i, w := range l.weight {
				differs := l.image.Pix[i] != img.Pix[i]
				if differs {
					changed++
					rise += int(l.image.Pix[i]) - int(img.Pix[i])
				}
				p := image.Pt(i%28, i/28)
				switch masked := l.mask.Pix[i] == 255; {
				case w < 0 || w > 1+1e-12 || w > 0 && !on[p]:
					t.Fatalf("%s: weight %g at %v, on the ground: %v", name, w, p, on[p])
				case differs && w == 0:
					t.Fatalf("%s: %v is changed without weight", name, p)
				case masked != (differs && w > 0.5):
					t.Fatalf("%s: %v masked: %v, changed: %v, weight %g", name, p, masked, differs, w)
				}
			}
			if n, change := l.change(img); n < least || change < faint {
				t.Fatalf("%s: %d pixels changed by %g", name, n, change)
			}
			if math.Abs(float64(rise)) > float64(changed)/2+0.01 {
				t.Fatalf("%s: the levels rose by %d in %d pixels", name, rise, changed)
			}
		}
	}
	flat := image.NewGray(image.Rect(0, 0, 28, 28))
	g := generator{blob, func(*rand.Rand, image.Point) *image.Gray { return flat }}
	for _, ground := range [][]image.Point{everywhere(flat), nil} {
		if _, err := g.draw(r, flat, ground); err == nil || !strings.Contains(err.Error(), "are flat") {
			t.Errorf("a flat image: %v", err)
		}
	}
}

// TestShapes: both laws have the sizes that they say, around their place, at any size of images.
func TestShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	const n = 400
	for _, size := range []int{28, 56} {
		unit := float64(size) / 28
		at := image.Pt(size/2, size/2)
		var logs, wide, full float64
		for range n {
			area := 0.0
			for _, in := range blob(r, size, size, at) {
				if in {
					area++
				}
			}
			if area < 10*unit*unit || area > 120*unit*unit {
				t.Fatalf("a blob of %g pixels of %dx%d", area, size, size)
			}
			logs += math.Log(area / (10 * unit * unit))
			box, in := image.Rectangle{}, 0.0
			for i, inside := range plain(r, size, size, at) {
				if inside {
					in++
					box = box.Union(image.Rect(i%size, i/size, i%size+1, i/size+1))
				}
			}
			if d := box.Size(); box.Min.Add(box.Max) != at.Mul(2).Add(image.Pt(1, 1)) || min(d.X, d.Y) < int(3*unit) || max(d.X, d.Y) > int(12*unit)+1 {
				t.Fatalf("the plain shape is %v of %dx%d", box, size, size)
			}
			wide += float64(box.Dx()) / unit
			if in == float64(box.Dx()*box.Dy()) {
				full++
			}
		}
		// The logarithm is uniform in [0, log 12], of deviation log 12/sqrt(12); the width, of
		// mean 8 and deviation 8/sqrt(12) in units, is rounded to an odd number of pixels, whose
		// mean is 8 again; half of the shapes are full, of deviation 1/2. Four standard errors.
		for name, c := range map[string][3]float64{
			"log area": {logs / n, math.Log(12) / 2, math.Log(12)}, "width": {wide / n, 8, 8 + 1/unit}, "full": {full / n, 0.5, math.Sqrt(12) / 2},
		} {
			if most := 4 * c[2] / math.Sqrt(12*n); math.Abs(c[0]-c[1]) > most {
				t.Errorf("%s of %dx%d: %g, want %g ± %g", name, size, size, c[0], c[1], most)
			}
		}
	}
}

// TestSmooth: constants stay, also at the border, an impulse becomes a normal law of that
// deviation, and white noise has the deviation afterwards that blob divides by.
func TestSmooth(t *testing.T) {
	const h, w, deviation = 60, 64, 2.5
	v := make([]float64, h*w)
	for i := range v {
		v[i] = 3
	}
	for i, got := range smooth(v, h, w, deviation) {
		if math.Abs(got-3) > 1e-12 {
			t.Fatalf("3 becomes %g at %d", got, i)
		}
	}
	clear(v)
	v[30*w+32] = 1
	sum := 0.0
	for i, got := range smooth(v, h, w, deviation) {
		dy, dx := float64(i/w-30), float64(i%w-32)
		want := 0.0
		if math.Abs(dy) <= 8 && math.Abs(dx) <= 8 {
			want = math.Exp(-(dy*dy+dx*dx)/(2*deviation*deviation)) / (2 * math.Pi * deviation * deviation)
		}
		if math.Abs(got-want) > 2e-4 {
			t.Fatalf("the impulse is %g at %g, %g, want %g", got, dy, dx, want)
		}
		sum += got * got
	}
	if want := 1 / (2 * math.Sqrt(math.Pi) * deviation); math.Abs(math.Sqrt(sum)-want) > 0.01*want {
		t.Errorf("noise has deviation %g, want %g", math.Sqrt(sum), want)
	}
}
