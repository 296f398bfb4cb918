package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
)

// maxMeta bounds a profile or other metadata once unpacked, maxTexts how many texts are looked at.
const (
	maxMeta  = 1 << 22
	maxTexts = 4
)

// pngMeta reads the chunks around the picture, some of which writers put behind it.
func pngMeta(raw []byte) (m meta, err error) {
	var managed, odd bool
	texts := 0
	for name, body := range chunks(raw) {
		switch name {
		case "CgBI":
			return m, unsupported("the form of PNG that iPhone programs hold")
		case "iCCP":
			if m.profile == nil {
				m.profile, managed = packed(body), true
			}
		case "sRGB":
			managed = true
		case "cICP":
			if len(body) >= 2 && (body[0] != 1 || body[1] != 13) {
				m.note(NoteVideoColour)
			}
		case "gAMA":
			odd = odd || len(body) == 4 && unlike(body, 45455)
		case "cHRM":
			odd = odd || len(body) == 32 && unlike(body, 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
		case "acTL":
			if len(body) == 8 && binary.BigEndian.Uint32(body) > 1 {
				m.note(NoteFirstFrame)
			}
		case "eXIf":
			m.exif = append(m.exif, body)
		case "tEXt", "zTXt", "iTXt":
			if texts < maxTexts { // each can unpack to maxMeta
				texts += m.text(name, body)
			}
		}
	}
	if odd && !managed {
		m.note(NoteGamma)
	}
	return m, nil
}

// chunks yields name and body of each whole chunk. Check sums are the decoder's to check.
func chunks(raw []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for at := 8; at+12 <= len(raw); {
			n := int64(binary.BigEndian.Uint32(raw[at:]))
			end := int64(at) + 8 + n
			if end+4 > int64(len(raw)) || !yield(string(raw[at+4:at+8]), raw[at+8:end]) {
				return
			}
			at = int(end) + 4
		}
	}
}

// unlike reports whether some of the numbers, in 1/100,000, differ from those of sRGB by over 1%.
func unlike(body []byte, srgb ...int64) bool {
	for i, want := range srgb {
		if d := int64(binary.BigEndian.Uint32(body[4*i:])) - want; d > want/100 || d < -want/100 {
			return true
		}
	}
	return false
}

// packed is what follows a name, the end of it and the method of packing, which is always zlib's;
// of what is broken or too large, as much as there is.
func packed(body []byte) []byte {
	_, rest, ok := bytes.Cut(body, []byte{0})
	if !ok || len(rest) < 1 {
		return nil
	}
	return inflate(rest[1:])
}

func inflate(b []byte) []byte {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return []byte{}
	}
	out, _ := io.ReadAll(io.LimitReader(r, maxMeta))
	return out
}

// text takes the orientation's sources out of a text chunk: XMP, and EXIF as ImageMagick and others
// kept it before PNG had a chunk for it. It returns how many it found, 0 or 1.
func (m *meta) text(chunk string, body []byte) int {
	key, rest, _ := bytes.Cut(body, []byte{0})
	switch string(key) {
	case "XML:com.adobe.xmp":
		if chunk == "iTXt" && len(rest) > 2 {
			flag := rest[0]
			_, rest, _ = bytes.Cut(rest[2:], []byte{0})             // language
			if _, rest, _ = bytes.Cut(rest, []byte{0}); flag == 1 { // translated key
				rest = inflate(rest)
			}
			m.xmp = rest
		}
		return 1
	case "Raw profile type exif", "Raw profile type APP1":
		if chunk == "zTXt" && len(rest) > 0 {
			rest = inflate(rest[1:])
		}
		if b := rawProfile(string(rest)); b != nil {
			m.exif = append(m.exif, b)
		}
		return 1
	}
	return 0
}

// rawProfile reads "\nexif\n   LENGTH\nHEX DIGITS".
func rawProfile(s string) []byte {
	fields := strings.Fields(s)
	if len(fields) < 3 {
		return nil
	}
	b, err := hex.DecodeString(strings.Join(fields[2:], ""))
	if err != nil {
		return nil
	}
	return b
}
