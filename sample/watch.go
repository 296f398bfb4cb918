package sample

import (
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// ErrDiverged is what a walk ends with that left all bounds. Its text ends with what to do, to
// which a caller may add.
var ErrDiverged = errors.New("take more steps or another solver")

// divergence is the growth of a norm at which a walk ends.
const divergence = 1e6

// watch returns a check of each x of a walk that starts at start: see Sample.
func watch[X any](sp reverie.Space[X], start X) func(X) error {
	norm, ok := sp.(reverie.Normer[X])
	if !ok {
		return func(X) error { return nil }
	}
	limit := 1.0
	for _, v := range norm.Norm(start) {
		if v > limit { // not for NaN
			limit = v
		}
	}
	limit *= divergence
	return func(x X) error {
		for n, v := range norm.Norm(x) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("sample %d is not finite (norm %v): the network or the solver diverged; %w", n, v, ErrDiverged)
			}
			if v > limit {
				return fmt.Errorf("sample %d diverged: its norm %.3g is above %.3g; %w", n, v, limit, ErrDiverged)
			}
		}
		return nil
	}
}
