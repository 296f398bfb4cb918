package main

import (
	"context"
	"fmt"
	"image"

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
		rows := names
		if len(blocks) > 0 {
			rows = make([]string, len(names)) // they stand before the first block
		}
		blocks = append(blocks, picture.Titled(picture.Rows(x, m.Kind, g.each, rows, picture.Layout{Scale: 1}), fmt.Sprintf("gamma %g", gamma)))
	}
	return picture.Write(g.path, picture.Beside(blocks...), picture.Text{Key: "model", Value: m.Found.Model})
}
