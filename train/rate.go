package train

import (
	"math"
	"time"

	"github.com/reverie-go/reverie/config"
)

// A Progress is how far a run has come.
type Progress struct {
	Step  int           // steps done
	Epoch float64       // passes over the data done, with the fraction of the one under way
	Time  time.Duration // training time used
}

// An End is where a run stops; a zero field stops nothing. The first one
// reached ends the run.
type End struct {
	Steps  int           `json:"steps,omitempty"`
	Epochs int           `json:"epochs,omitempty"`
	Time   time.Duration `json:"time,omitempty"`
}

// endOf returns the stops of a configuration.
func endOf(c *config.Run) End {
	return End{Steps: c.Steps, Epochs: c.Epochs, Time: time.Duration(c.Time)}
}

// Fraction is the share of the way to e that p has come: that of the stop
// that is nearest, 1 or more once one is reached.
func (e End) Fraction(p Progress) float64 {
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

// lastShare is what the cosine leaves of the rate at its end: a run that goes
// on past it still learns.
const lastShare = 0.01

// rate is the learning rate of the step after p: a linear rise over the
// warm-up steps, times, for the cosine schedule (Loshchilov & Hutter 2017,
// arXiv:1608.03983),
//
//	last + (1-last) (1 + cos(pi f))/2,  f = min(1, end.Fraction(p)), last = 1/100
//
// end is the stop that the run was first given, so that a longer total on
// resume continues at the last rate.
func rate(c *config.Run, end End, p Progress) float64 {
	lr := c.LR
	if p.Step < c.Warmup {
		lr *= float64(p.Step+1) / float64(c.Warmup)
	}
	if c.LRSchedule == "cosine" {
		f := min(1, end.Fraction(p))
		lr *= lastShare + (1-lastShare)*(1+math.Cos(math.Pi*f))/2
	}
	return lr
}
