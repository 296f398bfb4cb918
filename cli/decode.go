package cli

import (
	"fmt"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// decodeOptions are the flags of decode.
type decodeOptions struct {
	in, from, to, path string
	out, npz, backend  string
	steps, batch       int
	maxPixels          int
	raw                bool
	resolution         data.Size
	fromImages         bool
}

func newDecode() *cobra.Command {
	o := new(decodeOptions)
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
		Args: exactly(1, "a run, checkpoint or model folder"),
		RunE: func(cmd *cobra.Command, args []string) error { return decodeFunc(cmd, args[0], o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.in, "in", "", "the npz file with the latents")
	f.StringVar(&o.from, "from", "", "interpolate from this image")
	f.StringVar(&o.to, "to", "", "to this one")
	numberVar(f, &o.steps, "steps", within(2, 1024), 10, "images of the strip, both ends included")
	f.StringVar(&o.path, "path", model.Paths.Names()[0], oneOf("way between two latents", model.Paths.Names()))
	f.Var(&o.resolution, "resolution", "size of --from and --to: 64, or HEIGHTxWIDTH (default: the run's)")
	f.StringVar(&o.out, "out", "decoded.png", "write the grid or the strip here")
	f.StringVar(&o.npz, "npz", "", "write the images here, arr_0 uint8 [N,H,W,C], or points, float32 [N,D]")
	maxPixelsVar(f, &o.maxPixels)
	numberVar(f, &o.batch, "batch", batches, 32, "latents at once")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

// check finds what the command line alone shows.
func (o *decodeOptions) check(cmd *cobra.Command) error {
	o.fromImages = o.from != "" || o.to != ""
	switch {
	case o.in == "" && !o.fromImages:
		return usagef("give latents by --in, or two images by --from and --to")
	case o.in != "" && o.fromImages:
		return usagef("--in has latents, and --from and --to have images; give one or the other")
	case o.fromImages && (o.from == "" || o.to == ""):
		return usagef("--from and --to go together: a strip has two ends")
	}
	if !o.fromImages {
		if err := refuseUnused(cmd.Flags(), []string{"steps", "path", "resolution", "max-pixels"}, "--from and --to", "these are latents"); err != nil {
			return err
		}
	}
	if _, err := model.Paths.Find(o.path); err != nil {
		return usage(err)
	}
	return checkNames(output{"in", o.in}, output{"out", o.out}, output{"npz", o.npz})
}

func decodeFunc(cmd *cobra.Command, path string, o *decodeOptions) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := checkWritable(output{"out", o.out}, output{"npz", o.npz}); err != nil {
		return err
	}
	a, err := loadAutoencoder(e, path, o.raw)
	if err != nil {
		return err
	}
	defer a.Free()
	if err := refusePoints(cmd, a); err != nil {
		return err
	}
	read := o.read
	if o.fromImages {
		read = o.between
	}
	codes, err := read(cmd, a)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), describeAutoencoder(a))
	x, h, w, err := a.DecodeCodes(cmd.Context(), codes.Mean, codes.N, codes.H, codes.W, o.batch)
	if err != nil {
		return err
	}
	return o.write(cmd, a, x, h, w)
}

// read reads the latents of --in.
func (o *decodeOptions) read(_ *cobra.Command, a *model.Autoencoder) (c model.Codes, err error) {
	z, err := checkpoint.OpenNPZ(o.in)
	if err != nil {
		return c, inputError("in", o.in, err)
	}
	defer z.Close()
	c, h, w, err := a.ReadCodes(z)
	if err != nil || h == 0 {
		return c, err
	}
	if err := o.load(a, c.N, h, w, "decode fewer latents").check(); err != nil {
		return c, fmt.Errorf("%s: %w", o.in, err)
	}
	return c, nil
}

// load is what decoding n images takes.
func (o *decodeOptions) load(a *model.Autoencoder, n, h, w int, fewer string) load {
	_, c := a.Net.Channels()
	return load{images: n, h: h, w: w, batch: o.batch, network: coderOf(a, h, w), held: floats(h, w, c) + shown(h, w) + levels(h, w, c), fewer: fewer}
}

// between encodes --from and --to and walks from one latent to the other.
func (o *decodeOptions) between(cmd *cobra.Command, a *model.Autoencoder) (c model.Codes, err error) {
	h, w, err := sizeOf(a, o.resolution)
	if err != nil {
		return c, err
	}
	if err := o.load(a, o.steps, h, w, "give fewer --steps or a smaller --resolution").check(); err != nil {
		return c, err
	}
	channels, _ := a.Net.Channels()
	var ends []float32
	for _, f := range []struct{ flag, path string }{{"from", o.from}, {"to", o.to}} {
		x, notes, err := data.ReadImage(cmd.Context(), f.path, data.Options{Height: h, Width: w, Channels: channels, MaxPixels: int64(o.maxPixels)})
		if err != nil {
			return c, inputError(f.flag, f.path, err)
		}
		writeImageNotes(cmd.ErrOrStderr(), f.path, notes)
		ends = append(ends, x...)
	}
	if c, err = a.EncodeImages(cmd.Context(), ends, 2, h, w, 2); err != nil {
		return c, err
	}
	path, err := model.Paths.Find(o.path)
	return c.Walk(path, o.steps), err
}

// write writes the picture and, if asked for, the images.
func (o *decodeOptions) write(cmd *cobra.Command, a *model.Autoencoder, x []float32, h, w int) error {
	k := a.Kind().Sized(h, w)
	n := len(x) / k.Size()
	text := []picture.Text{{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: a.Found.Model}}
	var layout picture.Layout
	if o.fromImages {
		layout.Columns = n
		text = append(text, picture.Text{Key: "from, to", Value: o.from + ", " + o.to}, picture.Text{Key: "path", Value: o.path})
	}
	if err := picture.Write(o.out, picture.Sheet(x, k, layout), text...); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), o.out)
	if o.npz != "" {
		if err := checkpoint.WriteNPZ(nil, o.npz, checkpoint.NamedTensor{Key: "arr_0", Tensor: picture.Array(x, k)}); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), o.npz)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s of %dx%d\n", english.Plural(n, "image", ""), h, w)
	return nil
}
