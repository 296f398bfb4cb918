package score

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// speech is testdata/gen_speech.py's: syllables of harmonics with pauses between.
func speech(rate, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		t := float64(i) / float64(rate)
		for h := 1.0; h < 25; h++ {
			x[i] += math.Sin(2*math.Pi*130*h*t+h*h+3*math.Sin(2*math.Pi*1.3*t)*h/8) * (1 + math.Sin(2*math.Pi*(.7+h/5)*t)) / (h + 2)
		}
		envelope := max(0, math.Sin(2*math.Pi*2.3*t))
		x[i] *= .2 * envelope * envelope
	}
	return x
}

// noise is its noise.
func noise(n int, state uint32) []float64 {
	x := make([]float64, n)
	for i := range x {
		state = 1664525*state + 1013904223
		x[i] = float64(state)/(1<<31) - 1
	}
	return x
}

// other is the speech with noise.
func other(clean []float64, gain, offset float64, seed uint32) []float64 {
	y := noise(len(clean), seed)
	for i, s := range clean {
		y[i] = .7*s + gain*y[i] + offset
	}
	return y
}

// pystoi's ESTOI, which brings other rates to its own by the same filter; SI-SDR by least squares.
func TestAgainstPystoi(t *testing.T) {
	var golden struct {
		Cases []struct {
			Rate, N      int
			Gain, Offset float64
			Seed         uint32
			Sum          float64
			ESTOI, SISDR float64
		}
	}
	b, err := os.ReadFile("testdata/speech.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil || len(golden.Cases) != 8 {
		t.Fatal(len(golden.Cases), err)
	}
	for _, g := range golden.Cases {
		s := speech(g.Rate, g.N)
		y := other(s, g.Gain, g.Offset, g.Seed)
		sum := 0.0
		for _, v := range y {
			sum += math.Abs(v)
		}
		if !(math.Abs(sum-g.Sum) <= 1e-9*g.Sum) {
			t.Fatalf("%+v: the signals are others: %v", g, sum)
		}
		if got, err := ESTOI(s, y, g.Rate); err != nil || !(math.Abs(got-g.ESTOI) <= 1e-8) {
			t.Errorf("%+v: ESTOI %v, %v", g, got, err)
		}
		if got, err := SISDR(s, y); err != nil || !(math.Abs(got-g.SISDR) <= 1e-8) {
			t.Errorf("%+v: SI-SDR %v, %v", g, got, err)
		}
	}
}
