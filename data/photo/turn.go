package photo

import "image"

// Turn is the EXIF tag Orientation, 1 to 8: how the stored picture is to be turned to stand
// upright.
type Turn uint16

// Swaps reports whether width and height change places.
func (o Turn) Swaps() bool { return o >= 5 }

// Apply turns an image upright.
func (o Turn) Apply(src *image.RGBA64) *image.RGBA64 {
	if o <= 1 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if o.Swaps() {
		w, h = h, w
	}
	dst := image.NewRGBA64(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := o.source(x, y, w, h)
			copy(dst.Pix[dst.PixOffset(x, y):][:8], src.Pix[src.PixOffset(sx, sy):])
		}
	}
	return dst
}

// source returns where the upright pixel (x, y) of a w x h image is stored.
func (o Turn) source(x, y, w, h int) (sx, sy int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, w - 1 - x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return h - 1 - y, x
	}
	return x, y
}

// Upright is the bounds, at the origin, of an image stored in b once turned.
func (o Turn) Upright(b image.Rectangle) image.Rectangle {
	if o.Swaps() {
		return image.Rect(0, 0, b.Dy(), b.Dx())
	}
	return image.Rect(0, 0, b.Dx(), b.Dy())
}

// Stored is where a part r of the upright image lies in the stored one, whose bounds are b. Where a
// margin is odd its larger side is the upright image's.
func (o Turn) Stored(r, b image.Rectangle) image.Rectangle {
	up := o.Upright(b)
	x0, y0 := o.source(r.Min.X, r.Min.Y, up.Dx(), up.Dy())
	x1, y1 := o.source(r.Max.X-1, r.Max.Y-1, up.Dx(), up.Dy())
	return image.Rect(min(x0, x1), min(y0, y1), max(x0, x1)+1, max(y0, y1)+1).Add(b.Min)
}
