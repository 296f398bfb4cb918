package guide

import "github.com/reverie-go/reverie"

// A Rule makes one x0hat of two: that of the strong branch, which is given the class, say, and that
// of the weak one.
type Rule[X any] interface {
	// Takes says which of the two the rule takes: the other one is never asked for.
	Takes() (strong, weak bool)
	// Combine returns the guided x0hat of the query.
	Combine(q reverie.Query[X], strong, weak X) X
	// VJP returns q.U's products with the derivatives of Combine, u' dCombine/dstrong and u'
	// dCombine/dweak.
	VJP(q reverie.Query[X], strong, weak X) (toStrong, toWeak X)
}

// Linear is the rule that all guidance began with (Ho & Salimans 2022, arXiv:2207.12598, eq. 6,
// whose w is gamma - 1):
//
//	D = D_weak + gamma (D_strong - D_weak)
//
// With gamma = 0 the strong branch is not asked, with 1 the weak one is not.
func Linear[X any](sp reverie.Space[X], gamma float64) Rule[X] { return linear[X]{sp, gamma} }

type linear[X any] struct {
	space reverie.Space[X]
	gamma float64
}

// Takes leaves out what has no weight.
func (l linear[X]) Takes() (strong, weak bool) { return l.gamma != 0, l.gamma != 1 }

// Combine returns D.
func (l linear[X]) Combine(_ reverie.Query[X], strong, weak X) X {
	return l.space.Sum([]float64{l.gamma, 1 - l.gamma}, strong, weak)
}

// VJP takes no estimate.
func (l linear[X]) VJP(q reverie.Query[X], _, _ X) (toStrong, toWeak X) {
	return l.space.Sum([]float64{l.gamma}, q.U), l.space.Sum([]float64{1 - l.gamma}, q.U)
}
