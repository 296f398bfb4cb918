// Package sniff says by its first bytes what a file is, whatever its name, and puts into words why
// a reader refuses it:
//
//	head, err := ...            // the first sniff.HeadSize bytes
//	return sniff.Bytes(head).Refuse(err, sniff.Safetensors)
package sniff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/reverie-go/reverie/internal/regular"
)

// HeadSize is how many of a file's first bytes tell all kinds apart.
const HeadSize = 4096

// File says what the file at path is. Only a regular file is opened.
func File(path string) (Kind, error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return Unknown, err
	}
	defer f.Close()
	return Reader(f)
}

// Reader says what r holds from its beginning; an os.File's position stays where it is.
func Reader(r io.ReaderAt) (Kind, error) {
	head := make([]byte, HeadSize)
	n, err := r.ReadAt(head, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return Bytes(head[:n]), err
}

// Bytes says what a file that begins with head is.
func Bytes(head []byte) Kind {
	head = head[:min(len(head), HeadSize)]
	switch {
	case len(head) == 0:
		return Empty
	case len(bytes.TrimLeft(head, "\x00")) == 0:
		return Zeros
	}
	for _, m := range magics {
		if matches(head, m.at, m.magic) {
			return m.kind
		}
	}
	for _, ask := range []func([]byte) Kind{container, tiff, safetensors, onnx, old, text} {
		if k := ask(head); k != Unknown {
			return k
		}
	}
	return Unknown
}

// magics are bytes at a place that name a kind; ? stands for any byte.
var magics = []struct {
	at    int
	magic string
	kind  Kind
}{
	{0, "\x89PNG\r\n\x1a\n", PNG},
	{0, "\xff\xd8\xff", JPEG},
	{0, "GIF87a", GIF},
	{0, "GIF89a", GIF},
	{0, "RIFF????WEBP", WebP},
	{0, "BM????\x00\x00\x00\x00", BMP},
	{0, "II+\x00\x08\x00", BigTIFF},
	{0, "MM\x00+\x00\x08", BigTIFF},
	{0, "\x00\x00\x00\x0cJXL ", JPEGXL},
	{0, "\xff\x0a", JPEGXL},
	{0, "\x00\x00\x00\x0cjP  ", JPEG2000},
	{0, "\xff\x4f\xff\x51", JPEG2000},
	{0, "\x00\x00\x02\x00\x00\x00\x00\x00", OldPicture}, // Targa, which has no mark: without a name and a palette, in colour or grey, plain or packed
	{0, "\x00\x00\x03\x00\x00\x00\x00\x00", OldPicture},
	{0, "\x00\x00\x0a\x00\x00\x00\x00\x00", OldPicture},
	{0, "\x00\x00\x0b\x00\x00\x00\x00\x00", OldPicture},
	{0, "\x0a\x05\x01", OldPicture}, // PCX
	{0, "\x00\x00\x01\x00?\x00", ICO},
	{0, "\x00\x00\x02\x00?\x00", ICO},
	{0, "8BPS", PSD},
	{0, "gimp xcf", PSD},
	{0, "FUJIFILMCCD-RAW", Raw},
	{0, "IIRO\x08\x00", Raw},
	{0, "IIRS\x08\x00", Raw},
	{0, "MMOR\x00\x00", Raw},
	{0, "IIU\x00", Raw},
	{0, "FOVb", Raw},
	{0, "v/1\x01", HDRPicture},
	{0, "#?RADIANCE", HDRPicture},
	{0, "#?RGBE", HDRPicture},
	{0, "qoif", OldPicture},
	{0, "farbfeld", OldPicture},
	{0, "DDS ", OldPicture},
	{0, "%PDF-", PDF},
	{0, "%!PS-Adobe", PDF},
	{0, "\x1aE\xdf\xa3", Video}, // Matroska, WebM
	{0, "RIFF????AVI ", Video},
	{0, "\x00\x00\x01\xba", Video},
	{0, "\x00\x00\x01\xb3", Video},
	{0, "FLV\x01", Video},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", Video}, // ASF: wmv
	{0, "RIFF????WAVE", WAV},
	{0, "RF64????WAVE", WAV}, // sizes of 64 bits
	{0, "RIFX????WAVE", Audio},
	{0, "ID3", Audio},
	{0, "fLaC", FLAC},
	{0, "OggS", Audio},
	{0, "\x89HDF\r\n\x1a\n", HDF5},
	{0, "GGUF", GGUF},
	{0, "\x93NUMPY", NPY},
	{0, "PAR1", Parquet},
	{0, "ARROW1", Parquet},
	{0, "PK\x05\x06", Zip}, // one without files
	{0, "\x1f\x8b", Gzip},
	{0, "BZh", Packed},
	{0, "\xfd7zXZ\x00", Packed},
	{0, "\x28\xb5\x2f\xfd", Packed}, // zstd
	{0, "7z\xbc\xaf\x27\x1c", Packed},
	{0, "Rar!\x1a\x07", Packed},
	{257, "ustar", Tar},
	{0, "\x7fELF", Program},
	{0, "MZ?\x00", Program},
	{0, "\x00\x05\x16\x07\x00", AppleDouble},
	{0, "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", Torch}, // torch.save before 1.6
	{0, "(dp0\n", Pickle},
	{0, "(lp0\n", Pickle},
	{0, "ccopy_reg\n", Pickle},
	{0, "version https://git-lfs", LFSPointer},
}

// matches reports whether b has magic at a place.
func matches(b []byte, at int, magic string) bool {
	if len(b) < at+len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != b[at+i] {
			return false
		}
	}
	return true
}

