package eval

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/checkpoint"
)

// arrayName is the key under which numpy.savez puts an array without a name,
// and where all evaluators of the field look for samples.
const arrayName = "arr_0"

// ReadNPZ reads samples from the array arr_0 of an npz file: images uint8
// [N,H,W,C] with C 1, 3 or 4, or points [N,D] of any type of number, which are
// images of 1x1 pixels and D channels.
func ReadNPZ(path string) (Images, error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return Images{}, err
	}
	defer z.Close()
	a, err := z.Read(arrayName)
	switch {
	case err != nil:
		return Images{}, err
	case len(a.Shape) == 1: // points of one number
		a.Shape = []int{a.Shape[0], 1}
		return pointsOf(path, a)
	case len(a.Shape) == 2:
		return pointsOf(path, a)
	case len(a.Shape) == 4 && a.DType == checkpoint.U8:
		return bytesToImages(path, a)
	}
	_, err = z.Array(arrayName, checkpoint.U8, 4) // which says what of it is not as in images
	return Images{}, fmt.Errorf("%w: %s %v, expected images, uint8 [N,H,W,C], or points [N,D]", err, a.DType, a.Shape)
}

func bytesToImages(path string, a checkpoint.Tensor) (Images, error) {
	m := Images{N: a.Shape[0], H: a.Shape[1], W: a.Shape[2], C: a.Shape[3], Levels: levels}
	if m.N < 1 || m.H < 1 || m.W < 1 || m.C != 1 && m.C != 3 && m.C != 4 {
		return Images{}, fmt.Errorf("%s: array %q: shape %v, expected images [N,H,W,C] with C 1, 3 or 4", path, arrayName, a.Shape)
	}
	m.Pix = make([]float32, len(a.Data))
	for i, b := range a.Data {
		m.Pix[i] = fromByte(b)
	}
	return m, nil
}

func pointsOf(path string, a checkpoint.Tensor) (Images, error) {
	m := Images{N: a.Shape[0], H: 1, W: 1, C: a.Shape[1]}
	if m.N < 1 || m.C < 1 {
		return Images{}, fmt.Errorf("%s: array %q: shape %v, expected points [N,D]", path, arrayName, a.Shape)
	}
	if err := a.Finite(); err != nil {
		return Images{}, fmt.Errorf("%s: array %q: %w", path, arrayName, err)
	}
	var err error
	m.Wide, err = a.F64s()
	return m, err
}

// WriteNPZ writes samples as ReadNPZ reads them: images rounded to bytes,
// points as float64.
func WriteNPZ(path string, m Images) error {
	var a checkpoint.Tensor
	if m.Points() {
		a = checkpoint.FromF64s(m.Rows().X, m.N, m.C)
	} else {
		b := make([]uint8, len(m.Pix))
		for i, v := range m.Pix {
			b[i] = toByte(v)
		}
		a = checkpoint.FromU8s(b, m.N, m.H, m.W, m.C)
	}
	return checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: arrayName, Tensor: a})
}

// Rounded returns images as they are once they have been written as 8-bit
// files; points as they are.
func (m Images) Rounded() Images {
	if m.Points() {
		return m
	}
	out := m
	out.Levels = levels
	out.Pix = make([]float32, len(m.Pix))
	for i, v := range m.Pix {
		out.Pix[i] = fromByte(toByte(v))
	}
	return out
}

// toByte is round((x+1) 127.5), clamped; NaN is 0.
func toByte(x float32) uint8 {
	u := math.Floor((float64(x)+1)*127.5 + 0.5)
	if !(u > 0) {
		return 0
	}
	return uint8(min(u, 255))
}

func fromByte(b uint8) float32 { return float32(float64(b)/127.5 - 1) }
