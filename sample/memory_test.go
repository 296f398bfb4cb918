package sample

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// freeing is a Host that overwrites with NaN what it made three calls of Next ago and more, other
// than what is kept: as a Space does that gives memory back.
type freeing struct {
	reverie.Host[float64]
	made  []batch
	old   [][]batch
	freed int
}

func (f *freeing) own(x batch) batch {
	f.made = append(f.made, x)
	return x
}

func (f *freeing) Sum(c []float64, x ...batch) batch       { return f.own(f.Host.Sum(c, x...)) }
func (f *freeing) SumEach(c [][]float64, x ...batch) batch { return f.own(f.Host.SumEach(c, x...)) }
func (f *freeing) Noise(x batch) batch                     { return f.own(f.Host.Noise(x)) }
func (f *freeing) Clamp(x batch, lo, hi float64) batch     { return f.own(f.Host.Clamp(x, lo, hi)) }
func (f *freeing) LogScale(x, v batch, a, b float64) batch {
	return f.own(f.Host.LogScale(x, v, a, b))
}

func (f *freeing) Next(keep ...batch) {
	f.old = append([][]batch{f.made}, f.old...)
	f.made = nil
	if len(f.old) <= 3 {
		return
	}
	for _, x := range f.old[3] {
		kept := false
		for _, k := range keep {
			kept = kept || &k[0][0] == &x[0][0]
		}
		if kept {
			f.own(x)
			continue
		}
		f.freed++
		for _, v := range x {
			for j := range v {
				v[j] = math.NaN()
			}
		}
	}
	f.old = f.old[:3]
}

// Every solver's history fits within three steps, and one of many evaluations within a step lets go
// of them.
func TestHistoryIsShort(t *testing.T) {
	for name, p := range map[string]reverie.Process{"vp": reverie.VP{}, "flow": reverie.Flow{}, "ddpm": mustDDPM(t, reverie.LinearBetas(40, 0.002, 0.3))} {
		for _, c := range append(append([]trial(nil), trials...), trial{"langevin updates=9", "linear", 12, 0}) {
			if name == "ddpm" && c.solver == "rk45" {
				c.solver = "rk45 rtol=1e-3"
			}
			walk := func(sp reverie.Space[batch], own func(batch) batch, hook func(State[batch]) error) batch {
				d := bimodal.denoiser(p)
				run := &Run[batch]{Space: sp, Process: p, Denoiser: reverie.DenoiserFunc[batch](func(ctx context.Context, x batch, t float64) (batch, error) {
					y, err := reverie.Denoise(ctx, d, x, t)
					return own(y), err
				})}
				solver := made(t, c.solver)
				grid, err := Grid("linear", p, 12)
				if err != nil {
					t.Fatal(err)
				}
				x, err := Sample(context.Background(), run, solver, run.Prior(reverie.NewBatch[float64](3, 1)), grid, hook)
				if err != nil {
					t.Fatalf("%s, %s: %v", name, c.solver, err)
				}
				return x
			}
			stream := random.Stream{Seed: 3}
			want := walk(&reverie.Host[float64]{Stream: stream}, func(x batch) batch { return x }, nil)
			sp := &freeing{Host: reverie.Host[float64]{Stream: stream}}
			got := walk(sp, sp.own, func(s State[batch]) error {
				if math.IsNaN(s.X0[0][0]) {
					t.Errorf("%s, %s, step %d: x0hat was freed", name, c.solver, s.Step)
				}
				sp.Next(s.X)
				return nil
			})
			if !(distance(got, want) == 0) || sp.freed == 0 {
				t.Errorf("%s, %s: %v, want %v; %d freed", name, c.solver, got, want, sp.freed)
			}
		}
	}
}
