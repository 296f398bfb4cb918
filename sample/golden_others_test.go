package sample

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

// others is what gen_diffusers.py and gen_kdiffusion.py write: whole runs of others' samplers, and
// their noise.
type others struct {
	Start batch
	Noise []batch
	Runs  []otherRun
}

// otherRun is a run of another's sampler: what its network said, one output for each call, and x
// after each step.
type otherRun struct {
	Name, Solver string
	Process      struct {
		Process, Schedule string
		T                 int
		Start, End        float64
		Lo, Hi            float64
	}
	Options struct {
		Variance                  string
		Eta                       float64
		Order                     int
		BH1, NoCorrect, Lower     bool
		SNR                       float64
		Corrections               int
		Churn, Tmin, Tmax, Snoise float64
	}
	Prediction       string
	SD               float64 // of the prediction edm
	Clip, Learned    bool
	Threshold, Scale float64
	Grid, Calls      []float64
	Told             []float64 // what the network was told at each call, where it is to be Cond
	Outputs          []batch
	Noise            []int
	X                []batch
}

// readJSON reads a golden file of testdata.
func readJSON[T any](t *testing.T, name string) (v T) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (g otherRun) process(t *testing.T) reverie.Process {
	switch p := g.Process; p.Process {
	case "edm":
		return reverie.EDM{SigmaMin: p.Lo, SigmaMax: p.Hi}
	case "ve":
		return reverie.VE{SigmaMin: p.Lo, SigmaMax: p.Hi}
	case "vp":
		return reverie.VP{Lo: p.Lo}
	case "flow":
		return reverie.Flow{Lo: p.Lo, Hi: p.Hi}
	default:
		return mustDDPM(t, betasOf(p.Schedule, p.T, p.Start, p.End))
	}
}

// solver is ours as the other's was set.
func (g otherRun) solver(t *testing.T) Solver[batch] {
	o := g.Options
	solver := made(t, strings.TrimSuffix(g.Solver, "-inverse")) // on a grid upwards
	switch s := solver.(type) {
	case *DDPM[batch]: // k-diffusion's ancestral Euler says eta = 1
		s.Variance = o.Variance
	case *DDIM[batch]:
		s.Eta = o.Eta
	case *Heun[batch]:
		s.Churn, s.Min, s.Max, s.Noise = o.Churn, o.Tmin, o.Tmax, o.Snoise
	case *DPM2M[batch]:
		s.LowerFinal = o.Lower
	case *DPM2MSDE[batch]:
		s.LowerFinal = o.Lower
	case *UniPC[batch]:
		s.Order, s.BH1, s.NoCorrect, s.LowerFinal = o.Order, o.BH1, o.NoCorrect, o.Lower
	case *PC[batch]:
		s.SNR, s.Corrections, s.Unbounded = o.SNR, o.Corrections, true
	}
	return solver
}

// replay is a network that says what the other's said, and checks that it is asked at the same
// times.
type replay struct {
	t    *testing.T
	g    otherRun
	p    reverie.Process
	call int
}

func (r *replay) network(_ context.Context, _ batch, cond float64) (batch, error) {
	r.t.Helper()
	if r.call == len(r.g.Calls) {
		r.t.Fatalf("more than %d calls", r.call)
	}
	want := r.p.Cond(r.g.Calls[r.call])
	if r.g.Told != nil {
		want = r.g.Told[r.call]
	}
	if !(math.Abs(cond-want) <= 1e-9*max(1, math.Abs(want))) {
		r.t.Errorf("call %d at cond %v, want %v", r.call, cond, want)
	}
	out := r.g.Outputs[r.call]
	r.call++
	return out, nil
}

// learned is a Denoiser that learned its variance: the network's output has twice x's numbers.
type learned struct {
	r  *replay
	sp reverie.Space[batch]
}

func (learned) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

func (l learned) Denoise(ctx context.Context, q reverie.Query[batch]) (e reverie.Estimate[batch], err error) {
	out, err := l.r.network(ctx, q.X, l.r.p.Cond(q.T))
	eps := make(batch, len(out))
	for n, o := range out {
		eps[n], e.V = o[:len(o)/2], append(e.V, o[len(o)/2:])
	}
	skip, _, scale, _ := reverie.Eps(l.r.p.At(q.T))
	e.X0 = l.sp.Sum([]float64{skip, scale}, q.X, eps)
	return e, err
}

