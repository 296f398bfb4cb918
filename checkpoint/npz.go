package checkpoint

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/internal/sniff"
)

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
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	z, err := newNPZ(path, f, info.Size())
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
	switch kind, _ := sniff.Reader(r); kind { // what cannot be read is told by the directory
	case sniff.NPZ, sniff.Zip, sniff.Unknown:
	default:
		return nil, fmt.Errorf("%s: %w", path, kind.Refuse(err, sniff.NPZ))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: not a readable npz file: %w", path, ErrDamaged, err)
	}
	return &NPZ{path: path, size: size, dir: dir}, nil
}

// Path returns the file's path.
func (z *NPZ) Path() string { return z.path }

// Close closes the file.
func (z *NPZ) Close() error { return z.file.Close() }

// some names the file's first arrays, for messages: it may have very many.
func (z *NPZ) some() string {
	const shown = 10
	keys := z.Keys()
	text := fmt.Sprintf("%.200q", keys[:min(shown, len(keys))])
	if more := len(keys) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

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

// Array reads the array of a key. Its number of axes must be as asked, its element type the one
// asked for (one of the constants of this package) or a narrower one of its kind, which is widened:
// F16 to F32 and F64, F32 to F64, integers to I64. Else the error names file, key, what was found
// and what was expected, and wraps ErrArray, or ErrDamaged where the file contradicts itself.
// Elements come in C's order and little endian, however they lie. [Budget] says how much is read.
func (z *NPZ) Array(key, dtype string, axes int) (Tensor, error) {
	t, err := z.array(key, func(h npyHeader) error { return h.is(dtype, axes) })
	if err == nil {
		t, err = t.widen(dtype)
	}
	return t, z.name(key, err)
}

// Read reads the array of a key whatever its type and shape, as Array does.
func (z *NPZ) Read(key string) (Tensor, error) {
	t, err := z.array(key, func(npyHeader) error { return nil })
	return t, z.name(key, err)
}

func (z *NPZ) name(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: array %q: %w", z.path, key, err)
}

// array reads an array whose header is accepted.
func (z *NPZ) array(key string, accept func(h npyHeader) error) (Tensor, error) {
	f, r, err := z.open(key)
	if err != nil {
		return Tensor{}, err
	}
	defer r.Close()
	return readNPY(r, accept, func(h npyHeader, n int64) error { return z.bound(f, h, n) })
}

// open opens the one member of a key.
func (z *NPZ) open(key string) (*zip.File, io.ReadCloser, error) {
	f, err := z.find(key)
	if err != nil {
		return nil, nil, err
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, nil, fmt.Errorf("%w: compressed by method %d of zip: expected as numpy.savez or savez_compressed write it", ErrArray, f.Method)
	}
	if err != nil {
		return nil, nil, errDamaged("%w", err)
	}
	return f, r, nil
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
		return nil, fmt.Errorf("%w: not in the file, found %s", ErrArray, z.some())
	}
	return found, nil
}

// bound compares what shape, archive and limits say of an array of n bytes.
func (z *NPZ) bound(f *zip.File, h npyHeader, n int64) error {
	if err := z.holds(f, h, n); err != nil {
		return err
	}
	return h.within(z.size)
}

// holds compares what shape and archive say of an array of n bytes.
func (z *NPZ) holds(f *zip.File, h npyHeader, n int64) error {
	if got := f.UncompressedSize64; got != uint64(h.length+n) {
		return errDamaged("shape %s takes %d bytes with the header, the archive says %d", pyShape(h.shape), h.length+n, got)
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

// WriteNPZ writes an npz file, uncompressed, arrays in the order given, by [WriteFileAtomic]; the
// same arrays give the same bytes.
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
	if err := a.Check(); err != nil && a.DType != Text {
		return err
	}
	descr := a.descr()
	if descr == "" {
		return fmt.Errorf("dtype %s has no name in numpy", a.DType)
	}
	h, err := formatNPYHeader(descr, a.Shape)
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
