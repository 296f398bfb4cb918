package train

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
)

// A Progress is how far a run has come.
type Progress struct {
	Step  int           // steps done
	Epoch float64       // passes over the data done, with the fraction of the one under way
	Time  time.Duration // training time used
}

// A Stop is where a run stops; a zero field stops nothing. The first one reached ends the run.
type Stop struct {
	Steps  int           `json:"steps,omitempty"`
	Epochs int           `json:"epochs,omitempty"`
	Time   time.Duration `json:"time,omitempty"`
}

// StopOf returns the stops of a configuration.
func StopOf(c *config.Run) Stop {
	return Stop{Steps: c.Steps, Epochs: c.Epochs, Time: c.Time}
}

// Fraction is the share of the way to e that p has come: that of the stop that is nearest, 1 or
// more once one is reached.
func (e Stop) Fraction(p Progress) float64 {
	f := 0.0
	if e.Steps > 0 {
		f = max(f, float64(p.Step)/float64(e.Steps))
	}
	if e.Epochs > 0 {
		f = max(f, p.Epoch/float64(e.Epochs))
	}
	if e.Time > 0 {
		f = max(f, float64(p.Time)/float64(e.Time))
	}
	return f
}

// String is the stops as the flags that give them.
func (e Stop) String() string {
	var s []string
	if e.Epochs > 0 {
		s = append(s, fmt.Sprintf("--epochs %d", e.Epochs))
	}
	if e.Steps > 0 {
		s = append(s, fmt.Sprintf("--steps %d", e.Steps))
	}
	if e.Time > 0 {
		s = append(s, fmt.Sprintf("--time %v", e.Time))
	}
	return strings.Join(s, ", ")
}

// lastShare is what the cosine leaves of the rate at its end.
const lastShare = 0.01

// A law is the learning rate over a run, or over the rest of one that was resumed with another
// total or rate. A checkpoint keeps it: the run goes on by it bit for bit.
type law struct {
	lr       float64 // of the configuration, as the next two
	schedule string
	warmup   int
	end      Stop     // where the cosine ends
	from     Progress // where the law began; no steps: with the run
	first    float64  // rate that the run had there
}

// lawOf is the law of a new run.
func lawOf(c *config.Run) law {
	return law{lr: c.LR, schedule: c.LRSchedule, warmup: c.Warmup, end: StopOf(c)}
}

// at is the learning rate of the step after p: a linear rise over the warm-up steps, times, for the
// cosine schedule (Loshchilov & Hutter 2017, arXiv:1608.03983),
//
//	last + (1-last) (1 + cos(pi f))/2,  f = min(1, end.Fraction(p)), last = 1/100
func (l law) at(p Progress) float64 {
	if l.from.Step > 0 {
		return l.again(p)
	}
	lr := l.lr
	if p.Step < l.warmup {
		lr *= float64(p.Step+1) / float64(l.warmup)
	}
	if l.schedule == "cosine" {
		lr *= cosine(l.end.Fraction(p))
	}
	return lr
}

// cosine is the cosine schedule's share of the rate after the fraction f.
func cosine(f float64) float64 {
	return lastShare + (1-lastShare)*(1+math.Cos(math.Pi*min(1, f)))/2
}

// again is the rate of a law that began in the middle of a run: a line from the rate that it had
// there to the peak, then the schedule over what remains.
func (l law) again(p Progress) float64 {
	rise, peak := l.rise()
	done := float64(p.Step-l.from.Step) / l.left() // of what remained
	if l.schedule == "cosine" {
		began := l.end.Fraction(l.from)
		done = (l.end.Fraction(p) - began) / (1 - began) // on the clock, where that ends the run
	}
	switch {
	case done < rise:
		return l.first + (peak-l.first)*done/rise
	case l.schedule == "cosine":
		return peak * cosine((done-rise)/(1-rise))
	}
	return peak
}

// left estimates the steps between the law's beginning and its end, exactly where no clock ends it:
// a stop is as many steps away as those before it took of its fraction.
func (l law) left() float64 {
	f := l.end.Fraction(l.from)
	if f <= 0 || f >= 1 {
		return float64(l.from.Step)
	}
	return float64(l.from.Step) * (1 - f) / f
}

// rise is the share of the rest over which a law goes from its first rate to the peak: the warm-up
// steps, and not less than a twentieth. A cosine keeps a tenth for its fall: a longer warm-up is as
// slow as it says, and ends lower.
func (l law) rise() (share, peak float64) {
	const least, most = 0.05, 0.9
	share = max(least, float64(l.warmup)/l.left())
	if l.schedule != "cosine" || share <= most {
		return share, l.lr
	}
	return most, l.first + (l.lr-l.first)*most/share
}

// goesOn is the law by which a run that had the law l goes on from p under c, where its last step
// had the rate last, and what a person should know of it: "" where nothing changes. A total that is
// reached changes nothing.
func (l law) goesOn(c *config.Run, p Progress, last float64) (law, string) {
	next := lawOf(c)
	if p.Step == 0 {
		return next, ""
	}
	warming := l.warmup != next.warmup && p.Step < l.from.Step+max(l.warmup, next.warmup)
	ends := l.end != next.end && next.schedule == "cosine"
	if next.end.Fraction(p) >= 1 || l.lr == next.lr && l.schedule == next.schedule && !warming && !ends {
		return l, ""
	}
	next.from, next.first = p, last
	return next, next.tell(l)
}

// tell says what a law that follows another in the middle of a run does.
func (l law) tell(before law) string {
	why := "--lr, --lr-schedule or --warmup changed"
	if l.end != before.end {
		why = fmt.Sprintf("the total is now %v (the rate was laid out for %v)", l.end, before.end)
	}
	share, peak := l.rise()
	up, about := "rises", ""
	if peak < l.first {
		up = "falls"
	}
	if l.end.Time > 0 {
		about = "about "
	}
	over := math.Round(share * l.left())
	text := fmt.Sprintf("%s: the learning rate %s from %.3g, that of step %d, to %.3g over %s%.0f steps", why, up, l.first, l.from.Step, peak, about, over)
	if peak != l.lr {
		text += fmt.Sprintf(" (not to --lr %v: --warmup %d is too long for that; give a smaller one)", l.lr, l.warmup)
	}
	switch {
	case l.schedule != "cosine":
		return text + ", and stays there"
	case over >= l.left():
		return text
	}
	return text + fmt.Sprintf(", then follows a cosine over the %s%.0f that remain", about, l.left()-over)
}

// rate is the law as a checkpoint keeps it, with the rate of the last step.
func (l law) rate(last float64) *checkpoint.Rate {
	return &checkpoint.Rate{
		LR: l.lr, Schedule: l.schedule, Warmup: int64(l.warmup), Last: last,
		FromStep: int64(l.from.Step), FromSeconds: l.from.Time.Seconds(), FromLR: l.first,
	}
}
