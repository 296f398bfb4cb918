package guide

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie"
)

// ErrNoClass says that a guide to a class was asked for no class.
var ErrNoClass = errors.New("gives no unconditional estimate: ask for classes (OfClass)")

// branches is a Denoiser made of two: a strong one and a weak one, away from which it goes.
type branches[X any] struct {
	space        reverie.Space[X]
	name         string // in errors
	strong, weak reverie.Denoiser[X]
	rule         Rule[X]
	from         int  // the class that is asked of weak, where weak is strong
	one          bool // weak is strong
	renoise      bool // the weak estimate is that by which x is noised anew
}

// Knows returns what both branches do, as far as the rule takes them, but for an expected far end,
// of which the rule says nothing.
func (b branches[X]) Knows(w reverie.Want) error {
	if b.one && !w.Has(reverie.WantClass) {
		return fmt.Errorf("%s %w", b.name, ErrNoClass)
	}
	if b.renoise != w.Has(reverie.WantRenoise) {
		if b.renoise {
			return fmt.Errorf("%s noises x anew by the unconditional estimate, and does not go with a solver that takes all of a step from one x0hat: use ddim or ddpm", b.name)
		}
		return w.Beyond(^reverie.WantRenoise, b.name)
	}
	if err := w.Beyond(^(reverie.WantShift | reverie.WantFar), b.name); err != nil {
		return err
	}
	w &^= reverie.WantRenoise
	strong, weak := b.takes(w)
	if strong {
		if err := b.strong.Knows(w); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	if !weak {
		return nil
	}
	switch {
	case b.one && b.from == reverie.NullClass:
		w &^= reverie.WantClass
	case !b.one && b.strong.Knows(w|reverie.WantClass) == nil:
		// asked for or not: who is refused a class for the weak one's sake shall not ask for none
		w |= reverie.WantClass
	}
	if err := b.weak.Knows(w &^ reverie.WantVariance); err != nil {
		return fmt.Errorf("%s, the weaker estimate: %w", b.name, err)
	}
	return nil
}

// takes says which of the branches are asked: a variance is the strong one's.
func (b branches[X]) takes(w reverie.Want) (strong, weak bool) {
	strong, weak = b.rule.Takes()
	return strong || w.Has(reverie.WantVariance), weak || b.renoise
}

// away is what the weak branch is asked where the strong one is asked q.
func (b branches[X]) away(q reverie.Query[X]) reverie.Query[X] {
	q.Want &^= reverie.WantVariance
	if !b.one {
		return q
	}
	q.Class = slices.Clone(q.Class)
	for i, c := range q.Class {
		if c != reverie.NullClass {
			q.Class[i] = b.from
		}
	}
	return q
}

// Denoise asks the branches and puts them together.
func (b branches[X]) Denoise(ctx context.Context, q reverie.Query[X]) (e reverie.Estimate[X], err error) {
	if err := b.Knows(q.Want); err != nil {
		return e, err
	}
	q.Want &^= reverie.WantRenoise
	strong, weak := b.takes(q.Want)
	switch {
	case !weak:
		return b.strong.Denoise(ctx, q)
	case !strong:
		e, err = b.weak.Denoise(ctx, b.away(q))
		e.Renoise = e.X0
		return e, err
	}
	s, w := q, b.away(q)
	if q.Want.Has(reverie.WantVJP) {
		if s.U, w.U, err = b.vectors(ctx, q); err != nil {
			return e, err
		}
	}
	e, other, err := b.ask(ctx, s, w)
	if err != nil {
		return e, err
	}
	if b.renoise {
		e.Renoise = other.X0
	}
	e.X0 = b.rule.Combine(q, e.X0, other.X0)
	if q.Want.Has(reverie.WantVJP) {
		e.VJP = b.space.Sum([]float64{1, 1}, e.VJP, other.VJP)
	}
	return e, nil
}

// vectors are those of the branches' products. Where they depend on the estimates, these cost a
// call of their own.
func (b branches[X]) vectors(ctx context.Context, q reverie.Query[X]) (strong, weak X, err error) {
	var s, w reverie.Estimate[X]
	if _, ok := b.rule.(linear[X]); !ok {
		first := q
		first.Want &= reverie.WantCondition
		if s, w, err = b.ask(ctx, first, b.away(first)); err != nil {
			return strong, weak, err
		}
	}
	strong, weak = b.rule.VJP(q, s.X0, w.X0)
	return strong, weak, nil
}

// ask asks both branches: in one batch where they are one Denoiser and the Space can stack.
func (b branches[X]) ask(ctx context.Context, strong, weak reverie.Query[X]) (s, w reverie.Estimate[X], err error) {
	stack, ok := b.space.(reverie.Stacker[X])
	if b.one && ok && strong.Class != nil {
		return b.stacked(ctx, stack, strong, weak)
	}
	if s, err = b.strong.Denoise(ctx, strong); err != nil {
		return s, w, err
	}
	w, err = b.weak.Denoise(ctx, weak)
	return s, w, err
}

// stacked asks both at once.
func (b branches[X]) stacked(ctx context.Context, sp reverie.Stacker[X], strong, weak reverie.Query[X]) (s, w reverie.Estimate[X], err error) {
	both := strong
	both.X, both.Class = sp.Stack(strong.X, weak.X), slices.Concat(strong.Class, weak.Class)
	twice := func(all []X) (out []X) {
		for _, x := range all {
			out = append(out, sp.Stack(x, x))
		}
		return out
	}
	both.Far, both.Given = twice(strong.Far), twice(strong.Given)
	if both.Want.Has(reverie.WantVJP) {
		both.U = sp.Stack(strong.U, weak.U)
	}
	e, err := b.strong.Denoise(ctx, both)
	if err != nil {
		return s, w, err
	}
	s.X0, w.X0 = sp.Unstack(e.X0)
	if both.Want.Has(reverie.WantVariance) {
		s.V, _ = sp.Unstack(e.V)
	}
	if both.Want.Has(reverie.WantVJP) {
		s.VJP, w.VJP = sp.Unstack(e.VJP)
	}
	return s, w, nil
}
