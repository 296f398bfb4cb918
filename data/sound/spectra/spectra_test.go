package spectra

import (
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

func noise(n int) []float64 {
	x := make([]float64, n)
	random.Stream{Seed: 4, Domain: 200}.Normal(x)
	return x
}

func transform(t *testing.T, h, w int, s kind.Spectrum) *Transform {
	t.Helper()
	tr, err := New(kind.OfSpectra(h, w, s))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// There and back a segment is what it was, whatever its loudness; of silence too.
func TestRoundTrip(t *testing.T) {
	for _, c := range []struct {
		h, w int
		s    kind.Spectrum
	}{
		{128, 64, Speech(8000, 64)}, {128, 2, Speech(8000, 64)}, {7, 9, Speech(8000, 3)}, {8, 5, Speech(8000, 8)},
		{16, 8, kind.Spectrum{Rate: 8000, Hop: 4, Power: 1, Scale: 1}}, {1, 4, Speech(1, 1)},
	} {
		tr := transform(t, c.h, c.w, c.s)
		for _, loud := range []float64{0, 1e-9, 1, 1e9} {
			x, back, z := noise(tr.Samples()), make([]float64, tr.Samples()), make([]float32, tr.Size())
			for i := range x {
				x[i] *= loud
			}
			level := Level(x)
			if err := tr.Forward(z, x, level); err != nil {
				t.Fatal(err)
			}
			if err := tr.Inverse(back, z, level); err != nil {
				t.Fatal(err)
			}
			for i := range x {
				// float32 has 2^-24 of each amplitude's root, of which a sample gathers several.
				if d := math.Abs(back[i] - x[i]); !(d <= 1e-6*level) {
					t.Fatalf("%dx%d, loudness %v: sample %d is %v, was %v", c.h, c.w, loud, i, back[i], x[i])
				}
			}
		}
	}
}

// The numbers are what their formula says of a discrete Fourier transform by its definition.
func TestDefinition(t *testing.T) {
	tr := transform(t, 6, 5, kind.Spectrum{Rate: 8000, Hop: 4, Power: .5, Scale: .33})
	x, z := noise(tr.Samples()), make([]float32, tr.Size())
	if err := tr.Forward(z, x, 2); err != nil {
		t.Fatal(err)
	}
	const frame = 12
	bin := func(f, b int) complex128 {
		sum := complex(0, 0)
		for i := range frame {
			at := f*4 + i - frame/2
			if at < 0 {
				at = -at
			}
			if last := len(x) - 1; at > last {
				at = 2*last - at
			}
			w := .5 - .5*math.Cos(2*math.Pi*float64(i)/frame)
			sum += complex(w*x[at]/2, 0) * cmplx.Exp(complex(0, -2*math.Pi*float64(b*i)/frame))
		}
		return sum
	}
	for f := range tr.W {
		for b := range tr.H {
			v := bin(f, b)
			if b == 0 {
				v = complex(real(v), real(bin(f, 6)))
			}
			want := cmplx.Rect(.33*math.Sqrt(cmplx.Abs(v)), cmplx.Phase(v))
			got := complex(float64(z[(b*tr.W+f)*2]), float64(z[(b*tr.W+f)*2+1]))
			if cmplx.Abs(got-want) > 1e-6 {
				t.Errorf("bin %d of frame %d is %v, want %v", b, f, got, want)
			}
		}
	}
}

// What has no spectrum is refused by name.
func TestRefused(t *testing.T) {
	good := kind.OfSpectra(8, 4, Speech(8000, 4))
	bad := func(change func(k *kind.Kind)) kind.Kind {
		k := good
		s := *k.Spectrum
		k.Spectrum = &s
		change(&k)
		return k
	}
	for want, k := range map[string]kind.Kind{
		"no spectra of sound": kind.OfFields(8, 4, 2),
		"at least 2 frames":   bad(func(k *kind.Kind) { k.W = 1 }),
		"a hop of 9":          bad(func(k *kind.Kind) { k.Spectrum.Hop = 9 }),
		"3 channels":          bad(func(k *kind.Kind) { k.C = 3 }),
		"power of NaN":        bad(func(k *kind.Kind) { k.Spectrum.Power = math.NaN() }),
		"the scale 0":         bad(func(k *kind.Kind) { k.Spectrum.Scale = 0 }),
		"0 samples a second":  bad(func(k *kind.Kind) { k.Spectrum.Rate = 0 }),
	} {
		if _, err := New(k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	tr := transform(t, 8, 4, *good.Spectrum)
	if err := tr.Forward(make([]float32, 3), noise(12), 1); err == nil {
		t.Error("a spectrum of 3 numbers")
	}
	if err := tr.Forward(make([]float32, 64), noise(12), 0); err == nil {
		t.Error("a level of 0")
	}
	if err := tr.Inverse(make([]float64, 11), make([]float32, 64), 1); err == nil {
		t.Error("a segment of 11 samples")
	}
}

// The transform of half a second is what a draw of a sample costs beside reading it.
func BenchmarkForward(b *testing.B) {
	tr, err := New(kind.OfSpectra(128, 64, Speech(8000, 64)))
	if err != nil {
		b.Fatal(err)
	}
	x, z := noise(tr.Samples()), make([]float32, tr.Size())
	for b.Loop() {
		if err := tr.Forward(z, x, 1); err != nil {
			b.Fatal(err)
		}
	}
}
