package stft

import (
	"encoding/json"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// noise returns n normal numbers.
func noise(n int, sample uint64) []float64 {
	x := make([]float64, n)
	random.Stream{Seed: 3, Domain: 200, Sample: sample}.Normal(x)
	return x
}

// complexNoise returns n complex ones.
func complexNoise(n int, sample uint64) []complex128 {
	re, im := noise(n, 2*sample+100), noise(n, 2*sample+101)
	x := make([]complex128, n)
	for i := range x {
		x[i] = complex(re[i], im[i])
	}
	return x
}

// inner is the real inner product of what real and imaginary parts make.
func inner(a, b []complex128) float64 {
	sum := 0.0
	for i := range a {
		sum += real(cmplx.Conj(a[i]) * b[i])
	}
	return sum
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// scipy's transform of the reflected signal, which is torch's with center=True.
func TestAgainstScipy(t *testing.T) {
	var golden struct {
		Cases []struct {
			Frame, Hop int
			Window     Window
			X, Re, Im  []float64
		}
	}
	b, err := os.ReadFile("testdata/stft.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil || len(golden.Cases) != 10 {
		t.Fatal(len(golden.Cases), err)
	}
	for _, g := range golden.Cases {
		tr, err := New(g.Frame, g.Hop, g.Window)
		if err != nil {
			t.Fatal(err)
		}
		s, err := tr.Forward(g.X)
		if err != nil || len(s) != len(g.Re) {
			t.Fatalf("%d/%d of %d: %d numbers, want %d, %v", g.Frame, g.Hop, len(g.X), len(s), len(g.Re), err)
		}
		for i := range s {
			if d := cmplx.Abs(s[i] - complex(g.Re[i], g.Im[i])); !(d <= 1e-8) {
				t.Fatalf("%d/%d of %d: number %d is %v, want %v%+vi", g.Frame, g.Hop, len(g.X), i, s[i], g.Re[i], g.Im[i])
			}
		}
	}
}

// each calls f with transforms and lengths: whole numbers of hops, odd ones, shorter than a frame,
// a single sample.
func each(t *testing.T, f func(t *testing.T, tr *Transform, n int)) {
	for _, c := range []struct {
		frame, hop int
		w          Window
	}{{510, 128, Hann}, {254, 64, Hann}, {254, 64, SqrtHann}, {16, 8, Hann}, {16, 3, SqrtHann}, {2, 1, Hann}} {
		for _, n := range []int{1, 2, 3, 15, 127, 128, 129, 511, 1280, 1999} {
			t.Run(fmt.Sprint(c, n), func(t *testing.T) {
				tr, err := New(c.frame, c.hop, c.w)
				if err != nil {
					t.Fatal(err)
				}
				f(t, tr, n)
			})
		}
	}
}

// Inverse is Forward's inverse.
func TestRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, tr *Transform, n int) {
		x := noise(n, 0)
		s, err := tr.Forward(x)
		if err != nil {
			t.Fatal(err)
		}
		y, err := tr.Inverse(s, n)
		if err != nil {
			t.Fatal(err)
		}
		for m := range x {
			if d := math.Abs(y[m] - x[m]); !(d <= 1e-9) {
				t.Fatalf("sample %d is %v, want %v", m, y[m], x[m])
			}
		}
	})
}

// <A x, y> = <x, A'y>, and the same of the inverse.
func TestAdjoints(t *testing.T) {
	each(t, func(t *testing.T, tr *Transform, n int) {
		x, y := noise(n, 1), complexNoise(tr.Frames(n)*tr.Bins(), 2)
		forward, err := tr.Forward(x)
		if err != nil {
			t.Fatal(err)
		}
		back, err := tr.Adjoint(y, n)
		if err != nil {
			t.Fatal(err)
		}
		size := math.Sqrt(inner(forward, forward) * inner(y, y))
		if a, b := inner(forward, y), dot(x, back); !(math.Abs(a-b) <= 1e-12*size) {
			t.Errorf("<A x, y> = %v, <x, A'y> = %v", a, b)
		}
		inverse, err := tr.Inverse(y, n)
		if err != nil {
			t.Fatal(err)
		}
		up, err := tr.InverseAdjoint(x)
		if err != nil {
			t.Fatal(err)
		}
		size = math.Sqrt(dot(inverse, inverse) * dot(x, x))
		if a, b := dot(inverse, x), inner(y, up); !(math.Abs(a-b) <= 1e-12*size) {
			t.Errorf("<B y, x> = %v, <y, B'x> = %v", a, b)
		}
	})
}

// A tone that lies on a bin: in the middle of a long signal its amplitude is the window's sum over
// 2, with the phase of the frame's middle, and the neighbours of a Hann window have half of it.
func TestTone(t *testing.T) {
	tr, err := New(64, 16, Hann)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, 640)
	const bin, phase = 5, 0.4
	for m := range x {
		x[m] = math.Cos(2*math.Pi*bin*float64(m)/64 + phase)
	}
	s, err := tr.Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	for f := 10; f < 30; f++ {
		for b, share := range map[int]float64{bin - 2: 0, bin - 1: -.5, bin: 1, bin + 1: -.5, bin + 2: 0} {
			// The frame begins at f 16 - 32, where the tone's phase is this.
			want := cmplx.Rect(16*share, phase+2*math.Pi*bin*float64(f*16-32)/64)
			if got := s[f*33+b]; !(cmplx.Abs(got-want) <= 1e-10) {
				t.Errorf("frame %d, bin %d: %v, want %v", f, b, got, want)
			}
		}
	}
}

