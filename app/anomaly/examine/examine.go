// Package examine finds anomalies in images of any size by what knows images of one: a [Finder]
// cuts each image into tiles (package tile), maps them in batches, and joins what it finds. An
// [Examiner] has a method of package anomaly map them by a trained diffusion, an [Autoencoded] maps
// what an autoencoder does not return, and a [Learned] what a baseline of package baseline finds:
//
//	row, err := anomaly.Methods.New("recon")
//	e, err := examine.New(m.Model, row, examine.Options{Walk: model.Options{Seed: 1}})
//	err = e.Each(ctx, set, func(i int, f examine.Finding) error { ... })
//
// What is found in an image does not depend on the size of the batches. Where there is noise, it
// goes by the seed and by the number of the image's first tile among all.
package examine

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
)

// A Finder finds anomalies in images.
type Finder interface {
	// Each examines the images in their order, and calls f with each one's number and what is
	// found; an error of f ends it.
	Each(ctx context.Context, images Images, f func(i int, found Finding) error) error
}

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
	Healed []float32       // [H,W,C]: what the model would have instead of the image; nil: it has none
	Score  float64         // of the image, see Options.Share
	Levels []anomaly.Level // at which the image was noised
}

// Walk is how the model goes through the noise levels, with all that was left open.
func (e *Examiner) Walk() model.Options { return e.o.Walk }

// Uses are what the method has a use for, of such a model.
func (e *Examiner) Uses() anomaly.Uses { return anomaly.UsesOf(e.method) }

// find has the method map tiles.
func (e *Examiner) find(ctx context.Context, first int, tiles []float32) (all made, err error) {
	o := e.o.Walk
	o.First += first
	err = e.m.OnParts(ctx, o, tiles, func(p model.Part) error {
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
		all.add(space.Rows(found.Map), space.Rows(found.Healed), found.Levels)
		return nil
	})
	return all, err
}
