package photo

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Markers of JPEG.
const (
	markerSOF0  = 0xc0
	markerSOF15 = 0xcf
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerSOS   = 0xda
	markerEOI   = 0xd9
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
)

// jpegMeta reads the segments before the first scan.
func jpegMeta(raw []byte) (m meta, err error) {
	parts := map[byte][]byte{}
	count := 0
	for marker, body := range segments(raw) {
		switch {
		case marker == markerAPP1 && bytes.HasPrefix(body, []byte(exifPrefix)):
			m.exif = append(m.exif, body[len(exifPrefix):])
		case marker == markerAPP1 && bytes.HasPrefix(body, []byte("http://ns.adobe.com/xap/1.0/\x00")):
			m.xmp = body
		case marker == markerAPP2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")) && len(body) > 14:
			parts[body[12]], count = body[14:], int(body[13])
		case marker >= markerSOF0 && marker <= markerSOF15 && marker != markerDHT && marker != markerJPG && marker != markerDAC:
			if err := frameForm(marker, body); err != nil {
				return m, err
			}
		}
	}
	m.profile = joined(parts, count)
	return m, nil
}

// segments yields marker and body of each segment from the start to the first scan.
func segments(raw []byte) func(yield func(byte, []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for at := 2; at+4 <= len(raw); {
			if raw[at] != 0xff || raw[at+1] == 0xff { // padding
				at++
				continue
			}
			marker := raw[at+1]
			if marker == markerSOS || marker == markerEOI {
				return
			}
			if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 { // without a body
				at += 2
				continue
			}
			end := at + 2 + int(binary.BigEndian.Uint16(raw[at+2:]))
			if end < at+4 || end > len(raw) || !yield(marker, raw[at+4:end]) {
				return
			}
			at = end
		}
	}
}

// joined puts a profile's parts, numbered from 1, together; one that lacks a part is shown as
// damaged.
func joined(parts map[byte][]byte, count int) (profile []byte) {
	for i := 1; i <= count; i++ {
		p, ok := parts[byte(i)]
		if !ok {
			return []byte("incomplete")
		}
		profile = append(profile, p...)
	}
	return profile
}

// frameForm refuses by name the forms of JPEG that the decoder has no words for.
func frameForm(marker byte, body []byte) error {
	if len(body) < 6 {
		return nil
	}
	switch bits, kind := body[0], marker&3; {
	case marker&15 > 8:
		return unsupported("arithmetic coding")
	case kind == 3:
		return unsupported("lossless coding (of JPEG's own)")
	case marker&15 > 2:
		return unsupported("hierarchical coding")
	case bits != 8:
		return unsupported(fmt.Sprintf("%d bits per value: only 8 are read of JPEG", bits))
	}
	return nil
}
