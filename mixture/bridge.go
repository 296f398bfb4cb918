package mixture

import (
	"errors"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// A Bridge is a Gaussian law of both ends with the pinned reference between them:
//
//	x_t = a x0 + b x1 + s eps,   (x0, x1) of covariances A and B, and C = Cov(x0, x1)
//
// Schroedinger makes the one that is the Schroedinger bridge of two Gaussians. Of any other
// coupling C it is what bridge matching sees; what it learns is Match. It does not change.
type Bridge struct {
	p       reverie.Pinned
	m0, m1  []float64
	a, b, c [][]float64
}

// Schroedinger returns the Schroedinger bridge from one Gaussian, of the data x0, to another over a
// reference (De Bortoli et al. 2021, arXiv:2106.01357; in closed form Bunne et al. 2023,
// arXiv:2202.05722): of all processes with these ends the nearest to the reference. With the
// reference's x1 given x0 of mean alpha x0 and variance v, and A' = alpha^2 A,
//
//	C = [A'^.5 (4 A'^.5 B A'^.5 + v^2 I)^.5 A'^-.5 - v I]/(2 alpha)
//
// It fails for mixtures of several Gaussians or of different dimensions, and for data without a
// density.
func Schroedinger(p reverie.Pinned, from, to *Mixture) (*Bridge, error) {
	switch {
	case from.Len() != 1 || to.Len() != 1:
		return nil, errors.New("mixture: the bridge of more than two Gaussians has no closed form here: see NewLight")
	case from.Dim() != to.Dim():
		return nil, errors.New("mixture: a bridge between different dimensions")
	}
	for _, v := range from.parts[0].values {
		if !(v > 0) {
			return nil, errors.New("mixture: a bridge from data without a density: give all variances above 0")
		}
	}
	b := &Bridge{p: p, m0: from.MeanOf(0), m1: to.MeanOf(0), a: from.CovOf(0), b: to.CovOf(0)}
	alpha, v := p.Transition()
	g := &from.parts[0]
	power := func(e float64) [][]float64 {
		z := make([]float64, len(g.values))
		for i, value := range g.values {
			z[i] = math.Pow(alpha*alpha*value, e)
		}
		return g.matrix(z)
	}
	root := power(0.5)
	// (4 l + v^2)^.5 - v, in the form that does not cancel.
	d := of(symmetric(times(root, times(b.b, root))), func(l float64) float64 {
		l = max(0, l)
		return 4 * l / (math.Sqrt(4*l+v*v) + v)
	})
	b.c = combine(len(b.a), term{1 / (2 * alpha), times(root, times(d, power(-0.5)))})
	return b, nil
}

// With returns the bridge of the same ends coupled by the covariance c; of nil they are
// independent.
func (b *Bridge) With(c [][]float64) *Bridge {
	n := *b
	n.c = combine(len(b.a))
	if c != nil {
		n.c = combine(len(b.a), term{1, c})
	}
	return &n
}

// Coupling returns Cov(x0, x1).
func (b *Bridge) Coupling() [][]float64 { return combine(len(b.c), term{1, b.c}) }

// Cross returns the block of x0 and x1 of the precision of both ends. Of a Schroedinger bridge it
// is -(alpha/v) I, whatever the ends: all that of a plan is the reference's.
func (b *Bridge) Cross() [][]float64 {
	ainv := inverse(b.a)
	return combine(len(b.a), term{-1, times(ainv, times(b.c, inverse(b.left(ainv))))})
}

// left returns Cov(x1 | x0).
func (b *Bridge) left(ainv [][]float64) [][]float64 {
	return symmetric(combine(len(b.a), term{1, b.b}, term{-1, times(transposed(b.c), times(ainv, b.c))}))
}

// At returns the law of x_t.
func (b *Bridge) At(t float64) *Mixture {
	c := b.p.At(t)
	mean := make([]float64, len(b.m0))
	add(mean, c.Alpha, b.m0)
	add(mean, c.Beta, b.m1)
	return must(nil, [][]float64{mean}, Cov{Full: b.cov(c)})
}

// cov returns a^2 A + b^2 B + ab (C + C') + s^2 I.
func (b *Bridge) cov(c reverie.Coef) [][]float64 {
	ab := c.Alpha * c.Beta
	return symmetric(combine(len(b.a), term{c.Alpha * c.Alpha, b.a}, term{c.Beta * c.Beta, b.b},
		term{ab, b.c}, term{ab, transposed(b.c)}, term{c.Sigma * c.Sigma, nil}))
}

// Given returns the expected ends, E[x0 | x_t = x] and E[x1 | x_t = x].
func (b *Bridge) Given(t float64, x []float64) (x0, x1 []float64) {
	c := b.p.At(t)
	z := sub(x, b.At(t).MeanOf(0))
	z = apply(inverse(b.cov(c)), z)
	n := len(b.a)
	x0 = apply(combine(n, term{c.Alpha, b.a}, term{c.Beta, b.c}), z)
	x1 = apply(combine(n, term{c.Alpha, transposed(b.c)}, term{c.Beta, b.b}), z)
	add(x0, 1, b.m0)
	add(x1, 1, b.m1)
	return x0, x1
}

// Forward returns the drift of the Markov process with the laws of At, from 0 to 1: the pinned one
// with the expected far end in the place of x1. It is singular at 1.
func (b *Bridge) Forward(t float64, x []float64) []float64 {
	cx, far := b.p.At(t).Drift()
	_, x1 := b.Given(t, x)
	return affine(cx, x, far, x1)
}

// Backward returns the drift from 1 to 0, in the time 1-t, with the expected data in the place of
// x0. It is singular at 0. Forward and Backward add up to g^2 grad log p_t.
func (b *Bridge) Backward(t float64, x []float64) []float64 {
	cx, c0 := b.p.Backward(t)
	x0, _ := b.Given(t, x)
	return affine(cx, x, c0, x0)
}

// affine returns a x + b y.
func affine(a float64, x []float64, b float64, y []float64) []float64 {
	z := make([]float64, len(x))
	add(z, a, x)
	add(z, b, y)
	return z
}

// KL returns the divergence, in nats, of the process from the reference started at the same x0:
// that of x1 given x0. Of a Schroedinger bridge it is also the mean of half the square of what the
// forward drift adds to the reference's, over g^2, in all.
func (b *Bridge) KL() float64 {
	alpha, v := b.p.Transition()
	n := len(b.a)
	ainv := inverse(b.a)
	left := b.left(ainv)
	slope := combine(n, term{1, times(transposed(b.c), ainv)}, term{-alpha, nil}) // of E[x1 | x0] - alpha x0
	sum := -logDet(left) + float64(n)*(math.Log(v)-1)
	off := affine(1, b.m1, -alpha, b.m0)
	spread := times(slope, times(b.a, transposed(slope)))
	for i := range left {
		sum += (left[i][i] + off[i]*off[i] + spread[i][i]) / v
	}
	return sum / 2
}

// Fit returns the two ends after so many rounds of iterative proportional fitting (De Bortoli et
// al. 2021) from the reference started at the data: each round gives x1 its law, and then x0, and
// leaves the block of Cross as it is. At 0 rounds it is the reference.
func (b *Bridge) Fit(rounds int) *Bridge {
	alpha, v := b.p.Transition()
	n, k := len(b.a), alpha/v
	ainv, binv := inverse(b.a), inverse(b.b)
	// log density of the ends: -x0'P x0/2 - x1'Q x1/2 + k x0'x1 + h0'x0 + h1'x1
	p, q := combine(n, term{1, ainv}, term{alpha * k, nil}), combine(n, term{1 / v, nil})
	h0, h1 := apply(ainv, b.m0), make([]float64, n)
	for range rounds {
		left := inverse(p)
		q = combine(n, term{1, binv}, term{k * k, left})
		h1 = affine(1, apply(binv, b.m1), -k, apply(left, h0))
		left = inverse(q)
		p = combine(n, term{1, ainv}, term{k * k, left})
		h0 = affine(1, apply(ainv, b.m0), -k, apply(left, h1))
	}
	left := inverse(p)
	fit := &Bridge{p: b.p, m0: b.m0, a: b.a, b: inverse(combine(n, term{1, q}, term{-k * k, left}))}
	fit.m1 = apply(fit.b, affine(1, h1, k, apply(left, h0)))
	fit.c = combine(n, term{k, times(left, fit.b)})
	return fit
}

// matchSteps are those by which Match integrates: its error is below 1e-9 where no variance is more
// than some hundred times another.
const matchSteps = 1000

// Match returns the same ends coupled by the Markov process of Forward, started at the data: one
// round of iterative Markovian fitting (Shi et al. 2023, arXiv:2303.16852), after which every x_t
// has the law that it had. From independent ends rounds tend to the Schroedinger bridge, which is
// its own.
//
// With X/alpha for X and the variance that is gone for time, the reference is Brownian motion of
// variance S, of which the drift is N(u) P(u)^-1 X, P the covariance of x_u, N = C' + u B - (1-u) A
// - u (C + C' + S I).
func (b *Bridge) Match() *Bridge {
	alpha, v := b.p.Transition()
	S, n := v/(alpha*alpha), len(b.a)
	far, c := combine(n, term{1 / (alpha * alpha), b.b}), combine(n, term{1 / alpha, b.c})
	ct := transposed(c)
	slope := func(u float64, phi [][]float64) [][]float64 {
		w := 1 - u
		cov := symmetric(combine(n, term{w * w, b.a}, term{u * u, far}, term{u * w, c}, term{u * w, ct}, term{u * w * S, nil}))
		drift := combine(n, term{w, ct}, term{u, far}, term{-w, b.a}, term{-u, c}, term{-u * S, nil})
		return times(drift, times(inverse(cov), phi))
	}
	phi := combine(n, term{1, nil})
	const h = 1.0 / matchSteps
	for i := range matchSteps { // Runge and Kutta's fourth order
		u := float64(i) * h
		k1 := slope(u, phi)
		k2 := slope(u+h/2, combine(n, term{1, phi}, term{h / 2, k1}))
		k3 := slope(u+h/2, combine(n, term{1, phi}, term{h / 2, k2}))
		k4 := slope(u+h, combine(n, term{1, phi}, term{h, k3}))
		phi = combine(n, term{1, phi}, term{h / 6, k1}, term{h / 3, k2}, term{h / 3, k3}, term{h / 6, k4})
	}
	return b.With(combine(n, term{alpha, times(b.a, transposed(phi))}))
}

// Sample draws n pairs of ends, pair i from the stream s.Plus(i) alone.
func (b *Bridge) Sample(s random.Stream, n int) (x0, x1 reverie.Batch[float64]) {
	d := len(b.a)
	ainv := inverse(b.a)
	from := must(nil, [][]float64{b.m0}, Cov{Full: b.a})
	rest := must(nil, [][]float64{make([]float64, d)}, Cov{Full: b.left(ainv)})
	slope := times(transposed(b.c), ainv)
	x0, x1 = from.Sample(s, n), reverie.NewBatch[float64](n, d)
	s.Step += 2
	z := rest.Sample(s, n)
	for i := range x1 {
		copy(x1[i], b.m1)
		add(x1[i], 1, apply(slope, sub(x0[i], b.m0)))
		add(x1[i], 1, z[i])
	}
	return x0, x1
}
