package main

import (
	"context"
	"fmt"
	"image"
	"image/draw"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/model"
)

// A grid is samples of every class, a row each, the same noise at each gamma.
type grid struct {
	path   string
	each   int // samples of a class
	gammas []float64
}

// draw draws it into a PNG file.
func (g grid) draw(ctx context.Context, m *model.Loaded) error {
	names := m.Kind.ClassNames()
	var blocks []image.Image
	for _, gamma := range g.gammas {
		o := model.Options{N: len(names) * g.each, Batch: 64, Seed: 1}
		o.Guides = []model.Guide{&guide.ClassifierFreeGuide[*tensors.Tensor]{Strength: guide.Strength{Guidance: gamma}}}
		for i := range o.N {
			o.Class = append(o.Class, i/g.each)
		}
		x, err := m.Sample(ctx, o)
		if err != nil {
			return fmt.Errorf("gamma %g: %w", gamma, err)
		}
		block, layout := image.Image(nil), picture.Layout{Columns: g.each, Scale: 2}
		if len(blocks) == 0 {
			block = picture.Rows(x, m.Kind, g.each, names, layout)
		} else {
			block = picture.Grid(picture.Each(x, m.Kind), layout)
		}
		blocks = append(blocks, picture.Titled(block, fmt.Sprintf("gamma %g", gamma)))
	}
	return picture.Write(g.path, joined(blocks), picture.Text{Key: "model", Value: m.Found.Model})
}

// joined puts pictures of one height side by side.
func joined(blocks []image.Image) image.Image {
	const gap = 8
	size := image.Pt(-gap, blocks[0].Bounds().Dy())
	for _, b := range blocks {
		size.X += gap + b.Bounds().Dx()
	}
	dst := image.NewNRGBA(image.Rectangle{Max: size})
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	at := image.Point{}
	for _, b := range blocks {
		draw.Draw(dst, b.Bounds().Add(at), b, b.Bounds().Min, draw.Src)
		at.X += gap + b.Bounds().Dx()
	}
	return dst
}
