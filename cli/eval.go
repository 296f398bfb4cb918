package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	solverFlags
	names, dataClass                             []string // of metrics, and of class folders
	settings                                     []*table.Field
	metrics                                      []eval.Metric // that are asked for
	n, draws, batch                              int
	maxPixels                                    int
	seed                                         uint64
	val                                          float64
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
	f.StringSliceVar(&o.names, "metrics", nil, "what to measure, of those above (default: all but "+english.WordSeries(ofModels(), "and")+")")
	maxPixelsVar(f, &o.maxPixels)
	numberVarP(f, &o.n, "n", "n", counts, 0, "samples in a draw (default: 512 images, 2048 points)")
	numberVar(f, &o.draws, "draws", within(1, 1000), 3, "draws of samples, over which the spread is taken; if given, of the noise of "+english.WordSeries(readers("draws"), "and")+" too (else 1)")
	f.StringVar(&o.features, "features", "", "take the features of fid, kid and pr from this ONNX file")
	o.settings = metricSettings()
	for _, setting := range o.settings {
		fieldVar(f, setting)
	}
	f.StringVar(&o.terms, "terms", "", "write the bound term by term here: .csv or .svg")
	f.StringVar(&o.nearest, "nearest", "nearest.png", "write samples over their nearest training images here, where nearest is measured")
	f.StringVar(&o.npz, "npz", "", "write the first draw here, arr_0")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.noCache, "no-cache", false, "compute classifier and features anew and keep nothing")
	f.StringSliceVar(&o.dataClass, "data-class", nil, "compare with these class folders only (default: the run's)")
	numberVar(f, &o.val, "val", config.RangeOf("val"), 0, "of SAMPLES.npz: the share of DATA that was held out of their training")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the noise of the first draw, and of what the metrics draw")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	numberVar(f, &o.batch, "batch", batches, 32, "images denoised at once")
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

// An evaluation is what eval works on.
type evaluation struct {
	*evalOptions
	cmd    *cobra.Command
	engine *engine.Engine
	model  *model.Loaded // nil: samples
	given  eval.Images   // the samples of a file
	p      model.Options
	config *config.Run // of the training data
	data   *eval.References
	name   string // of what is judged
	first  eval.Images
	sets   []*data.Set // that were opened

	notes    []string // that were printed
	warnings []string // for the report
}

