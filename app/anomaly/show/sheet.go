package show

import (
	"image"

	"golang.org/x/image/draw"

	"github.com/reverie-go/reverie/data/picture"
)

// The longer side of a picture in a sheet, in pixels: small images are enlarged in whole numbers up
// to the first, larger ones made as small as the second.
const (
	enlarged = 160
	largest  = 256
)

// Sheet shows cases one below the other, each under its title: the image, what the model would have
// instead, the map over its legend, the image under the map, and the mask.
func Sheet(cases []Case, titles []string) (*image.NRGBA, error) {
	var rows []image.Image
	for i, c := range cases {
		if err := c.Check(); err != nil {
			return nil, err
		}
		healed, mask := "healed", "mask"
		if c.Healed == nil {
			healed = "healed: none"
		}
		if c.Mask == nil {
			mask = "mask: none known"
		}
		row := []image.Image{
			picture.Titled(sized(c.Input()), "input"), picture.Titled(sized(c.Better()), healed), picture.Titled(c.Legend(sized(c.Heat())), "map"),
			picture.Titled(sized(c.Overlay()), "overlay"), picture.Titled(sized(c.Lesion()), mask),
		}
		rows = append(rows, picture.Titled(picture.Strip(row, picture.Layout{Scale: 1}), titles[i]))
	}
	return stacked(rows), nil
}

// stacked puts pictures one below the other, on white, each as high as it is.
func stacked(all []image.Image) *image.NRGBA {
	w, h := 1, 1
	for _, img := range all {
		w, h = max(w, img.Bounds().Dx()), h+img.Bounds().Dy()
	}
	dst, top := image.NewNRGBA(image.Rect(0, 0, w, h)), 0
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	for _, img := range all {
		b := img.Bounds()
		draw.Draw(dst, image.Rect(0, top, b.Dx(), top+b.Dy()), img, b.Min, draw.Over)
		top += b.Dy()
	}
	return dst
}

// sized is a picture of a size that can be looked at, on paper that has room for a title.
func sized(img image.Image) image.Image {
	size := img.Bounds().Size()
	switch side := max(size.X, size.Y); {
	case side > largest:
		size = image.Pt(max(1, size.X*largest/side), max(1, size.Y*largest/side))
	default:
		size = size.Mul(max(1, enlarged/side))
	}
	dst := image.NewNRGBA(image.Rect(0, 0, max(size.X, leastWide), size.Y))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	var by draw.Scaler = draw.NearestNeighbor
	if size.X < img.Bounds().Dx() {
		by = draw.BiLinear
	}
	by.Scale(dst, image.Rectangle{Max: size}, img, img.Bounds(), draw.Over, nil)
	return dst
}
