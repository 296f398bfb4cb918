package tile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

func plan(t *testing.T, h, w, tileH, tileW int, o Options) Plan {
	t.Helper()
	p, err := New(h, w, tileH, tileW, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noise are n standard normal numbers.
func noise(n int) []float32 {
	x := make([]float32, n)
	s := random.Stream{Seed: 7}
	for i := range x {
		x[i] = float32(s.Plus(i).Uniform()*2 - 1)
	}
	return x
}

func widened(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func worst(got, want []float64) (d float64) {
	for i := range want {
		d = max(d, math.Abs(got[i]-want[i]))
	}
	return d
}

// sizes are images and tiles of them, each side from one tile to many, and odd ones.
var sizes = [][4]int{{8, 8, 8, 8}, {9, 8, 8, 8}, {64, 48, 16, 16}, {37, 101, 10, 7}, {100, 33, 1, 33}, {5, 9, 2, 3}, {30, 31, 8, 16}, {15, 8, 8, 8}}

// TestIdentity: an image comes back of its own tiles, and so does what is linear in it; that is of
// what is constant too, so that every pixel lies in some tile.
func TestIdentity(t *testing.T) {
	const c = 3
	for _, s := range sizes {
		p := plan(t, s[0], s[1], s[2], s[3], Options{})
		x := noise(s[0] * s[1] * c)
		tiles := p.Cut(x, c)
		for name, f := range map[string]func(v float64) float64{
			"x":        func(v float64) float64 { return v },
			"1":        func(float64) float64 { return 1 },
			"2 - 3 x ": func(v float64) float64 { return 2 - 3*v },
		} {
			of, want := widened(tiles), widened(x)
			for i := range of {
				of[i] = f(of[i])
			}
			for i := range want {
				want[i] = f(want[i])
			}
			// each number is a sum of up to 16 products, of weights of three roundings
			if got := p.Join(of, c); len(got) != len(want) || !(worst(got, want) < 1e-14) {
				t.Errorf("%v: %s is off by %v", s, name, worst(got, want))
			}
		}
		if !p.Own() {
			t.Errorf("%v is resized to %dx%d", s, p.WorkH, p.WorkW)
		}
	}
}

// TestOverlap: neighbours overlap by a quarter at least, one fewer would not, and the tiles reach
// from end to end.
func TestOverlap(t *testing.T) {
	for tile := 1; tile <= 40; tile++ {
		for side := tile; side < 5*tile+3; side++ {
			at := starts(side, tile)
			least := max(tile/4, min(1, tile-1)) // a quarter in whole pixels
			if at[0] != 0 || at[len(at)-1] != side-tile {
				t.Fatalf("%d in tiles of %d: %v", side, tile, at)
			}
			for i := 1; i < len(at); i++ {
				if over := at[i-1] + tile - at[i]; over < least || at[i] <= at[i-1] {
					t.Fatalf("%d in tiles of %d: %v overlap by %d", side, tile, at, over)
				}
			}
			if n := len(at); n > 1 && side-tile <= (n-2)*(tile-least) {
				t.Fatalf("%d in tiles of %d: %d tiles, and fewer would do", side, tile, n)
			}
		}
	}
}

// TestNoSeams: of two tiles of 0 and of 1 comes what rises from the one to the other over the
// overlap, by little where that begins and ends.
func TestNoSeams(t *testing.T) {
	p := plan(t, 1, 28, 1, 16, Options{})
	if p.Tiles() != 2 {
		t.Fatal(p)
	}
	y := p.Join(append(make([]float64, 16), slices.Repeat([]float64{1}, 16)...), 1)
	if y[11] != 0 || y[16] != 1 {
		t.Errorf("outside of the overlap: %v", y)
	}
	if first, last := y[12], 1-y[15]; !(first < 0.1 && last < 0.1) || y[12] > y[13] || y[13] > y[14] || y[14] > y[15] {
		t.Errorf("a seam: %v", y)
	}
}

func TestPlans(t *testing.T) {
	for _, c := range []struct {
		h, w int
		o    Options
		want string
	}{
		{32, 32, Options{}, "32x32"},
		{64, 32, Options{}, "64x32, cut into 3 tiles of 32x32"},
		{64, 32, Options{Shrink: true}, "64x32 resized to 32x32"},
		{64, 128, Options{Shrink: true, Aspect: true}, "64x128 resized to 32x64, cut into 3 tiles of 32x32"},
		{64, 128, Options{Aspect: true}, "64x128, cut into 15 tiles of 32x32"},
		{16, 20, Options{}, "16x20 resized to 32x32"},
		{16, 20, Options{Aspect: true}, "16x20 resized to 32x40, cut into 2 tiles of 32x32"},
		{16, 64, Options{}, "16x64 resized to 32x64, cut into 3 tiles of 32x32"},
	} {
		if got := plan(t, c.h, c.w, 32, 32, c.o).String(); got != c.want {
			t.Errorf("%dx%d, %+v: %s, want %s", c.h, c.w, c.o, got, c.want)
		}
	}
	for want, s := range map[string][4]int{
		"expected sides of at least 1":                  {0, 4, 8, 8},
		"32x524288 pixels where it is brought to tiles": {1, 1 << 14, 32, 32},
	} {
		if _, err := New(s[0], s[1], s[2], s[3], Options{Aspect: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestBack: what was made of an enlarged or a shrunk image has the image's size; what is constant
// stays so.
func TestBack(t *testing.T) {
	for _, o := range []Options{{}, {Shrink: true}, {Aspect: true}, {Shrink: true, Aspect: true}} {
		for _, s := range sizes {
			p := plan(t, s[0], s[1], 12, 20, o)
			y := p.Join(slices.Repeat([]float64{1}, p.Tiles()*12*20), 1)
			if len(y) != s[0]*s[1] || !(worst(y, slices.Repeat([]float64{1}, len(y))) < 1e-14) {
				t.Errorf("%v, %+v: %d numbers, off by %v", s, o, len(y), worst(y, slices.Repeat([]float64{1}, len(y))))
			}
		}
	}
}

// TestResize holds enlarging to the interpolation between the two pixels beside a point, those at
// the border going on outside, and halving to the kernel 1 3 3 1 by eights.
func TestResize(t *testing.T) {
	const h, w, c, toH, toW = 4, 3, 2, 10, 7
	x := widened(noise(h * w * c))
	at := func(y, x0, k int) float64 { return x[(min(max(y, 0), h-1)*w+min(max(x0, 0), w-1))*c+k] }
	got := Resize(x, h, w, c, toH, toW)
	for i, v := range got {
		py, px := (float64(i/c/toW)+0.5)*h/toH-0.5, (float64(i/c%toW)+0.5)*w/toW-0.5
		y0, x0 := math.Floor(py), math.Floor(px)
		fy, fx := py-y0, px-x0
		a, b, k := int(y0), int(x0), i%c
		want := (1-fy)*((1-fx)*at(a, b, k)+fx*at(a, b+1, k)) + fy*((1-fx)*at(a+1, b, k)+fx*at(a+1, b+1, k))
		if !(math.Abs(v-want) < 1e-14) {
			t.Errorf("number %d is %v, want %v", i, v, want)
		}
	}
	line := widened(noise(16))
	half := Resize(line, 1, 16, 1, 1, 8)
	for j := 1; j < 7; j++ {
		if want := (line[2*j-1] + 3*line[2*j] + 3*line[2*j+1] + line[2*j+2]) / 8; !(math.Abs(half[j]-want) < 1e-14) {
			t.Errorf("halved, number %d is %v, want %v", j, half[j], want)
		}
	}
}

func ExamplePlan() {
	p, _ := New(40, 100, 32, 32, Options{})
	tiles := p.Cut(make([]float32, p.WorkH*p.WorkW*3), 3)
	fmt.Println(p, len(tiles) == p.Tiles()*32*32*3, len(p.Join(make([]float64, len(tiles)), 3)))
	// Output: 40x100, cut into 8 tiles of 32x32 true 12000
}