func evalFunc(cmd *cobra.Command, args []string, o *evalOptions) (err error) {
	if err := o.check(cmd, args); err != nil {
		return err
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := checkWritable(output{"npz", o.npz}, output{"terms", o.terms}); err != nil {
		return err
	}
	v := &evaluation{evalOptions: o, cmd: cmd, engine: e, name: args[0]}
	defer v.closeSets()
	if isSamples(args[0]) {
		err = v.openSamples(args)
	} else {
		err = v.openModel(args)
	}
	if v.model != nil {
		defer v.model.Close()
	}
	if err != nil {
		return err
	}
	return v.run()
}

func (v *evaluation) closeSets() {
	for _, s := range v.sets {
		s.Close()
	}
}

// openSamples reads an npz file and the data that it is compared with.
func (v *evaluation) openSamples(args []string) (err error) {
	if v.given, err = eval.ReadNPZ(args[0]); err != nil {
		return err
	}
	v.n, v.draws = v.given.N, 1
	if !v.given.Pictorial() && len(args) == 1 {
		return fmt.Errorf("%s holds %s; name the set to compare them with, such as points:moons or a .csv file%s", args[0], v.given.Noun(2), savedAs(v.given))
	}
	if err := v.checkKind(v.given.Kind); err != nil {
		return err
	}
	c, err := config.Preset("small")
	if err != nil {
		return err
	}
	c.Resolution, c.ImageChannels, c.Flip, c.DataClass, c.Val = data.Size{H: v.given.H, W: v.given.W}, v.given.C, false, v.dataClass, v.val
	if c.Data, err = source.Resolve(args[1:]); err != nil {
		return err
	}
	if k := c.Kind(); v.given.Comparable(k) != nil {
		return fmt.Errorf("%s holds %s (array arr_0, %d of them), and %s are %s: give data of the same kind%s", args[0], v.given.Noun(2), v.given.N, dataName(args[1:]), k.Noun(2), savedAs(v.given))
	}
	c.Split = c.UsualSplit()
	return v.openReferences(&c, "", args[1:])
}

// savedAs says how what was read as another kind becomes images; nothing is guessed of the values.
func savedAs(m eval.Images) string {
	if m.Vector() || m.Pictorial() {
		return ""
	}
	return "; images are uint8 [N,H,W,C], and this is " + m.Stored + `: save (255 * x).round().astype("uint8") of values in [0,1], ((x + 1) * 127.5).round().clip(0, 255).astype("uint8") of [-1,1]`
}

// openModel loads a model and the data of its run.
func (v *evaluation) openModel(args []string) (err error) {
	path, err := bestOf(args[0], v.best)
	if err != nil {
		return err
	}
	m, err := model.Load(v.engine, path, v.raw)
	if errors.Is(err, model.ErrAutoencoder) {
		return fmt.Errorf("%w; eval judges samples: draw them by reverie sample %s --npz FILE, then reverie eval FILE", err, quoted(args[0]))
	}
	if err != nil {
		return err
	}
	v.model, v.name = m, m.Found.Model
	if err := v.checkKind(m.Kind); err != nil {
		return err
	}
	c, trained, err := v.configOf(m)
	if err != nil {
		return err
	}
	switch {
	case v.n > 0:
	case m.Kind.Vector():
		v.n, v.batch = 2048, max(v.batch, 1024)
	default:
		v.n = 512
	}
	v.p = model.Options{N: v.n, Height: c.Resolution.H, Width: c.Resolution.W, Batch: v.batch, Seed: v.seed}
	if err := v.fill(&v.p); err != nil {
		return usage(err)
	}
	if err := v.prepare(m); err != nil {
		return err
	}
	if err := v.drawing(m).check(); err != nil {
		return err
	}
	return v.openReferences(c, trained, args[1:])
}

// drawing is what drawing takes: samples as drawn, rounded, and as the metrics lay them out.
func (v *evaluation) drawing(m *model.Loaded) load {
	const copies = 3
	h, w := v.p.Height, v.p.Width
	return load{
		images: v.n, h: h, w: w, batch: v.batch, network: networkOf(m, v.p.Mode, h, w),
		held: copies * floats(h, w, m.Kind.C), fewer: "give a smaller -n",
	}
}

// prepare completes and checks how samples are drawn, where they are.
func (v *evaluation) prepare(m *model.Loaded) error {
	if !v.drawsSamples() {
		v.p = m.Filled(v.p)
		fmt.Fprintln(v.cmd.ErrOrStderr(), describe(m))
		return nil
	}
	from := sampleOptions{from: v.from}
	if err := from.start(v.cmd, &v.p, m); err != nil {
		return err
	}
	if from.far != nil {
		v.sets = append(v.sets, from.far)
	}
	if err := v.solverFlags.complete(&v.p, m); err != nil {
		return err
	}
	fmt.Fprintf(v.cmd.ErrOrStderr(), "%s\nsolver %s, %s, clamp %s\n", describe(m), v.p.Sampler(), english.Plural(v.p.Steps, "step", ""), v.p.Clamp)
	return nil
}

// checkKind refuses what is for images alone.
func (v *evaluation) checkKind(k kind.Kind) error {
	if k.Pictorial() {
		return nil
	}
	return refuseUnused(v.cmd.Flags(), []string{"nearest", "features", "data-class", "max-pixels", "no-cache"}, "images", v.name+" has "+k.Noun(2))
}

// run measures and prints.
func (v *evaluation) run() error {
	metrics, err := v.fitting()
	if err != nil {
		return err
	}
	cache, err := v.cache()
	if err != nil {
		return err
	}
	e := &eval.Evaluation{
		Metrics: metrics, HeldOut: v.data.HeldOut, Training: v.data.Training, Withheld: v.data.Withheld, Seed: v.seed, Cache: cache,
		Terms: v.writeTerms, Progress: v.stage,
	}
	var features closers
	defer features.close()
	if v.data.Of().Pictorial() {
		e.Features = func(ctx context.Context) (eval.Features, error) { return v.makeFeatures(ctx, cache, &features) }
	}
	if v.model != nil {
		e.Model, e.Likelihood = v.model.Model, v.likelihood()
	}
	r, err := e.Run(v.cmd.Context(), v.draws, v.draw)
	v.stage("")
	if err != nil {
		return err
	}
	if err := v.pictureNearest(metrics); err != nil {
		return err
	}
	if err := v.print(r); err != nil || len(v.names) == 0 {
		return err
	}
	if err := r.Missing(metrics); err != nil {
		return fmt.Errorf("--metrics %w", err)
	}
	return nil
}

// fitting are the metrics that judge what there is.
func (v *evaluation) fitting() ([]eval.Metric, error) {
	k := v.data.Of().Images.Kind
	for _, m := range v.metrics {
		if err := m.About().Subject.Fits(k); err != nil && len(v.names) > 0 {
			return nil, fmt.Errorf("--metrics %s %w", m.Row().Name, err)
		}
	}
	return eval.Fitting(v.metrics, k), nil
}

// likelihood is how the model is measured, beside what the metrics' settings say.
func (v *evaluation) likelihood() model.LikelihoodOptions {
	name := v.model.Defaults.Variance
	if f := v.cmd.Flags().Lookup("variance"); f.Changed {
		name = f.Value.String()
	}
	row, _ := sample.Variances.Find(name) // a known name: see table.Field
	o := model.LikelihoodOptions{Mode: v.p.Mode, Batch: v.batch, Clamp: v.p.Clamp == "x0", Process: v.p.Process, Variance: row.Variance}
	if v.cmd.Flags().Changed("draws") {
		o.Draws = v.draws
	}
	return o
}

// cache is where classifiers and features are kept; nil: nowhere.
func (v *evaluation) cache() (*eval.Cache, error) {
	if v.noCache {
		return nil, nil
	}
	c, err := eval.UserCache()
	if err != nil {
		return nil, fmt.Errorf("%w; give --no-cache", err)
	}
	c.Note = v.note
	return c, nil
}

// warn notes what the numbers cannot be read without, with the report too.
func (v *evaluation) warn(text string) {
	v.note(text)
	v.warnings = append(v.warnings, text)
}

// note says something once.
func (v *evaluation) note(text string) {
	if slices.Contains(v.notes, text) {
		return
	}
	v.notes = append(v.notes, text)
	writeNotes(v.cmd.ErrOrStderr(), []string{text})
}

// stage says on a terminal, in a line that the next one replaces, what is being done.
func (v *evaluation) stage(what string) {
	if w := v.cmd.ErrOrStderr(); isTerminal(w) {
		fmt.Fprintf(raw(w), "\r\x1b[K%s", visible(what))
	}
}

// draw draws the samples of draw i.
func (v *evaluation) draw(ctx context.Context, i int) (x eval.Images, err error) {
	x = v.given
	if v.model != nil {
		p := v.p
		p.Seed += uint64(i)
		bar := newBar(v.cmd.ErrOrStderr(), p.Steps*((p.N+p.Batch-1)/p.Batch), fmt.Sprintf("draw %d of %d", i+1, v.draws))
		p.Hook = func(int, model.State) error {
			bar.add(1)
			return nil
		}
		x, err = eval.Draw(ctx, v.model.Model, p)
		bar.done()
	}
	if err != nil || i > 0 {
		return x, err
	}
	v.first = x
	if v.npz == "" {
		return x, nil
	}
	return x, eval.WriteNPZ(v.npz, x)
}

// print prints the report.
func (v *evaluation) print(r *eval.Report) error {
	if !v.json {
		return r.WriteText(v.cmd.OutOrStdout(), v.name)
	}
	r.Notes = append(v.warnings, r.Notes...)
	text, err := json.MarshalIndent(struct {
		Model string `json:"model"`
		*eval.Report
	}{v.name, r}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(v.cmd.OutOrStdout(), "%s\n", text)
	return err
}
