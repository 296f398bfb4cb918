package cli

import (
	"fmt"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// decodeOptions are the flags of decode.
type decodeOptions struct {
	coderFlags
	model.Interpolation
	In   string `flag:"in" help:"the npz file with the latents"`
	From string `flag:"from" help:"interpolate from this image"`
	To   string `flag:"to" help:"to this one"`
	Out  string `flag:"out" help:"write the grid or the strip here"`
	NPZ  string `flag:"npz" help:"write the images here, arr_0 uint8 [N,H,W,C], or points, float32 [N,D]"`
}

func newDecode() *cobra.Command {
	o := &decodeOptions{Interpolation: model.Interpolation{Steps: 10, Path: model.Paths.Names()[0]}, Out: "decoded.png"}
	cmd := &cobra.Command{
		Use:   "decode RUN --in z.npz | --from A.png --to B.png",
		Short: "Decode latents of an autoencoder to images",
		Long: `Decode latents by the autoencoder of a run of --arch vae or vae-mlp, or by the one
within a latent diffusion. --in is an npz file with z or, as encode writes it,
mean, float32 [N,z,h,w]. With --from and --to it interpolates: both images are
encoded, and --steps latents on the path between theirs are decoded as a strip;
spherical keeps to the length that latents have, linear is the straight line.`,
		Example: `  reverie decode runs/vae-1 --in z.npz --out grid.png --npz images.npz
  reverie decode runs/vae-1 --from a.png --to b.png --out strip.png`,
		Args:    exactly(1, "a run, checkpoint or model folder"),
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.check(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.with(cmd, args[0], o.run, output{"in", o.In}, output{"out", o.Out}, output{"npz", o.NPZ})
		},
	}
	o.add(cmd.Flags(), o, "size of --from and --to", "latents")
	return cmd
}

// check finds what the command line alone shows.
func (o *decodeOptions) check(cmd *cobra.Command) error {
	switch images := o.From != "" || o.To != ""; {
	case images == (o.In != ""):
		return usagef("give either latents by --in, or two images by --from and --to")
	case images:
		return missing(output{"from", o.From}, output{"to", o.To})
	}
	return refuseUnused(cmd.Flags(), []string{"steps", "path", "resolution", "max-pixels"}, "--from and --to", "these are latents")
}

// run decodes, and writes the picture and, if asked for, the images.
func (o *decodeOptions) run(cmd *cobra.Command, a *model.Autoencoder) (err error) {
	var codes model.Codes
	if o.In != "" {
		codes, err = readNPZ(o.In, func(z *checkpoint.NPZ) (model.Codes, error) { return a.ReadCodes(z, o.batch) })
	} else {
		o.Height, o.Width, o.Batch = o.resolution.H, o.resolution.W, o.batch
		codes, err = a.Interpolate(cmd.Context(), o.Interpolation, func(k kind.Kind) ([]float32, error) {
			return readImages(cmd, k, o.maxPixels, output{"from", o.From}, output{"to", o.To})
		})
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), a.Describe())
	x, h, w, err := a.DecodeCodes(cmd.Context(), codes.Mean, codes.N, codes.H, codes.W, o.batch)
	if err != nil {
		return err
	}
	k, layout, text := a.Kind().Sized(h, w), picture.Layout{}, madeBy(a.Found.Model)
	if o.From != "" {
		layout.Columns = codes.N
		text = append(text, picture.Text{Key: "from, to", Value: o.From + ", " + o.To}, picture.Text{Key: "path", Value: o.Path})
	}
	if err := wrote(cmd, o.Out, picture.Write(o.Out, picture.Sheet(x, k, layout), text...)); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s of %dx%d\n", english.Plural(codes.N, "image", ""), h, w)
	return writeArray(cmd, o.NPZ, "arr_0", picture.Array(x, k))
}
