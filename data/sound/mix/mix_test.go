package mix

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// stream is draw i.
func stream(i uint64) random.Stream { return random.Stream{Seed: 5, Domain: 200, Sample: i} }

// noise returns n normal numbers.
func noise(n int, i uint64) []float64 {
	x := make([]float64, n)
	random.Stream{Seed: 3, Domain: 201, Sample: i}.Normal(x)
	return x
}

// decibels measures the ratio of two signals.
func decibels(s, n []float64) float64 {
	a, b := 0.0, 0.0
	for i := range s {
		a, b = a+s[i]*s[i], b+n[i]*n[i]
	}
	return 10 * math.Log10(a/b)
}

// The ratio is what was asked for, of noises that are shorter than the speech, as long, and longer;
// the noise is the one that was given, from At on, less its mean, times Gain; and the sum is a sum.
func TestRatio(t *testing.T) {
	speech := noise(500, 0)
	for _, n := range []int{2, 77, 499, 500, 501, 3000} {
		for i, snr := range []float64{-MaxSNR, -5, 0, 2.5, 20, MaxSNR} {
			given := noise(n, 1)
			for j := range given {
				given[j] += 3
			}
			m, err := Draw(speech, given, snr, stream(uint64(i)))
			if err != nil {
				t.Fatal(err)
			}
			if got := decibels(speech, m.Noise); !(math.Abs(got-snr) <= 1e-9) {
				t.Errorf("%d samples of noise: %v dB, want %v", n, got, snr)
			}
			if n >= 500 && m.At > n-500 {
				t.Errorf("a noise of %d begins at %d", n, m.At)
			}
			mean := 0.0
			for j := range speech {
				mean += given[(m.At+j)%n] / 500
			}
			for j := range speech {
				if want := m.Gain * (given[(m.At+j)%n] - mean); !(math.Abs(m.Noise[j]-want) <= 1e-12*m.Gain) || m.Noisy[j] != speech[j]+m.Noise[j] {
					t.Fatalf("%d samples of noise: sample %d is %v, %v in the sum", n, j, m.Noise[j], m.Noisy[j])
				}
			}
			if again, err := Draw(speech, given, snr, stream(uint64(i))); err != nil || !slices.Equal(again.Noisy, m.Noisy) {
				t.Errorf("the same stream gave another mixture, %v", err)
			}
		}
	}
}

// Every place is as likely: chi^2 of 6,000 draws over 6 places has mean 5 and deviation sqrt(10).
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ speech, noise int }{{5, 10}, {10, 6}} {
		count := make([]float64, 6)
		for i := range 6000 {
			m, err := Draw(noise(c.speech, 0), noise(c.noise, 1), 0, stream(uint64(i)))
			if err != nil {
				t.Fatal(err)
			}
			count[m.At]++
		}
		chi := 0.0
		for _, n := range count {
			chi += (n - 1000) * (n - 1000) / 1000
		}
		if chi > 5+5*math.Sqrt(10) {
			t.Errorf("%+v: chi^2 %v, counts %v", c, chi, count)
		}
	}
}

// A noise that is silent in most places is begun where it is not.
func TestSilentPlaces(t *testing.T) {
	n := noise(1000, 1)
	for i := range n { // constant at both ends
		if i < 300 || i >= 700 {
			n[i] = .1
		}
	}
	for i := range 50 { // of 951 places 502 are silent: each draw fails with probability (502/951)^16 = 3.6e-5
		m, err := Draw(noise(50, 0), n, 0, stream(uint64(i)))
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(decibels(noise(50, 0), m.Noise)) <= 1e-9) {
			t.Errorf("draw %d begins at %d", i, m.At)
		}
	}
}

// What has no ratio is refused by name.
func TestRefuses(t *testing.T) {
	one, none := []float64{1, 2}, []float64{0, 0}
	for _, c := range []struct {
		speech, noise []float64
		snr           float64
		says          string
	}{
		{one, one, math.Inf(1), "a ratio of +Inf dB: expected a number from -150 to 150"},
		{one, one, math.NaN(), "a ratio of NaN dB"},
		{one, one, 151, "a ratio of 151 dB"},
		{none, one, 0, "the speech, 2 samples, is silent"},
		{nil, one, 0, "the speech, 0 samples, is silent"},
		{one, none, 0, "the noise, 2 samples, is silent, or constant, at the 16 places"},
		{noise(1000, 0), []float64{.1}, 0, "the noise, 1 samples, is silent, or constant"},
		{one, nil, 0, "the noise has no samples"},
		{[]float64{1, math.NaN()}, one, 0, "sample 1 of the speech is NaN"},
		{one, []float64{1, math.Inf(-1)}, 0, "of the noise is -Inf"},
		{one, []float64{1e200, 1e200}, 0, "the noise is too loud"},
	} {
		if _, err := Draw(c.speech, c.noise, c.snr, stream(0)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, %v, %v: %v", c.speech, c.noise, c.snr, err)
		}
	}
}
