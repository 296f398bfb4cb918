package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/internal/regular"
)

// MaxSide bounds the sides of images that a file may ask for: those of a model, and every size but
// the first of an array of four axes, which is one of images or latents.
const MaxSide = 4096

// Budget is how many bytes an array of a file of the given size may take, its elements counted once
// as they are and once as the float32 that they become: 1 GiB, or 16 times the file where that is
// more, and half of the memory that this process may take at most. A compressed file can claim a
// thousand times its size.
func Budget(size int64) int64 {
	const least, times = 1 << 30, 16
	budget := int64(least)
	if size > least/times {
		budget = times * min(size, math.MaxInt64/times)
	}
	if all := memory.Available().Bytes; all > 0 {
		budget = min(budget, all/2)
	}
	return budget
}

// ReadNPY reads a file of numpy.save whatever its type and shape, as [NPZ.Read] does an array of
// numpy.savez.
func ReadNPY(path string) (Tensor, error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return Tensor{}, err
	}
	defer f.Close()
	t, err := readNPY(f, func(npyHeader) error { return nil }, func(h npyHeader, n int64) error {
		if err := h.within(info.Size()); err != nil {
			return err
		}
		if h.length+n != info.Size() {
			return errDamaged("shape %s takes %d bytes with the header, the file has %d", pyShape(h.shape), h.length+n, info.Size())
		}
		return nil
	})
	if err != nil {
		return Tensor{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// readNPY reads an array whose header is accepted and whose number of bytes is within bounds.
func readNPY(r io.Reader, accept func(h npyHeader) error, bound func(h npyHeader, n int64) error) (Tensor, error) {
	h, err := readNPYHeader(r)
	if errors.Is(err, ErrArray) {
		return Tensor{}, err
	}
	if err != nil {
		return Tensor{}, errDamaged("%w", err)
	}
	dtype, big, err := h.dtype()
	if err == nil {
		err = accept(h)
	}
	if err != nil {
		return Tensor{}, fmt.Errorf("%w: %w", ErrArray, err)
	}
	t := Tensor{DType: dtype, Shape: h.shape}
	n, err := byteSize(dtype, h.shape)
	if err != nil {
		return Tensor{}, fmt.Errorf("%w: %w", ErrArray, err)
	}
	if err := bound(h, n); err != nil {
		return Tensor{}, err
	}
	if t.Data, err = readData(r, n); err != nil {
		return Tensor{}, err
	}
	if big {
		swapBytes(t.Data, SizeOf(dtype))
	}
	if h.fortran {
		t.Data = fromFortran(t.Data, t.Shape, SizeOf(dtype))
	}
	return t, nil
}

// readData reads the n bytes of an array, after which nothing may follow.
func readData(r io.Reader, n int64) ([]byte, error) {
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, errDamaged("data: %w", err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) { // a zip's checksum is compared at the end
		return nil, errDamaged("data: %w", cmp.Or(err, errors.New("more than the header says")))
	}
	return data, nil
}

// dtype gives the element type and whether it is big endian, or an error that names numpy's.
func (h npyHeader) dtype() (dtype string, big bool, err error) {
	order, kind := "", h.descr
	if h.descr != "" {
		order, kind = h.descr[:1], h.descr[1:]
	}
	for dtype, descr := range npyTypes {
		one := SizeOf(dtype) == 1
		if descr[1:] == kind && (order == "<" || order == ">" || order == "|" && one) {
			return dtype, order == ">" && !one, nil
		}
	}
	what := ""
	if kind == "O" {
		what = " (Python objects, a pickle)"
	}
	return "", false, fmt.Errorf("dtype %q%s is not one that is read (floats of 16 to 64 bits, integers and bool are)", h.descr, what)
}

// is reports what of an array is not as it should be.
func (h npyHeader) is(dtype string, axes int) error {
	found, _, err := h.dtype()
	if err != nil {
		return fmt.Errorf("%w, expected %s (%s)", err, NumpyName(dtype), npyTypes[dtype])
	}
	if found != dtype && !slices.Contains(narrower[dtype], found) {
		return fmt.Errorf("dtype is %s (%s), expected %s (%s)", NumpyName(found), h.descr, NumpyName(dtype), npyTypes[dtype])
	}
	if len(h.shape) != axes {
		return fmt.Errorf("shape is %s, expected %d axes", pyShape(h.shape), axes)
	}
	return nil
}

// within reports an array that asks for more than a file of the given size may.
func (h npyHeader) within(size int64) error {
	dtype, _, err := h.dtype()
	if err != nil {
		return err
	}
	n, err := byteSize(dtype, h.shape)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArray, err)
	}
	const single = 4 // bytes of a float32
	budget := Budget(size)
	if count := n / int64(SizeOf(dtype)); n > budget || count > (budget-n)/single {
		return fmt.Errorf("%w: shape %s of %s, and as float32, takes more than the %s that a file of %s may: split it, or store it uncompressed",
			ErrArray, pyShape(h.shape), h.descr, humanize.IBytes(uint64(budget)), humanize.IBytes(uint64(size)))
	}
	if len(h.shape) == 4 {
		for _, d := range h.shape[1:] {
			if d > MaxSide {
				return fmt.Errorf("%w: shape %s: images and latents have sides and channels up to %d", ErrArray, pyShape(h.shape), MaxSide)
			}
		}
	}
	return nil
}

// swapBytes turns elements of big-endian bytes round.
func swapBytes(b []byte, size int) {
	for i := 0; i+size <= len(b); i += size {
		slices.Reverse(b[i : i+size])
	}
}

// fromFortran gives elements that lie with the first index fastest with the last one fastest.
func fromFortran(b []byte, shape []int, size int) []byte {
	if len(shape) < 2 {
		return b
	}
	out := make([]byte, len(b))
	index := make([]int, len(shape)) // of the element at b[at:]
	stride := make([]int, len(shape))
	for i, n := len(shape)-1, size; i >= 0; i-- {
		stride[i] = n
		n *= shape[i]
	}
	to := 0
	for at := 0; at < len(b); at += size {
		copy(out[to:to+size], b[at:])
		for i := range index {
			index[i]++
			to += stride[i]
			if index[i] < shape[i] {
				break
			}
			to -= index[i] * stride[i]
			index[i] = 0
		}
	}
	return out
}

// narrower lists for a type those of its kind that it holds exactly.
var narrower = map[string][]string{
	F32: {F16}, F64: {F16, F32}, I64: {I8, I16, I32, U8, U16, U32},
}

// widen gives the elements in a type that holds them exactly.
func (t Tensor) widen(dtype string) (Tensor, error) {
	switch {
	case t.DType == dtype:
		return t, nil
	case dtype == I64:
		v, err := t.I64s()
		return FromI64s(v, t.Shape...), err
	case dtype == F32:
		v, err := t.F32s()
		return FromF32s(v, t.Shape...), err
	case dtype == F64:
		v, err := t.F64s()
		return FromF64s(v, t.Shape...), err
	}
	return Tensor{}, t.errKind(strings.Join(append([]string{dtype}, narrower[dtype]...), ", "))
}
