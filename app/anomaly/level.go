package anomaly

import (
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// level returns the time that a setting of that flag says, or, where it is 0, that of the noise
// level sigma/alpha = usual: of a Discrete process the nearest index, and where the process does
// not reach it its nearer end.
func (l *look[X]) level(flag string, t, usual float64) (float64, error) {
	p := l.run.Process
	_, discrete := p.(reverie.Discrete)
	lo, hi := p.Span()
	switch {
	case t == 0:
		t = timeAt(p, usual)
	case !(t >= lo && t <= hi):
		return 0, fmt.Errorf("%s %v is no time of the process: expected one from %v to %v, or 0 for that of sigma/alpha = %v", flag, t, lo, hi, usual)
	case discrete && t != math.Trunc(t):
		return 0, fmt.Errorf("%s %v is between two indices of the chain: expected a whole one, from %v to %v", flag, t, lo, hi)
	}
	return t, nil
}

// used notes a level at which x is noised.
func (l *look[X]) used(t float64) {
	c := l.run.Process.At(t)
	l.levels = append(l.levels, Level{t, c.Sigma / c.Alpha})
}

// tail returns the grid from t on: t, and the times below it.
func (l *look[X]) tail(t float64) ([]float64, error) {
	if l.Solver == nil {
		return nil, errors.New("a Setup for a method that walks needs a Solver and a Grid")
	}
	tail := []float64{t}
	for _, s := range l.Grid {
		if s == reverie.Clean || s < t {
			tail = append(tail, s)
		}
	}
	if len(tail) == 1 {
		return nil, fmt.Errorf("level %v: none of the %d times of the grid lies below it, so there is no step to take; choose a level above", t, len(l.Grid))
	}
	return tail, nil
}

// from returns the time of the setting level, see level, and the grid from there on, and notes it.
func (l *look[X]) from(level, usual float64) (t float64, tail []float64, err error) {
	if t, err = l.level("level", level, usual); err != nil {
		return 0, nil, err
	}
	if tail, err = l.tail(t); err != nil {
		return 0, nil, err
	}
	l.used(t)
	return t, tail, nil
}

// A ladder is n noise levels from high down to low.
type ladder struct {
	high, low float64
	n         int
}

// errEmpty says that a range of levels has none.
var errEmpty = errors.New("no step from high to low; choose them further apart")

// times returns the times of a ladder, at even ratios of sigma/alpha. What is 0 of what is given is
// as usual, where high and low are sigma/alpha; a chain that has fewer indices there gives all.
func (l *look[X]) times(given, usual ladder) ([]float64, error) {
	high, err := l.level("high", given.high, usual.high)
	if err != nil {
		return nil, err
	}
	low, err := l.level("low", given.low, usual.low)
	if err != nil {
		return nil, err
	}
	if low > high {
		return nil, fmt.Errorf("low %v is above high %v: expected it below", low, high)
	}
	n := given.n
	if n == 0 {
		n = usual.n
		if _, ok := l.run.Process.(reverie.Discrete); ok {
			n = min(n, int(high-low)+1)
		}
	}
	return sample.Between(l.run.Process, high, low, n)
}

// AtRatio returns a copy of a method that noises to sigma/alpha = ratio: where it has the setting
// level to that, of a Discrete process at the nearest index, and where it has levels from high to
// low from twice to half of it. ok is false where it has neither.
func AtRatio(method table.Row, p reverie.Process, ratio float64) (at table.Row, ok bool) {
	at = table.Copy(method)
	fields := table.Fields(at)
	for name, r := range map[string]float64{"level": ratio, "high": 2 * ratio, "low": ratio / 2} {
		if f := table.Find(fields, name); f != nil {
			ok = true
			t := timeAt(p, r)
			if _, discrete := p.(reverie.Discrete); discrete {
				t = max(t, 1) // 0 stands for the default
			}
			if err := f.Set(fmt.Sprint(t)); err != nil {
				panic(err) // times are in the settings' range
			}
		}
	}
	return at, ok
}

// timeAt is the time at which sigma/alpha is ratio, of a Discrete process the nearest index, and
// where the process does not reach it its nearer end.
func timeAt(p reverie.Process, ratio float64) float64 {
	t := reverie.TimeAt(p, -math.Log(ratio))
	if _, discrete := p.(reverie.Discrete); discrete {
		t = math.RoundToEven(t)
	}
	return t
}
