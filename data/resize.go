package data

import (
	"image"

	"golang.org/x/image/draw"

	"github.com/reverie-go/reverie/data/photo"
	"github.com/reverie-go/reverie/kind"
)

// resize brings an image to the resolution that has, once turned upright, o's height and width:
// bilinear, with the kernel widened by the scale where the image shrinks, so that every source
// pixel counts (as PIL's and torchvision's antialiased resize). The result has 16 bits and
// premultiplied colours, which are what is averaged.
func resize(img image.Image, turn photo.Turn, o Options) *image.RGBA64 {
	h, w := o.Height, o.Width
	if turn.Swaps() {
		h, w = w, h
	}
	from := img.Bounds()
	if o.Crop == CropCenter {
		from = turn.Stored(centre(turn.Upright(from), o.Height, o.Width), from)
	}
	dst := image.NewRGBA64(image.Rect(0, 0, w, h))
	if from.Dx() == w && from.Dy() == h {
		draw.Draw(dst, dst.Bounds(), img, from.Min, draw.Src)
	} else {
		draw.BiLinear.Scale(dst, dst.Bounds(), img, from, draw.Src, nil)
	}
	return dst
}

// centre returns the largest centred rectangle in b of the aspect w : h, in whole pixels.
func centre(b image.Rectangle, h, w int) image.Rectangle {
	cw, ch := b.Dx(), b.Dy()
	if cw*h > ch*w {
		cw = max(1, (2*ch*w+h)/(2*h))
	} else {
		ch = max(1, (2*cw*h+w)/(2*w))
	}
	x, y := b.Min.X+(b.Dx()-cw)/2, b.Min.Y+(b.Dy()-ch)/2
	return image.Rect(x, y, x+cw, y+ch)
}

// pixels is a decoded image at the resolution, [H,W,C]: 8 bits, or 16 where the file has more than
// 8.
type pixels struct {
	lo []uint8
	hi []uint16
}

// newPixels takes c channels of an image: 1 its luminance and 3 its colour, on white, 4 its colour,
// not premultiplied, and alpha.
func newPixels(img *image.RGBA64, c int, deep bool) *pixels {
	n := img.Rect.Dx() * img.Rect.Dy()
	p := &pixels{}
	if deep {
		p.hi = make([]uint16, n*c)
	} else {
		p.lo = make([]uint8, n*c)
	}
	for i := range n {
		var v [4]uint32
		for k := range v {
			v[k] = uint32(img.Pix[8*i+2*k])<<8 | uint32(img.Pix[8*i+2*k+1])
		}
		v = channels(v, c)
		for k := range c {
			if deep {
				p.hi[i*c+k] = uint16(v[k])
			} else {
				p.lo[i*c+k] = uint8((v[k] + 128) / 257)
			}
		}
	}
	return p
}

// channels returns c channels of a premultiplied colour, 0..65535.
func channels(v [4]uint32, c int) [4]uint32 {
	a := v[3]
	if c == 4 {
		for k := range 3 {
			if a > 0 {
				v[k] = min((v[k]*65535+a/2)/a, 65535)
			}
		}
		return v
	}
	for k := range 3 {
		v[k] = min(v[k]+65535-a, 65535)
	}
	if c == 1 {
		v[0] = (19595*v[0] + 38470*v[1] + 7471*v[2] + 1<<15) >> 16 // ITU-R 601, as PIL's mode L
	}
	return v
}

func (p *pixels) bytes() int64 { return int64(len(p.lo)) + 2*int64(len(p.hi)) }

// unit8[v] is v/127.5 - 1.
var unit8 = func() (t [kind.ByteLevels]float32) {
	for v := range t {
		t[v] = float32(float64(v)/127.5 - 1)
	}
	return t
}()

// float writes the pixels in [-1,1], mirrored left to right if flip.
func (p *pixels) float(dst []float32, w, c int, flip bool) {
	for i, v := range p.lo {
		dst[i] = unit8[v]
	}
	for i, v := range p.hi {
		dst[i] = float32(float64(v)/32767.5 - 1)
	}
	if !flip {
		return
	}
	for row := range len(dst) / (w * c) {
		r := dst[row*w*c : (row+1)*w*c]
		for i, j := 0, (w-1)*c; i < j; i, j = i+c, j-c {
			for k := range c {
				r[i+k], r[j+k] = r[j+k], r[i+k]
			}
		}
	}
}
