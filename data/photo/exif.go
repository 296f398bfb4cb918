package photo

import (
	"bytes"
	"encoding/binary"
	"regexp"
)

// Tags of TIFF that are read.
const (
	tagCompression   = 259
	tagPhotometric   = 262
	tagFillOrder     = 266
	tagOrientation   = 274
	tagSamples       = 277
	tagPlanar        = 284
	tagT4Options     = 292
	tagExtraSamples  = 338
	tagXMP           = 700
	tagProfile       = 34675
	maxEntryNumbers  = 16
	exifPrefix       = "Exif\x00\x00"
	directoryEntries = 12 // bytes of one
)

// A directory is the first image file directory of a TIFF file, or of EXIF data, which have the
// same form.
type directory struct {
	b       []byte
	order   binary.ByteOrder
	entries map[uint16][]byte
	more    bool // another one follows
}

// openDirectory reads the first directory of b.
func openDirectory(b []byte) (d directory, ok bool) {
	b = bytes.TrimPrefix(b, []byte(exifPrefix)) // some writers leave it where it does not belong
	if len(b) < 8 {
		return d, false
	}
	switch string(b[:4]) {
	case "II*\x00":
		d.order = binary.LittleEndian
	case "MM\x00*":
		d.order = binary.BigEndian
	default:
		return d, false
	}
	d.b = b
	return d.at(d.order.Uint32(b[4:]))
}

// at reads the directory at an offset of the same file; one that breaks off has the entries until
// there.
func (d directory) at(offset uint32) (directory, bool) {
	b, at := d.b, int64(offset)
	if at < 8 || at+2 > int64(len(b)) {
		return d, false
	}
	d.entries = map[uint16][]byte{}
	n := int64(d.order.Uint16(b[at:]))
	for at += 2; n > 0 && at+directoryEntries <= int64(len(b)); n, at = n-1, at+directoryEntries {
		d.entries[d.order.Uint16(b[at:])] = b[at : at+directoryEntries]
	}
	d.more = n == 0 && at+4 <= int64(len(b)) && d.order.Uint32(b[at:]) != 0
	return d, true
}

// bytes returns the value of an entry, as it is stored, and the size of its numbers; nil where
// there is none or it lies outside.
func (d directory) bytes(tag uint16) (value []byte, size int) {
	e, ok := d.entries[tag]
	if !ok {
		return nil, 0
	}
	switch d.order.Uint16(e[2:]) {
	case 1, 2, 6, 7: // BYTE, ASCII, SBYTE, UNDEFINED
		size = 1
	case 3, 8: // SHORT, SSHORT
		size = 2
	case 4, 9, 13: // LONG, SLONG, IFD
		size = 4
	default:
		return nil, 0
	}
	n := int64(d.order.Uint32(e[4:])) * int64(size)
	if n <= 4 {
		return e[8 : 8+n], size
	}
	at := int64(d.order.Uint32(e[8:]))
	if at+n > int64(len(d.b)) {
		return nil, 0
	}
	return d.b[at : at+n], size
}

// number returns the first number of an entry of whatever integer type, or the default.
func (d directory) number(tag uint16, missing uint32) uint32 {
	v, size := d.bytes(tag)
	if len(v) < size || size == 0 {
		return missing
	}
	switch size {
	case 1:
		return uint32(v[0])
	case 2:
		return uint32(d.order.Uint16(v))
	}
	return d.order.Uint32(v)
}

// adobeRGB reports whether the metadata of a camera say that its colours are Adobe RGB (DCF 2.0:
// R03 in the directory of interoperability), which cameras do not put into a profile.
func (m *meta) adobeRGB() bool {
	const camera, interoperability, index = 0x8769, 0xa005, 1
	for _, b := range m.exif {
		d, ok := openDirectory(b)
		for _, below := range []uint16{camera, interoperability} {
			if ok {
				d, ok = d.at(d.number(below, 0))
			}
		}
		if !ok {
			continue
		}
		if v, _ := d.bytes(index); bytes.HasPrefix(v, []byte("R03")) {
			return true
		}
	}
	return false
}

// xmpOrientation finds the orientation in an XMP packet, as an attribute or an element.
var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:\s*=\s*["']|>\s*)([1-8])\b`)

// turnOf is the orientation that the metadata say: EXIF's, else XMP's, else upright.
func turnOf(m meta) Turn {
	for _, b := range m.exif {
		if d, ok := openDirectory(b); ok {
			if v := d.number(tagOrientation, 0); v >= 1 && v <= 8 {
				return Turn(v)
			}
		}
	}
	if v := xmpOrientation.FindSubmatch(m.xmp); v != nil {
		return Turn(v[1][0] - '0')
	}
	return 1
}
