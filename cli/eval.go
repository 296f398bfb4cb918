package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/eval/onnx"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	solverFlags
	eval.Options
	names                      []string       // of metrics
	settings                   []*table.Field // of metrics
	sweep                      sweep
	raw, json, best, noCache   bool
	features, nearest, backend string
	judge                      string
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
  reverie eval runs/emoji-2 --sweep guidance=0,1,2,4 --plot sweep.png
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
	f.StringSliceVar(&o.names, "metrics", nil, "what to measure, of those above (default: all but "+english.WordSeries(eval.ByName(), "and")+")")
	maxPixelsVar(f, &o.MaxPixels)
	numberVarP(f, &o.Sampling.N, "n", "n", eval.NumberRange, 0, "samples in a draw (default: 512 images, 2048 points)")
	numberVar(f, &o.Draws, "draws", eval.DrawsRange, eval.UsualDraws, "draws of samples, over which the spread is taken; if given, of the noise of "+english.WordSeries(eval.Readers("draws"), "and")+" too (else 1)")
	f.StringVar(&o.features, "features", "", "take the features of fid, kid, pr and intra from this ONNX file")
	f.StringVar(&o.judge, "judge", "", "take this run's classifier, of train --arch classifier, in place of one that is trained for a minute")
	f.BoolVar(&o.PerClass, "per-class", false, "measure each class of the samples by itself, too")
	o.settings = eval.Settings()
	for _, setting := range o.settings {
		fieldVar(f, setting)
	}
	f.StringVar(&o.Terms, "terms", "", "write the bound term by term here: .csv or .svg")
	f.StringVar(&o.nearest, "nearest", "nearest.png", "write samples over their nearest training images here, where nearest is measured")
	f.StringVar(&o.NPZ, "npz", "", "write the first draw here, arr_0")
	o.sweep.add(f)
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.noCache, "no-cache", false, "compute classifier and features anew and keep nothing")
	f.StringSliceVar(&o.DataClass, "data-class", nil, "compare with these classes only (default: the run's)")
	numberVar(f, &o.Val, "val", config.RangeOf("val"), 0, "of SAMPLES.npz: the share of DATA that was held out of their training")
	f.Uint64Var(&o.Sampling.Seed, "seed", 0, "seed of the noise of the first draw, and of what the metrics draw")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	numberVar(f, &o.Sampling.Batch, "batch", batches, 32, "images denoised at once")
	f.StringVar(&o.From, "from", "", "of a flow between two data sets: start from these images or points (default: the run's)")
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

func evalFunc(cmd *cobra.Command, args []string, o *evalOptions) error {
	if err := o.check(cmd.Flags(), args[0]); err != nil {
		return usage(err)
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := checkWritable(append(o.sweep.outputs(), output{"npz", o.NPZ}, output{"terms", o.Terms})...); err != nil {
		return err
	}
	if o.judge != "" {
		if o.Judge, err = eval.LoadClassifier(e, o.judge); err != nil {
			return inputError("judge", o.judge, err)
		}
		defer o.Judge.Close()
	}
	v := &evaluation{o, cmd, e, newTeller(cmd.ErrOrStderr())}
	v.Prepare, v.Note, v.Progress = v.prepare, v.note, v.tell
	if eval.IsSamples(args[0]) {
		c, err := eval.CompareSamples(cmd.Context(), e, args[0], args[1:], o.Options)
		return v.run(c, nil, err)
	}
	m, err := o.load(e, args[0])
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind.Spectrum != nil && m.Spec.Paired {
		return v.speech(m, args[1:])
	}
	c, err := eval.CompareModel(cmd.Context(), m, args[1:], o.Options)
	return v.run(c, m, err)
}

// check finds what the command line alone shows to be wrong, and completes the options.
func (o *evalOptions) check(f *pflag.FlagSet, path string) (err error) {
	if err := o.sweep.choose(f); err != nil {
		return err
	}
	if err := o.solverFlags.check(); err != nil {
		return err
	}
	if err := o.idle(o.sweep.name); err != nil {
		return err
	}
	if f.Changed("nearest") && o.nearest != "" && !strings.EqualFold(filepath.Ext(o.nearest), ".png") {
		return fmt.Errorf("--nearest %s: pictures are written as PNG; end the name with .png", o.nearest)
	}
	names := o.names
	if o.sweep.name != "" && len(names) == 0 {
		names = eval.UsualSweep
	}
	if o.Metrics, err = eval.Choose(names...); err != nil {
		return err
	}
	given := changed(o.settings, f)
	if err := eval.Configure(o.Metrics, given); err != nil {
		return err
	}
	o.Given = []string{}
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			o.Given = append(o.Given, flag.Name)
		}
	})
	o.Fitting = len(o.names) == 0
	if v := f.Lookup("variance"); v.Changed {
		o.Variance = v.Value.String()
	}
	if err := o.fill(&o.Sampling); err != nil {
		return err
	}
	if o.sweep.name != "" {
		if err := o.CheckSweep(path); err != nil {
			return err
		}
	}
	if err := o.Check(path); err != nil {
		return err
	}
	return checkNames(append(o.sweep.outputs(), output{"nearest", o.nearest}, output{"npz", o.NPZ}, output{"terms", o.Terms})...)
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

