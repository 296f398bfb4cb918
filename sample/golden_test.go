package sample

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/reverie-go/reverie"
)

type batch = reverie.Batch[float64]

// recorded is a Host whose noise was written down beforehand.
type recorded struct {
	reverie.Host[float64]
	noise []batch
}

func (r *recorded) Noise(batch) batch {
	z := r.noise[0]
	r.noise = r.noise[1:]
	return z
}

// Whole runs of every solver, each step against the independent script testdata/gen_runs.py.
func TestRunsAgainstPython(t *testing.T) {
	var golden struct {
		Beta  []float64
		Start batch
		Noise []batch
		Runs  []struct {
			Name, Solver, Clamp, Variance string
			Times                         []float64
			Eta                           float64
			Steps                         []batch
		}
	}
	b, err := os.ReadFile("testdata/runs.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := mustDDPM(t, golden.Beta)
	seen := map[string]bool{}
	for _, g := range golden.Runs {
		t.Run(g.Name, func(t *testing.T) {
			seen[g.Solver] = true
			sp := &recorded{noise: golden.Noise}
			run := &Run[batch]{Space: sp, Process: p, Denoiser: reverie.Wrap(sp, p, reverie.Eps, toy(p.Steps()))}
			switch g.Clamp {
			case "x":
				run.Clamp = 1
			case "x0":
				if run.Denoiser, err = reverie.Clamp(sp, run.Denoiser, -1, 1); err != nil {
					t.Fatal(err)
				}
			}
			solver := made(t, g.Solver)
			switch s := solver.(type) {
			case *DDIM[batch]:
				s.Eta = g.Eta
			case *DDPM[batch]:
				s.Variance = g.Variance
			}
			steps := 0
			grid := append(append([]float64(nil), g.Times...), reverie.Clean)
			_, err = Sample(context.Background(), run, solver, golden.Start, grid, func(s State[batch]) error {
				same(t, s.Step, s.X, g.Steps[s.Step-1])
				steps++
				return nil
			})
			if err != nil || steps != len(g.Steps) {
				t.Errorf("%d steps of %d: %v", steps, len(g.Steps), err)
			}
		})
	}
	for _, name := range []string{"ddpm", "ddim", "lecture-sde"} {
		if !seen[name] {
			t.Errorf("no run of solver %s", name)
		}
	}
}

// toy is the script's network.
func toy(T int) reverie.Network[batch] {
	return func(_ context.Context, x batch, t float64) (batch, error) {
		F := reverie.NewBatch[float64](len(x), len(x[0]))
		for n := range x {
			for j, v := range x[n] {
				F[n][j] = 1.2*v*math.Tanh(1+t/float64(T)) + 0.3*math.Sin(3*v)
			}
		}
		return F, nil
	}
}

// same reports elements that differ by over 1e-11 (steps of this length amplify rounding by some
// factor of ten).
func same(t *testing.T, step int, got, want batch) {
	t.Helper()
	for n := range want {
		for j := range want[n] {
			if !(math.Abs(got[n][j]-want[n][j]) <= 1e-11) {
				t.Fatalf("step %d: sample %d, element %d = %v, want %v", step, n, j, got[n][j], want[n][j])
			}
		}
	}
}

func mustDDPM(t *testing.T, beta []float64) *reverie.DDPM {
	t.Helper()
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
