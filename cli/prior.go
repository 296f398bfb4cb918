package cli

import (
	"fmt"
	"time"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// samplePrior draws images from an autoencoder: latents from the prior N(0, I), decoded.
func (o *sampleOptions) samplePrior(cmd *cobra.Command, e *engine.Engine, path string, p model.Options) error {
	if err := refuseUnused(cmd.Flags(), append(solverNames(), "batchnorm", "strip", "gif", "from", "class"), "a diffusion", path+" is an autoencoder, of which one decoding of the prior draws"); err != nil {
		return err
	}
	a, err := model.LoadAutoencoder(e, path, o.raw)
	if err != nil {
		return err
	}
	defer a.Free()
	k, err := a.KindAt(o.resolution.H, o.resolution.W)
	if err != nil {
		return err
	}
	switch p.Height, p.Width = k.H, k.W; {
	case o.csv != "" && !k.Vector():
		return usagef("--csv is for points, and %s draws %s; give --npz", path, k.Noun(2))
	case o.dir != "" && !k.Pictorial():
		return usagef("--dir is for images, and %s draws %s; give --csv or --npz", path, k.Noun(2))
	case p.N == 0:
		p.N = usualNumber(k)
	}
	if err := o.load(p.N, p.Batch, p.Height, p.Width, k.C, coderOf(a, p.Height, p.Width)).Check(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%s, seed %d: the prior, decoded\n", a.Describe(), what(k, p.N), p.Seed)
	d, err := o.draws(k, a.Found.Run, []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: a.Found.Model}, {Key: "drawn from", Value: "the prior"},
		{Key: "seed", Value: fmt.Sprint(p.Seed)}, {Key: "images", Value: fmt.Sprint(p.N)}, {Key: "first", Value: fmt.Sprint(p.First)}, {Key: "size", Value: fmt.Sprintf("%dx%d", p.Height, p.Width)},
	})
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.Each(cmd.Context(), p, d.add); err != nil {
		return err
	}
	spent := time.Since(began)
	if err := d.write(cmd); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "took %s, %.3f s an image\n", took(spent), spent.Seconds()/float64(p.N))
	return nil
}

// solverNames are the names of the flags of solvers.
func solverNames() (names []string) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(solverFlags).add(f)
	f.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
