package speech

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/sound/spectra"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// form has windows of 112 samples, of which 28 overlap.
var form = kind.OfSpectra(16, 15, spectra.Speech(1000, 8))

// same is a model that changes nothing.
func same(_ context.Context, _ int, noisy []float32, _ int) ([]float32, error) { return noisy, nil }

func noise(n int, sample uint64) []float64 {
	x := make([]float64, n)
	random.Stream{Seed: 6, Domain: 200, Sample: sample}.Normal(x)
	return x
}

// cleaned pushes a recording through in blocks.
func cleaned(t *testing.T, rate, batch, block int, restore Restore, x ...[]float64) [][]float64 {
	t.Helper()
	c, err := New(form, rate, len(x), batch, restore)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(x))
	add := func(y [][]float64, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range y {
			out[i] = append(out[i], y[i]...)
		}
	}
	for at := 0; at < len(x[0]); at += block {
		part := make([][]float64, len(x))
		for i := range x {
			part[i] = x[i][at:min(at+block, len(x[i]))]
		}
		add(c.Push(t.Context(), part))
	}
	add(c.Flush(t.Context()))
	return out
}

// By a model that changes nothing a recording of any length stays what it is, loudness and all,
// whatever the blocks, the batch and the channels are.
func TestNothingChanges(t *testing.T) {
	for _, n := range []int{1, 2, 27, 28, 29, 111, 112, 113, 139, 140, 141, 196, 197, 1000} {
		x := [][]float64{noise(n, 1), noise(n, 2)}
		for i := range x[1] {
			x[1][i] *= 1e-4
		}
		for _, block := range []int{1, 50, 4000} {
			for _, batch := range []int{1, 3, 64} {
				y := cleaned(t, 1000, batch, block, same, x...)
				for c := range x {
					if len(y[c]) != n {
						t.Fatalf("%d samples became %d", n, len(y[c]))
					}
					for i := range x[c] {
						if d := math.Abs(y[c][i] - x[c][i]); d > 1e-5*spectra.Level(x[c]) {
							t.Fatalf("%d samples, channel %d: sample %d is %v, was %v", n, c, i, y[c][i], x[c][i])
						}
					}
				}
			}
		}
	}
}

// At other rates what lies in the model's band stays, and the length is the recording's.
func TestOtherRates(t *testing.T) {
	for _, rate := range []int{500, 2000, 1500, 44100, 192000} {
		n := rate + 7
		x := make([]float64, n)
		for i := range x {
			x[i] = .3 * math.Sin(2*math.Pi*60*float64(i)/float64(rate))
		}
		y := cleaned(t, rate, 4, 1000, same, x)[0]
		if len(y) != n {
			t.Fatalf("%d samples became %d", n, len(y))
		}
		for i := n / 10; i < n*9/10; i++ { // the ends are next to silence
			if d := math.Abs(y[i] - x[i]); d > 2e-3 {
				t.Fatalf("%d a second: sample %d is %v, was %v", rate, i, y[i], x[i])
			}
		}
	}
}

// One window goes over into the next in proportion, and each is numbered.
func TestOverlap(t *testing.T) {
	tr, err := spectra.New(form)
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	halves := func(_ context.Context, first int, noisy []float32, n int) ([]float32, error) {
		if first != next {
			t.Errorf("window %d, want %d", first, next)
		}
		next += n
		x := make([]float64, tr.Samples())
		for i := range n {
			z := noisy[i*tr.Size() : (i+1)*tr.Size()]
			if err := tr.Inverse(x, z, 1); err != nil {
				return nil, err
			}
			for k := range x {
				x[k] *= float64((first + i) % 2) // every other one is silent
			}
			if err := tr.Forward(z, x, 1); err != nil {
				return nil, err
			}
		}
		return noisy, nil
	}
	x := noise(84*3+28, 1)
	y := cleaned(t, 1000, 2, 77, halves, x)[0]
	for i, v := range y {
		want := 0.
		switch at := i - 84; {
		case at >= 0 && at < 28:
			want = (float64(at) + .5) / 28
		case at >= 28 && at < 84:
			want = 1
		case at >= 84 && at < 112:
			want = 1 - (float64(at-84)+.5)/28
		}
		if math.Abs(v-want*x[i]) > 1e-5 {
			t.Fatalf("sample %d is %v, want %v of %v", i, v, want, x[i])
		}
	}
	if next != 3 {
		t.Errorf("%d windows", next)
	}
}

// Silence stays silence, whatever the model says; what fails ends the recording.
func TestSilenceAndFailure(t *testing.T) {
	loud := func(_ context.Context, _ int, noisy []float32, _ int) ([]float32, error) {
		for i := range noisy {
			noisy[i] = 1
		}
		return noisy, nil
	}
	for i, v := range cleaned(t, 1000, 4, 100, loud, make([]float64, 300))[0] {
		if v != 0 {
			t.Fatalf("sample %d of silence is %v", i, v)
		}
	}
	for want, restore := range map[string]Restore{
		"out of order": func(context.Context, int, []float32, int) ([]float32, error) { return nil, errors.New("out of order") },
		"numbers of 1": func(context.Context, int, []float32, int) ([]float32, error) { return nil, nil },
	} {
		c, err := New(form, 1000, 1, 1, restore)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Push(t.Context(), [][]float64{noise(112, 1)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := c.Push(t.Context(), nil); err == nil {
			t.Error("no channels")
		}
	}
	if _, err := New(kind.OfFields(2, 2, 2), 1000, 1, 1, same); err == nil {
		t.Error("fields are no spectra")
	}
	if _, err := New(form, 1000, 0, 1, same); err == nil {
		t.Error("no channels")
	}
}
