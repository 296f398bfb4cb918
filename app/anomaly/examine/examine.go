// Package examine maps anomalies of images of any size by a trained model: an [Examiner] cuts each
// image into tiles of the model's size (package tile), has a method of package anomaly examine them
// in batches, and joins what it finds:
//
//	row, err := anomaly.Methods.New("recon")
//	e, err := examine.New(m.Model, row, examine.Options{Walk: model.Options{Seed: 1}})
//	err = e.Each(ctx, set, func(i int, f examine.Finding) error { ... })
//
// What is found in an image depends on it, on the seed, and on the number of its first tile among
// all, which the noise goes by; not on the size of the batches.
package examine

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
)

// Images are what is examined, such as an images.Set.
type Images interface {
	Len() int
	// Size is the height and width of image i.
	Size(i int) (h, w int)
	// Read returns image i as [h,w,C] values in [-1,1], resized where that is not its size, of the
	// model's channels.
	Read(ctx context.Context, i, h, w int) ([]float32, error)
}

// A Finding is what is found in an image.
type Finding struct {
	Plan   tile.Plan       // how the image was cut
	Map    []float64       // [H,W] of the image: by how much each pixel departs, on average over the channels
	Healed []float32       // [H,W,C]: what the model would have instead of the image
	Score  float64         // of the image, see Options.Share
	Levels []anomaly.Level // at which the image was noised
}

// A part is an image whose tiles are under way.
type part struct {
	image int
	plan  tile.Plan
}

// A queue holds the tiles that wait for a batch, and what was found of those that do not.
type queue struct {
	parts   []part    // the images of the tiles, in their order
	waiting []float32 // tiles [..,h,w,C]
	done    int       // the tiles that were examined
	maps    []float64 // of tiles, [..,h,w]
	healed  []float64 // of tiles, [..,h,w,C]
	levels  []anomaly.Level
}

// Walk is how the model goes through the noise levels, with all that was left open.
func (e *Examiner) Walk() model.Options { return e.o.Walk }

// plan says how an image is cut.
func (e *Examiner) plan(images Images, i int) (tile.Plan, error) {
	h, w := images.Size(i)
	return tile.New(h, w, e.shape.H, e.shape.W, e.o.Tile)
}

// Tiles is how many tiles there are of all images. An error says which size cannot be cut.
func (e *Examiner) Tiles(images Images) (n int, err error) {
	for i := range images.Len() {
		plan, err := e.plan(images, i)
		if err != nil {
			return 0, err
		}
		n += plan.Tiles()
	}
	return n, nil
}

// Each examines the images in their order, and calls f with each one's number and what is found; an
// error of f ends it.
func (e *Examiner) Each(ctx context.Context, images Images, f func(i int, found Finding) error) error {
	q, size := new(queue), e.shape.Size()
	for i := range images.Len() {
		plan, err := e.plan(images, i)
		if err != nil {
			return err
		}
		x, err := images.Read(ctx, i, plan.WorkH, plan.WorkW)
		if err != nil {
			return err
		}
		q.parts = append(q.parts, part{i, plan})
		q.waiting = append(q.waiting, plan.Cut(x, e.shape.C)...)
		if tiles := len(q.waiting) / size; tiles >= e.o.Walk.Batch {
			if err := e.examine(ctx, q, tiles-tiles%e.o.Walk.Batch); err != nil {
				return err
			}
		}
		if err := e.tell(q, f); err != nil {
			return err
		}
	}
	if len(q.waiting) > 0 {
		if err := e.examine(ctx, q, len(q.waiting)/size); err != nil {
			return err
		}
	}
	return e.tell(q, f)
}

// examine examines the first n of the tiles that wait.
func (e *Examiner) examine(ctx context.Context, q *queue, n int) error {
	o := e.o.Walk
	o.First += q.done
	err := e.m.OnParts(ctx, o, q.waiting[:n*e.shape.Size()], func(p model.Part) error {
		encoder, err := p.Denoiser(e.encode)
		if err != nil {
			return err
		}
		found, err := e.method.Find(ctx, anomaly.Setup[X]{
			Run: p.Run, Solver: o.Solver, Grid: p.Grid, Clamp: p.Clamp, Shape: e.shape, Hook: p.Hook,
			Encoder: encoder, Inverter: e.o.Inverter, Fill: e.o.Fill,
		}, p.X)
		if err != nil {
			return err
		}
		defer engine.Free(found.Map, found.Healed)
		space := p.Run.Space.(reverie.Rower[X]) // the method has asked
		for _, row := range space.Rows(found.Map) {
			q.maps = append(q.maps, means(row, e.shape.C)...)
		}
		for _, row := range space.Rows(found.Healed) {
			q.healed = append(q.healed, row...)
		}
		q.levels = found.Levels
		return nil
	})
	q.waiting, q.done = append([]float32(nil), q.waiting[n*e.shape.Size():]...), q.done+n
	return err
}

// means are the means over c channels.
func means(row []float64, c int) []float64 {
	mean := make([]float64, len(row)/c)
	for i, v := range row {
		mean[i/c] += v / float64(c)
	}
	return mean
}

// tell calls f with what is found of the images all of whose tiles were examined.
func (e *Examiner) tell(q *queue, f func(i int, found Finding) error) error {
	pixels := e.shape.H * e.shape.W
	for len(q.parts) > 0 {
		p := q.parts[0]
		n := p.plan.Tiles() * pixels
		if len(q.maps) < n {
			return nil
		}
		found := Finding{Plan: p.plan, Map: p.plan.Join(q.maps[:n], 1), Levels: q.levels}
		found.Healed = score.Rounded(p.plan.Join(q.healed[:n*e.shape.C], e.shape.C))
		q.parts, q.maps, q.healed = q.parts[1:], q.maps[n:], q.healed[n*e.shape.C:]
		var err error
		if found.Score, err = score.TopMean(score.Rounded(found.Map), e.o.Share); err != nil {
			return err
		}
		if err := f(p.image, found); err != nil {
			return err
		}
	}
	return nil
}
