package photo

import (
	"fmt"
	"image"
	"image/color"
)

// Values of TIFF's tags.
const (
	whiteIsZero, blackIsZero, rgb = 0, 1, 2
	faxGroup3, faxGroup4          = 3, 4
	twoDimensional, uncoded       = 1, 2 // bits of T4Options
)

// tiffMeta reads the first directory and refuses what the decoder would read wrong: it does not
// look at the tags that say so.
func tiffMeta(raw []byte) (m meta, err error) {
	d, ok := openDirectory(raw)
	if !ok {
		return m, nil // the decoder says why
	}
	fax := d.fax()
	switch samples := d.number(tagSamples, 1); {
	case d.number(tagPlanar, 1) != 1 && samples > 1:
		err = unsupported("a plane for each colour (PlanarConfiguration 2)")
	case d.number(tagFillOrder, 1) != 1 && !fax:
		err = unsupported("bits in the reverse order (FillOrder 2)")
	case fax && d.number(tagCompression, 0) == faxGroup3 && d.number(tagT4Options, 0)&(twoDimensional|uncoded) != 0:
		err = unsupported("fax coding in two dimensions (T4Options)")
	case d.number(tagPhotometric, whiteIsZero) == rgb && samples > 3 && (samples > 4 || d.number(tagExtraSamples, 0) == 0):
		err = unsupported(fmt.Sprintf("%d values a pixel, of which some have no stated meaning", samples))
	}
	if d.more {
		m.note(NoteFirstPage)
	}
	m.exif = [][]byte{raw}
	m.xmp, _ = d.bytes(tagXMP)
	m.profile, _ = d.bytes(tagProfile)
	return m, err
}

// fax reports whether the bits are in one of the codings of fax machines.
func (d directory) fax() bool {
	c := d.number(tagCompression, 0)
	return c == faxGroup3 || c == faxGroup4
}

// mendTIFF corrects what the decoder reads wrong: fax pictures whose black is zero, which it leaves
// inverted, and colours of a palette that were written as multiples of 256 rather than 257, so that
// white is a level short of it.
func mendTIFF(img image.Image, raw []byte) image.Image {
	d, ok := openDirectory(raw)
	if !ok {
		return img
	}
	switch m := img.(type) {
	case *image.Paletted:
		for i, c := range m.Palette {
			r, g, b, _ := c.RGBA()
			m.Palette[i] = color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0xff}
		}
	case *image.Gray:
		if d.fax() && d.number(tagPhotometric, whiteIsZero) == blackIsZero {
			for i := range m.Pix {
				m.Pix[i] = 255 - m.Pix[i]
			}
		}
	}
	return img
}
