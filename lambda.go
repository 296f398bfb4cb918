package reverie

import "math"

// Lambda returns half the logarithm of the signal-to-noise ratio, log(a/s) (Lu et al. 2022,
// arXiv:2206.00927): the clock that all processes share. It is -Inf where a = 0 and +Inf where s =
// 0.
func (c Coef) Lambda() float64 { return math.Log(c.Alpha / c.Sigma) }

// Inverse is implemented by a process that finds the time of a Lambda in closed form.
type Inverse interface{ TimeAt(lambda float64) float64 }

// TimeAt returns the time in p's Span at which Coef.Lambda is lambda: that of the nearer end where
// it is reached nowhere. For a DDPM it may lie between two indices.
func TimeAt(p Process, lambda float64) float64 {
	lo, hi := p.Span()
	if lambda >= p.At(lo).Lambda() {
		return lo
	}
	if lambda <= p.At(hi).Lambda() {
		return hi
	}
	if p, ok := p.(Inverse); ok {
		return min(hi, max(lo, p.TimeAt(lambda)))
	}
	for range 200 { // bisection, to the last bit
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if p.At(mid).Lambda() > lambda {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + (hi-lo)/2
}
