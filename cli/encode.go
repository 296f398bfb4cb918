package cli

import (
	"cmp"
	"errors"
	"fmt"
	"image"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// encodeOptions are the flags of encode.
type encodeOptions struct {
	out, reconstruct, backend string
	heldOut, raw              bool
	resolution                data.Size
	batch, maxPixels          int
	seed                      uint64
}

func newEncode() *cobra.Command {
	o := new(encodeOptions)
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
		RunE: func(cmd *cobra.Command, args []string) error { return encodeFunc(cmd, args[0], args[1:], o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.out, "out", "latents.npz", "write the latents here")
	f.StringVar(&o.reconstruct, "reconstruct", "", "write images over their reconstructions here")
	f.BoolVar(&o.heldOut, "held-out", false, "only the images that the run held out")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.Var(&o.resolution, "resolution", "image size: 64, or HEIGHTxWIDTH (default: the run's)")
	maxPixelsVar(f, &o.maxPixels)
	numberVar(f, &o.batch, "batch", batches, 32, "images at once")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the draws that the bound takes")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

func encodeFunc(cmd *cobra.Command, path string, roots []string, o *encodeOptions) error {
	if o.heldOut && len(roots) > 0 {
		return usagef("--held-out means the run's own images; leave out %s", roots[0])
	}
	outs := []output{{"out", o.out}, {"reconstruct", o.reconstruct}}
	if err := checkNames(outs...); err != nil {
		return err
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := checkWritable(outs...); err != nil {
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
	h, w, err := sizeOf(a, o.resolution)
	if err != nil {
		return err
	}
	if err := o.load(a, 1, h, w).check(); err != nil { // before any is read
		return err
	}
	set, err := o.open(cmd, a, roots, h, w)
	if err != nil {
		return err
	}
	defer set.Close()
	if err := o.load(a, set.Len(), h, w).check(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%v\n", describeAutoencoder(a), set)
	return o.encode(cmd, a, set)
}

// load is what encoding n images takes: of each mean and log variance are kept, as they are, as
// they grow and as they are written.
func (o *encodeOptions) load(a *model.Autoencoder, n, h, w int) load {
	const copies = 3
	return load{images: n, h: h, w: w, batch: o.batch, network: coderOf(a, h, w), held: 2 * copies * floats(a.Net.Latent(h, w)), fewer: "encode fewer images at a time"}
}

// open opens the images: the roots', or the run's own.
func (o *encodeOptions) open(cmd *cobra.Command, a *model.Autoencoder, roots []string, h, w int) (*data.Set, error) {
	var own *config.Run
	if a.Found.Run != "" {
		var err error
		if own, err = config.Read(a.Found.Run); err != nil {
			return nil, err
		}
	}
	roots, err := source.Resolve(roots)
	if err != nil {
		return nil, err
	}
	c := &config.Run{Sources: config.Sources{Data: roots, Images: config.Images{Crop: "none", Cache: 1024}}}
	switch {
	case len(roots) == 0 && own == nil:
		return nil, fmt.Errorf("%s is no part of a run folder, which would say what its images are; give DATA", a.Found.Model)
	case len(roots) == 0:
		c = own
	case !c.Kind().Pictorial() && own != nil && !own.Kind().Pictorial(): // in the units in which it was trained
		own.From = roots
		return own.OpenFrom(cmd.Context(), nil)
	}
	_, c.ImageChannels = a.Net.Channels()
	c.MaxPixels = cmp.Or(o.maxPixels, c.MaxPixels)
	c.Resolution = data.Size{H: h, W: w}
	set, _, err := openData(cmd, c)
	if err != nil {
		return nil, err
	}
	if gh, gw, channels := set.Shape(); gh != h || gw != w || channels != c.ImageChannels {
		return nil, errors.Join(fmt.Errorf("the data are %dx%dx%d, and the autoencoder takes %dx%dx%d", gh, gw, channels, h, w, c.ImageChannels), set.Close())
	}
	if o.heldOut {
		if set = set.Val(); set.Len() == 0 {
			return nil, errors.Join(errors.New("the run held out no images; leave out --held-out, or train with --val"), set.Close())
		}
	}
	return set, nil
}

// pairsShown is how many images a picture of reconstructions has at most.
const pairsShown = 16

// pointsShown is how many points.
const pointsShown = 2000

// encode encodes the set, batch by batch, and writes what was asked for.
func (o *encodeOptions) encode(cmd *cobra.Command, a *model.Autoencoder, set *data.Set) error {
	var codes model.Codes
	q := model.NewQuality(a, set.Kind(), o.seed)
	var shown, made []float32
	bar := newBar(cmd.ErrOrStderr(), set.Len(), "encoding")
	defer bar.done()
	h, w, c := set.Shape()
	most := pairsShown
	if set.Kind().View() == kind.Scatter {
		most = pointsShown
	}
	for b, err := range set.All(cmd.Context(), o.batch) {
		if err != nil {
			return err
		}
		part, err := a.EncodeImages(cmd.Context(), b.X, b.N, h, w, o.batch)
		if err != nil {
			return err
		}
		x, _, _, err := a.DecodeCodes(cmd.Context(), part.Mean, part.N, part.H, part.W, o.batch)
		if err != nil {
			return err
		}
		if err := q.Add(cmd.Context(), b.X, x); err != nil {
			return err
		}
		if k := min(b.N, most-len(shown)/(h*w*c)); k > 0 {
			shown, made = append(shown, b.X[:k*h*w*c]...), append(made, x[:k*h*w*c]...)
		}
		part.Mean, part.LogVar = append(codes.Mean, part.Mean...), append(codes.LogVar, part.LogVar...)
		part.N += codes.N
		codes = part
		bar.add(b.N)
	}
	bar.done()
	if err := codes.Write(o.out); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), o.out)
	if o.reconstruct != "" {
		text := []picture.Text{{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: a.Found.Model}, {Key: "first, then", Value: "data, their reconstructions"}}
		if err := picture.Write(o.reconstruct, pairs(shown, made, set.Kind()), text...); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), o.reconstruct)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s, latents %dx%dx%d, %.1f times fewer numbers; %v\n", english.Plural(codes.N, "image", ""), codes.H, codes.W, codes.C,
		float64(h*w*c)/float64(codes.H*codes.W*codes.C), qualityText(q))
	return nil
}

// pairs shows samples over their reconstructions, scatters beside theirs.
func pairs(x, y []float32, k kind.Kind) image.Image {
	if k.View() == kind.Scatter {
		return picture.Beside(picture.One(x, k), picture.One(y, k))
	}
	all := append(picture.Each(x, k), picture.Each(y, k)...)
	return picture.Grid(all, picture.Layout{Columns: len(all) / 2})
}

// qualityText is the means in a line.
func qualityText(q *model.Quality) string {
	return fmt.Sprintf("PSNR %.2f dB; bound %.4f bits/dim: log p(x|z) %.3f - KL %.3f nats", q.PSNR(), q.Bits(), q.Reconstruction(), q.KL())
}
