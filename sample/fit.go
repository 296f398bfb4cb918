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
	if err := reverie.HasScore(p); err != nil {
		return fmt.Errorf("solver %s needs the score: %w", name, err)
	}
	return noFar(name, p)
}

// downward refuses a step from data to noise.
func downward(name string, t, s float64) error {
	if s > t {
		return fmt.Errorf("solver %s walks from noise to data only, not from %v up to %v: use ddim, euler, heun, dpm++2m, unipc or rk45", name, t, s)
	}
	return nil
}
