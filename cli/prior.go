package cli

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/spf13/cobra"
)

// samplePrior draws images from an autoencoder: latents from the prior N(0, I),
// decoded.
func (o *sampleOptions) samplePrior(cmd *cobra.Command, e *engine.Engine, path string) error {
	if err := refuseUnused(cmd.Flags(), append(solverNames(), "batchnorm", "strip", "gif", "from"), "a diffusion", path+" is an autoencoder, of which one decoding of the prior draws"); err != nil {
		return err
	}
	a, err := model.LoadAutoencoder(e, path, o.raw)
	if err != nil {
		return err
	}
	defer a.Free()
	height, width, err := sizeOf(a, o.resolution)
	if err != nil {
		return err
	}
	k := a.Kind().Sized(height, width)
	switch {
	case o.csv != "" && !k.Vector():
		return usagef("--csv is for points, and %s draws %s; give --npz", path, k.Noun(2))
	case o.dir != "" && !k.Pictorial():
		return usagef("--dir is for images, and %s draws %s; give --csv or --npz", path, k.Noun(2))
	case o.n == 0 && k.View() == kind.Scatter:
		o.n = 1000
	case o.n == 0:
		o.n = 16
	}
	if err := o.load(o.n, o.batch, height, width, k.C, coderOf(a, height, width)).check(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%s, seed %d: the prior, decoded\n", describeAutoencoder(a), what(k, o.n), o.seed)
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: a.Found.Model}, {Key: "drawn from", Value: "the prior"},
		{Key: "seed", Value: fmt.Sprint(o.seed)}, {Key: "images", Value: fmt.Sprint(o.n)}, {Key: "first", Value: fmt.Sprint(o.first)}, {Key: "size", Value: fmt.Sprintf("%dx%d", height, width)},
	}
	if o.dir != "" {
		if err := makeFolder("dir", o.dir); err != nil {
			return err
		}
	}
	began := time.Now()
	x, err := o.decodePrior(cmd.Context(), a, k, text)
	if err != nil {
		return err
	}
	spent := time.Since(began)
	names := o.names(cmd.OutOrStdout(), cmd.ErrOrStderr())
	grid := func() image.Image { return picture.Sheet(x, k, picture.Layout{}) }
	if err := o.write(cmd.OutOrStdout(), names, a.Found.Run, grid, nil, text); err != nil {
		return err
	}
	if err := o.writeArrays(names, x, k); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "took %s, %.3f s an image\n", took(spent), spent.Seconds()/float64(o.n))
	return nil
}

// decodePrior decodes the images batch by batch, writes each to its file where that is asked for, and returns them all where they are needed.
func (o *sampleOptions) decodePrior(ctx context.Context, a *model.Autoencoder, k kind.Kind, text []picture.Text) (all []float32, err error) {
	h, w, z := a.Net.Latent(k.H, k.W)
	for done := 0; done < o.n; done += o.batch {
		first, n := o.first+done, min(o.batch, o.n-done)
		noise := model.PriorFrom(random.Stream{Seed: o.seed, Domain: random.Sampling, Sample: uint64(first)}, n, h, w, z)
		x, _, _, err := a.DecodeCodes(ctx, noise, n, h, w, n)
		if err == nil && o.dir != "" {
			err = o.writeSingles(first, x, k, text)
		}
		if err != nil {
			return nil, err
		}
		if o.gridWanted() || o.npz != "" {
			all = append(all, x...)
		}
	}
	return all, nil
}
