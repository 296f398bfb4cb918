// Package tile lets what works on images of one size work on images of any: a [Plan] cuts an image
// into tiles that overlap by at least a quarter, and joins what was made of them to an image of the
// first one's own size, without seams:
//
//	y(p) = sum over tiles of w(p - where the tile begins) y_tile(p) / sum of w,
//	w(i) = sin^2(pi (i + 1/2)/n) along a side of n pixels
//
// So what is linear in the image, pixel by pixel, is joined to what it is of the whole image. A
// side that is shorter than the tile's is enlarged to it, and what was made of it brought back.
package tile

import (
	"fmt"
	"math"
)

// Options say how an image is brought to a size that can be cut.
type Options struct {
	// Shrink makes an image that is larger than a tile as small as one, in place of cutting it. It
	// is for a model that learned from whole images that were made small.
	Shrink bool
	// Aspect scales both sides alike, until one is the tile's: what is longer of the other is cut.
	// It is for a model that learned from images whose aspect was kept.
	Aspect bool
}

// maxSide bounds the sides of what is cut, as package data does.
const maxSide = 1 << 14

// A Plan is how images of one size are cut.
type Plan struct {
	H, W         int   // of the image
	TileH, TileW int   // of a tile
	WorkH, WorkW int   // to which the image is brought before it is cut
	tops, lefts  []int // where the tiles begin
}

// New plans for images of h x w pixels and tiles of tileH x tileW.
func New(h, w, tileH, tileW int, o Options) (Plan, error) {
	p := Plan{H: h, W: w, TileH: tileH, TileW: tileW}
	if min(h, w, tileH, tileW) < 1 {
		return p, fmt.Errorf("tile: images of %dx%d (height x width) in tiles of %dx%d: expected sides of at least 1", h, w, tileH, tileW)
	}
	high, wide := float64(tileH)/float64(h), float64(tileW)/float64(w)
	if o.Aspect {
		high = max(high, wide)
		wide = high
	}
	if !o.Shrink {
		high, wide = max(1, high), max(1, wide)
	}
	p.WorkH, p.WorkW = scaled(h, high, tileH), scaled(w, wide, tileW)
	if max(p.WorkH, p.WorkW) > maxSide {
		return p, fmt.Errorf("tile: an image of %dx%d (height x width) has %dx%d pixels where it is brought to tiles of %dx%d: a side may have %d", h, w, p.WorkH, p.WorkW, tileH, tileW, maxSide)
	}
	p.tops, p.lefts = starts(p.WorkH, tileH), starts(p.WorkW, tileW)
	return p, nil
}

// scaled is a side times a factor, in whole pixels, and at least the tile's.
func scaled(side int, by float64, tile int) int {
	return int(max(float64(tile), min(math.Round(float64(side)*by), 1<<30)))
}

// starts are where the tiles along a side begin, evenly: as few as overlap by a quarter.
func starts(side, tile int) (all []int) {
	step := tile - tile/4
	if tile > 1 {
		step = min(step, tile-1)
	}
	last := (side - tile + step - 1) / step
	for i := range last + 1 {
		all = append(all, i*(side-tile)/max(1, last))
	}
	return all
}

// Tiles is how many tiles there are.
func (p Plan) Tiles() int { return len(p.tops) * len(p.lefts) }

// Own says whether the image is cut at its own size.
func (p Plan) Own() bool { return p.WorkH == p.H && p.WorkW == p.W }

// String says what is done to an image, as "16x64 resized to 32x64, cut
// into 3 tiles of 32x32".
func (p Plan) String() string {
	text := fmt.Sprintf("%dx%d", p.H, p.W)
	if !p.Own() {
		text += fmt.Sprintf(" resized to %dx%d", p.WorkH, p.WorkW)
	}
	if n := p.Tiles(); n > 1 {
		text += fmt.Sprintf(", cut into %d tiles of %dx%d", n, p.TileH, p.TileW)
	}
	return text
}

// each calls f for every row of every tile with where it begins among rows of the tiles one after
// another and among those of the work, and its row within the tile; c numbers are a pixel.
func (p Plan) each(c int, f func(inTiles, inWork, row, left int)) {
	row := 0
	for _, top := range p.tops {
		for _, left := range p.lefts {
			for y := range p.TileH {
				f(row*p.TileW*c, ((top+y)*p.WorkW+left)*c, y, left)
				row++
			}
		}
	}
}

// Cut returns the tiles [Tiles,TileH,TileW,c] of an image [WorkH,WorkW,c].
func (p Plan) Cut(x []float32, c int) []float32 {
	check("Cut", len(x), p.WorkH*p.WorkW*c)
	tiles := make([]float32, p.Tiles()*p.TileH*p.TileW*c)
	p.each(c, func(inTiles, inWork, _, _ int) { copy(tiles[inTiles:], x[inWork:inWork+p.TileW*c]) })
	return tiles
}

// Join returns the image [H,W,c] of what was made of the tiles, [Tiles,TileH,TileW,c].
func (p Plan) Join(tiles []float64, c int) []float64 {
	check("Join", len(tiles), p.Tiles()*p.TileH*p.TileW*c)
	high, wide := window(p.TileH), window(p.TileW)
	totalH, totalW := total(high, p.tops, p.WorkH), total(wide, p.lefts, p.WorkW)
	joined := make([]float64, p.WorkH*p.WorkW*c)
	p.each(c, func(inTiles, inWork, y, left int) {
		row := high[y] / totalH[inWork/(p.WorkW*c)]
		for i, v := range tiles[inTiles : inTiles+p.TileW*c] {
			joined[inWork+i] += row * wide[i/c] / totalW[left+i/c] * v
		}
	})
	return Resize(joined, p.WorkH, p.WorkW, c, p.H, p.W)
}

// window are the weights along a side of n pixels.
func window(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		s := math.Sin(math.Pi * (float64(i) + 0.5) / float64(n))
		w[i] = s * s
	}
	return w
}

// total is the sum of the weights of the tiles that begin there, at each pixel of a side.
func total(window []float64, starts []int, side int) []float64 {
	sum := make([]float64, side)
	for _, at := range starts {
		for i, w := range window {
			sum[at+i] += w
		}
	}
	return sum
}

// check panics where a slice has another length than it should.
func check(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("tile: %s: %d numbers, expected %d", what, got, want))
	}
}
