package main

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math/rand/v2"
	"path/filepath"

	"github.com/reverie-go/reverie/data"
)

const (
	photo = 512 // side of the photographs
	crop  = 64  // side of what is cut out of them
)

// The rows of the brick wall that crops are cut out of.
var (
	trainRows = image.Rect(0, 0, photo, 320)
	validRows = image.Rect(0, 320, photo, 384)
	testRows  = image.Rect(0, 384, photo, photo)
)

// bricks are crops of a photograph of a brick wall, with patches of photographs of gravel and grass
// as lesions: those of their left halves for training and validation, of the right ones for the
// test.
func (m maker) bricks(ctx context.Context) (*set, error) {
	var photos []*image.Gray
	for _, name := range []string{"brick", "gravel", "grass"} {
		path := filepath.Join(m.textures, name+".png")
		x, info, err := data.ReadImage(ctx, path, data.Options{Height: photo, Channels: 1})
		if err != nil {
			return nil, err
		}
		if info.Height != photo || info.Width != photo {
			return nil, fmt.Errorf("%s is of %dx%d, not the %dx%d of scikit-image's", path, info.Height, info.Width, photo, photo)
		}
		photos = append(photos, grey(x, photo, photo))
	}
	wall, rubble := photos[0], photos[1:]
	s := &set{
		name: "bricks", seed: m.seed, ground: everywhere,
		learning: generator{plain, window(rubble, image.Rect(0, 0, photo/2, photo))},
		testing:  generator{blob, window(rubble, image.Rect(photo/2, 0, photo, photo))},
	}
	r := random(m.seed, choosing, -1)
	for _, part := range []struct {
		images *[]*image.Gray
		n      int
		rows   image.Rectangle
	}{{&s.train, m.crops, trainRows}, {&s.valid, m.crops / 20, validRows}, {&s.test, m.crops / 10, testRows}} {
		places := corners(part.rows)
		if part.n < 2 || part.n > len(places) {
			return nil, fmt.Errorf("-crops %d: %d crops of %v, which has %d places: from 40 to 8980 can be made", m.crops, part.n, part.rows, len(places))
		}
		for _, i := range r.Perm(len(places))[:part.n] {
			*part.images = append(*part.images, cut(wall, places[i]))
		}
	}
	return s, nil
}

// corners are the upper left corners of all crops within a part of a photograph.
func corners(within image.Rectangle) (at []image.Point) {
	for y := within.Min.Y; y+crop <= within.Max.Y; y++ {
		for x := within.Min.X; x+crop <= within.Max.X; x++ {
			at = append(at, image.Pt(x, y))
		}
	}
	return at
}

// cut is the crop at a corner.
func cut(img *image.Gray, corner image.Point) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, crop, crop))
	draw.Draw(dst, dst.Rect, img, corner, draw.Src)
	return dst
}

// everywhere is where lesions of bricks may lie.
func everywhere(img *image.Gray) []image.Point {
	at := make([]image.Point, len(img.Pix))
	for i := range at {
		at[i] = image.Pt(i%img.Rect.Dx(), i/img.Rect.Dx())
	}
	return at
}

// window takes a crop of that part of one of the photographs.
func window(photos []*image.Gray, within image.Rectangle) donor {
	places := corners(within)
	return func(r *rand.Rand, _ image.Point) *image.Gray {
		return cut(photos[r.IntN(len(photos))], places[r.IntN(len(places))])
	}
}
