package sample

import (
	"fmt"

	"github.com/reverie-go/reverie"
)

// hasFar reports a process with a given far end x1: a bridge.
func hasFar(p reverie.Process) bool {
	lo, hi := p.Span()
	return p.At((lo+hi)/2).Beta != 0
}

// noFar refuses a process with a far end: its flow starts from a point, where Sigma = 0 and velocity and score are singular.
func noFar(name string, p reverie.Process) error {
	if hasFar(p) {
		return fmt.Errorf("solver %s does not go with a bridge, whose Sigma is 0 at its far end: use ddpm or ddim", name)
	}
	return nil
}

// needsScore refuses a process without a score, and a bridge.
func needsScore(name string, p reverie.Process) error {
	if err := hasScore(p); err != nil {
		return fmt.Errorf("solver %s needs the score: %w; use a deterministic solver: ddim with eta 0, euler, heun without churn, dpm++2m, unipc or rk45", name, err)
	}
	return noFar(name, p)
}

// hasScore returns why p has no score, if so.
func hasScore(p reverie.Process) error {
	if f, ok := p.(reverie.Flow); ok && between(f) {
		return fmt.Errorf("a flow between two data sets has none")
	}
	return nil
}

// between tells a flow between two data sets.
func between(reverie.Flow) bool { return false }

// downward refuses a step from data to noise.
func downward(name string, t, s float64) error {
	if s > t {
		return fmt.Errorf("solver %s walks from noise to data only, not from %v up to %v: use ddim, euler, heun, dpm++2m, unipc or rk45", name, t, s)
	}
	return nil
}
