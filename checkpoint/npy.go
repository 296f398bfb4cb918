package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The npy format: a magic string, two bytes of version, the length of the header (two bytes in
// version 1, four in 2 and 3), the header, a Python dictionary with the keys descr, fortran_order
// and shape, then the data. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
// The reader is our own: sbinet/npyio v0.6.0 allocates whatever header length the file claims,
// panics on a header without a new line, multiplies shapes unchecked, and writes no more than two
// axes.

const npyMagic = "\x93NUMPY"

// maxNPYHeader bounds the header, as numpy does for files it does not trust.
const maxNPYHeader = 10_000

// npyTypes gives numpy's name of each element type.
var npyTypes = map[string]string{
	F64: "<f8", F32: "<f4", F16: "<f2",
	I64: "<i8", I32: "<i4", I16: "<i2", I8: "|i1",
	U64: "<u8", U32: "<u4", U16: "<u2", U8: "|u1", Bool: "|b1",
}

// NumpyName is what numpy calls an element type: float32 for F32, uint8 for U8.
func NumpyName(dtype string) string {
	if dtype == Bool {
		return "bool"
	}
	kind := strings.NewReplacer("F", "float", "I", "int", "U", "uint")
	return kind.Replace(dtype)
}

// An npyHeader is what stands before the data of an array.
type npyHeader struct {
	descr   string
	fortran bool
	shape   []int
	length  int64 // of everything before the data
}

// readNPYHeader reads magic, version and header.
func readNPYHeader(r io.Reader) (npyHeader, error) {
	var pre [12]byte
	if _, err := io.ReadFull(r, pre[:10]); err != nil || string(pre[:6]) != npyMagic {
		return npyHeader{}, errors.New("is not an array in npy format")
	}
	length, before := int64(binary.LittleEndian.Uint16(pre[8:])), int64(10)
	switch version := pre[6]; version {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, pre[10:]); err != nil {
			return npyHeader{}, fmt.Errorf("header: %w", err)
		}
		length, before = int64(binary.LittleEndian.Uint32(pre[8:])), 12
	default:
		return npyHeader{}, fmt.Errorf("npy version is %d, expected 1, 2 or 3", version)
	}
	if length > maxNPYHeader {
		return npyHeader{}, fmt.Errorf("header claims %d bytes, at most %d are read", length, maxNPYHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return npyHeader{}, fmt.Errorf("header: %w", err)
	}
	h, err := parseNPYHeader(string(text))
	if errors.Is(err, ErrArray) {
		return npyHeader{}, err
	}
	if err != nil {
		return npyHeader{}, fmt.Errorf("header %.120q: %w", bytes.TrimSpace(text), err)
	}
	h.length = before + length
	return h, nil
}

// parseNPYHeader parses the dictionary.
func parseNPYHeader(text string) (npyHeader, error) {
	var h npyHeader
	p := &pyScanner{rest: text}
	seen := map[string]bool{}
	p.expect("{")
	for p.err == nil && !p.accept("}") {
		key := p.str()
		p.expect(":")
		if p.err == nil && seen[key] {
			p.fail("key " + key + " comes twice")
		}
		seen[key] = true
		switch key {
		case "descr":
			if p.accept("[") {
				return h, errFields
			}
			h.descr = p.str()
		case "fortran_order":
			h.fortran = p.boolean()
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("unknown key")
		}
		p.separator("}")
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("descr, fortran_order or shape is missing")
	}
	if p.err == nil && strings.TrimSpace(p.rest) != "" {
		p.fail("something follows the dictionary")
	}
	return h, p.err
}

// errFields says of an array what an npyHeader cannot hold.
var errFields = fmt.Errorf("%w: its elements have fields (a structured array): expected plain numbers; save each field as an array of its own", ErrArray)

// A pyScanner reads the few Python literals of a header; the first error stays.
type pyScanner struct {
	rest string
	err  error
}

func (p *pyScanner) fail(text string) {
	if p.err == nil {
		p.err = fmt.Errorf("%s, before %.20q", text, strings.TrimSpace(p.rest))
	}
}

// accept reads the word if it comes next.
func (p *pyScanner) accept(word string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t\n"), word)
	if ok && p.err == nil {
		p.rest = rest
	}
	return ok && p.err == nil
}

func (p *pyScanner) expect(word string) {
	if !p.accept(word) {
		p.fail("expected " + word)
	}
}

// separator reads a comma, which may be left out before the closing word.
func (p *pyScanner) separator(closing string) {
	if !p.accept(",") && !strings.HasPrefix(strings.TrimLeft(p.rest, " \t\n"), closing) {
		p.fail("expected a comma or " + closing)
	}
}

func (p *pyScanner) str() string {
	for _, quote := range []string{"'", `"`} {
		if p.accept(quote) {
			s, rest, ok := strings.Cut(p.rest, quote)
			if !ok || strings.Contains(s, `\`) {
				p.fail("bad string")
			}
			p.rest = rest
			return s
		}
	}
	p.fail("expected a string")
	return ""
}

func (p *pyScanner) boolean() bool {
	if p.accept("True") {
		return true
	}
	p.expect("False")
	return false
}

func (p *pyScanner) tuple() []int {
	v := []int{}
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		p.rest = strings.TrimLeft(p.rest, " \t\n")
		n := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		d, err := strconv.ParseInt(p.rest[:n], 10, strconv.IntSize)
		if err != nil {
			p.fail("expected a size")
		}
		p.rest = p.rest[n:]
		v = append(v, int(d))
		p.separator(")")
	}
	return v
}

// pyShape writes a shape as Python does.
func pyShape(shape []int) string {
	var words []string
	for _, d := range shape {
		words = append(words, strconv.Itoa(d))
	}
	if len(words) == 1 {
		return "(" + words[0] + ",)"
	}
	return "(" + strings.Join(words, ", ") + ")"
}

// formatNPYHeader gives what stands before the data, byte for byte as numpy writes it: version 1.0,
// filled up with spaces to a multiple of 64.
func formatNPYHeader(descr string, shape []int) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00\x00\x00")
	fmt.Fprintf(&b, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, pyShape(shape))
	// numpy leaves room for the first size, the one that an appended array changes, to grow to 21
	// digits.
	if len(shape) > 0 {
		b.Write(bytes.Repeat([]byte{' '}, 21-len(strconv.Itoa(shape[0]))))
	}
	for (b.Len()+1)%64 != 0 {
		b.WriteByte(' ')
	}
	b.WriteByte('\n')
	h := b.Bytes()
	if len(h)-10 > maxNPYHeader {
		return nil, fmt.Errorf("%d axes are too many for numpy", len(shape))
	}
	binary.LittleEndian.PutUint16(h[8:], uint16(len(h)-10))
	return h, nil
}
