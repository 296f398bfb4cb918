package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	solverFlags
	eval.Options
	names                                        []string       // of metrics
	settings                                     []*table.Field // of metrics
	raw, json, best, noCache                     bool
	from, features, npz, nearest, terms, backend string
}

func newEval() *cobra.Command {
	o := new(evalOptions)
	cmd := &cobra.Command{
		Use:   "eval RUN|SAMPLES.npz [DATA...]",
		Short: "Judge a model's samples against images that it never saw",
		Long: `Draw samples from a run and measure how far they are from the images that the
run held out (train --val), and from those that it was trained on: a model that
is much nearer to these has memorised. A third column says what as many training
images give in place of the samples: what a perfect model would reach.

  ` + strings.Join(metricLines(), "\n  ") + `

fid, kid and pr compare features, by default those of a classifier that is
trained for a minute on the data's own classes and kept in the user's cache
folder, or those of an ONNX file with one input of images, [N,C,H,W] float32 in
[-1,1] or uint8. Their numbers compare only for the same features: the hash that
is printed with them says which they were.

SAMPLES.npz holds samples as arr_0: images uint8 [N,H,W,C], or points [N,D]. They
are compared with DATA, or with the emoji inside the program. With a RUN, DATA is
where its data lie now, or other images to compare with.`,
		Example: `  reverie eval runs/emoji-1
  reverie eval runs/emoji-1 --metrics swd,nearest -n 256 --draws 5 --steps 25
  reverie eval runs/cars-1 --metrics elbo,likelihood --images 32
  reverie eval runs/cars-1 --features inception.onnx --metrics fid,kid,pr
  reverie eval samples.npz ~/photos --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("eval takes a run or an npz file of samples, and none was given")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return evalFunc(cmd, args, o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.names, "metrics", nil, "what to measure, of those above (default: all but "+english.WordSeries(eval.OfModel(), "and")+")")
	maxPixelsVar(f, &o.MaxPixels)
	numberVarP(f, &o.Sampling.N, "n", "n", eval.NumberRange, 0, "samples in a draw (default: 512 images, 2048 points)")
	numberVar(f, &o.Draws, "draws", eval.DrawsRange, 3, "draws of samples, over which the spread is taken; if given, of the noise of "+english.WordSeries(eval.Readers("draws"), "and")+" too (else 1)")
	f.StringVar(&o.features, "features", "", "take the features of fid, kid and pr from this ONNX file")
	o.settings = eval.Settings()
	for _, setting := range o.settings {
		fieldVar(f, setting)
	}
	f.StringVar(&o.terms, "terms", "", "write the bound term by term here: .csv or .svg")
	f.StringVar(&o.nearest, "nearest", "nearest.png", "write samples over their nearest training images here, where nearest is measured")
	f.StringVar(&o.npz, "npz", "", "write the first draw here, arr_0")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.noCache, "no-cache", false, "compute classifier and features anew and keep nothing")
	f.StringSliceVar(&o.DataClass, "data-class", nil, "compare with these class folders only (default: the run's)")
	numberVar(f, &o.Val, "val", config.RangeOf("val"), 0, "of SAMPLES.npz: the share of DATA that was held out of their training")
	f.Uint64Var(&o.Sampling.Seed, "seed", 0, "seed of the noise of the first draw, and of what the metrics draw")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	numberVar(f, &o.Sampling.Batch, "batch", batches, 32, "images denoised at once")
	f.StringVar(&o.from, "from", "", "of a flow between two data sets: start from these images or points (default: the run's)")
	o.solverFlags.add(f)
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

// metricLines are the metrics with their lines, for the help.
func metricLines() []string {
	var out []string
	for _, m := range eval.Metrics.Rows() {
		out = append(out, fmt.Sprintf("%-12s%s", m.Row().Name, m.Row().Text))
	}
	return out
}

// isSamples says whether an argument names a file of samples.
func isSamples(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npz") }

func evalFunc(cmd *cobra.Command, args []string, o *evalOptions) error {
	if err := o.check(cmd.Flags(), args[0]); err != nil {
		return usage(err)
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := checkWritable(output{"npz", o.npz}, output{"terms", o.terms}); err != nil {
		return err
	}
	p := &evalPrinter{evalOptions: o, cmd: cmd, engine: e}
	p.listen()
	if isSamples(args[0]) {
		c, err := eval.CompareSamples(cmd.Context(), e, args[0], args[1:], o.Options)
		return p.report(c, err)
	}
	m, err := o.load(e, args[0])
	if err != nil {
		return err
	}
	defer m.Close()
	c, err := eval.CompareModel(cmd.Context(), m, args[1:], o.Options)
	return p.report(c, err)
}

// check finds what the command line alone shows to be wrong, and completes the options.
func (o *evalOptions) check(f *pflag.FlagSet, path string) error {
	if err := o.solverFlags.check(); err != nil {
		return err
	}
	if f.Changed("nearest") && o.nearest != "" && !strings.EqualFold(filepath.Ext(o.nearest), ".png") {
		return fmt.Errorf("--nearest %s: pictures are written as PNG; end the name with .png", o.nearest)
	}
	if err := o.take(f); err != nil {
		return err
	}
	file := ""
	if isSamples(path) {
		file = path
	}
	if err := o.Check(file); err != nil {
		return err
	}
	if err := eval.CheckTerms(o.terms); err != nil {
		return err
	}
	return checkNames(output{"nearest", o.nearest}, output{"npz", o.npz}, output{"terms", o.terms})
}

// take sets the options that are not flags themselves.
func (o *evalOptions) take(f *pflag.FlagSet) (err error) {
	o.Given = []string{}
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			o.Given = append(o.Given, flag.Name)
		}
	})
	if o.Metrics, err = eval.Choose(o.names...); err != nil {
		return err
	}
	o.Fitting = len(o.names) == 0
	given := slices.DeleteFunc(slices.Clone(o.settings), func(s *table.Field) bool { return !f.Changed(s.Name) })
	if err := eval.Configure(o.Metrics, given); err != nil {
		return err
	}
	if !f.Changed("draws") {
		o.Draws = 0 // of the noise one
	}
	if v := f.Lookup("variance"); v.Changed {
		o.Variance = v.Value.String()
	}
	if o.from != "" {
		o.From = []string{o.from}
	}
	return o.fill(&o.Sampling)
}

// load loads the model that is judged.
func (o *evalOptions) load(e *engine.Engine, path string) (*model.Loaded, error) {
	best, err := bestOf(path, o.best)
	if err != nil {
		return nil, err
	}
	m, err := model.Load(e, best, o.raw)
	if errors.Is(err, model.ErrAutoencoder) {
		return nil, fmt.Errorf("%w; eval judges samples: draw them by reverie sample %s --npz FILE, then reverie eval FILE", err, quoted(path))
	}
	return m, err
}
