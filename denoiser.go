package reverie

import (
	"context"
	"fmt"
	"strings"
)

// A Query asks what x0 is where x was seen at time t, and for what else is wanted. A wrapper passes
// on what it does not change, so that a field added here reaches the network through all of them.
type Query[X any] struct {
	X    X
	T    float64 // within the process's Span
	Far  []X     // the given end x1, for a process that has one (then exactly one)
	Want Want    // beside x0hat
	U    X       // for WantVJP, of X's shape
	// Class is, for WantClass, that of each sample of X: a number from 0 on, or NullClass. nil is
	// NullClass for all.
	Class []int
	// Given is, for WantGiven, what lies beside X and is known, sample by sample: an image to be
	// sharpened, noisy speech (then exactly one).
	Given []X
	// Step is the step of a walk, from 1 on, in which a solver asks, for a guide that remembers the
	// step before; 0: there is no walk.
	Step int
}

// An Estimate is what a Denoiser knows: tensors of the query's shape that alias none of it. What
// was not wanted may be left out.
type Estimate[X any] struct {
	X0 X // E[x0 | x_t = x]
	// V is what the network says of the reverse step's variance, mostly within [-1, 1], from which
	// LearnedVariance interpolates (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 15).
	V X
	// VJP is u' d x0hat/dx, sample by sample: what the divergence of the probability flow is made
	// of, and guidance through the denoiser.
	VJP X
	// Renoise is, for WantRenoise, the x0hat by which a step noises x anew in X0's place: the noise
	// in x is taken to be (x - a Renoise - b x1)/s.
	Renoise X
	// Shift is, for WantShift, what a step adds to its mean, times its variance: the gradient of a
	// log probability of x.
	Shift X
	// X1 is, for WantFar, E[x1 | x_t = x]: the expected far end of a bridge that is given none, see
	// Unpaired.
	X1 X
}

// Want is a set of what a query may ask beside x0hat.
type Want uint8

// What may be wanted: Estimate.V, Estimate.VJP, and that all of the Estimate is given the class, so
// that x0hat is E[x0 | x_t = x, class]. Without WantClass it is the unconditional one, which a
// network that was trained on classes alone refuses. WantGiven is the same of Query.Given: x0hat is
// then E[x0 | x_t = x, given], which a network that was trained on pairs alone needs.
const (
	WantVariance Want = 1 << iota
	WantVJP
	WantClass
	// WantRenoise and WantShift are set by a solver whose steps heed Renoise and Shift, where the
	// Denoiser gives no estimate else.
	WantRenoise
	WantShift
	// WantFar asks for Estimate.X1.
	WantFar
	WantGiven
)

// WantCondition is all that says of which x0hat is the expectation: what a wrapper that asks for
// less than it is asked for keeps.
const WantCondition = WantClass | WantGiven

// Has says whether all of o is wanted.
func (w Want) Has(o Want) bool { return w&o == o }

// Beyond returns an error that names what is wanted beyond known, of the denoiser that who is; nil
// where that is nothing.
func (w Want) Beyond(known Want, who string) error {
	var more []string
	for i, name := range []string{"learned variance", "vector-Jacobian product", "class-conditional estimate", "x0hat to noise by", "shift of the mean", "expected far end", "estimate of what is given beside x"} {
		if w&^known&(1<<i) != 0 {
			more = append(more, "no "+name)
		}
	}
	if more == nil {
		return nil
	}
	return fmt.Errorf("%s gives %s", who, strings.Join(more, " and "))
}

// A Denoiser returns the expected data E[x0 | x_t = x]. Guidance, clamping and inpainting take
// Denoisers and are Denoisers.
type Denoiser[X any] interface {
	// Denoise answers the query, or fails as Knows does.
	Denoise(ctx context.Context, q Query[X]) (Estimate[X], error)
	// Knows returns nil where all that is wanted is known, else an error that names what is not,
	// and why. It runs no network.
	Knows(w Want) error
}

// Denoise asks d for x0hat alone.
func Denoise[X any](ctx context.Context, d Denoiser[X], x X, t float64) (X, error) {
	e, err := d.Denoise(ctx, Query[X]{X: x, T: t})
	return e.X0, err
}

// DenoiserFunc makes a function of x and t that returns x0hat a Denoiser, as http.HandlerFunc does
// a Handler. It knows nothing else.
type DenoiserFunc[X any] func(ctx context.Context, x X, t float64) (X, error)

// Denoise calls f.
func (f DenoiserFunc[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := f.Knows(q.Want); err != nil {
		return e, err
	}
	e.X0, err = f(ctx, q.X, q.T)
	return e, err
}

// Knows refuses all but x0hat.
func (DenoiserFunc[X]) Knows(w Want) error {
	return w.Beyond(0, "a denoiser that is a function of x and t")
}
