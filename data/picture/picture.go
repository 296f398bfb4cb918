// Package picture shows batches of images: it turns float32 pixels into pictures, lays pictures
// out, and writes them as PNG files that carry the parameters that made them.
package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// Bytes converts values in [-1,1] to 0..255, round((x+1) 127.5): values outside are clamped, NaN is
// 0. dst and x have equal lengths and dst is returned; a nil dst is made.
func Bytes(dst []uint8, x []float32) []uint8 {
	if dst == nil {
		dst = make([]uint8, len(x))
	}
	if len(dst) != len(x) {
		panic("picture: Bytes: slices differ in length")
	}
	for i, v := range x {
		// Rounding down after adding a half; the comparison is false for NaN.
		u := (float64(v)+1)*127.5 + 0.5
		switch {
		case u >= 255:
			dst[i] = 255
		case u > 0:
			dst[i] = uint8(u)
		default:
			dst[i] = 0
		}
	}
	return dst
}

// FromFloat returns one image of [H,W,C] values in [-1,1], C being 1 (grey), 3 (RGB) or 4 (RGBA,
// colours not premultiplied).
func FromFloat(x []float32, h, w, c int) *image.NRGBA {
	if len(x) != h*w*c {
		panic(fmt.Sprintf("picture: FromFloat: %d values for an image of %dx%dx%d", len(x), h, w, c))
	}
	return FromBytes(Bytes(nil, x), h, w, c)
}

// FromBytes returns one image of [H,W,C] values, C being 1, 3 or 4.
func FromBytes(x []uint8, h, w, c int) *image.NRGBA {
	if len(x) != h*w*c || c != 1 && c != 3 && c != 4 {
		panic(fmt.Sprintf("picture: FromBytes: %d values for an image of %dx%dx%d", len(x), h, w, c))
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		p, q := img.Pix[4*i:4*i+4], x[i*c:i*c+c]
		switch c {
		case 1:
			p[0], p[1], p[2], p[3] = q[0], q[0], q[0], 255
		case 3:
			p[0], p[1], p[2], p[3] = q[0], q[1], q[2], 255
		case 4:
			copy(p, q)
		}
	}
	return img
}

// Split returns the images of a batch, [N,H,W,C] in [-1,1].
func Split(x []float32, h, w, c int) []image.Image {
	n := h * w * c
	if n == 0 || len(x)%n != 0 {
		panic(fmt.Sprintf("picture: Split: %d values are no batch of %dx%dx%d", len(x), h, w, c))
	}
	imgs := make([]image.Image, len(x)/n)
	for i := range imgs {
		imgs[i] = FromFloat(x[i*n:(i+1)*n], h, w, c)
	}
	return imgs
}

// Layout says how Grid places pictures. The zero value is a near-square grid with a border of 2
// pixels.
type Layout struct {
	// Columns is the number of pictures in a row; 0 is ceil(sqrt(n)).
	Columns int
	// Pad is the border around and between the pictures in pixels; 0 is 2, negative is none.
	Pad int
	// Scale enlarges each picture that many times, by nearest neighbour; 0 chooses the largest, up
	// to 8, with which the grid is not over 1024 wide.
	Scale int
	// Background fills the border, and what is transparent; nil is white.
	Background color.Color
}

// viewable is the width that Layout.Scale 0 aims at, maxScale its limit.
const (
	viewable = 1024
	maxScale = 8
)

// Grid places pictures row by row. They may differ in size: each has a cell of the largest width
// and height. Without pictures the result is 1 x 1.
func Grid(imgs []image.Image, l Layout) *image.NRGBA {
	if len(imgs) == 0 {
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	l, cell := l.fit(imgs)
	rows := (len(imgs) + l.Columns - 1) / l.Columns
	step := cell.Mul(l.Scale).Add(image.Pt(l.Pad, l.Pad))
	grid := image.NewNRGBA(image.Rect(0, 0, l.Columns*step.X+l.Pad, rows*step.Y+l.Pad))
	draw.Draw(grid, grid.Rect, image.NewUniform(l.Background), image.Point{}, draw.Src)
	for i, img := range imgs {
		at := image.Pt(l.Pad+i%l.Columns*step.X, l.Pad+i/l.Columns*step.Y)
		b := img.Bounds()
		to := image.Rectangle{Min: at, Max: at.Add(b.Size().Mul(l.Scale))}
		draw.NearestNeighbor.Scale(grid, to, img, b, draw.Over, nil)
	}
	return grid
}

// fit replaces the zeros of l and finds the size of a cell.
func (l Layout) fit(imgs []image.Image) (Layout, image.Point) {
	var cell image.Point
	for _, img := range imgs {
		s := img.Bounds().Size()
		cell = image.Pt(max(cell.X, s.X), max(cell.Y, s.Y))
	}
	if l.Columns <= 0 {
		l.Columns = int(math.Ceil(math.Sqrt(float64(len(imgs)))))
	}
	l.Columns = min(l.Columns, len(imgs))
	if l.Pad == 0 {
		l.Pad = 2
	}
	l.Pad = max(l.Pad, 0)
	if l.Scale <= 0 {
		room := viewable - (l.Columns+1)*l.Pad
		l.Scale = min(max(room/max(l.Columns*cell.X, 1), 1), maxScale)
	}
	if l.Background == nil {
		l.Background = color.White
	}
	return l, cell
}

// Strip places pictures in one row.
func Strip(imgs []image.Image, l Layout) *image.NRGBA {
	l.Columns = max(len(imgs), 1)
	return Grid(imgs, l)
}

// Beside places whole pictures, grids for example, side by side in their own size, 8 pixels apart.
func Beside(imgs ...image.Image) *image.NRGBA {
	return Strip(imgs, Layout{Pad: 8, Scale: 1})
}

// Stacked puts pictures one below the other, on white, each as high as it is.
func Stacked(all ...image.Image) *image.NRGBA {
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

// The longer side of a sized picture, and the least width of its paper.
const (
	enlarged  = 160
	largest   = 256
	leastWide = 128
)

// Sized is a picture of a size that can be looked at, on white paper that has room for a title: a
// small one enlarged in whole numbers up to a side of 160 pixels, a large one made as small as 256.
func Sized(img image.Image) *image.NRGBA {
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
