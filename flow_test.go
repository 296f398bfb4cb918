package reverie

import (
	"math"
	"strings"
	"testing"
)

// A flow between two data sets: the pair is on the straight line between the two samples, the
// velocity is their difference, and there is neither score nor SDE.
func TestFlowBetween(t *testing.T) {
	p := Flow{Between: true}
	near(t, "sample", At(p, Clean).Alpha, 1, 0, 0)
	if err := HasScore(p); err == nil || !strings.Contains(err.Error(), "no score") {
		t.Error(err)
	}
	if g := G2(p, 0.5); !math.IsNaN(g) {
		t.Errorf("g^2 = %v", g)
	}
	sp := &Host[float64]{}
	near0, far := Batch[float64]{{1, 2}, {-3, 5}}, Batch[float64]{{10, -4}, {7, 7}}
	task := Pair(Objective{Process: p, Param: Velocity}, sp, near0, far, []float64{0.25, 1})
	want := Batch[float64]{{3.25, 0.5}, {7, 7}}
	for n := range want {
		for j := range want[n] {
			near(t, "x_t", task.Input[n][j], want[n][j], tol, 0)
			near(t, "velocity", task.Target[n][j], far[n][j]-near0[n][j], tol, 0)
		}
	}
	if sp.Stream.Step != 0 {
		t.Error("Pair draws noise")
	}
	// The exact velocity, from a far sample at hi, leads back in one step of Euler's method, to any
	// s and to the data.
	for s, want := range map[float64]float64{0.25: 3.25, Clean: 1} {
		m := Move(p.At(1), At(p, s), 0)
		near(t, "back", m.X*10+m.X0*1+m.Noise, want, tol, 0)
	}
}

// Every other process has a score.
func TestHasScore(t *testing.T) {
	for _, q := range processes {
		if err := HasScore(q.p); err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
	}
}
