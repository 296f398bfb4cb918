package compare

import (
	"context"
	"errors"
	"math"

	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/score"
)

// A Result is what a way found, and how good that is.
type Result struct {
	Name      string          `json:"name"`
	Levels    []anomaly.Level `json:"levels,omitempty"` // at which images were noised
	Threshold float64         `json:"threshold"`        // above which a pixel is marked
	By        string          `json:"by"`               // how the threshold was chosen
	Means     Means           `json:"means"`
	// Valid is the AUPRC of the validation images, by which ways and levels may be chosen; nil:
	// there are none with lesions.
	Valid   *float64 `json:"validation_auprc,omitempty"`
	Seconds float64  `json:"seconds"`           // for all images, those of the validation too
	Metrics []Row    `json:"metrics,omitempty"` // none where no masks are known
	Images  []Line   `json:"images"`
}

// Means are the mean scores of images of which it is known whether they have a lesion. Those
// without should have the smaller one.
type Means struct {
	Of      string   `json:"of"` // "validation" or "examined"
	Healthy int      `json:"healthy"`
	Lesions int      `json:"lesions"`
	Mean    *float64 `json:"healthy_mean,omitempty"`
	With    *float64 `json:"lesions_mean,omitempty"`
}

// Swapped says whether healthy images score higher on average than those with lesions: what is
// taken for healthy may be the wrong class.
func (m Means) Swapped() bool { return m.Mean != nil && m.With != nil && !(*m.Mean < *m.With) }

// means are those of images.
func means(all []seen) (m Means) {
	var healthy, with float64
	for _, v := range all {
		switch {
		case v.normal():
			m.Healthy++
			healthy += v.value
		case v.known:
			m.Lesions++
			with += v.value
		}
	}
	if healthy /= float64(m.Healthy); m.Healthy > 0 {
		m.Mean = &healthy
	}
	if with /= float64(m.Lesions); m.Lesions > 0 {
		m.With = &with
	}
	return m
}

// A Line is one image.
type Line struct {
	Image  string   `json:"image"`
	Height int      `json:"height"`
	Width  int      `json:"width"`
	Score  float64  `json:"score"`
	Marked float64  `json:"marked"`           // the share of its pixels above the threshold
	Lesion *int     `json:"lesion,omitempty"` // pixels of its mask; nil: not known
	Dice   *float64 `json:"dice,omitempty"`   // at the threshold; nil: not known, or no lesion
}

// A Row is a metric of the images whose masks are known.
type Row struct {
	Metric          string `json:"metric"`
	Lesions         string `json:"lesions"` // the areas that count: "all", or as score.Set.Size has it
	Count           int    `json:"count"`   // how many there are of these
	*score.Interval        // nil where it is not defined
	// Low and High are the same as the value where no intervals were asked for or there is none.
	Why string `json:"why,omitempty"` // it is not defined
}

// anySize are all lesions, as score.Set.Size has it.
const anySize = "all"

// parts is into how many parts the lesions are split by size.
const parts = 3

// protocol are the metrics at a threshold, in the order of tables.
func protocol(threshold float64) []score.Metric {
	return []score.Metric{
		score.Prevalence(), score.AUPRC(), score.AUROC(), score.ImageAUROC(), score.AUPRO(proLimit), score.FROC(),
		score.Dice(threshold), score.OracleDice(), score.FalsePixels(threshold), score.FalseImages(threshold),
	}
}

// proLimit is the false-positive rate up to which the regions' overlap is integrated.
const proLimit = 0.3

// Set is the images whose masks are known as package score has them, nil where there are none.
func setOf(all []seen) (*score.Set, error) {
	var known []score.Image
	for _, v := range all {
		if v.known {
			known = append(known, v.Image)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	return score.New(known)
}

// measure measures what was found against the masks.
func (r *Result) measure(ctx context.Context, s *Study, all []seen) error {
	whole, err := setOf(all)
	if whole == nil || err != nil {
		return err
	}
	sets := []*score.Set{whole}
	if bounds := whole.SizeBounds(parts); len(bounds) > 0 {
		bySize, err := whole.BySize(bounds...)
		if err != nil {
			return err
		}
		sets = append(sets, bySize...)
	}
	for _, set := range sets {
		for _, m := range protocol(r.Threshold) {
			row := Row{Metric: m.Name, Lesions: set.Size(), Count: set.Lesions()}
			if err := row.measure(ctx, set, m, s.Bootstrap); err != nil {
				return err
			}
			r.Metrics = append(r.Metrics, row)
		}
	}
	return nil
}

// measure measures one metric.
func (r *Row) measure(ctx context.Context, set *score.Set, m score.Metric, b score.Bootstrap) error {
	v, err := set.Measure(m)
	switch {
	case errors.Is(err, score.ErrUndefined):
		r.Why = err.Error()
		return nil
	case err != nil:
		return err
	}
	r.Interval = &score.Interval{Value: v, Low: v, High: v}
	if images, _ := set.Images(); images < 2 || b.Replicates < 0 {
		return nil
	}
	within, err := set.Interval(ctx, m, b)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		r.Interval = &within
	}
	return nil // without an interval where too few replicates have the number
}

// Value is a metric of all lesions, NaN where it is not defined.
func (r *Result) Value(metric string) float64 {
	for _, row := range r.Metrics {
		if row.Metric == metric && row.Lesions == anySize && row.Why == "" {
			return row.Interval.Value
		}
	}
	return math.NaN()
}
