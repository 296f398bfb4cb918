package train

import (
	"context"
	"fmt"
	"time"
)

// A run is looked at before its first epoch ends, which on much data may take hours: there is a
// first checkpoint soon, and pictures come by the clock too.
const (
	firstLook = 30 * time.Second // from the start of the session
	nextLook  = 5 * time.Minute  // from pictures to pictures
	lookShare = 10               // and ten times what they cost
)

// dueSave says whether the step that was just taken is followed by a checkpoint: at every SaveEvery
// steps, and once soon after the start of a run that has none.
func (t *Trainer) dueSave() bool {
	every := t.Config.SaveEvery
	if every <= 0 {
		return false
	}
	first := t.saved < 0 && !t.early && t.now().Sub(t.began) >= firstLook
	t.early = t.early || first // where it could not be written, the next one is that of the steps
	return first || t.learner.Steps%every == 0
}

// timedPictures draws the pictures of a step within an epoch, where the last ones are long ago.
func (t *Trainer) timedPictures(ctx context.Context) {
	if t.Config.SampleEvery <= 0 || t.position == 0 || t.done() {
		return // none, or others are due
	}
	since, pause := t.began, firstLook
	if !t.drawn.IsZero() {
		since, pause = t.drawn, nextLook
	}
	if t.now().Sub(since) < max(pause, lookShare*t.pictureTime()) {
		return
	}
	t.pictures(ctx, fmt.Sprintf("step-%06d", t.learner.Steps))
}

// pictureTime estimates what pictures cost from what a step does.
func (t *Trainer) pictureTime() time.Duration {
	c, sheets, steps := t.Config, 1, gridSteps
	if t.learner.State.Averaged() {
		sheets = 2
	}
	if t.setup.Objective.Process == nil {
		steps = 1 // is coded and decoded
	}
	strip := max(c.SampleSteps, steps)
	if n := c.TableLength(); n > 0 && c.SampleSteps == 0 {
		strip = n
	}
	forward := t.stepping.Seconds() / (trainingFactor * float64(c.Batch) * float64(max(1, t.learner.Steps-t.startedAt)))
	return time.Duration(forward * float64(c.SampleN*sheets*steps+strip) * float64(time.Second))
}