// What has no spectrum, or no signal, is refused by name.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		frame, hop int
		w          Window
		says       string
	}{
		{0, 1, Hann, "a frame of 0"}, {511, 128, Hann, "an even number"}, {1 << 17, 128, Hann, "2 to 65536"},
		{510, 0, Hann, "a hop of 0"}, {510, 256, Hann, "expected 1 to 255"}, {510, 128, "", `window "": expected hann or sqrt-hann`},
	} {
		if _, err := New(c.frame, c.hop, c.w); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	tr, err := New(16, 4, Hann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Forward(nil); err == nil || !strings.Contains(err.Error(), "a signal of 0 samples") {
		t.Errorf("no signal: %v", err)
	}
	if _, err := tr.Inverse(make([]complex128, 18), 3); err == nil || !strings.Contains(err.Error(), "18 numbers for 3 samples: expected 1 frames of 9") {
		t.Errorf("another length: %v", err)
	}
	if _, err := tr.Inverse(nil, 1<<40); err == nil || !strings.Contains(err.Error(), "cut the signal") {
		t.Errorf("a length beyond all bounds: %v", err)
	}
}

var compressions = []Compression{{1, 1}, {.5, .33}, {.5, .15}, {.3, 2}}

// Expand undoes Compress; the amplitude is scale |X|^power and the phase stays.
func TestCompress(t *testing.T) {
	for _, c := range compressions {
		for _, x := range append(complexNoise(50, 3), 0, 1e-8i, -3, 1e6) {
			z := c.Compress(x)
			if want := c.Scale * math.Pow(cmplx.Abs(x), c.Power); !(math.Abs(cmplx.Abs(z)-want) <= 1e-12*(1+want)) {
				t.Errorf("%+v: |z| of %v is %v, want %v", c, x, cmplx.Abs(z), want)
			}
			if x != 0 && !(math.Abs(cmplx.Phase(z)-cmplx.Phase(x)) <= 1e-12) {
				t.Errorf("%+v: phase of %v became %v", c, x, cmplx.Phase(z))
			}
			if got := c.Expand(z); !(cmplx.Abs(got-x) <= 1e-12*(1+cmplx.Abs(x))) {
				t.Errorf("%+v: %v came back as %v", c, x, got)
			}
		}
	}
}

// The gradient through Expand against central differences of a linear loss Re(conj(g) X).
func TestExpandGradient(t *testing.T) {
	for _, c := range compressions {
		g := complexNoise(20, 4)
		for i, z := range complexNoise(20, 5) {
			loss := func(z complex128) float64 { return real(cmplx.Conj(g[i]) * c.Expand(z)) }
			const h = 1e-6
			want := complex(loss(z+h)-loss(z-h), loss(z+h*1i)-loss(z-h*1i)) / (2 * h)
			if got := c.ExpandGradient(z, g[i]); !(cmplx.Abs(got-want) <= 1e-7*(1+cmplx.Abs(want))) {
				t.Errorf("%+v at %v: %v, by differences %v", c, z, got, want)
			}
		}
		want := 0i
		if c.Power == 1 {
			want = 2i
		}
		if got := c.ExpandGradient(0, 2i); got != want {
			t.Errorf("%+v at 0: %v, want %v", c, got, want)
		}
	}
}

// Channels stand side by side, and come back within float32.
func TestPack(t *testing.T) {
	a, b := complexNoise(12, 6), complexNoise(12, 7)
	c := Compression{.5, .33}
	z, err := c.Pack(a, b)
	if err != nil || len(z) != 48 {
		t.Fatal(len(z), err)
	}
	if want := c.Compress(b[3]); z[3*4+2] != float32(real(want)) || z[3*4+3] != float32(imag(want)) {
		t.Errorf("number 3 of signal 1 is %v, want %v", z[14:16], want)
	}
	back, err := c.Unpack(z, 2)
	if err != nil || len(back) != 2 {
		t.Fatal(len(back), err)
	}
	for j, want := range [][]complex128{a, b} {
		for i := range want {
			if d := cmplx.Abs(back[j][i] - want[i]); !(d <= 5e-7*cmplx.Abs(want[i])) {
				t.Errorf("number %d of signal %d is %v, want %v", i, j, back[j][i], want[i])
			}
		}
	}
	for says, err := range map[string]error{
		"a power of 0":              second(Compression{0, 1}.Pack(a)),
		"a power of 1.5":            second(Compression{1.5, 1}.Unpack(z, 2)),
		"a scale of -1":             second(Compression{1, -1}.Pack(a)),
		"spectra of 12 and 5":       second(c.Pack(a, b[:5])),
		"48 numbers for 5 signals":  second(c.Unpack(z, 5)),
		"numbers for 0 signals":     second(c.Unpack(z, 0)),
		"at most 1":                 second(Compression{math.NaN(), 1}.Pack(a)),
		"expected a number above 0": second(Compression{1, math.Inf(1)}.Pack(a)),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: expected %q", err, says)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func BenchmarkForward(b *testing.B) {
	tr, err := New(254, 64, Hann)
	if err != nil {
		b.Fatal(err)
	}
	x := noise(8000, 8)
	for b.Loop() {
		if _, err := tr.Forward(x); err != nil {
			b.Fatal(err)
		}
	}
}
