package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// A webpFrame is the picture of a WebP file, or the first one of an animated file, cut out of its
// container.
type webpFrame struct {
	canvas, at image.Rectangle
	alpha      []byte // chunk ALPH, nil without
	pixels     []byte // chunk VP8 or VP8L
	lossless   bool
}

// webpMeta reads the chunks; of several pictures it takes the first.
func webpMeta(raw []byte) (m meta, err error) {
	f := &webpFrame{}
	frames := 0
	for name, body := range riffChunks(raw[12:]) {
		switch name {
		case "VP8X":
			if len(body) >= 10 {
				f.canvas = image.Rect(0, 0, 1+int(uint24(body[4:])), 1+int(uint24(body[7:])))
			}
		case "ICCP":
			m.profile = body
		case "EXIF":
			m.exif = append(m.exif, body)
		case "XMP ":
			m.xmp = body
		case "ANMF":
			if frames++; frames == 1 && len(body) > 16 {
				x, y := 2*int(uint24(body)), 2*int(uint24(body[3:]))
				f.at = image.Rect(x, y, x+1+int(uint24(body[6:])), y+1+int(uint24(body[9:])))
				for name, part := range riffChunks(body[16:]) {
					f.add(name, part)
				}
			}
		default:
			f.add(name, body)
		}
	}
	if frames > 1 {
		m.note(NoteFirstFrame)
	}
	m.webp = f
	return m, f.check()
}

// riffChunks yields name and body of each chunk; of one that breaks off, what there is. A body of
// odd length has a byte of padding.
func riffChunks(b []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(b) >= 8 {
			n := min(int64(binary.LittleEndian.Uint32(b[4:])), int64(len(b)-8))
			if !yield(string(b[:4]), b[8:8+n]) {
				return
			}
			b = b[min(8+n+n%2, int64(len(b))):]
		}
	}
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// add takes a chunk that belongs to the picture.
func (f *webpFrame) add(name string, body []byte) {
	if f.pixels != nil {
		return
	}
	switch name {
	case "ALPH":
		f.alpha = body
	case "VP8 ":
		f.pixels = body
	case "VP8L":
		f.pixels, f.lossless, f.alpha = body, true, nil
	}
}

// check finds the sizes of frame and canvas where the container does not say them, and whether they
// agree.
func (f *webpFrame) check() error {
	if f.pixels == nil {
		return errors.New("no picture inside")
	}
	cfg, err := webp.DecodeConfig(bytes.NewReader(f.file(image.Rectangle{})))
	if err != nil {
		return err
	}
	size := image.Rect(0, 0, cfg.Width, cfg.Height)
	if f.at.Empty() {
		f.at = size
	}
	if f.canvas.Empty() {
		f.canvas = f.at
	}
	if f.at.Size() != size.Size() || !f.at.In(f.canvas) {
		return errors.New("the frame does not have the announced size or lies outside of the canvas")
	}
	return nil
}

// file wraps the frame's chunks as a file of their own, with alpha where size is given.
func (f *webpFrame) file(size image.Rectangle) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WEBP")
	chunk := func(name string, body []byte) {
		b = append(b, name...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
		b = append(b, body...)
		if len(body)%2 == 1 {
			b = append(b, 0)
		}
	}
	if f.alpha != nil && !size.Empty() {
		const alpha = 1 << 4
		w, h := size.Dx()-1, size.Dy()-1
		chunk("VP8X", []byte{alpha, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
		chunk("ALPH", f.alpha)
	}
	if f.lossless {
		chunk("VP8L", f.pixels)
	} else {
		chunk("VP8 ", f.pixels)
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// config is the size of the canvas and the colours.
func (f *webpFrame) config() image.Config {
	c := image.Config{ColorModel: color.YCbCrModel, Width: f.canvas.Dx(), Height: f.canvas.Dy()}
	switch {
	case f.alpha != nil, f.at != f.canvas, f.lossless && f.usesAlpha():
		c.ColorModel = color.NRGBAModel
	case f.lossless:
		c.ColorModel = color.RGBAModel
	}
	return c
}

// usesAlpha is the bit of a lossless picture that says whether its alpha counts.
func (f *webpFrame) usesAlpha() bool { return len(f.pixels) > 4 && f.pixels[4]&0x10 != 0 }

// decode returns the picture on its canvas.
func (f *webpFrame) decode() (image.Image, error) {
	img, err := webp.Decode(bytes.NewReader(f.file(f.at)))
	if err != nil {
		return nil, err
	}
	switch m := img.(type) {
	case *image.YCbCr:
		img = videoRange.rgb(m, nil, 0)
	case *image.NYCbCrA:
		img = videoRange.rgb(&m.YCbCr, m.A, m.AStride)
	case *image.NRGBA:
		if !f.usesAlpha() {
			for i := 3; i < len(m.Pix); i += 4 {
				m.Pix[i] = 0xff
			}
		}
	}
	return placed(img, f.at, f.canvas), nil
}

// placed puts a part of a picture at its place on its canvas, which is clear elsewhere.
func placed(img image.Image, at, canvas image.Rectangle) image.Image {
	if at == canvas {
		return img
	}
	whole := image.NewNRGBA(canvas)
	draw.Draw(whole, at, img, img.Bounds().Min, draw.Src)
	return whole
}
