package stft

import (
	"fmt"
	"math"
	"math/cmplx"
)

// A Compression makes amplitudes of spectra more alike, as networks take them:
//
//	z = scale |X|^power e^(j arg X)
type Compression struct {
	Power float64 // above 0, at most 1
	Scale float64 // above 0
}

func (c Compression) check() error {
	if !(c.Power > 0 && c.Power <= 1) {
		return fmt.Errorf("stft: a power of %v: expected above 0, at most 1", c.Power)
	}
	if !(c.Scale > 0) || math.IsInf(c.Scale, 1) {
		return fmt.Errorf("stft: a scale of %v: expected a number above 0", c.Scale)
	}
	return nil
}

// Compress returns z of X. Both are values of a valid Compression, as Pack checks.
func (c Compression) Compress(x complex128) complex128 {
	r := cmplx.Abs(x)
	if r == 0 {
		return 0
	}
	return x * complex(c.Scale*math.Pow(r, c.Power)/r, 0)
}

// Expand is the inverse of Compress.
func (c Compression) Expand(z complex128) complex128 {
	r := cmplx.Abs(z) / c.Scale
	if r == 0 {
		return 0
	}
	return z * complex(math.Pow(r, 1/c.Power)/r/c.Scale, 0)
}

// ExpandGradient takes the gradient g of a loss in X = Expand(z) to the one in z. With q = 1/power
// and u = z/|z| it is
//
//	(q |X|/|z|) (u Re(conj(u) g)) + (|X|/|z|) (g - u Re(conj(u) g))
//
// along the amplitude and across it.
func (c Compression) ExpandGradient(z, g complex128) complex128 {
	r := cmplx.Abs(z)
	if r == 0 {
		if c.Power == 1 {
			return g / complex(c.Scale, 0)
		}
		return 0
	}
	u := z / complex(r, 0)
	along := u * complex(real(cmplx.Conj(u)*g), 0)
	slope := cmplx.Abs(c.Expand(z)) / r
	return complex(slope, 0) * (along*complex(1/c.Power, 0) + g - along)
}

// Pack returns the compressed spectra of several signals of as many frames as channels side by
// side, [frames][bins][2 signals]: real and imaginary part of the first, of the second, and so on.
func (c Compression) Pack(spectra ...[]complex128) ([]float32, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	k := len(spectra)
	if k == 0 {
		return nil, nil
	}
	out := make([]float32, len(spectra[0])*2*k)
	for j, s := range spectra {
		if len(s) != len(spectra[0]) {
			return nil, fmt.Errorf("stft: spectra of %d and %d numbers side by side: expected as many", len(spectra[0]), len(s))
		}
		for i, x := range s {
			z := c.Compress(x)
			out[(i*k+j)*2], out[(i*k+j)*2+1] = float32(real(z)), float32(imag(z))
		}
	}
	return out, nil
}

// Unpack is Pack's inverse, of so many signals.
func (c Compression) Unpack(channels []float32, signals int) ([][]complex128, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if signals < 1 || len(channels)%(2*signals) != 0 {
		return nil, fmt.Errorf("stft: %d numbers for %d signals: expected a multiple of two for each of at least one", len(channels), signals)
	}
	out := make([][]complex128, signals)
	for j := range out {
		out[j] = make([]complex128, len(channels)/(2*signals))
		for i := range out[j] {
			at := (i*signals + j) * 2
			out[j][i] = c.Expand(complex(float64(channels[at]), float64(channels[at+1])))
		}
	}
	return out, nil
}