// An evaluation tells what is done and prints what is found.
type evaluation struct {
	*evalOptions
	cmd    *cobra.Command
	engine *engine.Engine
	*teller
}

// prepare completes how samples are drawn, where they are, and says what is judged.
func (v *evaluation) prepare(m *model.Loaded, s *model.Options) error {
	if !eval.OfSamples(v.Metrics) {
		fmt.Fprintln(v.cmd.ErrOrStderr(), m.Describe())
		return nil
	}
	if err := openClassifiers(m, *s); err != nil {
		return err
	}
	if err := v.complete(s, m, m.Fits); err != nil {
		return err
	}
	fmt.Fprintf(v.cmd.ErrOrStderr(), "%s\nsolver %s, %s, clamp %s\n", m.Describe(), s.Sampler(), english.Plural(s.Steps, "step", ""), s.Clamp)
	return sayGuides(v.cmd.ErrOrStderr(), m, *s)
}

// note says what a person should know.
func (v *evaluation) note(text string) {
	v.clear()
	writeNotes(v.cmd.ErrOrStderr(), []string{text})
}

// run runs a comparison, unless it could not be made, and prints what it finds; m is the model that
// is judged, nil of samples.
func (v *evaluation) run(c *eval.Comparison, m *model.Loaded, err error) error {
	if refusal, ok := err.(*table.Error); ok { // of a flag that does not go with what there is
		return usage(refusal)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	if !v.noCache {
		if c.Cache, err = eval.UserCache(); err != nil {
			return fmt.Errorf("%w; give --no-cache", err)
		}
	}
	if v.features != "" {
		c.Features = v.openFeatures
	}
	if v.sweep.name != "" {
		return v.sweepOver(c, m)
	}
	r, missing := c.Run(v.cmd.Context())
	v.clear()
	if r == nil {
		return missing
	}
	if err := v.writeNearest(c); err != nil {
		return err
	}
	write := r.WriteText
	if v.json {
		write = r.WriteJSON
	}
	if err := write(v.cmd.OutOrStdout(), c.Name); err != nil {
		return err
	}
	return missing
}

// openFeatures opens the network of --features.
func (v *evaluation) openFeatures(context.Context) (eval.Features, error) {
	f, err := onnx.Open(v.engine, v.features)
	if err != nil {
		return nil, inputError("features", v.features, err)
	}
	return f, nil
}

// writeNearest writes --nearest, where the metric was measured.
func (v *evaluation) writeNearest(c *eval.Comparison) error {
	if v.nearest == "" || !c.HasNearest() {
		return nil
	}
	if err := checkWritable(output{"nearest", v.nearest}); err != nil {
		return err
	}
	if err := c.WriteNearest(v.cmd.Context(), v.nearest, picture.Text{Key: "Software", Value: "reverie " + version()}); err != nil {
		return err
	}
	fmt.Fprintln(v.cmd.ErrOrStderr(), "wrote", v.nearest)
	return nil
}
