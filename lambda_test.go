package reverie

import (
	"math"
	"testing"
)

// bare hides all of a process but its law.
type bare struct{ Process }

// TimeAt inverts Lambda, in closed form and by bisection. lambda is good to about 2^-50 of what it
// is the logarithm of, so the time to that over the slope.
func TestTimeAt(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		slope := math.Abs(c.DAlpha/c.Alpha - c.DSigma/c.Sigma)
		floor := math.Max(1, math.Abs(c.Lambda())) / slope
		near(t, "closed form", TimeAt(p, c.Lambda()), at, 1e-12, floor)
		near(t, "bisection", TimeAt(bare{p}, c.Lambda()), at, 1e-12, floor)
		_, closed := p.(Inverse)
		if _, learned := p.(*LearnedVP); closed == learned {
			t.Errorf("%T: closed form %v", p, closed)
		}
		if d, ok := p.(*DDPM); ok && at == math.Trunc(at) {
			near(t, "an index", d.TimeAt(d.logRatio(int(at))), at, 0, 0)
		}
	})
}

// Beyond the span TimeAt is its ends.
func TestTimeAtEnds(t *testing.T) {
	for _, q := range processes {
		lo, hi := q.p.Span()
		for _, p := range []Process{q.p, bare{q.p}} {
			near(t, q.name+" lo", TimeAt(p, 1000), lo, 0, 0)
			near(t, q.name+" hi", TimeAt(p, -1000), hi, 0, 0)
			near(t, q.name+" lo", TimeAt(p, math.Inf(1)), lo, 0, 0)
			near(t, q.name+" hi", TimeAt(p, math.Inf(-1)), hi, 0, 0)
		}
	}
	if at := mustDDPM("linear", 1).TimeAt(0); at != 0 {
		t.Error(at)
	}
}
