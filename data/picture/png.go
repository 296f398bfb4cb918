package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/reverie-go/reverie/checkpoint"
)

// Text is a pair carried by a PNG file: "Software" and "Comment" are keywords of the standard,
// others are free. A key has 1 to 79 printable Latin-1 characters, without spaces at its ends.
type Text struct{ Key, Value string }

// Texts are chunks of pairs of a key and a value.
func Texts(pairs [][2]string) []Text {
	texts := make([]Text, len(pairs))
	for i, p := range pairs {
		texts[i] = Text{p[0], p[1]}
	}
	return texts
}

// signature begins a PNG file; the header chunk follows, headerEnd bytes in all.
const (
	signature = "\x89PNG\r\n\x1a\n"
	headerEnd = 8 + 12 + 13
)

// maxText bounds the text chunks that ReadText accepts, together.
const maxText = 1 << 24

// Encode writes an image as PNG with text chunks after the header: tEXt where the value is Latin-1,
// else iTXt (UTF-8). (PNG, ISO/IEC 15948, section 11.3.4.)
func Encode(w io.Writer, img image.Image, text ...Text) error {
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return fmt.Errorf("picture: encode PNG: %w", err)
	}
	raw := buf.Bytes()
	out := append([]byte(nil), raw[:headerEnd]...)
	for _, t := range text {
		kind, data, err := t.chunk()
		if err != nil {
			return err
		}
		out = appendChunk(out, kind, data)
	}
	if _, err := w.Write(append(out, raw[headerEnd:]...)); err != nil {
		return fmt.Errorf("picture: write PNG: %w", err)
	}
	return nil
}

// chunk returns the pair's chunk type and content.
func (t Text) chunk() (kind string, data []byte, err error) {
	key, ok := latin1(t.Key)
	if !ok || len(key) < 1 || len(key) > 79 || strings.TrimSpace(t.Key) != t.Key || strings.ContainsAny(t.Key, "\n\r\t") {
		return "", nil, fmt.Errorf("picture: text key %q: must have 1 to 79 printable Latin-1 characters and no spaces at its ends", t.Key)
	}
	if !utf8.ValidString(t.Value) || strings.ContainsRune(t.Value, 0) {
		return "", nil, fmt.Errorf("picture: text of key %q: must be UTF-8 without zero bytes", t.Key)
	}
	if value, ok := latin1(t.Value); ok {
		return "tEXt", append(append(key, 0), value...), nil
	}
	// Not compressed, no language, no translated key.
	return "iTXt", append(append(key, 0, 0, 0, 0, 0), t.Value...), nil
}

// latin1 converts a string, or reports that it has other characters: control characters but line
// ends and tabs count as such, and so does a damaged string.
func latin1(s string) ([]byte, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 255 || r >= 127 && r < 161 || r < 32 && r != '\n' && r != '\t' {
			return nil, false
		}
		b = append(b, byte(r))
	}
	return b, true
}

func appendChunk(dst []byte, kind string, data []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(data)))
	from := len(dst)
	dst = append(append(dst, kind...), data...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[from:]))
}

// ReadText returns the tEXt and uncompressed iTXt chunks of a PNG file, in their order.
func ReadText(r io.Reader) ([]Text, error) {
	head := make([]byte, len(signature))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != signature {
		return nil, errors.New("picture: not a PNG file")
	}
	var list []Text
	for room := int64(maxText); ; {
		kind, data, err := nextChunk(r, &room)
		if err != nil {
			return list, err
		}
		switch kind {
		case "tEXt":
			if key, value, ok := bytes.Cut(data, []byte{0}); ok {
				list = append(list, Text{fromLatin1(key), fromLatin1(value)})
			}
		case "iTXt":
			if t, ok := parseITXt(data); ok {
				list = append(list, t)
			}
		case "IEND":
			return list, nil
		}
	}
}

// nextChunk reads a chunk; the content of other chunks than text is passed over.
func nextChunk(r io.Reader, room *int64) (kind string, data []byte, err error) {
	var h [8]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return "", nil, fmt.Errorf("picture: PNG ends early: %w", io.ErrUnexpectedEOF)
	}
	n := int64(binary.BigEndian.Uint32(h[:4]))
	kind = string(h[4:])
	if kind != "tEXt" && kind != "iTXt" {
		if _, err := io.CopyN(io.Discard, r, n+4); err != nil {
			return "", nil, fmt.Errorf("picture: PNG ends early in chunk %q: %w", kind, err)
		}
		return kind, nil, nil
	}
	if *room -= n; *room < 0 {
		return "", nil, fmt.Errorf("picture: PNG has more than %d bytes of text", maxText)
	}
	data = make([]byte, n+4)
	if _, err := io.ReadFull(r, data); err != nil {
		return "", nil, fmt.Errorf("picture: PNG ends early in chunk %q: %w", kind, err)
	}
	data, sum := data[:n], binary.BigEndian.Uint32(data[n:])
	if crc32.Update(crc32.ChecksumIEEE(h[4:]), crc32.IEEETable, data) != sum {
		return "", nil, fmt.Errorf("picture: PNG chunk %q is damaged: wrong checksum", kind)
	}
	return kind, data, nil
}

// parseITXt reads key 0 compressed method language 0 translated-key 0 value.
func parseITXt(data []byte) (Text, bool) {
	key, rest, ok := bytes.Cut(data, []byte{0})
	if !ok || len(rest) < 2 || rest[0] != 0 {
		return Text{}, false
	}
	part := bytes.SplitN(rest[2:], []byte{0}, 3)
	if len(part) < 3 || !utf8.Valid(part[2]) {
		return Text{}, false
	}
	return Text{fromLatin1(key), string(part[2])}, true
}

func fromLatin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// Write writes an image to a PNG file with text chunks. The file appears complete or not at all: it
// is written beside path under a temporary name, synced and renamed. Folders above it must exist.
func Write(path string, img image.Image, text ...Text) error {
	err := checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error { return Encode(w, img, text...) })
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return nil
}
