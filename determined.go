package reverie

import (
	"cmp"
	"fmt"
	"math"
)

// An UndeterminedError says that a network's prediction leaves x0 open at a time: alpha has all but
// vanished there.
type UndeterminedError struct {
	T     float64
	Ratio float64 // alpha/sigma at T
	Times float64 // by how much x0hat is off for each part that the prediction is off

	Name, Remedy string // what the prediction is called and what to do, where the caller knows better
}

// Error implements error.
func (e *UndeterminedError) Error() string {
	return fmt.Sprintf("%s does not determine x0 at t = %v, where alpha/sigma is %.3g: each error of the network is multiplied by %.3g there, and float32 alone errs by 6e-8; %s",
		cmp.Or(e.Name, "the prediction"), e.T, e.Ratio, e.Times, cmp.Or(e.Remedy, "use the prediction v or x0, or a schedule that leaves more signal"))
}

// Determined returns an *UndeterminedError where k, predicted in float32, does not tell x0 at a
// time of p: eps and score where alpha has all but vanished, and any kind whose coefficients
// float32 does not hold. Of V, X0 and EDMParam there is no such time.
func Determined(p Process, k Param) error {
	const most, range32 = 1 << 24, 1e30
	lo, hi := p.Span()
	for _, t := range []float64{hi, lo + (hi-lo)/2, lo} {
		t = indexAt(p, t)
		c := p.At(t)
		skip, far, out, _ := k(c)
		x0, far1, eps := targetOf(c, skip, far, out)
		times := math.Abs(out) * math.Hypot(math.Hypot(x0, far1), eps) // of data and noise of deviation 1
		if times > most || math.Abs(skip) > range32 || math.Abs(out) > range32 {
			return &UndeterminedError{T: t, Ratio: c.Alpha / c.Sigma, Times: max(times, math.Abs(out))}
		}
	}
	return nil
}

// indexAt returns t, of a Discrete process the index at it.
func indexAt(p Process, t float64) float64 {
	if d, ok := p.(Discrete); ok {
		return float64(min(int(t), d.Steps()-1))
	}
	return t
}

// targetOf returns the target of a prediction with these coefficients at the law c, as a
// combination of x0, x1 and eps.
func targetOf(c Coef, skip, far, out float64) (x0, x1, eps float64) {
	return (1 - skip*c.Alpha) / out, -(skip*c.Beta + far) / out, -skip * c.Sigma / out
}
