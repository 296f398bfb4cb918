package examine

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/app/anomaly/baseline"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/model"
)

// Cut says how images are cut for what takes no steps, and summed up.
type Cut struct {
	Height, Width int // of a tile
	Batch         int // tiles that are mapped at once; 0: 16
	Tile          tile.Options
	Summing
}

// usualBatch is the usual size of a batch.
const usualBatch = 16

// cutter cuts so, tiles of c channels.
func (o Cut) cutter(c int) cutter {
	return cutter{shape: edit.Shape{H: o.Height, W: o.Width, C: c}, batch: cmp.Or(o.Batch, usualBatch), tile: o.Tile, Summing: o.filled()}
}

// An Autoencoded is a Finder by what an autoencoder of healthy images does not return (Baur et al.
// 2021, Medical Image Analysis 69, compares such):
//
//	healed = decode(mean of q(z|x)),   map = |x - healed|
//
// Nothing is drawn.
type Autoencoded struct{ cutter }

// NewAutoencoded returns what examines images by an autoencoder. Where o has no Height the tiles
// are of the size that it was trained on. An error says which it does not take, and what needs more
// memory than there is.
func NewAutoencoded(a *model.Autoencoder, o Cut) (*Autoencoded, error) {
	if k := a.Kind(); !k.Pictorial() {
		return nil, fmt.Errorf("examine: images are examined, and the autoencoder is of %s", k.Noun(2))
	}
	k, err := a.KindAt(o.Height, o.Width)
	if err != nil {
		return nil, fmt.Errorf("examine: %w", err)
	}
	o.Height, o.Width = k.H, k.W
	e := &Autoencoded{o.cutter(k.C)}
	if err := e.check(); err != nil {
		return nil, err
	}
	if err := a.CheckEncoding(k, e.batch, e.batch); err != nil {
		return nil, fmt.Errorf("examine: %w", err)
	}
	e.find = func(ctx context.Context, _ int, tiles []float32) (all made, err error) {
		codes, err := a.EncodeImages(ctx, tiles, len(tiles)/k.Size(), k.H, k.W, e.batch)
		if err != nil {
			return all, err
		}
		back, _, _, err := a.DecodeCodes(ctx, codes.Mean, codes.N, codes.H, codes.W, e.batch)
		if err != nil {
			return all, err
		}
		all = made{maps: make([]float64, len(tiles)), healed: make([]float64, len(tiles))}
		for i, v := range back {
			all.healed[i] = float64(v)
			all.maps[i] = math.Abs(float64(tiles[i]) - all.healed[i])
		}
		return all, nil
	}
	return e, nil
}

// A Learned is a Finder by a baseline.
type Learned struct {
	cutter
	by baseline.Baseline
}

// NewLearned returns what examines images of so many channels by a baseline, in tiles of o's Height
// and Width. It has learned from images of that size, or does so by Fit.
func NewLearned(b baseline.Baseline, channels int, o Cut) (*Learned, error) {
	e := &Learned{o.cutter(channels), b}
	e.find = e.mapped
	return e, e.check()
}

// Fit has the baseline learn from healthy images, from the tiles that Each would make of them.
func (e *Learned) Fit(ctx context.Context, healthy Images) error {
	n, err := e.Tiles(healthy)
	if err != nil {
		return err
	}
	// the baselines that sort or sum up the numbers have them twice
	if err := memory.Check(fmt.Sprintf("learning from %d tiles of %v", n, e.shape), memory.Product(n, e.shape.Size(), 4, 2), "give fewer healthy images, or have them made small in place of cut"); err != nil {
		return fmt.Errorf("examine: %w", err)
	}
	all := make([][]float32, 0, n)
	for i := range healthy.Len() {
		_, tiles, err := e.cut(ctx, healthy, i)
		if err != nil {
			return err
		}
		for size := e.shape.Size(); len(tiles) > 0; tiles = tiles[size:] {
			all = append(all, tiles[:size:size])
		}
	}
	return e.by.Fit(all, e.shape.C)
}

// mapped maps tiles.
func (e *Learned) mapped(ctx context.Context, _ int, tiles []float32) (all made, err error) {
	healer, heals := e.by.(baseline.Healer)
	for size := e.shape.Size(); len(tiles) > 0; tiles = tiles[size:] {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		m, err := e.by.Map(tiles[:size])
		if err != nil {
			return all, err
		}
		all.maps = append(all.maps, m...)
		if !heals {
			continue
		}
		if m, err = healer.Heal(tiles[:size]); err != nil {
			return all, err
		}
		all.healed = append(all.healed, m...)
	}
	return all, nil
}
