package train

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/vae"
)

// autoencoder is the network in training with the weights that would be sampled from, nil where it
// is no autoencoder.
func (t *Trainer) autoencoder() *model.Autoencoder {
	m, ok := t.learner.Net.(vae.Autoencoder)
	if !ok {
		return nil
	}
	return model.NewAutoencoder(t.engine, m, t.learner.State.Sampling(false))
}

// maxPairs is how many images a picture of reconstructions has at most.
const maxPairs = 16

// reconstructions draws images, held out where any are, over what the autoencoder makes of them.
func (t *Trainer) reconstructions(ctx context.Context, name string) error {
	set := t.val
	if set.Len() == 0 {
		set = t.train
	}
	n := min(set.Len(), max(t.Config.SampleN, 1), maxPairs)
	k := t.images.Kind()
	scatter := k.View() == kind.Scatter
	if scatter {
		n = min(set.Len(), trainingPoints)
	}
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	b, err := set.Load(ctx, at...)
	if err != nil {
		return err
	}
	a := t.autoencoder()
	defer a.Close()
	codes, err := a.EncodeImages(ctx, b.X, n, b.H, b.W, t.Config.Batch)
	if err != nil {
		return err
	}
	x, _, _, err := a.DecodeCodes(ctx, codes.Mean, n, codes.H, codes.W, t.Config.Batch)
	if err != nil {
		return err
	}
	where := "above, below"
	if scatter {
		where = "left, right"
	}
	return t.writePicture(name, picture.Pairs(b.X, x, k), picture.Text{Key: where, Value: "data, their reconstructions"}, picture.Text{Key: "held out", Value: fmt.Sprint(set == t.val)})
}

// priorGrid draws decoded latents of the prior.
func (t *Trainer) priorGrid(ctx context.Context, name string) error {
	c := t.Config
	if c.SampleN == 0 {
		return nil
	}
	a := t.autoencoder()
	defer a.Close()
	h, w, z := a.Net.Latent(c.Resolution.H, c.Resolution.W)
	seed := c.Seed + pictureSeed
	x, height, width, err := a.DecodeCodes(ctx, model.Prior(seed, c.SampleN, h, w, z), c.SampleN, h, w, c.Batch)
	if err != nil {
		return err
	}
	grid := picture.Sheet(x, t.images.Kind().Sized(height, width), picture.Layout{})
	return t.writePicture(name, grid, picture.Text{Key: "drawn from", Value: "the prior"}, picture.Text{Key: "noise seed", Value: fmt.Sprint(seed)})
}
