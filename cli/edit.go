package cli

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// editOptions are the flags of edit.
type editOptions struct {
	solverFlags
	editing
	fields              []*table.Field // of editing
	way                 *editWay
	n, batch, maxPixels int
	seed                uint64
	raw, best           bool
	resolution          data.Size
	class               string
	out, gif, backend   string
}

// editing are the settings of an edit. Those of one of the ways, and of no other, say so by a tag.
type editing struct {
	Strength   float64        `flag:"strength" range:"(0,1]" help:"noise the images to this share of the steps, and sample on from there" way:"strength"`
	Invert     bool           `flag:"invert" help:"find the noise that the images come from, sample again, and say how exactly they came back" way:"invert"`
	To         string         `flag:"to" optional:"true" help:"go from the image to this one, between the noises that both come from" way:"to"`
	Frames     int            `flag:"frames" range:"[2,1024]" help:"images on the way, both ends included" way:"to"`
	Inversion  model.Inverter `flag:"inversion" of:"inversion" help:"how the noise is found" way:"invert,to"`
	Mask       string         `flag:"mask" optional:"true" help:"redraw what is white in this picture, of the image's size or the model's" way:"operator"`
	InvertMask bool           `flag:"invert-mask" help:"redraw what is black" way:"operator"`
	Operator   string         `flag:"operator" of:"operator" optional:"true" help:"what is known of the image: draw images of which it holds" way:"operator"`
	Measured   bool           `flag:"measured" help:"the images are what was measured, already small, blurred or grey" way:"operator"`
	Method     model.Method   `flag:"method" of:"method" help:"how images that agree with it are drawn" way:"operator"`
}

func newEdit() *cobra.Command {
	o := &editOptions{editing: editing{Strength: 0.5, Frames: 10, Inversion: table.Copy(model.Inversions.Rows()[0]).(model.Inverter), Method: table.Copy(model.Methods.Rows()[0]).(model.Method)}}
	cmd := &cobra.Command{
		Use:   "edit RUN IMAGE...",
		Short: "Change images by a trained model",
		Long: `Change images by a run, a checkpoint or an imported model, in one of four ways:
--strength noises them and samples on; --invert finds the noise that they come
from and samples again; --to goes from one image to another, between their
noises; --mask and --operator keep what is known of them, and draw the rest
anew: of a mask what is white, of down4 all that is finer than 4x4 pixels.

Images are fitted to the model's size as the run's own were. The picture shows
each image, what was known of it, and what became of it.`,
		Example: `  reverie edit runs/emoji-1 face.png --strength 0.4 -n 4
  reverie edit runs/emoji-1 face.png --mask hole.png --method repaint
  reverie edit runs/emoji-1 face.png --operator down4 -n 4
  reverie edit runs/emoji-1 face.png --to other.png --frames 12 --gif way.gif`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("edit takes a run, checkpoint or model folder, and then image files")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return editFunc(cmd, args[0], args[1:], o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.fields = table.All(&o.editing)
	for _, field := range o.fields {
		field.Group = "Editing"
		fieldVar(f, field)
	}
	numberVarP(f, &o.n, "n", "n", counts, 1, "images drawn of each, by --strength and --operator")
	f.StringVar(&o.class, "class", "", "draw what comes of the images of this class, of a model that knows classes (default: of none)")
	o.solverFlags.add(f)
	f.Uint64Var(&o.seed, "seed", 0, "seed of the noise")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	f.Var(&o.resolution, "resolution", "image size: 64, or HEIGHTxWIDTH (default: the run's)")
	maxPixelsVar(f, &o.maxPixels)
	numberVar(f, &o.batch, "batch", batches, 16, "images at once")
	f.StringVar(&o.out, "out", "edit.png", "write the picture here")
	f.StringVar(&o.gif, "gif", "", "write the way of --to here, as an animation")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

// options checks the command line and turns it into the model's options.
func (o *editOptions) options(cmd *cobra.Command, images int) (p model.Options, err error) {
	given := changed(o.fields, cmd.Flags())
	if err := table.Take(&o.editing, given); err != nil {
		return p, usage(err)
	}
	for _, check := range []func() error{
		func() error { return table.Check(&o.editing) }, o.solverFlags.check, func() error { return o.idle("") }, func() error { return o.choose(cmd, given, images) },
	} {
		if err := check(); err != nil {
			return p, usage(err)
		}
	}
	p = model.Options{Batch: o.batch, Seed: o.seed, Height: o.resolution.H, Width: o.resolution.W}
	return p, usage(o.fill(&p))
}

func editFunc(cmd *cobra.Command, path string, images []string, o *editOptions) error {
	p, err := o.options(cmd, len(images))
	if err != nil {
		return err
	}
	e, err := begin(o.backend, output{"out", o.out}, output{"gif", o.gif})
	if err != nil {
		return err
	}
	defer e.Close()
	if path, err = bestOf(path, o.best); err != nil {
		return err
	}
	m, err := model.Load(e, path, o.raw)
	if err != nil {
		return err
	}
	defer m.Close()
	t, err := o.task(cmd, m, p, images)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%s, seed %d: %s; solver %s, %s, clamp %s\n", m.Describe(), english.Plural(len(images), "image", ""), o.seed,
		strings.Join(o.said(), " "), t.options.Sampler(), english.Plural(t.options.Steps, "step", ""), t.options.Clamp)
	if err := sayGuides(cmd.ErrOrStderr(), m, t.options); err != nil {
		return err
	}
	shown, said, err := o.way.run(t)
	t.bar.done()
	if err != nil {
		return err
	}
	if err := picture.Write(o.out, shown, t.text()...); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), o.out)
	if o.gif != "" {
		if err := picture.WriteGIF(o.gif, t.frames); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), o.gif)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), said)
	return nil
}

// measurement is the operator for images of a size, with what of them is known.
func (o *editOptions) measurement(s edit.Shape, known []bool) (edit.Linear, error) {
	row, err := edit.Operators.Find(o.Operator)
	if err != nil {
		return nil, err
	}
	a, err := row.Of(s, known)
	if err != nil {
		return nil, fmt.Errorf("--operator %s: %w", o.Operator, err)
	}
	return a, nil
}
