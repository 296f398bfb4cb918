package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// A Set is images or points, with what is derived from them once.
type Set struct {
	Images
	Name        string // such as "held-out"
	Fingerprint string // identifies them for the cache; "": they are not cached

	features map[string]Rows
	parts    map[string]*Set // by the name of their class
	whole    *Set            // of which it is a part, nil: of none
	at       []int           // its places there
}

// NewSet returns a set.
func NewSet(name string, m Images, fingerprint string) *Set {
	return &Set{Images: m, Name: name, Fingerprint: fingerprint, features: map[string]Rows{}, parts: map[string]*Set{}}
}

// A Case is what a metric measures.
type Case struct {
	Samples   *Set // nil for metrics of the model
	Reference *Set // HeldOut or Training
	HeldOut   *Set // nil: none
	Training  *Set // nil: not known
	Withheld  *Set // held out of Training; nil: not known
	// Real says that Samples are training data in the samples' place, for what a perfect model
	// would reach.
	Real bool
	Seed uint64
	// Model is the model, and Likelihood how it is measured, beside what a metric's settings say.
	// nil for metrics of samples.
	Model      *model.Model
	Likelihood model.LikelihoodOptions

	evaluation *Evaluation
}

// Goals are what of pairs the samples were drawn for; nil: not known.
func (c *Case) Goals() (*Goals, error) {
	if c.evaluation.Goals == nil || c.Samples.whole != nil {
		return nil, nil
	}
	return c.evaluation.Goals(c.Samples.N)
}

// Note keeps what a person should know with the report, once.
func (c *Case) Note(format string, args ...any) { c.evaluation.note(format, args...) }

// terms tells a bound of the reference term by term, if it is the first.
func (c *Case) terms(bounds []likelihood.Named) error {
	if e := c.evaluation; e.Terms != nil && !e.termsTold {
		e.termsTold = true
		return e.Terms(bounds)
	}
	return nil
}

// Features returns the features of samples and reference.
func (c *Case) Features(ctx context.Context) (samples, reference Rows, err error) {
	if samples, err = c.evaluation.rows(ctx, c.Samples); err != nil {
		return Rows{}, Rows{}, err
	}
	reference, err = c.evaluation.rows(ctx, c.Reference)
	return samples, reference, err
}

// A Value is one number that a metric gives.
type Value struct {
	Name   string
	X      float64
	Error  float64 // standard error; 0: not known
	Better Better
	Most   int // of each set that many at most are compared; 0: all
}

// Better says which way a number is better.
type Better string

// The ways. Some numbers have none: they are read beside another.
const (
	Less Better = "less"
	More Better = "more"
)

// A Metric is one way to judge, a row of [Metrics]. Its settings are the tagged fields of its
// struct.
type Metric interface {
	table.Row
	About() Base
	// Measure returns the metric's numbers of a case. An error that is [ErrUnfit] says that there
	// are none for what there is.
	Measure(ctx context.Context, c *Case) ([]Value, error)
}

// A Validator is a Metric with settings that may not go together; Validate says which.
type Validator interface{ Validate() error }

// A Base is what a metric says of itself. Embedded, it makes a struct with a method Measure a
// Metric.
type Base struct {
	table.Info
	Subject Subject
	// Reads are flags beside the metric's own settings that it uses: of features "features", and of
	// a metric of the model what it takes of the sampling, such as "process" where it can be
	// measured under another one.
	Reads []string
	// Classed says that the metric is of samples that come with their classes, Whole that it is of
	// all classes together, and Costly that it takes minutes: it is measured where it is named.
	Classed, Whole, Costly bool
}

// About implements Metric.
func (b Base) About() Base { return b }

// OfModel says whether a metric judges the model itself, not samples.
func (b Base) OfModel() bool { return b.Subject == ModelOnly }

// ByName says whether a metric is measured only where it is named.
func (b Base) ByName() bool { return b.OfModel() || b.Costly }

// A Plain metric is a function, without settings.
type Plain struct {
	Base
	Func func(ctx context.Context, c *Case) ([]Value, error)
}

// Measure calls the function.
func (p Plain) Measure(ctx context.Context, c *Case) ([]Value, error) { return p.Func(ctx, c) }

// A Subject is what a metric judges.
type Subject int

