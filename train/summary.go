package train

import "math"

// A Summary is what is known of a run at its end.
type Summary struct {
	Best, Last *Validated // of the validation losses in the log and of the last weights; nil: none
	Steps      int        // done
	Passes     float64    // over the data
	Enough     int        // a total of steps that is worth going on to; 0: the run has had its share
}

// A Validated is a validation loss and the step after which it was found.
type Validated struct {
	Step     int
	Loss     float64
	Accuracy *Accuracy // of a classifier, else nil
}

// The least that a run should have: fewer steps or passes leave most of what there is to learn.
const (
	enoughSteps  = 1000
	enoughPasses = 10
)

// Summary describes the run as it stands.
func (t *Trainer) Summary() Summary {
	s := Summary{Steps: t.learner.Steps, Passes: float64(t.learner.Steps) / float64(t.stepsPerEpoch()), Enough: t.enough()}
	s.Best, s.Last = validations(t.log.Records, t.final)
	return s
}

// validations are the least and the last validation loss of a log and of what was found after it;
// nil: none.
func validations(records []Record, after *Validated) (best, last *Validated) {
	see := func(v *Validated) {
		if last = v; best == nil || v.Loss < best.Loss {
			best = v
		}
	}
	for _, r := range records {
		if r.Val != nil {
			see(&Validated{r.Step, *r.Val, r.ValAccuracy})
		}
	}
	if after != nil {
		see(after)
	}
	return best, last
}

// enough is Summary's Enough: the steps that the images want and a slow average takes to be its
// own, as far as that is not out of proportion to what was done.
func (t *Trainer) enough() int {
	steps := max(enoughSteps, enoughPasses*t.stepsPerEpoch())
	if d := t.Config.EMA; d > 0 {
		steps = max(steps, int(min(math.Round(1/(1-d)), 1<<40)))
	}
	if t.learner.Steps == 0 || t.learner.Steps >= steps {
		return 0
	}
	return min(max(steps, 2*t.learner.Steps), 10*t.learner.Steps)
}

// validateLast finds the validation loss of a run's last weights, where its last epoch is not full
// and that costs little of what the training did.
func (t *Trainer) validateLast() {
	const share = 3 // images trained on for each that is held out
	n := t.val.Len()
	if n == 0 || t.position == 0 || t.learner.Steps == t.startedAt || share*n > (t.learner.Steps-t.startedAt)*t.Config.Batch {
		return
	}
	lost := t.lost
	v, right, err := t.validateRight()
	if t.lost = lost; err != nil {
		t.note("validation after the last step: %v", err)
		return
	}
	t.final = &Validated{t.learner.Steps, *v, right}
}
