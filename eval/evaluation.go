package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
)

// An Evaluation measures samples, or a model, against images that were held out and against those
// that it was trained on.
type Evaluation struct {
	Metrics  []Metric
	HeldOut  *Set // nil: none
	Training *Set // nil: not known
	// Withheld are images that were held out when the training images were chosen: what these tell
	// of memorisation is told beside them. It is HeldOut where that is the run's own. nil: nothing
	// is said of memorisation.
	Withheld *Set
	Seed     uint64
	// Goals, if not nil, gives what of pairs the n samples of a draw are drawn for.
	Goals func(n int) (*Goals, error)
	// Ends gives the n far ends from number first on of a model that starts from them; nil: it does
	// not.
	Ends func(first, n int) ([]float32, error)
	// Features makes the features, once, where a metric needs them. nil: the values themselves.
	Features func(ctx context.Context) (Features, error)
	// PerClass measures each class of the samples by itself, too.
	PerClass bool
	// Labeller says of which class samples are, and Teacher learns it from samples, for the metrics
	// that need them; nil: none of these may be among Metrics.
	Labeller Labeller
	Teacher  Teacher
	Cache    *Cache // of the references' features; nil: none
	// Model is what metrics of the model judge, and Likelihood how, beside what their settings say;
	// nil: none may be among Metrics.
	Model      *model.Model
	Likelihood model.LikelihoodOptions
	// Terms, if not nil, is called once, with a bound term by term, of the first reference and the
	// first metric that has any.
	Terms func(bounds []likelihood.Named) error
	// Progress, if not nil, is called with what is about to be done.
	Progress func(what string)

	features    Features
	featuresErr error
	notes       []string
	heard       *[]string // also the notes while an outcome is computed that is kept
	real        kept      // nil: nothing is
	termsTold   bool
}

// A Cell is one number of the table.
type Cell struct {
	Value float64 `json:"value"`
	// Error is the deviation over the draws, of one draw or of a model's metric the standard error;
	// 0: not known.
	Error float64 `json:"error"`
	Draws int     `json:"draws"`
}

// A Row is one number against each reference; nil where there is none.
type Row struct {
	Metric   string `json:"metric"`
	Name     string `json:"name"`
	Better   Better `json:"better"`         // which way; "" neither
	Most     int    `json:"most,omitempty"` // of each set that many at most are compared; 0: all
	HeldOut  *Cell  `json:"held_out"`       // samples against the held-out images
	Training *Cell  `json:"training"`       // samples against the training images
	Real     *Cell  `json:"real"`           // as many training images against the held-out ones
	OfModel  bool   `json:"-"`              // the number is of the model, not of samples
}

// A Report is what an evaluation found.
type Report struct {
	Samples  int      `json:"samples"` // in a draw
	Draws    int      `json:"draws"`
	HeldOut  int      `json:"held_out"`
	Training int      `json:"training"`
	Features string   `json:"features"` // "" where no metric used any
	Rows     []Row    `json:"rows"`
	Notes    []string `json:"notes"` // such as which numbers had too few images
	// Warnings are what the numbers cannot be read without, such as that the data have changed.
	// JSON has them before the notes; of a table they are told before it, see Options.Note.
	Warnings []string `json:"-"`
}

// Missing is an error if one of the metrics gave nothing.
func (r *Report) Missing(metrics []Metric) error {
	for _, m := range metrics {
		name := m.Row().Name
		if slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Metric == name }) {
			continue
		}
		for _, n := range r.Notes {
			if strings.HasPrefix(n, name+" ") {
				return errors.New(n)
			}
		}
		return fmt.Errorf("%s: there is nothing to measure it on", name)
	}
	return nil
}

// The columns of a row.
const (
	toHeldOut = iota
	toTraining
	realImages
	places
)

// column says what is compared with what.
type column struct {
	place              int
	samples, reference *Set
	class              string // of which they are; "": of all
}

// Run draws samples the given number of times, draw i being 0, 1, .., and measures each draw. A
// number that is not defined for what there is, such as a FID of too few images, is left out with a
// note; other errors end it. With no metrics of samples draw is not called and may be nil.
func (e *Evaluation) Run(ctx context.Context, draws int, draw func(ctx context.Context, i int) (Images, error)) (*Report, error) {
	r := &Report{Draws: draws}
	if e.HeldOut != nil {
		r.HeldOut = e.HeldOut.N
	}
	if e.Training != nil {
		r.Training = e.Training.N
	}
	e.notes, e.termsTold = nil, false
	t := tally{}
	for i := range draws {
		if !OfSamples(e.Metrics) {
			r.Draws = 0
			break
		}
		x, err := draw(ctx, i)
		if err != nil {
			return nil, err
		}
		r.Samples = x.N
		if err := e.measureDraw(ctx, &t, NewSet("samples", x, ""), i); err != nil {
			return nil, err
		}
	}
	if err := e.measureModel(ctx, &t); err != nil {
		return nil, err
	}
	r.Rows, r.Notes = t.summary(e.Metrics), e.notes
	if e.features != nil {
		r.Features = e.features.Name()
	}
	return r, nil
}

