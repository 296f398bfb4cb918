package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Options say how a model, or a file of samples, is judged. The zero value measures all metrics of
// samples that suit them. An error about a field names it by the flag of `reverie eval`.
type Options struct {
	Metrics []Metric // see Choose; nil: all of samples, with Fitting
	// Fitting leaves out the metrics that do not judge samples of the kind that there are, or find
	// nothing to measure. Else they are errors.
	Fitting bool
	// Draws are how many times samples are drawn, 1 to 1000, and if given the noise of a model's
	// bounds too. 0: samples 3 times, and noise once.
	Draws int

	// Sampling is how the samples of a model are drawn, draw i with the seed Seed + i; the metrics
	// draw what they do with it too. N 0: 512 images, or 2048 points in batches of at least 1024.
	// Batch 0: 32.
	Sampling model.Options
	From     string // of a flow between two data sets: start from these; "": what the run was trained from
	Variance string // of a chain's steps in its bound, of sample.Variances; "": the model's

	DataClass []string // compare with these classes only; nil: the run's
	Val       float64  // of a file of samples: the share of the data held out of their training
	MaxPixels int      // leave out images with more pixels; 0: as the run's configuration says

	Cache *Cache // of classifiers and features; nil: none
	// Features makes the features, once, where a metric needs them. nil: a classifier of the data's
	// classes, see Comparison.Classifier.
	Features func(ctx context.Context) (Features, error)
	// Judge, if not nil, is the classifier of the data's classes, which the caller closes, in place
	// of one that is trained: see LoadClassifier.
	Judge *Classifier
	// PerClass measures each class of the samples by itself, too: at most 100.
	PerClass bool
	// Labeller says for accuracy of which class samples are. nil: what learned the data's classes,
	// of pictures Comparison.Classifier, else Neighbours.
	Labeller Labeller

	NPZ   string // write the first draw into this file, see WriteNPZ; "": into none
	Terms string // write the first bound term by term into this file, see WriteTerms; "": into none

	// Given are the flags that set these fields; nil: those of the fields that are not zero. One
	// that nothing would use is refused.
	Given []string

	// Prepare, if not nil, completes and checks how samples are drawn, in place of Model.Fits,
	// before the data are opened; it is called where no samples are drawn, too.
	Prepare func(m *model.Loaded, p *model.Options) error
	// Note, if not nil, is told what a person should know, each once, and Progress what is being
	// done, with how much of it is done of how much where it has parts, else 0 of 0.
	Note     func(text string)
	Progress func(what string, done, total int)
}

// The ranges of numbers that are given.
var (
	DrawsRange  = table.Range{Lo: 1, Hi: 1000}
	NumberRange = table.Range{Lo: 1, Hi: 1 << 20} // of the samples in a draw
)

// UsualDraws is the default of Options.Draws.
const UsualDraws = 3

// withDefaults is o with the metrics that it leaves open.
func (o Options) withDefaults() (Options, error) {
	if o.Metrics != nil {
		return o, nil
	}
	var err error
	o.Fitting = true
	o.Metrics, err = Choose()
	return o, err
}

// Check finds what can be seen to be wrong before anything is opened, as a *table.Error: values out
// of range, metrics that cannot judge what there is, settings that rule each other out, and fields
// that nothing would use. path is that of a model or of a file of samples, see IsSamples.
func (o *Options) Check(path string) error {
	for _, m := range o.Metrics {
		if IsSamples(path) && m.About().OfModel() {
			return refused("metrics", "%s judges a model, and %s holds samples; give a run", m.Row().Name, path)
		}
		if err := table.Check(m); err != nil {
			return err
		}
		if v, ok := m.(Validator); ok {
			if err := v.Validate(); err != nil {
				return err
			}
		}
	}
	if err := o.checkValues(); err != nil {
		return err
	}
	if err := o.checkUsed(path); err != nil {
		return err
	}
	return checkTerms(o.Terms)
}

