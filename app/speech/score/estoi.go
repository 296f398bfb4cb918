package score

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/reverie-go/reverie/data/sound/resample"
)

// What ESTOI is made of.
const (
	estoiRate = 10000 // samples a second
	frameLen  = 256   // samples of a frame
	frameHop  = frameLen / 2
	fftLen    = 512
	bands     = 15  // thirds of octaves
	lowest    = 150 // Hz, the centre of the lowest band
	span      = 30  // frames that are compared at a time, 384 ms
	dynamic   = 40  // dB below the loudest frame, where silence begins
)

// tiny is the least step of 1.
const tiny = 0x1p-52

// ESTOI returns the extended short-time objective intelligibility (Jensen and Taal 2016, "An
// algorithm for predicting the intelligibility of speech masked by modulated noise maskers") of a
// recording beside the clean one, at most 1: at 10,000 samples a second, without the frames of 256
// in which the clean one is more than 40 dB below its loudest, amplitudes in 15 thirds of octaves;
// of each 30 frames in a row the rows, then the columns are brought to mean 0 and norm 1, and the
// inner products of the columns are averaged.
//
// It is pystoi's, which takes no frame that ends with the last sample: so up to 128 samples at the
// end do not count. pystoi adds noise of 1e-16, so that what is constant compares as noise; here it
// compares as 0. Other rates are brought to 10,000 by resample.Octave, as pystoi does.
//
// Recordings of which fewer than 30 frames (.4 s) are not silent have no ESTOI, nor has a silent
// clean one: the error wraps ErrUndefined.
func ESTOI(clean, other []float64, rate int) (float64, error) {
	if err := check("ESTOI", clean, other); err != nil {
		return 0, err
	}
	r, err := resample.Octave.New(rate, estoiRate)
	if err != nil {
		return 0, fmt.Errorf("score: ESTOI: %w", err)
	}
	x, y := r.Flush(r.Push(nil, clean)), r.Flush(r.Push(nil, other))
	x, y = withoutSilence(x, y)
	a, b := thirds(x), thirds(y)
	if len(a) < span {
		return 0, fmt.Errorf("score: ESTOI %w: %d frames of the clean recording, %d samples, are not silent: expected at least %d", ErrUndefined, len(a), len(clean), span)
	}
	sum, n := 0.0, len(a)-span+1
	for m := range n {
		p, q := normalised(a[m:m+span]), normalised(b[m:m+span])
		for i := range p {
			for j := range p[i] {
				sum += p[i][j] * q[i][j]
			}
		}
	}
	return sum / float64(span*n), nil
}

// window is a Hann window of frameLen samples without zeros at its ends.
var window = func() (w [frameLen]float64) {
	for i := range w {
		w[i] = .5 - .5*math.Cos(2*math.Pi*float64(i+1)/(frameLen+1))
	}
	return w
}()

// withoutSilence leaves out the frames in which x is silent, and adds up the windowed others where
// they come to lie.
func withoutSilence(x, y []float64) (xs, ys []float64) {
	var level []float64
	loudest := math.Inf(-1)
	for at := 0; at < len(x)-frameLen; at += frameHop {
		sum := 0.0
		for i, w := range window {
			sum += w * x[at+i] * w * x[at+i]
		}
		level = append(level, 20*math.Log10(math.Sqrt(sum)+tiny))
		loudest = max(loudest, level[len(level)-1])
	}
	if loudest <= 20*math.Log10(tiny) {
		return nil, nil
	}
	end := 0
	for f, l := range level {
		if loudest-dynamic-l >= 0 {
			continue
		}
		xs, ys = extend(xs, end+frameLen), extend(ys, end+frameLen)
		for i, w := range window {
			xs[end+i] += w * x[f*frameHop+i]
			ys[end+i] += w * y[f*frameHop+i]
		}
		end += frameHop
	}
	return xs, ys
}

// extend makes x as long, with zeros.
func extend(x []float64, n int) []float64 { return append(x, make([]float64, n-len(x))...) }

// edges are the first bins of the bands, and the one after the last of each.
var edges = func() (e [bands][2]int) {
	nearest := func(hertz float64) int { // the lower one of two
		return int(math.Ceil(hertz*fftLen/estoiRate - .5))
	}
	for k := range e {
		e[k] = [2]int{nearest(lowest * math.Pow(2, float64(2*k-1)/6)), nearest(lowest * math.Pow(2, float64(2*k+1)/6))}
	}
	return e
}()

// thirds returns the amplitude of each frame in each band, [frames][bands].
func thirds(x []float64) [][]float64 {
	fft := fourier.NewFFT(fftLen)
	in, spectrum := make([]float64, fftLen), make([]complex128, fftLen/2+1)
	var out [][]float64
	for at := 0; at < len(x)-frameLen; at += frameHop {
		for i, w := range window {
			in[i] = w * x[at+i]
		}
		fft.Coefficients(spectrum, in)
		frame := make([]float64, bands)
		for k, e := range edges {
			for _, v := range spectrum[e[0]:e[1]] {
				frame[k] += real(v)*real(v) + imag(v)*imag(v)
			}
			frame[k] = math.Sqrt(frame[k])
		}
		out = append(out, frame)
	}
	return out
}

// normalised brings each band over the frames, then each frame over the bands, to mean 0 and norm
// 1.
func normalised(frames [][]float64) [][]float64 {
	out := make([][]float64, len(frames))
	for i := range out {
		out[i] = append([]float64(nil), frames[i]...)
	}
	row := make([]float64, len(out))
	for k := range bands {
		for i := range out {
			row[i] = out[i][k]
		}
		normalise(row)
		for i := range out {
			out[i][k] = row[i]
		}
	}
	for i := range out {
		normalise(out[i])
	}
	return out
}

// normalise brings x to mean 0 and norm 1; what is constant up to rounding to 0.
func normalise(x []float64) {
	m, norm, size := mean(x), 0.0, 0.0
	for i := range x {
		size += x[i] * x[i]
		x[i] -= m
		norm += x[i] * x[i]
	}
	if norm <= 1e-28*size {
		clear(x)
		return
	}
	norm = math.Sqrt(norm)
	for i := range x {
		x[i] /= norm
	}
}
