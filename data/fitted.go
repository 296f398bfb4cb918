package data

import (
	"image"
	"strings"
)

// Notes on what fitting did to an image, for Info.Notes beside those of package photo.
const (
	NoteSqueezed   = "squeezed: the aspect is not the resolution's"
	NoteFlattened  = "transparent, put on white"
	NoteMadeGrey   = "of colours made grey"
	NoteMadeColour = "grey, repeated as red, green and blue"
	NoteMadeOpaque = "without transparency, opaque in the fourth channel"
)

// fitted says what of an upright image of those bounds and that mode, at the resolution in small,
// the options change.
func fitted(up image.Rectangle, small *image.RGBA64, mode string, o Options) (notes []string) {
	if o.Crop == CropNone && otherAspect(up, o) {
		notes = append(notes, NoteSqueezed)
	}
	clear, colour := contents(small)
	switch {
	case clear && o.Channels != 4:
		notes = append(notes, NoteFlattened)
	case o.Channels == 4 && !clear && !strings.HasPrefix(mode, "RGBA"):
		notes = append(notes, NoteMadeOpaque)
	}
	switch {
	case colour && o.Channels == 1:
		notes = append(notes, NoteMadeGrey)
	case o.Channels != 1 && strings.HasPrefix(mode, "grey"):
		notes = append(notes, NoteMadeColour)
	}
	return notes
}

// otherAspect reports whether resizing changes width over height by more than 1%, and more than the
// rounding of either side to whole pixels would.
func otherAspect(up image.Rectangle, o Options) bool {
	w, h := up.Dx()*o.Height, up.Dy()*o.Width
	d := max(w-h, h-w)
	return 100*d > max(w, h) && d > max(o.Height, o.Width, up.Dx(), up.Dy())/2
}

// greyNoise is how many levels of 255 apart the colours of a grey picture may be that a JPEG keeps
// as colour.
const greyNoise = 2

// contents reports whether an image has transparency and colours other than grey.
func contents(img *image.RGBA64) (clear, colour bool) {
	for i := 0; i < len(img.Pix) && !(clear && colour); i += 8 {
		px := img.Pix[i : i+8]
		clear = clear || px[6] != 0xff || px[7] != 0xff
		colour = colour || max(px[0], px[2], px[4])-min(px[0], px[2], px[4]) > greyNoise
	}
	return clear, colour
}
