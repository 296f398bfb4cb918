package checkpoint

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxArray bounds the bytes of an array read from an npz file; a compressed
// file can claim a thousand times its size.
const maxArray = 2 << 30

// maxDeflate is the most that deflate can expand: 258 bytes from 2 bits.
const maxDeflate = 1032

// NPZ is an open npz file, as numpy.savez and savez_compressed write it.
type NPZ struct {
	path string
	file io.Closer
	size int64
	dir  *zip.Reader
}

// OpenNPZ opens an npz file and reads its directory.
func OpenNPZ(path string) (*NPZ, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	z, err := newNPZ(path, f, size)
	if err != nil {
		f.Close()
		return nil, err
	}
	z.file = f
	return z, nil
}

func newNPZ(path string, r io.ReaderAt, size int64) (*NPZ, error) {
	dir, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrInsecurePath) {
		err = nil // nothing is unpacked to a path
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: not a readable npz file: %w", path, ErrDamaged, err)
	}
	return &NPZ{path: path, size: size, dir: dir}, nil
}

// Close closes the file.
func (z *NPZ) Close() error { return z.file.Close() }

// Keys gives the names of the arrays, in the file's order.
func (z *NPZ) Keys() []string {
	var keys []string
	for _, f := range z.dir.File {
		if key, ok := strings.CutSuffix(f.Name, ".npy"); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// Array reads the array of a key. Element type (one of the constants of this
// package) and number of axes must be as asked, the order C's; else the error
// names file, key, what was found and what was expected, and wraps ErrArray, or
// ErrDamaged where the file contradicts itself. Sizes are checked before memory
// is taken, 2 GiB are the most.
func (z *NPZ) Array(key, dtype string, axes int) (Tensor, error) {
	t, err := z.array(key, dtype, axes)
	if err != nil {
		return Tensor{}, fmt.Errorf("%s: array %q: %w", z.path, key, err)
	}
	return t, nil
}

func (z *NPZ) array(key, dtype string, axes int) (Tensor, error) {
	f, err := z.find(key)
	if err != nil {
		return Tensor{}, err
	}
	r, err := f.Open()
	if err != nil {
		return Tensor{}, errDamaged("%w", err)
	}
	defer r.Close()
	h, err := readNPYHeader(r)
	if err != nil {
		return Tensor{}, errDamaged("%w", err)
	}
	if err := h.is(dtype, axes); err != nil {
		return Tensor{}, fmt.Errorf("%w: %w", ErrArray, err)
	}
	t := Tensor{DType: dtype, Shape: h.shape}
	if err := z.bound(f, h, t); err != nil {
		return Tensor{}, err
	}
	t.Data = make([]byte, t.Bytes())
	if _, err := io.ReadFull(r, t.Data); err != nil {
		return Tensor{}, errDamaged("data: %w", err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) { // the checksum is compared at the end
		return Tensor{}, errDamaged("data: %w", cmp.Or(err, errors.New("more than the header says")))
	}
	return t, nil
}

// find finds the one member of a key.
func (z *NPZ) find(key string) (*zip.File, error) {
	var found *zip.File
	for _, f := range z.dir.File {
		if f.Name != key+".npy" {
			continue
		}
		if found != nil {
			return nil, errDamaged("comes twice")
		}
		found = f
	}
	if found == nil {
		return nil, fmt.Errorf("%w: not in the file, found %.200q", ErrArray, z.Keys())
	}
	return found, nil
}

// is reports what of an array is not as it should be.
func (h npyHeader) is(dtype string, axes int) error {
	if found, err := h.dtype(); err != nil {
		return fmt.Errorf("%w, expected %s (%s)", err, npyTypes[dtype], dtype)
	} else if found != dtype {
		return fmt.Errorf("dtype is %s (%s), expected %s (%s)", h.descr, found, npyTypes[dtype], dtype)
	}
	if len(h.shape) != axes {
		return fmt.Errorf("shape is %s, expected %d axes", pyShape(h.shape), axes)
	}
	if h.fortran && axes > 1 {
		return errors.New("order is Fortran's, expected C's (numpy.ascontiguousarray)")
	}
	return nil
}

// bound compares what shape, archive and limits say of an array's size.
func (z *NPZ) bound(f *zip.File, h npyHeader, t Tensor) error {
	n, err := byteSize(t.DType, t.Shape)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArray, err)
	}
	if n > maxArray {
		return fmt.Errorf("%w: shape %s takes %d bytes, at most %d are read: split it", ErrArray, pyShape(t.Shape), n, maxArray)
	}
	if got := f.UncompressedSize64; got != uint64(h.length+n) {
		return errDamaged("shape %s takes %d bytes with the header, the archive says %d", pyShape(t.Shape), h.length+n, got)
	}
	if c := f.CompressedSize64; c > uint64(z.size) || c < uint64(n)/maxDeflate {
		return errDamaged("the archive says that %d of its %d bytes hold %d", c, z.size, n)
	}
	return nil
}

// NamedTensor is an array of an npz file with its key.
type NamedTensor struct {
	Key string
	Tensor
}

// WriteNPZ writes an npz file, uncompressed, arrays in the order given, by
// [WriteFileAtomic]; the same arrays give the same bytes.
func WriteNPZ(fs FS, path string, arrays ...NamedTensor) error {
	for i, a := range arrays {
		same := func(b NamedTensor) bool { return a.Key == b.Key }
		if a.Key == "" || strings.ContainsAny(a.Key, "/\\\x00") || slices.ContainsFunc(arrays[:i], same) {
			return fmt.Errorf("%s: array %q: expected a name of its own, without slashes", path, a.Key)
		}
	}
	return WriteFileAtomic(fs, path, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, a := range arrays {
			if err := writeNPY(z, a); err != nil {
				return fmt.Errorf("array %q: %w", a.Key, err)
			}
		}
		return z.Close()
	})
}

func writeNPY(z *zip.Writer, a NamedTensor) error {
	if err := a.Check(); err != nil {
		return err
	}
	h, err := formatNPYHeader(a.DType, a.Shape)
	if err != nil {
		return err
	}
	f, err := z.CreateHeader(&zip.FileHeader{Name: a.Key + ".npy", Method: zip.Store})
	if err != nil {
		return err
	}
	if _, err := f.Write(h); err != nil {
		return err
	}
	_, err = f.Write(a.Data)
	return err
}
