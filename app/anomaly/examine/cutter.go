package examine

import (
	"cmp"
	"context"
	"fmt"

	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/edit"
)

// A cutter is a Finder by what maps tiles.
type cutter struct {
	shape edit.Shape // of a tile
	batch int        // tiles that are mapped at once
	tile  tile.Options
	Summing
	// find maps tiles [..,h,w,C], the first of that number among all.
	find func(ctx context.Context, first int, tiles []float32) (made, error)
}

// Summing says how maps are summed up.
type Summing struct {
	// Median is the side of the square, an odd number of pixels, around each of a map whose median
	// it becomes: what is odd of a pixel alone is noise more often than a lesion; 0: 5; 1: each
	// stays as it is.
	Median int
	// Share is the part of a map's numbers, the largest, of which the mean is the image's score; 0:
	// 0.01. See score.TopMean.
	Share float64
}

// The usual Summing, and the largest square.
const (
	usualMedian = 5
	mostMedian  = 31
	usualShare  = 0.01
)

// filled is s with what is usual.
func (s Summing) filled() Summing {
	return Summing{cmp.Or(s.Median, usualMedian), cmp.Or(s.Share, usualShare)}
}

// made is what was made of tiles.
type made struct {
	maps   []float64 // [..,h,w,C]
	healed []float64 // likewise; nil: none
	levels []anomaly.Level
}

// add adds tiles, a row each, or of healed none.
func (m *made) add(maps, healed [][]float64, levels []anomaly.Level) {
	for _, row := range maps {
		m.maps = append(m.maps, row...)
	}
	for _, row := range healed {
		m.healed = append(m.healed, row...)
	}
	m.levels = levels
}

// A part is an image whose tiles are under way.
type part struct {
	image int
	plan  tile.Plan
}

// A queue holds the tiles that wait for a batch, and what was made of those that do not.
type queue struct {
	parts   []part    // the images of the tiles, in their order
	waiting []float32 // tiles [..,h,w,C]
	done    int       // the tiles that were mapped
	made
}

// check says what does not do of how images are cut.
func (c *cutter) check() error {
	switch {
	case !(c.Share >= 0 && c.Share <= 1):
		return fmt.Errorf("examine: share %v of a map: expected from 0 to 1", c.Share)
	case c.Median < 1 || c.Median > mostMedian || c.Median%2 == 0:
		return fmt.Errorf("examine: the median of squares of %d pixels a side: expected an odd number from 1 to %d", c.Median, mostMedian)
	case c.batch < 1:
		return fmt.Errorf("examine: tiles in batches of %d: expected at least 1", c.batch)
	case min(c.shape.H, c.shape.W, c.shape.C) < 1:
		return fmt.Errorf("examine: tiles of %v: give the height and width of the tiles, which the model does not say", c.shape)
	}
	return nil
}

// plan says how an image is cut.
func (c *cutter) plan(images Images, i int) (tile.Plan, error) {
	h, w := images.Size(i)
	return tile.New(h, w, c.shape.H, c.shape.W, c.tile)
}

// cut are the tiles of an image.
func (c *cutter) cut(ctx context.Context, images Images, i int) (tile.Plan, []float32, error) {
	plan, err := c.plan(images, i)
	if err != nil {
		return plan, nil, err
	}
	x, err := images.Read(ctx, i, plan.WorkH, plan.WorkW)
	if err == nil && len(x) != plan.WorkH*plan.WorkW*c.shape.C {
		err = fmt.Errorf("examine: image %d was read as %d numbers: expected %d, of %dx%dx%d", i, len(x), plan.WorkH*plan.WorkW*c.shape.C, plan.WorkH, plan.WorkW, c.shape.C)
	}
	if err != nil {
		return plan, nil, err
	}
	return plan, plan.Cut(x, c.shape.C), nil
}

// Tiles is how many tiles there are of all images. An error says which size cannot be cut.
func (c *cutter) Tiles(images Images) (n int, err error) {
	for i := range images.Len() {
		plan, err := c.plan(images, i)
		if err != nil {
			return 0, err
		}
		n += plan.Tiles()
	}
	return n, nil
}

// Each implements Finder.
func (c *cutter) Each(ctx context.Context, images Images, f func(i int, found Finding) error) error {
	q, size := new(queue), c.shape.Size()
	for i := range images.Len() {
		plan, tiles, err := c.cut(ctx, images, i)
		if err != nil {
			return err
		}
		q.parts = append(q.parts, part{i, plan})
		q.waiting = append(q.waiting, tiles...)
		if n := len(q.waiting) / size; n >= c.batch {
			if err := c.examine(ctx, q, n-n%c.batch); err != nil {
				return err
			}
		}
		if err := c.tell(q, f); err != nil {
			return err
		}
	}
	if len(q.waiting) > 0 {
		if err := c.examine(ctx, q, len(q.waiting)/size); err != nil {
			return err
		}
	}
	return c.tell(q, f)
}

// examine maps the first n of the tiles that wait.
func (c *cutter) examine(ctx context.Context, q *queue, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	found, err := c.find(ctx, q.done, q.waiting[:n*c.shape.Size()])
	if err != nil {
		return err
	}
	q.maps, q.healed, q.levels = append(q.maps, found.maps...), append(q.healed, found.healed...), found.levels
	q.waiting, q.done = append([]float32(nil), q.waiting[n*c.shape.Size():]...), q.done+n
	return nil
}

// means are the means over c channels.
func means(row []float64, c int) []float64 {
	mean := make([]float64, len(row)/c)
	for i, v := range row {
		mean[i/c] += v / float64(c)
	}
	return mean
}

// tell calls f with what is found of the images all of whose tiles were mapped.
func (c *cutter) tell(q *queue, f func(i int, found Finding) error) (err error) {
	for len(q.parts) > 0 {
		p := q.parts[0]
		n := p.plan.Tiles() * c.shape.Size()
		if len(q.maps) < n {
			return nil
		}
		found := Finding{Plan: p.plan, Map: medians(p.plan.Join(means(q.maps[:n], c.shape.C), 1), p.plan.H, p.plan.W, c.Median), Levels: q.levels}
		q.parts, q.maps = q.parts[1:], q.maps[n:]
		if len(q.healed) > 0 {
			found.Healed, q.healed = score.Rounded(p.plan.Join(q.healed[:n], c.shape.C)), q.healed[n:]
		}
		if found.Score, err = score.TopMean(score.Rounded(found.Map), c.Share); err != nil {
			return err
		}
		if err := f(p.image, found); err != nil {
			return err
		}
	}
	return nil
}
