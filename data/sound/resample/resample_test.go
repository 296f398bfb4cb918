package resample

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// noise returns n normal numbers.
func noise(n int) []float64 {
	x := make([]float64, n)
	random.Stream{Seed: 3, Domain: 200}.Normal(x)
	return x
}

// scipy's resample_poly and pystoi's resample_oct on the same numbers.
func TestAgainstScipy(t *testing.T) {
	var golden struct {
		Cases []struct {
			From, To     int
			X, Y, Octave []float64
		}
	}
	b, err := os.ReadFile("testdata/resample.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil || len(golden.Cases) != 12 {
		t.Fatal(len(golden.Cases), err)
	}
	for _, g := range golden.Cases {
		for f, want := range map[Filter][]float64{Scipy: g.Y, Octave: g.Octave} {
			y, err := f.All(g.X, g.From, g.To)
			if err != nil || len(y) != len(want) {
				t.Fatalf("%d to %d: %d outputs of %d, %v", g.From, g.To, len(y), len(want), err)
			}
			for i := range y {
				if d := math.Abs(y[i] - want[i]); !(d <= 1e-11) {
					t.Errorf("%d to %d, %+v: output %d is %v, want %v", g.From, g.To, f, i, y[i], want[i])
				}
			}
		}
	}
}

// The sum as the package's documentation has it, tap by tap.
func TestDefinition(t *testing.T) {
	x := noise(37)
	for _, c := range [][2]int{{8, 5}, {5, 8}, {3, 1}, {1, 3}, {44100, 16000}} {
		d := gcd(c[0], c[1])
		up, down := c[1]/d, c[0]/d
		m := max(up, down)
		h := func(i int) float64 {
			u := float64(i) / float64(10*m)
			if math.Abs(u) > 1 {
				return 0
			}
			v := 1.0
			if i != 0 {
				v = math.Sin(math.Pi*float64(i)/float64(m)) / (math.Pi * float64(i) / float64(m))
			}
			// I_0(z) = (1/pi) int_0^pi e^(z cos s) ds, by the trapezoidal rule, exact for a smooth
			// periodic function.
			z, sum := 5*math.Sqrt(1-u*u), 0.0
			for s := range 64 {
				sum += math.Exp(z*math.Cos(2*math.Pi*float64(s)/64)) / 64
			}
			return v * sum
		}
		total := 0.0
		for i := -10 * m; i <= 10*m; i++ {
			total += h(i)
		}
		y, err := All(x, c[0], c[1])
		if err != nil || len(y) != (len(x)*up+down-1)/down {
			t.Fatal(len(y), err)
		}
		for j := range y {
			want := 0.0
			for k := range x {
				want += x[k] * float64(up) * h(j*down-k*up) / total
			}
			if !(math.Abs(y[j]-want) <= 1e-12) {
				t.Errorf("%v: output %d is %v, want %v", c, j, y[j], want)
			}
		}
	}
}

// Blocks of any length give the bits of the whole, and a Resampler begins anew after Flush.
func TestBlocks(t *testing.T) {
	x := noise(1000)
	for _, c := range [][2]int{{8000, 16000}, {16000, 8000}, {44100, 16000}, {8000, 11025}, {8000, 8000}, {192000, 8000}} {
		want, err := All(x, c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 7, 64, 999} {
			var y []float64
			for part := range slices.Chunk(x, n) {
				y = r.Push(y, part)
			}
			if y = r.Flush(y); !slices.Equal(y, want) {
				t.Errorf("%v: blocks of %d give other bits", c, n)
			}
			if held := cap(r.x); n == 1 && held > 40*max(c[0], c[1])/min(c[0], c[1])+400 {
				t.Errorf("%v: %d inputs held", c, held)
			}
		}
	}
	if y, err := All(nil, 8000, 16000); err != nil || len(y) != 0 {
		t.Errorf("nothing: %v, %v", y, err)
	}
}

// A tone below both half rates comes out as the tone, one above the new half rate not at all. The
// window's ripple in and beyond the band is below 60 dB from a quarter within the edge of the band
// on; the ends, where zeros begin, are left out.
func TestTones(t *testing.T) {
	for _, c := range []struct {
		from, to int
		hertz    float64
		want     float64
	}{
		{8000, 16000, 1000, 1}, {16000, 8000, 1000, 1}, {44100, 16000, 3000, 1}, {8000, 10000, 2500, 1}, {11025, 8000, 440, 1},
		{16000, 8000, 6000, 0}, {44100, 16000, 12000, 0},
	} {
		x := make([]float64, c.from/10)
		for i := range x {
			x[i] = math.Sin(2 * math.Pi * c.hertz * float64(i) / float64(c.from))
		}
		y, err := All(x, c.from, c.to)
		if err != nil {
			t.Fatal(err)
		}
		for j := len(y) / 4; j < 3*len(y)/4; j++ {
			want := c.want * math.Sin(2*math.Pi*c.hertz*float64(j)/float64(c.to))
			if !(math.Abs(y[j]-want) <= 2e-3) {
				t.Errorf("%d to %d, %v Hz: output %d is %v, want %v", c.from, c.to, c.hertz, j, y[j], want)
				break
			}
		}
	}
}

// A sinc has zeros at the other inputs: of a rate that is a multiple, the outputs that stand at
// inputs are those, times one number.
func TestInterpolates(t *testing.T) {
	x := noise(50)
	y, err := All(x, 8000, 24000)
	if err != nil {
		t.Fatal(err)
	}
	for k := range x {
		if got := y[3*k] * x[0] / y[0]; !(math.Abs(got-x[k]) <= 1e-12) {
			t.Errorf("output %d is %v, want %v", 3*k, got, x[k])
		}
	}
	if !(math.Abs(y[0]/x[0]-1) <= 1e-3) {
		t.Errorf("an input of %v came out as %v", x[0], y[0])
	}
}

// What cannot be done is refused by name.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		from, to int
		says     string
	}{
		{0, 8000, "a rate of 0"}, {8000, -1, "a rate of -1"}, {8000, 1<<20 + 1, "expected 1 to 1048576"},
		{1<<20 - 1, 1 << 20, "go by a rate in between"},
	} {
		if _, err := New(c.from, c.to); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d to %d: %v", c.from, c.to, err)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	x := noise(44100)
	for b.Loop() {
		if _, err := All(x, 44100, 16000); err != nil {
			b.Fatal(err)
		}
	}
}