// The subjects: samples of any kind, of images or of points, the model itself, on each reference
// set, or recordings made clean, see Speech.
const (
	Any Subject = iota
	ImagesOnly
	PointsOnly
	ModelOnly
	SpeechOnly
)

// Fits is nil if a metric judges samples of a kind, else says what it is for.
func (s Subject) Fits(k kind.Kind) error {
	switch {
	case s == ImagesOnly && k.Vector():
		return fmt.Errorf("is for images, and these are %s", k.Noun(2))
	case s == PointsOnly && !k.Vector():
		return fmt.Errorf("is for points, and these are %s", k.Noun(2))
	case s == SpeechOnly:
		return fmt.Errorf("is for recordings that a model of speech makes clean, and these are %s", k.Noun(2))
	}
	return nil
}

// Metrics are the metrics, in the order of the report.
var Metrics = table.New[Metric]("metrics", "metrics", " of eval",
	swd, w2, mmd, fid, kid, precisionRecall, nearestTraining, psnr, accuracy, intra, cas, elbo, vlb, flow, bridge, siSDR, estoi)

// Choose returns the metrics that are named, in the table's order, with settings of their own; of
// no names all that are not measured by name only.
func Choose(names ...string) ([]Metric, error) {
	for _, n := range names {
		if _, err := Metrics.Find(n); err != nil {
			return nil, err
		}
	}
	var chosen []Metric
	for _, m := range Metrics.Rows() {
		if a := m.About(); slices.Contains(names, a.Name) || len(names) == 0 && !a.ByName() {
			chosen = append(chosen, table.Copy(m).(Metric))
		}
	}
	return chosen, nil
}

// Settings are the settings of all metrics, for a command line that is read before they are chosen:
// [Configure] gives those given to the metrics.
func Settings() []*table.Field {
	var any struct {
		Metric Metric `flag:"metrics" of:"metrics"`
	}
	return table.All(&any)[1:] // behind the metric itself
}

// Configure gives the metrics their settings among those given.
func Configure(metrics []Metric, given []*table.Field) error {
	for _, m := range metrics {
		if err := table.Take(m, given); err != nil {
			return err
		}
	}
	return nil
}

// OfSamples says whether one of the metrics judges samples.
func OfSamples(metrics []Metric) bool {
	return slices.ContainsFunc(metrics, func(m Metric) bool { return !m.About().OfModel() })
}

// OfModel are the names of the metrics of a model.
func OfModel() []string {
	return namesOf(Metrics.Rows(), func(m Metric) bool { return m.About().OfModel() })
}

// ByName are the names of the metrics that are measured only where they are named.
func ByName() []string {
	return namesOf(Metrics.Rows(), func(m Metric) bool { return m.About().ByName() })
}

// Readers are the names of the metrics that use a flag: of a setting of theirs, or see Base.Reads.
func Readers(flag string) []string {
	return namesOf(Metrics.Rows(), func(m Metric) bool { return reads(m, flag) })
}

func reads(m Metric, flag string) bool {
	return slices.Contains(m.About().Reads, flag) || table.Find(table.Fields(m), flag) != nil
}

// namesOf are the names of those of the metrics that f holds for.
func namesOf(metrics []Metric, f func(Metric) bool) (all []string) {
	for _, m := range metrics {
		if f(m) {
			all = append(all, m.Row().Name)
		}
	}
	return all
}

// noteTaken says that a metric takes n of each set, where it does not take all.
func (c *Case) noteTaken(name string, n int) {
	some := func(s *Set) string {
		if s.N <= n {
			return fmt.Sprintf("all %s", humanize.Comma(int64(s.N)))
		}
		return fmt.Sprintf("%s random ones of %s", humanize.Comma(int64(n)), humanize.Comma(int64(s.N)))
	}
	c.Note("%s to %s is of %s and %s", name, c.Reference.Name, some(c.Samples), some(c.Reference))
}

// ErrUnfit says that a number is not defined for what there is: it is left out, with a note.
var ErrUnfit = errors.New("not defined here")

// unfit says whether an error is about what there is to measure, not a failure.
func unfit(err error) bool {
	return errors.Is(err, ErrUnfit) || errors.Is(err, errTooFew) || errors.Is(err, ErrNoClasses)
}

// deviation is the root of spread.
func deviation(v []float64) float64 { return math.Sqrt(spread(v)) }
