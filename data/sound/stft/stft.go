// Package stft makes short-time spectra of recordings and recordings of spectra, with what training
// takes beside: the adjoints of both, and spectra as float32 channels with their amplitudes
// compressed.
//
//	t, err := stft.New(510, 128, stft.Hann)
//	spectrum, err := t.Forward(x)            // [frames][bins]
//	x, err = t.Inverse(spectrum, len(x))     // the same x
//
// As in torch.stft(center=True), frame f has its middle at sample f hop, and the samples before the
// first and after the last are those within, reflected at the ends; a signal too short for that is
// reflected over and over, one of a single sample goes on as it is.
package stft

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// A Window is what frames are multiplied with. Both are periodic.
type Window string

// The windows.
const (
	Hann     Window = "hann"      // (1 - cos(2 pi i/frame))/2
	SqrtHann Window = "sqrt-hann" // its root, sin(pi i/frame)
)

// Bounds of a transform.
const (
	MaxFrame  = 1 << 16
	MaxValues = 1 << 27 // numbers of a spectrum
)

// A Transform is a short-time Fourier transform. It may be used by several goroutines.
type Transform struct {
	Frame, Hop int
	Window     Window

	w []float64
}

// New returns the transform of frames of an even number of samples, each hop after the last: at
// most half a frame, so that every sample is known from the spectrum. Where the length is no
// multiple of the hop, the last samples lie hop - 1 from the middle of the last frame: at half a
// frame the window is all but zero there, and an error of the spectrum grows; a quarter is usual.
func New(frame, hop int, w Window) (*Transform, error) {
	switch {
	case frame < 2 || frame > MaxFrame || frame%2 != 0:
		return nil, fmt.Errorf("stft: a frame of %d samples: expected an even number from 2 to %d", frame, MaxFrame)
	case hop < 1 || hop > frame/2:
		return nil, fmt.Errorf("stft: a hop of %d samples: expected 1 to %d, half of the frame", hop, frame/2)
	case w != Hann && w != SqrtHann:
		return nil, fmt.Errorf("stft: window %q: expected %s or %s", w, Hann, SqrtHann)
	}
	t := &Transform{Frame: frame, Hop: hop, Window: w, w: make([]float64, frame)}
	for i := range t.w {
		s := math.Sin(math.Pi * float64(i) / float64(frame))
		if t.w[i] = s; w == Hann {
			t.w[i] = s * s
		}
	}
	return t, nil
}

// Bins returns how many frequencies a frame has: frame/2 + 1, bin b being b rate/frame.
func (t *Transform) Bins() int { return t.Frame/2 + 1 }

// Frames returns how many frames n samples have: 1 + n/hop, rounded down.
func (t *Transform) Frames(n int) int { return 1 + n/t.Hop }

// check reports a length that has no spectrum.
func (t *Transform) check(n int) error {
	if n < 1 {
		return fmt.Errorf("stft: a signal of %d samples: expected at least 1", n)
	}
	if t.Frames(n) > MaxValues/t.Bins() {
		return fmt.Errorf("stft: %d samples: more than the %d numbers of a spectrum: cut the signal", n, MaxValues)
	}
	return nil
}

// checkSpectrum reports a spectrum that n samples do not have.
func (t *Transform) checkSpectrum(s []complex128, n int) error {
	if err := t.check(n); err != nil {
		return err
	}
	if want := t.Frames(n) * t.Bins(); len(s) != want {
		return fmt.Errorf("stft: a spectrum of %d numbers for %d samples: expected %d frames of %d, %d", len(s), n, t.Frames(n), t.Bins(), want)
	}
	return nil
}

// reflected returns the place within n samples that stands for place i outside, too.
func reflected(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = (i%period + period) % period
	return min(i, period-i)
}

// Forward returns the spectrum of x, [frames][bins] one after the other:
//
//	X_fb = sum_i w_i x_(f hop + i - frame/2) e^(-2 pi j b i/frame)
func (t *Transform) Forward(x []float64) ([]complex128, error) {
	if err := t.check(len(x)); err != nil {
		return nil, err
	}
	n := len(x)
	fft, in := fourier.NewFFT(t.Frame), make([]float64, t.Frame)
	out := make([]complex128, t.Frames(n)*t.Bins())
	for f := range t.Frames(n) {
		at := f*t.Hop - t.Frame/2
		for i, w := range t.w {
			in[i] = w * x[reflected(at+i, n)]
		}
		fft.Coefficients(out[f*t.Bins():][:t.Bins()], in)
	}
	return out, nil
}

