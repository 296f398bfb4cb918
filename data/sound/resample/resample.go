// Package resample changes the rate of recordings by a windowed sinc in polyphase form, as
// scipy.signal.resample_poly does, whole or block by block with the same bits:
//
//	y, err := resample.All(x, 44100, 16000)
//
// With up/down the ratio of the rates in lowest terms, m = max(up, down) and w Kaiser's window over
// the 2 L + 1 taps, output j is
//
//	y_j = sum_k x_k h(j down - k up),   h(i) = up sinc(i/m) w(i) / sum_i sinc(i/m) w(i),   |i| <= L
//
// with zeros around x: output 0 stands where input 0 does, and n inputs give ceil(n up/down)
// outputs. The band passes up to half of the lower rate, where it is halved (-6 dB).
package resample

import (
	"fmt"
	"math"
)

// Bounds of the rates.
const (
	MaxRate  = 1 << 20 // samples a second
	maxRatio = 1 << 17 // of what up and down are in lowest terms: of the taps there are 20 or 72 times as many
)

// A Filter is how long and how sharp the sinc is.
type Filter struct {
	zeros float64 // its zero crossings either way, L/m
	beta  float64 // of Kaiser's window
}

// The filters.
var (
	// Scipy is resample_poly's own.
	Scipy = Filter{10, 5}
	// Octave is that of Octave's resample, which pystoi takes: 60 dB of rejection, and a tenth of
	// the band between what passes and what does not.
	Octave = Filter{(60 - 8) * 20 / 28.714, .1102 * (60 - 8.7)}
)

// A Resampler takes one channel at one rate, block by block, and gives it at another.
type Resampler struct {
	up, down int64
	half     int64       // taps either way
	phases   [][]float64 // of the outputs j with (j down + half) mod up = p: the taps in the order of the inputs they weigh

	x     []float64 // the inputs that later outputs may need
	first int64     // the number of x[0]
	n     int64     // inputs so far
	next  int64     // the next output
}

// New is Scipy.New.
func New(from, to int) (*Resampler, error) { return Scipy.New(from, to) }

// New returns a Resampler between two rates, samples a second. Rates that share no large divisor
// have many taps, and are refused where either in lowest terms is beyond 131,072.
func (f Filter) New(from, to int) (*Resampler, error) {
	for _, r := range []int{from, to} {
		if r < 1 || r > MaxRate {
			return nil, fmt.Errorf("resample: a rate of %d samples a second: expected 1 to %d", r, MaxRate)
		}
	}
	d := gcd(from, to)
	up, down := to/d, from/d
	m := max(up, down)
	if m > maxRatio {
		return nil, fmt.Errorf("resample: from %d to %d samples a second is %d/%d in lowest terms: expected at most %d: go by a rate in between", from, to, up, down, maxRatio)
	}
	r := &Resampler{up: int64(up), down: int64(down)}
	if up == down {
		r.phases = [][]float64{{1}}
		return r, nil
	}
	h := f.taps(m, float64(up))
	r.half = int64(len(h) / 2)
	r.phases = make([][]float64, up)
	for p := range r.phases {
		// Input k has tap i = j down + half - k up: the last tap goes with the first input.
		for i := p + (len(h)-1-p)/up*up; i >= 0; i -= up {
			r.phases[p] = append(r.phases[p], h[i])
		}
	}
	return r, nil
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// taps returns h, which adds up to gain.
func (f Filter) taps(m int, gain float64) []float64 {
	half := int(math.Ceil(f.zeros * float64(m)))
	h := make([]float64, 2*half+1)
	sum := 0.0
	for i := range h {
		t := float64(i - half)
		u := t / float64(half)
		h[i] = sinc(t/float64(m)) * bessel(f.beta*math.Sqrt(1-u*u))
		sum += h[i]
	}
	for i := range h {
		h[i] *= gain / sum
	}
	return h
}

// sinc is sin(pi t)/(pi t).
func sinc(t float64) float64 {
	if t == 0 {
		return 1
	}
	return math.Sin(math.Pi*t) / (math.Pi * t)
}

// bessel is the modified Bessel function I_0(x) = sum_k (x/2)^(2k)/k!^2 of small numbers.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

// Len returns how many outputs n inputs give.
func (r *Resampler) Len(n int) int { return int((int64(n)*r.up + r.down - 1) / r.down) }

// Push takes a block of inputs and appends to dst the outputs that no later input changes.
func (r *Resampler) Push(dst, x []float64) []float64 {
	r.x = append(r.x, x...)
	r.n += int64(len(x))
	// Output j needs inputs up to (j down + half)/up.
	for (r.next*r.down+r.half)/r.up < r.n {
		dst = append(dst, r.output())
	}
	r.forget()
	return dst
}

// Flush appends the outputs that are left, with zeros for the inputs after the last, and begins
// anew.
func (r *Resampler) Flush(dst []float64) []float64 {
	for r.next*r.down < r.n*r.up {
		dst = append(dst, r.output())
	}
	r.x, r.first, r.n, r.next = r.x[:0], 0, 0, 0
	return dst
}

// output is the next output.
func (r *Resampler) output() float64 {
	t := r.next*r.down + r.half
	r.next++
	taps := r.phases[t%r.up]
	k := t/r.up - int64(len(taps)-1) // the input that the first tap weighs
	if k < 0 {
		taps, k = taps[-k:], 0
	}
	taps = taps[:min(int64(len(taps)), r.n-k)]
	x := r.x[k-r.first:]
	sum := 0.0
	for i, h := range taps {
		sum += h * x[i]
	}
	return sum
}

// forget drops the inputs that no output needs any more, once they are half of what is held.
func (r *Resampler) forget() {
	t := r.next*r.down + r.half
	k := t/r.up - int64(len(r.phases[t%r.up])-1)
	if drop := min(k-r.first, int64(len(r.x))); drop > int64(len(r.x))/2 {
		r.x = r.x[:copy(r.x, r.x[drop:])]
		r.first += drop
	}
}

// All returns a whole channel at another rate, by Scipy.
func All(x []float64, from, to int) ([]float64, error) { return Scipy.All(x, from, to) }

// All returns a whole channel at another rate.
func (f Filter) All(x []float64, from, to int) ([]float64, error) {
	r, err := f.New(from, to)
	if err != nil {
		return nil, err
	}
	dst := make([]float64, 0, r.Len(len(x)))
	return r.Flush(r.Push(dst, x)), nil
}
