package edit

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// recorded is a Space whose noise is another's.
type recorded struct {
	reverie.Host[float64]
	noise []batch
}

func (r *recorded) Noise(batch) batch {
	z := r.noise[0]
	r.noise = r.noise[1:]
	return z
}

// diffusers' RePaintScheduler, step by step from what its network said: see testdata/gen_repaint.py
// for where it means something else.
func TestRePaintAgainstDiffusers(t *testing.T) {
	var g struct {
		Start, Y batch
		Known    []bool
		Noise    []batch
		Runs     []struct {
			T, Jump, Passes int
			Calls           []float64
			Outputs, X      []batch
			Noise           []int
		}
	}
	b, err := os.ReadFile("testdata/repaint.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil || len(g.Runs) != 4 {
		t.Fatalf("%d runs, %v", len(g.Runs), err)
	}
	for _, run := range g.Runs {
		name := fmt.Sprintf("%d steps, jump %d, %d passes", run.T, run.Jump, run.Passes)
		chain, err := reverie.NewDDPM(reverie.LinearBetas(run.T, 1e-3, 0.3))
		if err != nil {
			t.Fatal(err)
		}
		sp := new(recorded)
		for _, i := range run.Noise {
			sp.noise = append(sp.noise, g.Noise[i])
		}
		calls := 0
		net := func(_ context.Context, _ batch, cond float64) (batch, error) {
			if cond != run.Calls[calls] {
				t.Fatalf("%s: call %d at %v, want %v", name, calls, cond, run.Calls[calls])
			}
			calls++
			return run.Outputs[calls-1], nil
		}
		s := setting{a: mask{Shape{2, 2, 1}, g.Known}, m: gaussian(t, []float64{0}, [][]float64{{1}})}
		p := s.problem(chain, sp, &sample.DDIM[batch]{Eta: 1}, grid(t, "linear", chain, run.T), 2)
		p.Run.Denoiser, p.Y = reverie.Wrap[batch](sp, chain, reverie.Eps, net), g.Y
		p.Hook = func(s sample.State[batch]) error {
			for n := range s.X {
				nearAll(t, fmt.Sprintf("%s: step %d", name, s.Step), s.X[n], run.X[s.Step-1][n], 1e-9)
			}
			return nil
		}
		if _, err := (&RePaint[batch]{Jump: run.Jump, Passes: run.Passes}).Draw(t.Context(), p, g.Start); err != nil || calls != len(run.Calls) || len(sp.noise) > 0 {
			t.Errorf("%s: %d calls of %d, %d noises left, %v", name, calls, len(run.Calls), len(sp.noise), err)
		}
	}
}
