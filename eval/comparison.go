package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

// A Comparison is a model, or samples, beside the data that they are compared with. It may be run
// more than once, in between with other Metrics, or with settings of Sampling changed: data and
// features are kept.
type Comparison struct {
	Options
	Name       string // of what is judged
	References *References
	First      Images // the first draw of samples, once there is one

	engine  *engine.Engine
	model   *model.Loaded // nil: samples
	samples Images        // of a file
	config  *config.Run   // of the training data
	sets    []*data.Set   // that were opened
	ends    *config.Ends  // that samples start from; nil: noise
	made    Features      // once a metric needed them

	classifier *Classifier   // likewise
	learned    Labeller      // likewise
	taught     []*Classifier // by cas

	notes, warnings []string // that were told

	at      string        // of a sweep: the value, for progress
	real    kept          // of a sweep
	fastest time.Duration // of the draws
}

// newComparison checks the options of the model or file of that name.
func newComparison(e *engine.Engine, name string, o Options) (*Comparison, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	o.Given = o.given() // before what is left open is filled in
	return &Comparison{Options: o, Name: name, engine: e}, o.Check(name)
}

// CompareModel compares the samples of a model, or the model itself, with the data of its run, or
// with those named, which are where the run's lie now or others. A *table.Error says which of the
// options cannot be. Close what it returns before the model.
func CompareModel(ctx context.Context, m *model.Loaded, names []string, o Options) (*Comparison, error) {
	c, err := newComparison(m.Engine, m.Found.Model, o)
	if err != nil {
		return nil, err
	}
	c.model = m
	if err := c.open(ctx, names); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// open settles how samples are drawn, and opens the data.
func (c *Comparison) open(ctx context.Context, names []string) error {
	if err := c.checkKind(c.model.Kind); err != nil {
		return err
	}
	own, trained, err := runOf(c.model)
	if err != nil {
		return err
	}
	c.size(own.Resolution)
	if err := c.prepare(ctx, own); err != nil {
		return err
	}
	return c.openReferences(ctx, own, trained, names)
}

// CompareSamples compares the samples of an npz file, see ReadNPZ, with the data named, or with the
// emoji inside the program. A *table.Error says which of the options cannot be.
func CompareSamples(ctx context.Context, e *engine.Engine, file string, names []string, o Options) (*Comparison, error) {
	c, err := newComparison(e, file, o)
	if err != nil {
		return nil, err
	}
	if err := c.openSamples(ctx, file, names); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// openSamples reads the file and opens the data.
func (c *Comparison) openSamples(ctx context.Context, file string, names []string) (err error) {
	if c.samples, err = ReadNPZ(file); err != nil {
		return err
	}
	x := c.samples
	c.Draws = 1
	if !x.Pictorial() && len(names) == 0 {
		return fmt.Errorf("%s holds %s; name the set to compare them with, such as points:moons or a .csv file%s", file, x.Noun(2), savedAs(x))
	}
	if err := c.checkKind(x.Kind); err != nil {
		return err
	}
	own, err := allOf(x.Kind)
	if err != nil {
		return err
	}
	own.DataClass, own.Val = c.DataClass, c.Val
	if own.Data, err = source.Resolve(names); err != nil {
		return err
	}
	if k := own.Kind(); x.Comparable(k) != nil {
		what := cmp.Or(strings.Join(names, ", "), "the emoji inside the program")
		return fmt.Errorf("%s holds %s (array arr_0, %d of them), and %s are %s: give data of the same kind%s", file, x.Noun(2), x.N, what, k.Noun(2), savedAs(x))
	}
	own.Split = own.UsualSplit()
	if err := c.openReferences(ctx, own, "", names); err != nil {
		return err
	}
	return c.nameClasses()
}

// Close closes the data, and frees the features.
func (c *Comparison) Close() {
	if f, ok := c.made.(interface{ Close() }); ok {
		f.Close()
	}
	if c.classifier != nil {
		c.taught = append(c.taught, c.classifier)
	}
	for _, k := range c.taught {
		k.Close()
	}
	c.classifier, c.learned, c.taught = nil, nil, nil
	for _, s := range c.sets {
		s.Close()
	}
	c.made, c.sets = nil, nil
}

// checkKind refuses what is for images alone.
func (c *Comparison) checkKind(k kind.Kind) error {
	for _, name := range []string{"nearest", "features", "judge", "data-class", "max-pixels", "no-cache"} {
		if !k.Pictorial() && c.isGiven(name) {
			return refused(name, "belongs to images, and %s has %s; leave it out", c.Name, k.Noun(2))
		}
	}
	return nil
}

// size sets how many samples of which size are drawn.
func (c *Comparison) size(of data.Size) {
	s := &c.Sampling
	s.Height, s.Width, s.Batch = of.H, of.W, cmp.Or(s.Batch, 32)
	switch {
	case s.N > 0:
	case c.model.Kind.Vector():
		s.N, s.Batch = 2048, max(s.Batch, 1024)
	default:
		s.N = 512
	}
}

// prepare completes and checks how samples are drawn, and that there is memory for them.
func (c *Comparison) prepare(ctx context.Context, own *config.Run) (err error) {
	draws := OfSamples(c.Metrics)
	if draws || slices.ContainsFunc(c.Metrics, func(m Metric) bool { return reads(m, "from") }) {
		if err := c.start(ctx, *own); err != nil {
			return err
		}
	}
	c.Sampling = c.model.Filled(c.Sampling)
	switch {
	case c.Prepare != nil:
		err = c.Prepare(c.model, &c.Sampling)
	case draws:
		err = c.model.Fits(c.Sampling)
	}
	if err != nil {
		return err
	}
	const copies = 3 // as drawn, rounded, and as the metrics lay them out
	s, k := &c.Sampling, c.model.Kind
	return memory.Load{
		Images: s.N, Height: s.Height, Width: s.Width, Batch: s.Batch,
		Network: func(n int) (int64, error) { return c.model.Memory(s.Mode, n, s.Height, s.Width) },
		Held:    copies * memory.Floats(s.Height, s.Width, k.C), Fewer: "give a smaller -n",
	}.Check()
}

// start gives the far ends from which a flow between two data sets begins: those of From, or else
// of the run.
func (c *Comparison) start(ctx context.Context, own config.Run) (err error) {
	if s := c.model.Spec; !s.Between() && !s.Paired {
		if c.From != "" {
			return refused("from", "belongs to a flow between two data sets, or a model of pairs, and %s starts from noise", c.Name)
		}
		return nil
	}
	var from []string
	if c.From != "" {
		if from, err = source.Resolve([]string{c.From}); err != nil {
			return err
		}
	}
	if c.model.Found.Run == "" {
		return model.ErrNoRun
	}
	ends, err := own.Ends(ctx, c.Sampling.Seed, from)
	if err != nil {
		return err
	}
	c.sets, c.ends, c.Sampling.Start = append(c.sets, ends.Set), ends, ends.Start
	if c.model.Spec.Paired && !c.isGiven("n") { // each once
		c.Sampling.N = min(c.Sampling.N, ends.Len())
	}
	return nil
}

// Run measures. A metric that does not fit the samples is an error, and so is one that found
// nothing to measure, with which the report of the others is returned, unless Fitting.
func (c *Comparison) Run(ctx context.Context) (*Report, error) {
	metrics, err := c.fitting()
	if err == nil && c.PerClass {
		if why := c.classed(); why != nil {
			err = refused("per-class", "%v", why)
		}
	}
	if err != nil {
		return nil, err
	}
	r := c.References
	e := &Evaluation{
		Metrics: metrics, HeldOut: r.HeldOut, Training: r.Training, Withheld: r.Withheld, Seed: c.Sampling.Seed, Cache: c.Cache,
		PerClass: c.PerClass, Labeller: c.label, Teacher: c.teach, real: c.real,
		Progress: func(what string) { c.progress(what, 0, 0) },
	}
	if c.ends != nil && c.model.Spec.Between() {
		e.Ends = c.ends.Start
	}
	if c.ends != nil && c.From == "" && c.model.Spec.Paired {
		e.Goals = c.goals
	}
	if c.Terms != "" {
		e.Terms = func(bounds []likelihood.Named) error { return WriteTerms(c.Terms, bounds) }
	}
	if c.Cache != nil {
		c.Cache.Note = c.note
	}
	if r.Of().Pictorial() {
		e.Features = c.features
	}
	if c.model != nil {
		e.Model, e.Likelihood = c.model.Model, c.likelihood()
	}
	report, err := e.Run(ctx, cmp.Or(c.Draws, UsualDraws), c.draw)
	if err != nil {
		return nil, err
	}
	report.Warnings = c.warnings
	if err := report.Missing(metrics); err != nil && !c.Fitting {
		return report, fmt.Errorf("--metrics %w", err)
	}
	return report, nil
}

// goals are what of held-out pairs n samples are drawn for.
func (c *Comparison) goals(n int) (*Goals, error) {
	x, y, err := c.ends.Pairs(c.Sampling.First, n)
	if err != nil || x == nil {
		return nil, err
	}
	of := c.ends.Kind()
	return &Goals{Truth: Images{Kind: of, N: n, Pix: x}, Given: Images{Kind: of, N: n, Pix: y}}, nil
}

// fitting are the metrics that judge what there is.
func (c *Comparison) fitting() ([]Metric, error) {
	var all []Metric
	for _, m := range c.Metrics {
		err := m.About().Subject.Fits(c.References.Of().Kind)
		if err == nil {
			err = c.checkClassed(m)
		}
		switch {
		case err == nil:
			all = append(all, m)
		case !c.Fitting:
			return nil, fmt.Errorf("--metrics %s %w", m.Row().Name, err)
		}
	}
	return all, nil
}

// likelihood is how the model is measured, beside what the metrics' settings say.
func (c *Comparison) likelihood() model.LikelihoodOptions {
	s := c.Sampling
	row, _ := sample.Variances.Find(cmp.Or(c.Variance, c.model.Defaults.Variance)) // of a name that was checked
	o := model.LikelihoodOptions{Mode: s.Mode, Batch: s.Batch, Clamp: s.Clamp == "x0", Process: s.Process, Variance: row.Variance}
	if c.isGiven("draws") {
		o.Draws = c.Draws
	}
	return o
}

// draw draws the samples of draw i, or takes those of the file.
func (c *Comparison) draw(ctx context.Context, i int) (x Images, err error) {
	x = c.samples
	if c.model != nil {
		if x, err = c.sample(ctx, i); err != nil {
			return x, err
		}
	}
	if i > 0 {
		return x, nil
	}
	c.First = x
	if c.NPZ != "" {
		err = WriteNPZ(c.NPZ, x)
	}
	return x, err
}

// sample draws the samples of draw i from the model.
func (c *Comparison) sample(ctx context.Context, i int) (Images, error) {
	s, done := c.Sampling, 0
	what, total := fmt.Sprintf("%sdraw %d of %d", c.at, i+1, cmp.Or(c.Draws, UsualDraws)), s.Steps*((s.N+s.Batch-1)/s.Batch)
	c.progress(what, 0, total)
	s.Seed += uint64(i)
	s.Hook = func(first int, x model.State) error {
		done++
		c.progress(what, done, total)
		if c.Sampling.Hook == nil {
			return nil
		}
		return c.Sampling.Hook(first, x)
	}
	defer c.timed(time.Now())
	return Draw(ctx, c.model.Model, s)
}

// features makes the features once.
func (c *Comparison) features(ctx context.Context) (Features, error) {
	if c.made != nil {
		return c.made, nil
	}
	if c.Features != nil {
		made, err := c.Features(ctx)
		if err == nil {
			c.made = made
		}
		return made, err
	}
	k, err := c.Classifier(ctx)
	if err != nil {
		return nil, err // and not a Features that is a nil Classifier
	}
	return k, nil
}

// Classifier is Judge, or else it trains a classifier on all classes of the run's data, of which
// the run may have learnt a few, or takes it from the cache; once, and says so by Note. It is the
// comparison's.
func (c *Comparison) Classifier(ctx context.Context) (*Classifier, error) {
	if c.Judge != nil {
		return c.Judge, nil
	}
	if c.classifier != nil {
		return c.classifier, nil
	}
	set, err := c.allClasses(ctx)
	if err != nil {
		return nil, err
	}
	const what = "training the classifier"
	c.progress(what, 0, 1)
	k, cached, err := c.Cache.ClassifierOf(ctx, c.engine, set, Learning{Progress: func(done, total int) { c.progress(what, done, total) }})
	if err != nil {
		return nil, err
	}
	c.classifier = k
	c.note(k.Describe(cached))
	return k, nil
}

// allClasses opens the run's data with all their classes.
func (c *Comparison) allClasses(ctx context.Context) (*data.Set, error) {
	all := *c.config
	all.DataClass = nil
	return c.openData(ctx, &all)
}

// HasNearest says whether metric nearest was measured on images, so that there is a picture of it.
func (c *Comparison) HasNearest() bool {
	r := c.References
	asked := slices.ContainsFunc(c.Metrics, func(m Metric) bool { return slices.Contains(m.About().Reads, "nearest") })
	return asked && r.Of().Pictorial() && r.Training != nil && !r.Changed && c.First.N > 0
}

// WriteNearest writes the [NearestPicture] of the first draw as a PNG file, whose text says what it
// shows.
func (c *Comparison) WriteNearest(ctx context.Context, path string, text ...picture.Text) error {
	text = append(slices.Clip(text), picture.Text{Key: "model", Value: c.Name},
		picture.Text{Key: "rows", Value: "samples, and below each its nearest training image"}, picture.Text{Key: "seed", Value: fmt.Sprint(c.Sampling.Seed)})
	return picture.Write(path, NearestPicture(ctx, c.First, c.References.Training.Images), text...)
}

// note tells what a person should know, once.
func (c *Comparison) note(text string) {
	if slices.Contains(c.notes, text) {
		return
	}
	c.notes = append(c.notes, text)
	if c.Note != nil {
		c.Note(text)
	}
}

// warn notes what the numbers cannot be read without, with the report too.
func (c *Comparison) warn(text string) {
	c.note(text)
	c.warnings = append(c.warnings, text)
}

// progress tells what is being done.
func (c *Comparison) progress(what string, done, total int) {
	if c.Progress != nil {
		c.Progress(what, done, total)
	}
}