// Inverse returns the n samples whose frames are nearest to the spectrum's, where frames overlap as
// in torch.istft:
//
//	x_m = sum_f w_(m - at f) s_f(m - at f) / sum_f w_(m - at f)^2
//
// s_f being the inverse of frame f. So it is Forward's inverse. Imaginary parts at bin 0 and at the
// last one stand for no signal, and are left out.
func (t *Transform) Inverse(spectrum []complex128, n int) ([]float64, error) {
	if err := t.checkSpectrum(spectrum, n); err != nil {
		return nil, err
	}
	x := make([]float64, n)
	fft, s := fourier.NewFFT(t.Frame), make([]float64, t.Frame)
	for f := range t.Frames(n) {
		fft.Sequence(s, spectrum[f*t.Bins():][:t.Bins()])
		for i, m := range t.within(f, n) {
			x[m] += t.w[i] * s[i] / float64(t.Frame)
		}
	}
	for m, v := range t.weights(n) {
		x[m] /= v
	}
	return x, nil
}

// within yields the places i of frame f that lie within n samples, with the sample's number m.
func (t *Transform) within(f, n int) func(yield func(i, m int) bool) {
	at := f*t.Hop - t.Frame/2
	return func(yield func(i, m int) bool) {
		for i := max(0, -at); i < t.Frame && at+i < n; i++ {
			if !yield(i, at+i) {
				return
			}
		}
	}
}

// weights returns the sum of the squared windows over each of n samples.
func (t *Transform) weights(n int) []float64 {
	sum := make([]float64, n)
	for f := range t.Frames(n) {
		for i, m := range t.within(f, n) {
			sum[m] += t.w[i] * t.w[i]
		}
	}
	return sum
}

// Adjoint returns A'y, A being Forward of n samples: for all x
//
//	Re sum_fb conj(y_fb) (A x)_fb = sum_m x_m (A'y)_m
//
// so it takes a gradient in real and imaginary parts back to the samples.
func (t *Transform) Adjoint(y []complex128, n int) ([]float64, error) {
	if err := t.checkSpectrum(y, n); err != nil {
		return nil, err
	}
	x := make([]float64, n)
	fft, s, half := fourier.NewFFT(t.Frame), make([]float64, t.Frame), make([]complex128, t.Bins())
	for f := range t.Frames(n) {
		// Sequence counts all bins but the ends twice.
		for b, v := range y[f*t.Bins():][:t.Bins()] {
			half[b] = v * complex(1/t.twice(b), 0)
		}
		fft.Sequence(s, half)
		at := f*t.Hop - t.Frame/2
		for i, w := range t.w {
			x[reflected(at+i, n)] += w * s[i]
		}
	}
	return x, nil
}

// twice is how often the inverse counts bin b.
func (t *Transform) twice(b int) float64 {
	if b == 0 || b == t.Frame/2 {
		return 1
	}
	return 2
}

// InverseAdjoint returns B'g, B being Inverse to len(g) samples: for all spectra y
//
//	sum_m g_m (B y)_m = Re sum_fb conj(y_fb) (B'g)_fb
//
// so it takes the gradient of a loss of the samples to the real and imaginary parts that they were
// made of.
func (t *Transform) InverseAdjoint(g []float64) ([]complex128, error) {
	if err := t.check(len(g)); err != nil {
		return nil, err
	}
	n := len(g)
	out := make([]complex128, t.Frames(n)*t.Bins())
	weights := t.weights(n)
	fft, s := fourier.NewFFT(t.Frame), make([]float64, t.Frame)
	for f := range t.Frames(n) {
		clear(s)
		for i, m := range t.within(f, n) {
			s[i] = t.w[i] * g[m] / weights[m] / float64(t.Frame)
		}
		y := fft.Coefficients(out[f*t.Bins():][:t.Bins()], s)
		for b := range y {
			y[b] *= complex(t.twice(b), 0)
		}
	}
	return out, nil
}
