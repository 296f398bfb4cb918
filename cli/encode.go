package cli

import (
	"errors"
	"fmt"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

// encodeOptions are the flags of encode.
type encodeOptions struct {
	coderFlags
	Out         string `flag:"out" help:"write the latents here"`
	Reconstruct string `flag:"reconstruct" help:"write images over their reconstructions here"`
	HeldOut     bool   `flag:"held-out" help:"only the images that the run held out"`
	Seed        uint64 `flag:"seed" help:"seed of the draws that the bound takes"`
}

func newEncode() *cobra.Command {
	o := &encodeOptions{Out: "latents.npz"}
	cmd := &cobra.Command{
		Use:   "encode RUN [DATA...]",
		Short: "Encode images as latents of an autoencoder",
		Long: `Encode images by the autoencoder of a run of --arch vae or vae-mlp, or by the one
within a latent diffusion. DATA are folders of images; without it, the run's own
images. Into --out go mean and logvar of q(z|x), float32 [N,z,h,w], in the order
of the images: decode reads them. --reconstruct pictures images over what the
autoencoder makes of them, and the last line says how near that comes and what
the bound is.`,
		Example: `  reverie encode runs/vae-1 ~/photos --out z.npz
  reverie encode runs/vae-1 --held-out --reconstruct pairs.png`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("encode takes a run, checkpoint or model folder, and then folders of images")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.HeldOut && len(args) > 1 {
				return usagef("--held-out means the run's own images; leave out %s", args[1])
			}
			run := func(cmd *cobra.Command, a *model.Autoencoder) error { return o.run(cmd, a, args[1:]) }
			return o.with(cmd, args[0], run, output{"out", o.Out}, output{"reconstruct", o.Reconstruct})
		},
	}
	o.add(cmd.Flags(), o, "image size", "images")
	return cmd
}

// run encodes the images of names and writes what was asked for.
func (o *encodeOptions) run(cmd *cobra.Command, a *model.Autoencoder, names []string) error {
	set, err := o.open(cmd, a, names)
	if err != nil {
		return err
	}
	defer set.Close()
	if err := a.CheckEncoding(set.Kind(), set.Len(), o.batch); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%v\n", a.Describe(), set)
	coding := model.NewCoding(a, set.Kind(), o.Seed)
	bar := newBar(cmd.ErrOrStderr(), set.Len(), "encoding")
	defer bar.done()
	for b, err := range set.All(cmd.Context(), o.batch) {
		if err != nil {
			return err
		}
		if err := coding.Add(cmd.Context(), b.X); err != nil {
			return err
		}
		bar.add(b.N)
	}
	bar.done()
	if err := wrote(cmd, o.Out, coding.Codes.Write(o.Out)); err != nil {
		return err
	}
	if o.Reconstruct != "" {
		text := append(madeBy(a.Found.Model), picture.Text{Key: "first, then", Value: "data, their reconstructions"})
		if err := wrote(cmd, o.Reconstruct, picture.Write(o.Reconstruct, coding.Picture(), text...)); err != nil {
			return err
		}
	}
	fmt.Fprintln(cmd.ErrOrStderr(), coding)
	return nil
}

// open opens the images of names, or the run's own, of which there must be memory to encode one.
func (o *encodeOptions) open(cmd *cobra.Command, a *model.Autoencoder, names []string) (*data.Set, error) {
	k, err := a.KindAt(o.resolution.H, o.resolution.W)
	if err != nil {
		return nil, err
	}
	if err := a.CheckEncoding(k, 1, o.batch); err != nil {
		return nil, err
	}
	bar := newBar(cmd.ErrOrStderr(), -1, "reading data")
	set, err := train.OpenCoded(cmd.Context(), a, train.Coded{Names: names, Size: data.Size{H: k.H, W: k.W}, MaxPixels: o.maxPixels, Progress: bar.set})
	bar.done()
	if err != nil {
		return nil, err
	}
	writeSkipped(cmd.ErrOrStderr(), set.Skipped())
	writeNotes(cmd.ErrOrStderr(), set.Remarks())
	if !o.HeldOut {
		return set, nil
	}
	if held := set.Val(); held.Len() > 0 {
		return held, nil
	}
	return nil, errors.Join(errors.New("the run held out no images; leave out --held-out, or train with --val"), set.Close())
}
