package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// sampleOptions are the flags of sample.
type sampleOptions struct {
	solverFlags
	n, first, batch                     int
	batchnorm                           string
	seed                                uint64
	raw, best, forward                  bool
	resolution                          data.Size
	from, out, strip, npz, csv, backend string
	dir, gif                            string

	class   []string
	classes classes
	far     *config.Ends // that start opened
	stems   []string     // of pairs: what the ends are called, by which the images are
}

func newSample() *cobra.Command {
	o := new(sampleOptions)
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Draw new images from a trained model",
		Long: `Draw new images from a run folder (its newest complete checkpoint), a checkpoint
folder or an imported model, with the averaged weights where there are any.

Without --solver and --steps it samples as the run was configured to. Image i
depends on --seed and i alone, not on -n, --batch or the number of threads; only
solver rk45 takes its steps by all images of a batch at once, so that with it an
image may differ, within the tolerance, with -n and --batch.

A model of speech in noise makes the recordings of --from clean, WAV and FLAC of
any rate, length and number of channels: WAV comes out, at the same rate and
loudness.`,
		Example: `  reverie sample runs/emoji-1
  reverie sample runs/emoji-1 -n 64 --solver ddim --steps 25 --seed 7
  reverie sample runs/cars-1 --strip strip.png --npz images.npz
  reverie sample runs/emoji-2 --class all -n 8
  reverie sample runs/emoji-2 --class all --classifier runs/emoji-3
  reverie sample runs/speech-1 --from noisy/ --dir clean/
  reverie sample runs/speech-1 --from noisy.flac --out clean.wav`,
		Args: exactly(1, "a run, checkpoint or model folder"),
		RunE: func(cmd *cobra.Command, args []string) error { return sampleFunc(cmd, args[0], o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	numberVarP(f, &o.n, "n", "n", counts, 0, "images (default 16) or points (default 1000)")
	numberVar(f, &o.first, "first", within(0, 1<<40), 0, "begin with the image of this number: alone unless -n says more, as it is among the others")
	f.StringSliceVar(&o.class, "class", nil, classHelp)
	o.solverFlags.add(f)
	f.StringVar(&o.from, "from", "", "of a flow between two data sets, or a model of pairs: start from these images or points (default: the run's held-out ones); of a model of speech clean these recordings, a folder, a file, or - for stdin")
	f.BoolVar(&o.forward, "forward", false, "of an unpaired bridge (train --bridge): from the data to the second set")
	f.StringVar(&o.batchnorm, "batchnorm", running, oneOf("statistics of BatchNorm, the running ones or each image's own", batchnorms))
	f.Uint64Var(&o.seed, "seed", 0, "seed of the noise")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	f.Var(&o.resolution, "resolution", "image size: 64, or HEIGHTxWIDTH (default: the run's)")
	numberVar(f, &o.batch, "batch", batches, 16, "images denoised at once")
	f.StringVar(&o.out, "out", "", "write the grid of images here, - for stdout (default: the next samples/sample-001.png of the run)")
	f.StringVar(&o.dir, "dir", "", "write each clean recording of --from, or each image to a file of its own in this folder, 000000.png and on, with the parameters that draw it")
	f.StringVar(&o.gif, "gif", "", "write the first images on their way out of the noise here, as an animation")
	f.StringVar(&o.strip, "strip", "", "write ten stages of the first image here")
	f.StringVar(&o.npz, "npz", "", "write the images here, arr_0 uint8 [N,H,W,C], or the points, float64 [N,D]; and their classes, arr_1 int64 [N], with their names, classes")
	f.StringVar(&o.csv, "csv", "", "write the points here, in the units of the data")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

// The values of --batchnorm.
const (
	running  = "eval"
	perImage = "batch"
)

var batchnorms = []string{running, perImage}

// options checks the command line and turns it into the model's options. What depends on the model
// is looked at once the model is read.
func (o *sampleOptions) options(cmd *cobra.Command) (p model.Options, err error) {
	for _, err := range []error{
		o.solverFlags.check(), o.idle(""), table.OneOf("batchnorm", o.batchnorm, batchnorms),
	} {
		if err != nil {
			return p, usage(err)
		}
	}
	if o.n == 0 && cmd.Flags().Changed("first") {
		o.n = 1
	}
	p = model.Options{N: o.n, First: o.first, Height: o.resolution.H, Width: o.resolution.W, Batch: o.batch, Seed: o.seed, Forward: o.forward}
	if o.batchnorm == perImage {
		p.Mode = net.PerImage
	}
	return p, usage(o.fill(&p))
}

func (o *sampleOptions) outputs() []output {
	return []output{{"out", o.out}, {"strip", o.strip}, {"npz", o.npz}, {"csv", o.csv}, {"gif", o.gif}}
}

// complete fills in what depends on the model, and checks it.
func (o *sampleOptions) complete(cmd *cobra.Command, p *model.Options, m *model.Loaded) (err error) {
	if err := refuseFor(cmd.Flags(), m); err != nil {
		return err
	}
	if err := needSize(*p, m); err != nil {
		return err
	}
	if size := m.Filled(*p); cmd.Flags().Changed("resolution") {
		if err := m.Check(size.Height, size.Width); err != nil {
			return fmt.Errorf("--resolution: %w", err)
		}
	}
	if o.csv != "" && !m.Kind.Vector() {
		return usagef("--csv is for points, and %s draws %s; give --npz", m.Found.Model, m.Kind.Noun(2))
	}
	if err := openClassifiers(m, *p); err != nil {
		return err
	}
	if err := o.classes.choose(cmd, p, m, o.class); err != nil {
		return err
	}
	if err := o.start(cmd, p, m); err != nil {
		return err
	}
	if p.N == 0 {
		if p.N = usualNumber(m.Kind); m.Kind.View() == kind.Scatter {
			p.Batch = max(p.Batch, p.N)
		}
	}
	if err := o.solverFlags.complete(p, m, m.Fits); err != nil {
		return err
	}
	if sample.HabitsOf(p.Solver, nil).Joint && cmd.Flags().Changed("first") {
		return usagef("--first: the steps of %s depend on all images of a batch, so that one alone differs from what it is among them; choose another --solver", sample.Name(p.Solver))
	}
	network := networkOf(m, p.Mode, p.Height, p.Width)
	if len(p.Guides) > 0 { // which may ask for two estimates at once
		network = func(n int) (int64, error) { return m.Memory(p.Mode, 2*n, p.Height, p.Width) }
	}
	return o.load(p.N, p.Batch, p.Height, p.Width, m.Kind.C, network).Check()
}

// load is what drawing n images takes: as they are drawn, in the grid and in the array.
func (o *sampleOptions) load(n, batch, h, w, c int, network func(int) (int64, error)) memory.Load {
	held := int64(0)
	if o.gridWanted() {
		held += memory.Shown(h, w)
	}
	if o.npz != "" {
		held += memory.Levels(h, w, c)
	}
	if held > 0 {
		held += 2 * memory.Floats(h, w, c) // as they are and as they grow
	}
	return memory.Load{Images: n, Height: h, Width: w, Batch: batch, Network: network, Held: held, Fewer: "give a smaller -n, or --dir, which holds a batch at a time"}
}

func sampleFunc(cmd *cobra.Command, path string, o *sampleOptions) error {
	p, err := o.options(cmd)
	if err != nil {
		return err
	}
	e, err := begin(o.backend, o.outputs()...)
	if err != nil {
		return err
	}
	defer e.Close()
	if path, err = bestOf(path, o.best); err != nil {
		return err
	}
	m, err := model.Load(e, path, o.raw)
	if errors.Is(err, model.ErrAutoencoder) {
		return o.samplePrior(cmd, e, path, p)
	}
	if err != nil {
		return err
	}
	defer m.Close()
	defer o.close()
	if o.cleans(m) {
		return o.clean(cmd, m, p)
	}
	if err := o.complete(cmd, &p, m); err != nil {
		return err
	}
	o.classes.options = p
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n%s, %sseed %d: solver %s, %s, clamp %s\n",
		m.Describe(), what(m.Kind.Sized(p.Height, p.Width), p.N), o.classes.said(), p.Seed, p.Sampler(), english.Plural(p.Steps, "step", ""), p.Clamp)
	if err := sayGuides(cmd.ErrOrStderr(), m, p); err != nil {
		return err
	}
	d, err := o.draws(m.Kind.Sized(p.Height, p.Width), m.Found.Run, o.parameters(m, p))
	if err != nil {
		return err
	}
	bar := newBar(cmd.ErrOrStderr(), p.Steps*((p.N+p.Batch-1)/p.Batch), "sampling")
	p.Hook = d.watch(m, p.Steps, func() { bar.add(1) })
	began := time.Now()
	err = m.Each(cmd.Context(), p, d.add)
	bar.done()
	if err != nil {
		return err
	}
	spent := time.Since(began)
	if err := d.write(cmd); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "took %s, %.2g s each\n", took(spent), spent.Seconds()/float64(p.N))
	return nil
}

// usualNumber is how many samples are drawn where nothing is said.
func usualNumber(k kind.Kind) int {
	if k.View() == kind.Scatter {
		return 1000
	}
	return 16
}

// what says in words what is drawn.
func what(k kind.Kind, n int) string { return fmt.Sprintf("%d %s of %s", n, k.Noun(n), k.Dims()) }

// parameters are the text chunks of a picture of samples.
func (o *sampleOptions) parameters(m *model.Loaded, p model.Options) []picture.Text {
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: m.Found.Model}, {Key: "weights", Value: m.WeightsName()},
		{Key: "batchnorm", Value: o.batchnorm}, {Key: "seed", Value: fmt.Sprint(p.Seed)},
		{Key: "images", Value: fmt.Sprint(p.N)}, {Key: "first", Value: fmt.Sprint(p.First)}, {Key: "size", Value: fmt.Sprintf("%dx%d", p.Height, p.Width)},
	}
	if of := o.classes.String(); of != "" {
		text = append(text, picture.Text{Key: "class", Value: of})
	}
	return append(text, o.solverFlags.text(p)...)
}
