package score

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// scaled is a x + b.
func scaled(x []float64, a, b float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = a*x[i] + b
	}
	return y
}

// Whole periods of two tones are orthogonal: of a s + b n the ratio is 20 log10(a/b), whatever the
// scale and the mean.
func TestSISDROfTones(t *testing.T) {
	const n = 1000
	s, e := make([]float64, n), make([]float64, n)
	for _, r := range []float64{1e-3, .1, 1, 10, 1e3} {
		for i := range s {
			s[i] = math.Sin(2 * math.Pi * 7 * float64(i) / n)
			e[i] = r*s[i] + math.Sin(2*math.Pi*11*float64(i)/n)
		}
		for _, y := range [][]float64{e, scaled(e, -3, 0), scaled(e, 1e-3, 5)} {
			if got, err := SISDR(scaled(s, 2, -1), y); err != nil || !(math.Abs(got-20*math.Log10(r)) <= 1e-6) {
				t.Errorf("%v: %v dB, want %v, %v", r, got, 20*math.Log10(r), err)
			}
		}
	}
	if got, err := SISDR(s, scaled(s, 2, 0)); err != nil || !math.IsInf(got, 1) && got < 300 {
		t.Errorf("the signal itself: %v, %v", got, err)
	}
	if got, err := SISDR([]float64{1, -1, 0, 0}, []float64{0, 0, 1, -1}); err != nil || !math.IsInf(got, -1) {
		t.Errorf("nothing of the signal: %v, %v", got, err)
	}
}

// ESTOI of a recording beside itself is 1, at any scale; less noise is better; frames without sound
// in the clean recording do not count.
func TestESTOI(t *testing.T) {
	s := speech(10000, 12000)
	for _, a := range []float64{1, .01, 30} {
		if got, err := ESTOI(s, scaled(s, a, 0), 10000); err != nil || !(math.Abs(got-1) <= 1e-9) {
			t.Errorf("times %v: %v, %v", a, got, err)
		}
	}
	last := 2.0
	for _, gain := range []float64{.001, .01, .1, 1} {
		got, err := ESTOI(s, other(s, gain, 0, 9), 10000)
		if err != nil || !(got < last) || got > 1 {
			t.Errorf("noise of %v: %v after %v, %v", gain, got, last, err)
		}
		last = got
	}
	// Whole hops of silence before, in which the other recording is loud.
	y := other(s, .05, 0, 9)
	want, err := ESTOI(s, y, 10000)
	if err != nil {
		t.Fatal(err)
	}
	before := make([]float64, 10*frameHop)
	got, err := ESTOI(append(before, s...), append(noise(len(before), 3), y...), 10000)
	// The frame that lies half in the silence is a new one, which may count.
	if err != nil || !(math.Abs(got-want) <= .01) {
		t.Errorf("after silence %v, without %v, %v", got, want, err)
	}
}

// The bands are thirds of octaves, each beginning where the last ends, of bins of 19.5 Hz.
func TestBands(t *testing.T) {
	for k, e := range edges {
		low := 150 * math.Cbrt(math.Pow(2, float64(k))) / math.Pow(2, 1.0/6)
		if d := float64(e[0])*10000/512 - low; !(math.Abs(d) <= 10000.0/1024) {
			t.Errorf("band %d begins at bin %d, %v Hz from where it should", k, e[0], d)
		}
		if k > 0 && edges[k-1][1] != e[0] {
			t.Errorf("band %d ends at %d, the next begins at %d", k-1, edges[k-1][1], e[0])
		}
	}
	if edges[bands-1][1] > fftLen/2 {
		t.Errorf("the last band ends at bin %d", edges[bands-1][1])
	}
}

