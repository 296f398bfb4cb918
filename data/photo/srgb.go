package photo

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
)

// toSRGB converts a picture from its ICC profile to sRGB, and says what was done: a note, or ""
// where nothing was to do.
func toSRGB(img image.Image, icc []byte, mode string) (image.Image, string) {
	if icc == nil {
		return img, ""
	}
	left := func(why string) (image.Image, string) { return img, NoteProfileIgnored + " (" + why + ")" }
	p, err := readProfile(icc)
	switch grey := strings.HasPrefix(mode, "grey"); {
	case err != nil:
		return left(err.Error())
	case p.isSRGB():
		return img, ""
	case mode == "CMYK", p.grey != grey && !(p.grey && grayscale(img)):
		return left("of other colours than the picture has")
	}
	note := NoteProfile
	if p.tables {
		note = NoteProfileMatrix
	}
	return p.apply(img), note
}

// grayscale reports whether a picture with transparency has no colour: grey PNG files with alpha
// are decoded to NRGBA.
func grayscale(img image.Image) bool {
	switch m := img.(type) {
	case *image.NRGBA:
		for i := 0; i+3 < len(m.Pix); i += 4 {
			if m.Pix[i] != m.Pix[i+1] || m.Pix[i] != m.Pix[i+2] {
				return false
			}
		}
		return true
	case *image.NRGBA64:
		for i := 0; i+7 < len(m.Pix); i += 8 {
			if string(m.Pix[i:i+2]) != string(m.Pix[i+2:i+4]) || string(m.Pix[i:i+2]) != string(m.Pix[i+4:i+6]) {
				return false
			}
		}
		return true
	}
	return false
}

// unit brings a number, NaN too, to 0..1.
func unit(v float64) float64 {
	if v > 0 {
		return min(v, 1)
	}
	return 0
}

// encode is sRGB's value of a linear intensity from 0 to 1 (IEC 61966-2-1).
func encode(v float64) float64 {
	if v <= .0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - .055
}

// convert is the sRGB of one colour, all values from 0 to 1.
func (p *profile) convert(c [3]float64) [3]float64 {
	for k, curve := range p.curves {
		c[k] = unit(curve(c[k]))
	}
	return p.fromLinear(c, encode)
}

// fromLinear takes channels made linear through the matrix and an encoding.
func (p *profile) fromLinear(c [3]float64, encode func(float64) float64) (out [3]float64) {
	for k, row := range p.matrix {
		out[k] = encode(unit(row[0]*c[0] + row[1]*c[1] + row[2]*c[2]))
	}
	return out
}

// isSRGB reports whether conversion would change no colour by over three quarters of a level of
// 255, which are the differences between the profiles that are all called sRGB.
func (p *profile) isSRGB() bool {
	const most, steps = .75 / 255, 8
	near := func(c [3]float64) bool {
		for k, v := range p.convert(c) {
			if math.Abs(v-c[k]) > most {
				return false
			}
		}
		return true
	}
	for i := range 256 {
		if v := float64(i) / 255; !near([3]float64{v, v, v}) {
			return false
		}
	}
	for i := range (steps + 1) * (steps + 1) * (steps + 1) {
		c := [3]float64{float64(i % (steps + 1)), float64(i / (steps + 1) % (steps + 1)), float64(i / (steps + 1) / (steps + 1))}
		for k := range c {
			c[k] /= steps
		}
		if !near(c) {
			return p.grey // whose colours are on the diagonal alone
		}
	}
	return true
}

// apply converts a picture. The pixels of img may be changed.
func (p *profile) apply(img image.Image) image.Image {
	switch m := img.(type) {
	case *image.Paletted:
		for i, c := range m.Palette {
			m.Palette[i] = p.colour(c)
		}
		return m
	case *image.Gray:
		lut := p.table(8)
		for i, v := range m.Pix {
			m.Pix[i] = uint8(255*encode(lut[0][v]) + .5)
		}
		return m
	case *image.NRGBA64:
		p.words(m.Pix)
		return m
	case *image.RGBA64:
		if m.Opaque() { // and so without products of alpha
			p.words(m.Pix)
			return m
		}
	}
	if Deep(img) {
		wide := image.NewNRGBA64(img.Bounds())
		draw.Draw(wide, wide.Rect, img, wide.Rect.Min, draw.Src)
		p.words(wide.Pix)
		return wide
	}
	flat := straight(img)
	p.bytes(flat.Pix)
	return flat
}

// straight is an image of 8 bits without products of alpha; where it is opaque, by the quicker way
// to the premultiplied form, which is then the same.
func straight(img image.Image) *image.NRGBA {
	if m, ok := img.(*image.NRGBA); ok {
		return m
	}
	flat := image.NewNRGBA(img.Bounds())
	var dst draw.Image = flat
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		dst = &image.RGBA{Pix: flat.Pix, Stride: flat.Stride, Rect: flat.Rect}
	}
	draw.Draw(dst, flat.Rect, img, flat.Rect.Min, draw.Src)
	return flat
}

// colour converts one colour of a palette.
func (p *profile) colour(c color.Color) color.Color {
	n := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	v := p.convert([3]float64{float64(n.R) / 65535, float64(n.G) / 65535, float64(n.B) / 65535})
	word := func(v float64) uint16 { return uint16(65535*v + .5) }
	return color.NRGBA64{word(v[0]), word(v[1]), word(v[2]), n.A}
}

// table holds the curves at all values of so many bits.
func (p *profile) table(bits int) (t [3][]float64) {
	n := 1 << bits
	for k, curve := range p.curves {
		t[k] = make([]float64, n)
		for i := range n {
			t[k][i] = unit(curve(float64(i) / float64(n-1)))
		}
	}
	return t
}

// encoded8 is sRGB's level of 255 of a linear intensity in steps so fine that the darkest level has
// 20 of them.
var encoded8 = func() (t [1 << 16]uint8) {
	for i := range t {
		t[i] = uint8(255*encode(float64(i)/(1<<16-1)) + .5)
	}
	return t
}()

// bytes converts R, G, B and alpha of 8 bits each in place.
func (p *profile) bytes(pix []uint8) {
	lut, m := p.table(8), &p.matrix
	for i := 0; i+3 < len(pix); i += 4 {
		px := pix[i : i+4]
		r, g, b := lut[0][px[0]], lut[1][px[1]], lut[2][px[2]]
		for k := range 3 {
			px[k] = encoded8[int(unit(m[k][0]*r+m[k][1]*g+m[k][2]*b)*(1<<16-1)+.5)]
		}
	}
}

// words converts R, G, B and alpha of 16 bits each, big-endian, in place.
func (p *profile) words(pix []uint8) {
	lut := p.table(16)
	for i := 0; i+7 < len(pix); i += 8 {
		px := pix[i : i+8]
		var c [3]float64
		for k := range c {
			c[k] = lut[k][int(px[2*k])<<8|int(px[2*k+1])]
		}
		for k, v := range p.fromLinear(c, encode) {
			w := uint16(65535*v + .5)
			px[2*k], px[2*k+1] = uint8(w>>8), uint8(w)
		}
	}
}
