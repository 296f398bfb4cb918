package eval

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
)

// arrayName is the key under which numpy.savez puts an array without a name, and where all
// evaluators of the field look for samples.
const arrayName = "arr_0"

// labelsName is the key of the second array without a name, where samples have their classes.
const labelsName = "arr_1"

// IsSamples says whether a path names a file of samples, .npz, not a model.
func IsSamples(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npz") }

// ReadNPZ reads samples from the array arr_0 of an npz file: images uint8 [N,H,W,C], points [N,D]
// of any type of number, or fields of floats [N,H,W,C]. The numbers of their classes are integers
// [N] in arr_1, where there is one, -1 for none, and their names texts [K] in classes, see
// [data.ReadLabels].
func ReadNPZ(path string) (Images, error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return Images{}, err
	}
	defer z.Close()
	m, err := readSamples(z, path)
	if err != nil {
		return m, err
	}
	labels, err := data.ReadLabels(z, m.N, labelsName)
	if err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	if labels == nil {
		return m, nil
	}
	m.Class = labels.Class
	for _, name := range labels.Names {
		m.Classes = append(m.Classes, kind.Class{Name: name})
	}
	return m, nil
}

// readSamples reads the samples themselves.
func readSamples(z *checkpoint.NPZ, path string) (Images, error) {
	a, err := z.Read(arrayName)
	switch {
	case err != nil:
		return Images{}, err
	case len(a.Shape) == 1: // points of one number
		a.Shape = []int{a.Shape[0], 1}
		return numbersOf(path, a, kind.OfPoints(1))
	case len(a.Shape) == 2:
		return numbersOf(path, a, kind.OfPoints(a.Shape[1]))
	case len(a.Shape) == 4 && a.DType == checkpoint.U8:
		return bytesToImages(path, a)
	case len(a.Shape) == 4 && slices.Contains([]string{checkpoint.F16, checkpoint.F32, checkpoint.F64}, a.DType):
		return numbersOf(path, a, kind.OfFields(a.Shape[1], a.Shape[2], a.Shape[3]))
	}
	return Images{}, fmt.Errorf("%s: array %q: %s %v, expected images, uint8 [N,H,W,C] of 0 to 255, points [N,D], or fields, floats [N,H,W,C]%s",
		path, arrayName, checkpoint.NumpyName(a.DType), a.Shape, remedy(a))
}

// remedy says how an array of images of floats, of integers, or without channels becomes what is
// read; nothing is guessed of its values.
func remedy(a checkpoint.Tensor) string {
	switch {
	case len(a.Shape) == 4:
		return `; save x.astype("uint8") of values from 0 to 255`
	case len(a.Shape) == 3 && kind.OfImages(a.Shape[0], a.Shape[1], a.Shape[2]).View() == kind.Pictures:
		return "; one image is x[None]"
	case len(a.Shape) == 3:
		return "; grey images are x[..., None]"
	}
	return ""
}

// savedAs says how samples that were read as another kind become images; nothing is guessed of the
// values.
func savedAs(m Images) string {
	if m.Vector() || m.Pictorial() {
		return ""
	}
	return "; images are uint8 [N,H,W,C], and this is " + m.Stored + `: save (255 * x).round().astype("uint8") of values in [0,1], ((x + 1) * 127.5).round().clip(0, 255).astype("uint8") of [-1,1]`
}

// bytesToImages are images of 8 bits, which an array of bytes holds whatever its channels are. One
// that no picture has, where it would be a picture with the axes in another order, has them there.
func bytesToImages(path string, a checkpoint.Tensor) (Images, error) {
	m := Images{N: a.Shape[0], Kind: kind.OfImages(a.Shape[1], a.Shape[2], a.Shape[3])}
	turned := kind.OfImages(a.Shape[2], a.Shape[3], a.Shape[1])
	switch {
	case min(m.N, m.H, m.W, m.C) < 1:
		return Images{}, fmt.Errorf("%s: array %q: shape %v holds no images", path, arrayName, a.Shape)
	case m.View() != kind.Pictures && turned.View() == kind.Pictures:
		return Images{}, fmt.Errorf("%s: array %q: shape %v, expected images [N,H,W,C] with C 1, 3 or 4; save x.transpose(0, 2, 3, 1) of [N,C,H,W]", path, arrayName, a.Shape)
	}
	m.Pix = make([]float32, len(a.Data))
	for i, b := range a.Data {
		m.Pix[i] = fromByte(b)
	}
	return m, nil
}

// numbersOf are samples of real numbers.
func numbersOf(path string, a checkpoint.Tensor, k kind.Kind) (Images, error) {
	m := Images{N: a.Shape[0], Kind: k, Stored: checkpoint.NumpyName(a.DType)}
	if m.N < 1 || k.Size() < 1 {
		return Images{}, fmt.Errorf("%s: array %q: shape %v holds no %s", path, arrayName, a.Shape, k.Noun(2))
	}
	if err := a.Finite(); err != nil {
		return Images{}, fmt.Errorf("%s: array %q: %w", path, arrayName, err)
	}
	var err error
	m.Wide, err = a.F64s()
	return m, err
}

// WriteNPZ writes samples as ReadNPZ reads them: images rounded to bytes, points as float64; with
// their classes, and the names of these, where they are known.
func WriteNPZ(path string, m Images) error {
	var a checkpoint.Tensor
	if !m.Ranged {
		a = checkpoint.FromF64s(m.Rows().X, m.shape()...)
	} else {
		b := make([]uint8, len(m.Pix))
		for i, v := range m.Pix {
			b[i] = toByte(v)
		}
		a = checkpoint.FromU8s(b, m.N, m.H, m.W, m.C)
	}
	all := []checkpoint.NamedTensor{{Key: arrayName, Tensor: a}}
	if m.Class != nil {
		all = append(all, data.LabelArrays(m.Class, m.ClassNames())...)
	}
	return checkpoint.WriteNPZ(nil, path, all...)
}

// Rounded returns images as they are once they have been written as 8-bit files; what has no range
// as it is.
func (m Images) Rounded() Images {
	if !m.Ranged {
		return m
	}
	out := m
	out.Levels = kind.ByteLevels
	out.Pix = make([]float32, len(m.Pix))
	for i, v := range m.Pix {
		out.Pix[i] = fromByte(toByte(v))
	}
	return out
}

// shape is that of an array of the samples: of a vector [N,C], else [N,H,W,C].
func (m Images) shape() []int {
	if m.Vector() {
		return []int{m.N, m.C}
	}
	return []int{m.N, m.H, m.W, m.C}
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