// Rows and columns of mean 0 and norm 1; what is constant is 0.
func TestNormalise(t *testing.T) {
	x := noise(30, 4)
	normalise(x)
	m, norm := 0.0, 0.0
	for _, v := range x {
		m, norm = m+v, norm+v*v
	}
	if !(math.Abs(m) <= 1e-14 && math.Abs(norm-1) <= 1e-14) {
		t.Errorf("sum %v, norm %v", m, norm)
	}
	for _, c := range []float64{0, .1, 1e-20, 1e9 / 3} {
		x := scaled(make([]float64, 30), 0, c)
		normalise(x)
		for _, v := range x {
			if v != 0 {
				t.Errorf("of constant %v: %v", c, v)
				break
			}
		}
	}
}

// What has no score is refused by name.
func TestRefuses(t *testing.T) {
	s, zero := speech(10000, 12000), make([]float64, 12000)
	two, bad := []float64{1, 2}, []float64{1, math.NaN()}
	for _, c := range []struct {
		err       error
		says      string
		undefined bool
	}{
		{second(SISDR(two, []float64{1})), "of 2 and of 1 samples", false},
		{second(SISDR(two, bad)), "sample 1 of the other recording is NaN", false},
		{second(SISDR(bad, two)), "sample 1 of the clean recording is NaN", false},
		{second(SISDR(nil, nil)), "the clean recording, 0 samples, is silent", true},
		{second(SISDR([]float64{3, 3}, two)), "the clean recording, 2 samples, is silent", true},
		{second(SISDR(two, []float64{3, 3})), "the other recording, 2 samples, is silent", true},
		{second(ESTOI(two, []float64{1}, 10000)), "of 2 and of 1 samples", false},
		{second(ESTOI(two, two, 0)), "a rate of 0", false},
		{second(ESTOI(two, two, 10000)), "0 frames of the clean recording, 2 samples, are not silent: expected at least 30", true},
		{second(ESTOI(nil, nil, 10000)), "0 frames", true},
		{second(ESTOI(zero, s, 10000)), "0 frames of the clean recording", true},
		{second(ESTOI(s[:2000], s[:2000], 10000)), "expected at least 30", true},
		{second(Mean([]float64{1}, Bootstrap{})), "of 1 recordings: expected at least 2", false},
		{second(Mean(bad, Bootstrap{})), "number 1 is NaN", false},
		{second(Mean(two, Bootstrap{Replicates: -1})), "-1 replicates", false},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) || errors.Is(c.err, ErrUndefined) != c.undefined {
			t.Errorf("%v: expected %q, undefined: %v", c.err, c.says, c.undefined)
		}
	}
	if got, err := ESTOI(s, zero, 10000); err != nil || got != 0 {
		t.Errorf("nothing beside speech: %v, %v", got, err)
	}
}

func second[T any](_ T, err error) error { return err }

// The interval of a mean of normal numbers is the mean -+ 1.96 deviations over sqrt(n): with 4,000
// replicates its ends have a standard error of sqrt(.025 .975/4000)/.0584 = .042 of these, of which
// 4 are allowed. It repeats, and constant numbers have none.
func TestMean(t *testing.T) {
	x := make([]float64, 400)
	random.Stream{Seed: 8, Domain: 200}.Normal(x)
	m, v := mean(x), 0.0
	for i := range x {
		v += (x[i] - m) * (x[i] - m) / float64(len(x))
	}
	unit := math.Sqrt(v / float64(len(x)))
	b := Bootstrap{Replicates: 4000, Seed: 1}
	got, err := Mean(x, b)
	if err != nil || got.Value != m || !(math.Abs((m-got.Low)/unit-1.96) <= .17) || !(math.Abs((got.High-m)/unit-1.96) <= .17) {
		t.Errorf("%+v, %v: mean %v, unit %v", got, err, m, unit)
	}
	if again, err := Mean(x, b); err != nil || again != got {
		t.Errorf("%+v, then %+v, %v", got, again, err)
	}
	if got, err := Mean([]float64{2, 2, 2, 2}, Bootstrap{}); err != nil || got != (Interval{2, 2, 2}) {
		t.Errorf("of one number: %+v, %v", got, err)
	}
}
