package explain

import (
	"fmt"

	"github.com/reverie-go/reverie/app/counterfactual/score"
)

// A Report says how good the counterfactuals of a set of images are. With several seeds each draw
// counts.
type Report struct {
	Images    int         `json:"images"`
	Target    int         `json:"already_target"` // left as they are
	Others    int         `json:"left_out"`       // of another class than the one asked for
	Seeds     int         `json:"seeds"`
	Flipped   score.Rate  `json:"flipped"`             // of those explained; what is missing are failures
	Confirmed *score.Rate `json:"confirmed,omitempty"` // flipped, and by the judge too; nil: no judge
	// Unsure are those that flipped with less than the confidence that was asked for.
	Unsure int `json:"unsure"`
	// Of the draws that flipped; nil: none did.
	Change *Means `json:"change,omitempty"`
	// Diversity is the mean over the images of score.Diversity of their draws that flipped; nil:
	// none has two.
	Diversity *float64 `json:"diversity_l2,omitempty"`
	Calls     float64  `json:"calls"`   // of the model, of an image, on average
	Seconds   float64  `json:"seconds"` // of an image, on average
}

// Means are those of what changed.
type Means struct {
	score.Change
	Elsewhere float64 `json:"other_classes"` // see score.Elsewhere
	COUT      float64 `json:"cout"`
}

// A Tally makes a Report of what is found, as it is found.
type Tally struct {
	sorted                                     Sorted
	judged                                     bool
	draws, flipped, confirmed, images, diverse int
	sums                                       Means
	report                                     Report
}

// Tally begins that of images.
func (e *Explainer) Tally(s Sorted) *Tally {
	return &Tally{sorted: s, judged: e.o.Judge != nil, report: Report{Images: len(s.Class), Target: s.Target, Others: s.Others, Seeds: e.o.Seeds}}
}

// Add counts what is found of an image.
func (t *Tally) Add(f Finding) error {
	var made [][]float64
	for _, d := range f.Draws {
		t.draws++
		t.report.Calls += float64(d.Calls)
		if d.Confirmed {
			t.confirmed++
		}
		if !d.Flipped {
			continue
		}
		t.flipped++
		if d.Unsure {
			t.report.Unsure++
		}
		t.sums.L1 += d.L1
		t.sums.L2 += d.L2
		t.sums.Pixels += d.Pixels
		t.sums.Elsewhere += d.Elsewhere
		t.sums.COUT += d.COUT
		made = append(made, rows(d.X, len(d.X))[0])
	}
	t.images++
	t.report.Seconds += f.Seconds
	if len(made) < 2 {
		return nil
	}
	apart, err := score.Diversity(made)
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	t.diverse++
	if t.report.Diversity == nil {
		t.report.Diversity = new(float64)
	}
	*t.report.Diversity += apart
	return nil
}

// Report is that of what was added, one image at least.
func (t *Tally) Report() (r Report, err error) {
	r = t.report
	if r.Flipped, err = score.NewRate(t.flipped, t.draws); err != nil {
		return r, fmt.Errorf("explain: %w", err)
	}
	if t.judged {
		rate, err := score.NewRate(t.confirmed, t.draws)
		if err != nil {
			return r, fmt.Errorf("explain: %w", err)
		}
		r.Confirmed = &rate
	}
	r.Calls /= float64(t.images)
	r.Seconds /= float64(t.images)
	if r.Diversity != nil {
		apart := *r.Diversity / float64(t.diverse)
		r.Diversity = &apart
	}
	if n := float64(t.flipped); n > 0 {
		s := t.sums
		r.Change = &Means{score.Change{L1: s.L1 / n, L2: s.L2 / n, Pixels: s.Pixels / n}, s.Elsewhere / n, s.COUT / n}
	}
	return r, nil
}