// container tells apart what shares an outer form: zip archives by their first file, ISO media
// files by their brands.
func container(b []byte) Kind {
	switch {
	case matches(b, 0, "PK\x03\x04") && len(b) >= 30:
		name := b[30:min(len(b), 30+int(binary.LittleEndian.Uint16(b[26:])))]
		switch {
		case bytes.HasSuffix(name, []byte("data.pkl")), bytes.HasSuffix(name, []byte(".format_version")):
			return Torch
		case bytes.HasSuffix(name, []byte(".npy")):
			return NPZ
		}
		return Zip
	case matches(b, 4, "ftyp") && len(b) >= 12:
		end := min(len(b), int(binary.BigEndian.Uint32(b)&0xffff))
		brands := string(b[8:max(end, 12)])
		switch {
		case strings.Contains(brands, "avif"), strings.Contains(brands, "avis"):
			return AVIF
		case strings.Contains(brands, "hei"), strings.Contains(brands, "hev"), strings.HasPrefix(brands, "mif1"), strings.HasPrefix(brands, "msf1"):
			return HEIC
		case strings.HasPrefix(brands, "crx "):
			return Raw
		case strings.HasPrefix(brands, "M4A"):
			return Audio
		}
		return Video
	case matches(b, 4, "moov"), matches(b, 4, "mdat"), matches(b, 4, "wide"):
		return Video
	}
	return Unknown
}

// tiff tells a TIFF picture from a camera's, which has TIFF's form: by its tag DNGVersion, Canon's
// mark, or a first directory that holds a reduced picture of a camera.
func tiff(b []byte) Kind {
	var order binary.ByteOrder
	switch {
	case matches(b, 0, "II*\x00"):
		order = binary.LittleEndian
	case matches(b, 0, "MM\x00*"):
		order = binary.BigEndian
	default:
		return Unknown
	}
	if matches(b, 8, "CR") {
		return Raw
	}
	const newSubfileType, makerTag, subIFDs, dngVersion = 254, 271, 330, 50706
	var reduced, maker, below bool
	for e := range entries(b, order) {
		switch tag := order.Uint16(e); tag {
		case dngVersion:
			return Raw
		case newSubfileType:
			reduced = order.Uint32(e[8:])&1 != 0
		case makerTag:
			maker = true
		case subIFDs:
			below = true
		}
	}
	if reduced && maker && below {
		return Raw
	}
	return TIFF
}

