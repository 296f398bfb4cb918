package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The safetensors format: eight bytes with the length n of the header (little endian), n bytes of
// JSON from '{' to spaces that fill up to a multiple of eight, then the data of the tensors, one
// after another without gaps. https://huggingface.co/docs/safetensors

// maxHeader is the longest header that the format allows.
const maxHeader = 100_000_000

// Info describes a tensor of a safetensors file without its data.
type Info struct {
	Name  string
	DType string
	Shape []int
	// begin and end bound the data, counted from the end of the header.
	begin, end int64
}

// errDamaged reports what is wrong with a file's contents.
func errDamaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

// ReadSafetensors reads a whole safetensors file of the given size. Header, offsets, types and
// shapes are checked against each other and against the size before any memory for data is taken;
// an error that wraps ErrDamaged says what does not fit. Each tensor has memory of its own.
func ReadSafetensors(r io.ReaderAt, size int64) (tensors map[string]Tensor, metadata map[string]string, err error) {
	tensors = map[string]Tensor{}
	metadata, err = scanSafetensors(io.NewSectionReader(r, 0, size), size, func(in Info, data io.Reader) error {
		t := Tensor{DType: in.DType, Shape: in.Shape, Data: make([]byte, in.end-in.begin)}
		tensors[in.Name] = t
		_, err := io.ReadFull(data, t.Data)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return tensors, metadata, nil
}

// scanSafetensors reads a safetensors file from front to back, once: visit gets every tensor in the
// order of its data and a reader of exactly those; what it leaves unread is skipped.
func scanSafetensors(r io.Reader, size int64, visit func(in Info, data io.Reader) error) (metadata map[string]string, err error) {
	infos, metadata, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	for _, in := range infos {
		data := &io.LimitedReader{R: r, N: in.end - in.begin}
		if err := visit(in, data); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", in.Name, shortRead(err))
		}
		if _, err := io.Copy(io.Discard, data); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", in.Name, err)
		}
		if data.N > 0 {
			return nil, fmt.Errorf("tensor %q: %w", in.Name, shortRead(io.ErrUnexpectedEOF))
		}
	}
	return metadata, nil
}

// shortRead turns an end of file in the middle of data into ErrDamaged.
func shortRead(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged("the file ended while it was read")
	}
	return err
}

// readHeader reads the header of a file of the given size and checks it; the tensors come in the
// order of their data.
func readHeader(r io.Reader, size int64) ([]Info, map[string]string, error) {
	n, err := headerLength(r, size)
	if err != nil {
		return nil, nil, err
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, nil, shortRead(err)
	}
	infos, metadata, err := parseHeader(header)
	if err != nil {
		return nil, nil, errDamaged("header: %w", err)
	}
	if err := checkLayout(infos, size-8-n); err != nil {
		return nil, nil, errDamaged("header: %w", err)
	}
	return infos, metadata, nil
}

// headerLength reads the first eight bytes and bounds what they claim.
func headerLength(r io.Reader, size int64) (int64, error) {
	if size < 8 {
		return 0, errDamaged("%d bytes are too few for a safetensors file (the header's length takes 8)", size)
	}
	var b [8]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, shortRead(err)
	}
	n := leUint64(b[:])
	if n > uint64(size-8) {
		return 0, errDamaged("the header claims %d bytes, the file has %d after its length: truncated, or not a safetensors file", n, size-8)
	}
	if n > maxHeader {
		return 0, errDamaged("the header claims %d bytes, at most %d are allowed", n, maxHeader)
	}
	return int64(n), nil
}

// checkLayout sorts the tensors by their data and checks that these fill the buffer without a gap
// or an overlap and are as long as type and shape ask.
func checkLayout(infos []Info, buffer int64) error {
	slices.SortFunc(infos, func(a, b Info) int {
		if a.begin != b.begin {
			return compare(a.begin, b.begin)
		}
		return compare(a.end, b.end)
	})
	var at int64
	for _, in := range infos {
		if err := in.check(at); err != nil {
			return fmt.Errorf("tensor %q: %w", in.Name, err)
		}
		at = in.end
	}
	if at != buffer {
		return fmt.Errorf("the tensors take %d bytes, the file has %d after the header (truncated, or more than it says)", at, buffer)
	}
	return nil
}

// check checks one tensor whose data are to begin at the given offset.
func (in Info) check(at int64) error {
	switch {
	case in.end < in.begin:
		return fmt.Errorf("data_offsets [%d, %d] end before they begin", in.begin, in.end)
	case in.begin < at:
		return fmt.Errorf("data_offsets [%d, %d] overlap the tensor before, which ends at %d", in.begin, in.end, at)
	case in.begin > at:
		return fmt.Errorf("data_offsets [%d, %d] leave a gap after %d", in.begin, in.end, at)
	}
	n, err := byteSize(in.DType, in.Shape)
	if err != nil {
		return err
	}
	if n != in.end-in.begin {
		return fmt.Errorf("%s %v takes %d bytes, data_offsets [%d, %d] hold %d", in.DType, in.Shape, n, in.begin, in.end, in.end-in.begin)
	}
	return nil
}

// rank orders the types as the reference implementation does when it writes: wider alignment first,
// so that all data are aligned to their elements.
var rank = []string{U64, I64, F64, F32, U32, I32, BF16, F16, U16, I16, I8, U8, Bool}

// sortForWriting puts tensors into the order of the reference implementation and gives them their
// offsets; total is the length of the data.
func sortForWriting(infos []Info) (total int64, err error) {
	slices.SortFunc(infos, func(a, b Info) int {
		if ra, rb := slices.Index(rank, a.DType), slices.Index(rank, b.DType); ra != rb {
			return compare(int64(ra), int64(rb))
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i := range infos {
		n, err := byteSize(infos[i].DType, infos[i].Shape)
		if err != nil {
			return 0, fmt.Errorf("tensor %q: %w", infos[i].Name, err)
		}
		if n > math.MaxInt64-total {
			return 0, fmt.Errorf("tensor %q: more than 2^63 bytes in all", infos[i].Name)
		}
		infos[i].begin, infos[i].end = total, total+n
		total += n
	}
	return total, nil
}

// WriteSafetensors writes tensors in the reference implementation's order (by type, widest first,
// then by name), so that the same tensors and metadata give the same bytes, and those that Python's
// safetensors writes for at most one entry of metadata (of more it does not fix the order; here
// they are sorted).
func WriteSafetensors(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	infos := make([]Info, 0, len(tensors))
	for name, t := range tensors {
		if err := t.Check(); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		infos = append(infos, Info{Name: name, DType: t.DType, Shape: t.Shape})
	}
	return writeSafetensors(w, infos, metadata, func(in Info) ([]byte, error) { return tensors[in.Name].Data, nil })
}

// writeSafetensors writes the header, then the data of each tensor as they are asked for, in order;
// data must give as many bytes as type and shape ask.
func writeSafetensors(w io.Writer, infos []Info, metadata map[string]string, data func(in Info) ([]byte, error)) error {
	if _, err := sortForWriting(infos); err != nil {
		return err
	}
	header, err := formatHeader(infos, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, in := range infos {
		b, err := data(in)
		if err == nil && int64(len(b)) != in.end-in.begin {
			err = fmt.Errorf("%d bytes of data for %s %v", len(b), in.DType, in.Shape)
		}
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", in.Name, err)
		}
	}
	return nil
}