// checkValues looks at each field by itself.
func (o *Options) checkValues() error {
	for _, f := range []*table.Field{
		table.Number(&o.Draws, "draws", DrawsRange), table.Number(&o.Sampling.N, "n", NumberRange),
		table.Number(&o.Sampling.Batch, "batch", config.RangeOf("batch")), table.Number(&o.Val, "val", config.RangeOf("val")),
		table.Number(&o.MaxPixels, "max-pixels", config.RangeOf("max-pixels")),
	} {
		if f.IsZero() {
			continue
		}
		if err := f.Check(); err != nil {
			return err
		}
	}
	if o.Variance == "" {
		return nil
	}
	_, err := sample.Variances.Find(o.Variance)
	return err
}

// given are the flags of what was set, not nil.
func (o *Options) given() []string {
	if o.Given != nil {
		return o.Given
	}
	names, s := []string{}, &o.Sampling
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"max-pixels", o.MaxPixels != 0}, {"n", s.N != 0}, {"draws", o.Draws != 0}, {"features", o.Features != nil}, {"judge", o.Judge != nil}, {"terms", o.Terms != ""}, {"npz", o.NPZ != ""}, {"per-class", o.PerClass},
		{"data-class", o.DataClass != nil}, {"val", o.Val != 0}, {"batch", s.Batch != 0}, {"from", o.From != ""}, {"solver", s.Solver != nil},
		{"steps", s.Steps != 0}, {"spacing", s.Spacing != ""}, {"clamp", s.Clamp != ""}, {"process", s.Process != nil}, {"guide", s.Guides != nil},
		{"variance", o.Variance != ""},
	} {
		if f.set {
			names = append(names, f.name)
		}
	}
	return names
}

// isGiven says whether a flag is among those given.
func (o *Options) isGiven(name string) bool { return slices.Contains(o.given(), name) }

// drawing are the flags that say how samples are drawn, beside the settings of solvers and guides.
// Metrics of samples use them, of a model those that read them.
type drawing struct {
	Solver  table.Row `flag:"solver" of:"solver"`
	Steps   int       `flag:"steps"`
	Spacing string    `flag:"spacing"`
	Clamp   string    `flag:"clamp"`
	Process string    `flag:"process"`
	Guide   table.Row `flag:"guide" of:"guide"`
	N       int       `flag:"n"`
	NPZ     string    `flag:"npz"`
	From    string    `flag:"from"`
	Draws   int       `flag:"draws"`
}

// checkUsed refuses what nothing would use.
func (o *Options) checkUsed(path string) error {
	draw := fieldNames(table.All(new(drawing)))
	switch {
	case IsSamples(path):
		for _, name := range slices.Concat(draw, []string{"best", "raw", "batch", "terms"}, fieldNames(Settings())) {
			if o.isGiven(name) {
				return refused(name, "belongs to a run, and %s holds samples; leave it out", path)
			}
		}
		if o.Val == 0 && o.isGiven("nearest") {
			return refused("nearest", "shows the training images nearest to the samples; say by --val which share of DATA was held out of the training")
		}
	case o.isGiven("val"):
		return refused("val", "belongs to SAMPLES.npz; what a run held out is in its configuration")
	}
	ofSamples := append(draw, "per-class")
	own := namesOf(o.Metrics, func(m Metric) bool { return m.About().OfModel() && !reads(m, "process") })
	if len(own) > 0 && o.isGiven("process") {
		return refused("process", "does not go with --metrics %s, which is of the process that was trained; measure vlb, or leave it out", own[0])
	}
	for _, name := range o.given() {
		uses := func(m Metric) bool { return reads(m, name) || !m.About().OfModel() && slices.Contains(ofSamples, name) }
		if users := namesOf(Metrics.Rows(), uses); len(users) > 0 && !slices.ContainsFunc(o.Metrics, uses) {
			return refused(name, "belongs to --metrics %s, and none of these is asked for; leave it out", strings.Join(users, ", "))
		}
	}
	return nil
}

// refused is the error of a flag, or the field of its name.
func refused(flag, format string, args ...any) error {
	return &table.Error{Flag: flag, Text: fmt.Sprintf(format, args...)}
}

// fieldNames are the names of settings.
func fieldNames(fields []*table.Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}
