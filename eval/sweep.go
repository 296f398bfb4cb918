package eval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/reverie-go/reverie/model"
)

// A Setting is one value of what a sweep changes, with how samples are drawn at it.
type Setting struct {
	Value    float64
	Sampling model.Options
}

// A Sweep is what is measured of a model while one setting of its sampling changes. All else stays,
// the seeds too: a point's numbers are those of [Comparison.Run] at its value.
type Sweep struct {
	Model   string  `json:"model"`
	Setting string  `json:"setting"` // the name of its flag
	Points  []Point `json:"points"`
}

// A Point is what is measured at one value of a Sweep.
type Point struct {
	Value float64 `json:"value"`
	// Seconds is the time that a sample takes, of the fastest draw: the first one also compiles.
	Seconds float64 `json:"seconds_per_sample"`
	*Report
}

// UsualSweep are the names of the metrics that a sweep measures where none are named, of those that
// fit.
var UsualSweep = []string{"accuracy", "pr", "kid"}

// SweepLimit bounds the values of a sweep.
const SweepLimit = 50

// CheckSweep is a *table.Error where the options do not go with a sweep of the model at path.
func (o *Options) CheckSweep(path string) error {
	if IsSamples(path) {
		return refused("sweep", "changes how samples are drawn, and %s holds samples; give a run", path)
	}
	for _, m := range o.Metrics {
		if m.About().OfModel() {
			return refused("sweep", "changes how samples are drawn, and %s is of the model itself; leave one out", m.Row().Name)
		}
	}
	for _, name := range []string{"npz", "nearest", "terms"} {
		if o.isGiven(name) {
			return refused(name, "is of one way to draw, and --sweep draws in several; leave one out")
		}
	}
	return nil
}

// Sweep runs the comparison once for each setting; name is that of the flag. What real data reach
// in the samples' place is measured once, for no setting changes it. What was measured before an
// error, such as that of a context that ended, is returned with it.
func (c *Comparison) Sweep(ctx context.Context, name string, settings []Setting) (*Sweep, error) {
	before := c.Sampling
	c.real = kept{}
	defer func() { c.Sampling, c.at, c.real = before, "", nil }()
	s := &Sweep{Model: c.Name, Setting: name}
	var missing error
	for _, at := range settings {
		c.Sampling, c.at, c.fastest = at.Sampling, fmt.Sprintf("%s %v, ", name, at.Value), 0
		r, err := c.Run(ctx)
		if r == nil {
			return s, err
		}
		if missing == nil {
			missing = err
		}
		s.Points = append(s.Points, Point{at.Value, c.fastest.Seconds() / float64(at.Sampling.N), r})
	}
	return s, missing
}

// timed keeps the time that a draw took, if it is the least.
func (c *Comparison) timed(began time.Time) {
	if spent := time.Since(began); c.fastest == 0 || spent < c.fastest {
		c.fastest = spent
	}
}

// names are those of the numbers that the points have, in their order.
func (s *Sweep) names() (all []string) {
	for _, p := range s.Points {
		for _, row := range p.Rows {
			if !slices.Contains(all, row.Name) {
				all = append(all, row.Name)
			}
		}
	}
	return all
}

// row is the row of that name; nil if there is none.
func (r *Report) row(name string) *Row {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// cell is the number of that name against the held-out data, or where none are held out against
// those of training; nil if there is none.
func (r *Report) cell(name string) *Cell {
	switch row := r.row(name); {
	case row == nil:
		return nil
	case row.HeldOut != nil:
		return row.HeldOut
	default:
		return row.Training
	}
}

// real is what data in the samples' place reach; nil where that is not known.
func (s *Sweep) real(name string) *Cell {
	for _, p := range s.Points {
		if row := p.row(name); row != nil && row.Real != nil {
			return row.Real
		}
	}
	return nil
}