// measureDraw measures all metrics of samples on one draw.
func (e *Evaluation) measureDraw(ctx context.Context, t *tally, samples *Set, i int) error {
	all := []column{{toHeldOut, samples, e.HeldOut, ""}, {toTraining, samples, e.Training, ""}}
	if e.HeldOut != nil && e.Training != nil {
		all = append(all, column{realImages, e.some(samples.N, i), e.HeldOut, ""})
	}
	classes, err := e.classes(samples)
	if err != nil {
		return err
	}
	for _, m := range e.Metrics {
		for _, class := range classes {
			for _, c := range all {
				if m.About().OfModel() || c.reference == nil {
					continue
				}
				e.progress("%s: %s against %s", m.Row().Name, c.samples.Name, c.reference.Name)
				if err := e.measureClass(ctx, t, m, c, class, e.Seed+uint64(i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// some returns as many training images as there are samples, all if there are fewer: most numbers
// depend on how many there are.
func (e *Evaluation) some(n, draw int) *Set {
	t := e.Training
	if t.N <= n {
		return t
	}
	return NewSet("training", takeImages(t.Images, n, e.Seed, 1<<20|draw), "")
}

// measureModel measures the metrics of the model on each set.
func (e *Evaluation) measureModel(ctx context.Context, t *tally) error {
	for _, m := range e.Metrics {
		for _, c := range []column{{toHeldOut, nil, e.HeldOut, ""}, {toTraining, nil, e.Training, ""}} {
			if !m.About().OfModel() || c.reference == nil {
				continue
			}
			e.progress("%s on %s", m.Row().Name, c.reference.Name)
			if err := e.measure(ctx, t, m, c, e.Seed); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure puts one metric's values of one column into the table.
func (e *Evaluation) measure(ctx context.Context, t *tally, m Metric, c column, seed uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	one := &Case{
		Samples: c.samples, Reference: c.reference, Real: c.place == realImages, Seed: seed,
		HeldOut: e.HeldOut.ofClass(c.class), Training: e.Training.ofClass(c.class), Withheld: e.Withheld.ofClass(c.class),
		Model: e.Model, Likelihood: e.Likelihood, evaluation: e,
	}
	one.Likelihood.Seed = seed
	measured := func() ([]Value, error) { return m.Measure(ctx, one) }
	var values []Value
	var err error
	if one.Real {
		values, err = e.once(keptBy{m.Row().Name, c.class, c.samples.N, seed}, measured)
	} else {
		values, err = measured()
	}
	if unfit(err) {
		e.note("%s against the %s set is left out: %v", m.Row().Name, c.reference.Name, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.Row().Name, err)
	}
	for _, v := range values {
		if math.IsNaN(v.X) || math.IsInf(v.X, 0) {
			return fmt.Errorf("%s against %s is %v", v.Name, c.reference.Name, v.X)
		}
		if c.class != "" {
			v.Name += ": " + c.class
		}
		t.add(m.Row().Name, v, c.place)
	}
	return nil
}

// rows returns the features of a set, computed once.
func (e *Evaluation) rows(ctx context.Context, s *Set) (Rows, error) {
	f, err := e.makeFeatures(ctx)
	if err != nil {
		return Rows{}, err
	}
	name := f.Name()
	if r, ok := s.features[name]; ok {
		return r, nil
	}
	if s.whole != nil {
		r, err := e.rows(ctx, s.whole)
		if err == nil {
			s.features[name] = r.Take(s.at)
		}
		return s.features[name], err
	}
	cache := e.Cache
	if _, own := f.(Values); own || s.Fingerprint == "" { // values are at hand, and the user's own
		cache = nil
	}
	r, err := cache.Features(ctx, f, s.Images, s.Fingerprint)
	if err == nil {
		s.features[name] = r
	}
	return r, err
}

// makeFeatures makes the features once; so it does its error.
func (e *Evaluation) makeFeatures(ctx context.Context) (Features, error) {
	switch {
	case e.features != nil || e.featuresErr != nil:
	case e.Features == nil:
		e.features = Values{}
	default:
		e.features, e.featuresErr = e.Features(ctx)
	}
	return e.features, e.featuresErr
}

// note keeps what a person should know, once.
func (e *Evaluation) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if e.heard != nil {
		*e.heard = append(*e.heard, text)
	}
	if !slices.Contains(e.notes, text) {
		e.notes = append(e.notes, text)
	}
}

func (e *Evaluation) progress(format string, args ...any) {
	if e.Progress != nil {
		e.Progress(fmt.Sprintf(format, args...))
	}
}

// A tally collects the values of each row and column over the draws.
type tally struct{ rows []*collected }

type collected struct {
	metric string
	value  Value // the first one, for what it is
	cells  [places]cellValues
}

// cellValues are the values of one cell, draw by draw, with the last error.
type cellValues struct {
	values []float64
	err    float64
}

// add adds a value to a cell.
func (t *tally) add(metric string, v Value, place int) {
	at := slices.IndexFunc(t.rows, func(c *collected) bool { return c.metric == metric && c.value.Name == v.Name })
	if at < 0 {
		at = len(t.rows)
		t.rows = append(t.rows, &collected{metric: metric, value: v})
	}
	t.rows[at].value.Most = max(t.rows[at].value.Most, v.Most)
	c := &t.rows[at].cells[place]
	c.values, c.err = append(c.values, v.X), v.Error
}

// summary makes the rows, metrics in their order.
func (t *tally) summary(metrics []Metric) []Row {
	var out []Row
	for _, m := range metrics {
		for _, c := range t.rows {
			if c.metric != m.Row().Name {
				continue
			}
			v := c.value
			out = append(out, Row{Metric: c.metric, OfModel: m.About().OfModel(), Name: v.Name, Better: v.Better, Most: v.Most, HeldOut: c.cells[toHeldOut].cell(), Training: c.cells[toTraining].cell(), Real: c.cells[realImages].cell()})
		}
	}
	return out
}

func (c cellValues) cell() *Cell {
	if len(c.values) == 0 {
		return nil
	}
	cell := &Cell{Value: mean(c.values), Error: c.err, Draws: len(c.values)}
	if len(c.values) > 1 {
		cell.Error = deviation(c.values)
	}
	return cell
}