// entries yields those entries of the first directory, 12 bytes each, that lie in b.
func entries(b []byte, order binary.ByteOrder) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		if len(b) < 8 {
			return
		}
		at := int64(order.Uint32(b[4:]))
		if at+2 > int64(len(b)) {
			return
		}
		n := int64(order.Uint16(b[at:]))
		for p := at + 2; n > 0 && p+12 <= int64(len(b)); n, p = n-1, p+12 {
			if !yield(b[p : p+12]) {
				return
			}
		}
	}
}

// safetensors is a length of 8 bytes and then JSON.
func safetensors(b []byte) Kind {
	if len(b) >= 9 && b[8] == '{' && binary.LittleEndian.Uint64(b) < 1<<32 {
		return Safetensors
	}
	return Unknown
}

// onnx is a protocol buffer whose first field is the version of the form, from 3 on, and whose next
// one is any of a model's.
func onnx(b []byte) Kind {
	if len(b) > 3 && b[0] == 0x08 && b[1] >= 3 && b[1] < 32 && strings.IndexByte("\x12\x1a\x22\x28\x32\x3a\x42", b[2]) >= 0 {
		return ONNX
	}
	return Unknown
}

// old knows forms whose mark is short: pickles from protocol 2 on, IDX (a type and a number of
// dimensions), Netpbm.
func old(b []byte) Kind {
	switch {
	case len(b) > 2 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5:
		return Pickle
	case len(b) >= 8 && b[0] == 0 && b[1] == 0 && b[2] >= 8 && b[2] <= 14 && b[3] >= 1 && b[3] <= 8:
		return IDX
	case len(b) > 2 && b[0] == 'P' && strings.IndexByte("1234567fF", b[1]) >= 0 && strings.IndexByte(" \t\r\n", b[2]) >= 0:
		return Netpbm
	}
	return Unknown
}

// text tells kinds of text apart.
func text(b []byte) Kind {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) || halfZero(b) {
		return UTF16
	}
	for _, c := range b {
		if c < ' ' && strings.IndexByte("\t\n\v\f\r\x1b", c) < 0 {
			return Unknown
		}
	}
	if !validUTF8(b) {
		return TextOld
	}
	return markup(bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
}

// markup tells apart text that is UTF-8, without the space around it.
func markup(b []byte) Kind {
	s := strings.ToLower(string(b))
	starts := func(list ...string) bool {
		for _, p := range list {
			if strings.HasPrefix(s, p) {
				return true
			}
		}
		return false
	}
	switch {
	case starts("<svg"), starts("<?xml", "<!--", "<!doctype svg") && strings.Contains(s, "<svg"):
		return SVG
	case starts("<!doctype html", "<html", "<head", "<body", "<script"), starts("<?xml", "<!--") && strings.Contains(s, "<html"):
		return HTML
	case starts("<?xml"):
		return XML
	case isJSON(s):
		return JSON
	}
	return Text
}

// isJSON reports whether text begins as a JSON object or array does.
func isJSON(s string) bool {
	if s == "" || s[0] != '{' && s[0] != '[' {
		return false
	}
	rest := strings.TrimLeft(s[1:], " \t\r\n")
	if s[0] == '{' {
		return rest != "" && (rest[0] == '"' || rest[0] == '}')
	}
	return rest != "" && strings.IndexByte("{[]\"-0123456789tfn", rest[0]) >= 0
}

// halfZero reports whether every other byte is 0 and the ones between are not, as in English text
// of UTF-16 without a mark.
func halfZero(b []byte) bool {
	b = b[:min(len(b), 64)&^1]
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	n := len(b) / 2
	return n >= 4 && (zeros[0] == n && zeros[1] == 0 || zeros[1] == n && zeros[0] == 0)
}

// validUTF8 is utf8.Valid of a text whose last letter may be cut off by the end of the head.
func validUTF8(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return len(b) < utf8.UTFMax && !utf8.FullRune(b)
		}
		b = b[n:]
	}
	return true
}