func (r *replay) denoiser(sp *recorded) (d reverie.Denoiser[batch]) {
	r.t.Helper()
	kind, err := paramOf(r.g.Prediction)
	if r.g.SD != 0 {
		kind = reverie.EDMParam(r.g.SD)
	}
	d = reverie.Wrap(sp, r.p, kind, r.network)
	switch {
	case err != nil:
	case r.g.Learned:
		d = learned{r, sp}
	case r.g.Clip:
		d, err = reverie.Clamp(sp, d, -1, 1)
	case r.g.Threshold != 0:
		d, err = Threshold(sp, d, r.g.Threshold)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// check walks our solver through the run and compares x after each step.
func (g otherRun) check(t *testing.T, start batch, pool []batch) {
	sp := &recorded{}
	n := len(g.X[0]) // some runs are of the first sample alone
	for _, i := range g.Noise {
		sp.noise = append(sp.noise, pool[i][:n])
	}
	r := &replay{t: t, g: g, p: g.process(t)}
	run := &Run[batch]{Space: sp, Process: r.p, Denoiser: r.denoiser(sp)}
	steps := 0
	_, err := Sample(context.Background(), run, g.solver(t), sp.Sum([]float64{g.Scale}, start[:n]), g.Grid, func(s State[batch]) error {
		steps++
		agreeAll(t, s.Step, s.X, g.X[s.Step-1])
		return nil
	})
	if err != nil || steps != len(g.X) || r.call != len(g.Calls) || len(sp.noise) > 0 {
		t.Errorf("%d steps of %d, %d calls of %d, %d noises left: %v", steps, len(g.X), r.call, len(g.Calls), len(sp.noise), err)
	}
}

// agreeAll reports numbers that differ by over 1e-9 of 1 or of the largest wanted: both sides
// compute in float64, and the file has 13 digits.
func agreeAll(t *testing.T, step int, got, want batch) {
	t.Helper()
	largest := 1.0
	for n := range want {
		for _, v := range want[n] {
			largest = max(largest, math.Abs(v))
		}
	}
	for n := range want {
		for j := range want[n] {
			if !(math.Abs(got[n][j]-want[n][j]) <= 1e-9*largest) {
				t.Fatalf("step %d: sample %d, element %d = %v, want %v", step, n, j, got[n][j], want[n][j])
			}
		}
	}
}

// Every sampler that diffusers has too, step by step from what its network said.
func TestRunsAgainstDiffusers(t *testing.T) {
	checkOthers(t, "diffusers.json", "ddpm", "ddim", "ddim-inverse", "euler", "heun", "dpm++2m", "dpm++2m-sde", "unipc",
		"pc", "reverse-diffusion", "euler-maruyama")
}

// And those of k-diffusion: Heun with churn, too, which diffusers lacks, and the ancestral steps of
// EDM.
func TestRunsAgainstKDiffusion(t *testing.T) {
	checkOthers(t, "kdiffusion.json", "ddpm", "ddim", "heun", "dpm++2m", "dpm++2m-sde")
}

func checkOthers(t *testing.T, file string, solvers ...string) {
	g := readJSON[others](t, file)
	seen := map[string]bool{}
	for _, run := range g.Runs {
		seen[run.Solver] = true
		t.Run(run.Name, func(t *testing.T) { run.check(t, g.Start, g.Noise) })
	}
	for _, s := range solvers {
		if !seen[s] {
			t.Errorf("%s: no run of solver %s", file, s)
		}
	}
}

// diffusers' timesteps of "linspace" and "trailing".
func TestGridsAgainstDiffusers(t *testing.T) {
	g := readJSON[struct {
		Grids []struct {
			Spacing string
			T, N    int
			Indices []float64
		}
	}](t, "diffusers.json")
	if len(g.Grids) == 0 {
		t.Fatal("no grids")
	}
	for _, g := range g.Grids {
		got, err := Grid(g.Spacing, mustDDPM(t, reverie.LinearBetas(g.T, 1e-4, 0.02)), g.N)
		if err != nil || !slices.Equal(got[:len(got)-1], g.Indices) {
			t.Errorf("%s, %d of %d: %v, %v; want %v", g.Spacing, g.N, g.T, got, err, g.Indices)
		}
	}
}

// diffusers' betas, and the min-SNR weights of its training scripts, which it computes from a ratio
// in float32.
func TestTablesAgainstDiffusers(t *testing.T) {
	g := readJSON[struct {
		Tables []struct {
			Schedule string
			At       []int
			Beta     []float64
			Eps, V   []float64
		}
	}](t, "diffusers.json")
	if len(g.Tables) != 4 {
		t.Fatalf("%d tables", len(g.Tables))
	}
	for _, g := range g.Tables {
		beta := betasOf(g.Schedule, 1000, 1e-4, 0.02)
		p := mustDDPM(t, beta)
		eps := reverie.Objective{Process: p, Param: reverie.Eps, Weighting: reverie.MinSNR{}}
		v := reverie.Objective{Process: p, Param: reverie.V, Weighting: reverie.MinSNR{}}
		for i, at := range g.At {
			agree(t, g.Schedule+" beta", beta[at], g.Beta[i], 1e-11, 0)
			agree(t, g.Schedule+" weight of eps", eps.Weight(float64(at)), g.Eps[i], 1e-5, 0)
			agree(t, g.Schedule+" weight of v", v.Weight(float64(at)), g.V[i], 1e-5, 0)
		}
	}
}
