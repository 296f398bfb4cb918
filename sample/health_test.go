package sample

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// NaN and divergence end a walk with the step, the times and the sample; without norms nothing is
// checked.
func TestWalkEndsWhereItDiverges(t *testing.T) {
	p := reverie.Flow{}
	grid := []float64{1, 0.75, 0.5, 0.25}
	for _, c := range []struct {
		value float64
		want  string
	}{
		{math.NaN(), "sample 1 is not finite"}, {math.Inf(1), "sample 1 is not finite"}, {1e9, "sample 1 diverged"},
	} {
		d := reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
			y := reverie.NewBatch[float64](len(x), 2)
			if t == 0.75 {
				y[1][0] = c.value
			}
			return y, nil
		})
		sp := &reverie.Host[float64]{}
		for _, name := range []string{"ddim", "euler", "heun", "dpm++2m", "unipc", "ddpm", "euler-maruyama", "reverse-diffusion", "dpm++2m-sde"} {
			solver := made(t, name)
			x, err := Sample(context.Background(), &Run[batch]{Space: sp, Process: p, Denoiser: d}, solver, batch{{1, 1}, {1, 1}}, grid, nil)
			const where = "step 2 of 3, from t = 0.75 to 0.5"
			if err == nil || !strings.Contains(err.Error(), where) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s with %v: %v", name, c.value, err)
			}
			if math.IsNaN(x[1][0]) || len(x) != 2 {
				t.Errorf("%s: x is not the last good one: %v", name, x)
			}
		}
		run := &Run[batch]{Space: plain{sp}, Process: p, Denoiser: d}
		if _, err := Sample(context.Background(), run, DDIM[batch]{}, batch{{1, 1}, {1, 1}}, grid, nil); err != nil {
			t.Errorf("a Space without norms: %v", err)
		}
	}
}

// Calls counts the Denoiser's calls, as each solver documents.
func TestCalls(t *testing.T) {
	p := reverie.VP{}
	grid, err := Linear(p, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		solver string
		want   int
	}{
		{"ddpm", 5}, {"ddim", 5}, {"euler", 5}, {"heun", 9}, {"euler-maruyama", 5},
		{"reverse-diffusion", 5}, {"pc", 9}, {"pc corrections=3", 17}, {"langevin updates=2", 11},
		{"annealed-langevin updates=4", 21}, {"dpm++2m", 5}, {"dpm++2m-sde", 5}, {"unipc", 5},
	} {
		solver := made(t, c.solver)
		asked, seen := 0, 0
		d := bimodal.denoiser(p)
		run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: reverie.DenoiserFunc[batch](func(ctx context.Context, x batch, t float64) (batch, error) {
			asked++
			return reverie.Denoise(ctx, d, x, t)
		})}
		_, err = Sample(context.Background(), run, solver, batch{{1}}, grid, func(s State[batch]) error {
			seen = s.Calls
			return nil
		})
		if err != nil || seen != c.want || asked != c.want {
			t.Errorf("%s: %d calls, %d told, want %d, %v", c.solver, asked, seen, c.want, err)
		}
	}
}

// rk45 ends where its evaluations are spent, where the slope is not finite, at a singularity, and
// when it is told to.
func TestRK45Ends(t *testing.T) {
	p := reverie.VP{}
	start := batch{{1}, {2}}
	walk := func(solver *RK45[batch], d reverie.Denoiser[batch]) error {
		_, err := Sample(context.Background(), &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: d}, solver, start, []float64{1, 0.5, reverie.Clean}, nil)
		return err
	}
	good := bimodal.denoiser(p)
	if err := walk(&RK45[batch]{MaxCalls: 30, RTol: 1e-9}, good); err == nil || !strings.Contains(err.Error(), "30 evaluations are spent") {
		t.Error(err)
	}
	nan := reverie.DenoiserFunc[batch](func(ctx context.Context, x batch, t float64) (batch, error) {
		y, err := reverie.Denoise(ctx, good, x, t)
		if t < 0.8 {
			y[1][0] = math.NaN()
		}
		return y, err
	})
	if err := walk(&RK45[batch]{}, nan); err == nil || !strings.Contains(err.Error(), "slope of sample 1 is not finite") || !strings.Contains(err.Error(), "step 1 of 2, from t = 1 to 0.5: at t = 0.") {
		t.Error(err)
	}
	own := errors.New("own")
	fail := reverie.DenoiserFunc[batch](func(ctx context.Context, x batch, t float64) (batch, error) { return x, own })
	if err := walk(&RK45[batch]{}, fail); !errors.Is(err, own) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		if t < 0.9 {
			cancel()
		}
		return reverie.Denoise(context.Background(), good, x, t)
	})
	run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: stop}
	if _, err := Sample(ctx, run, &RK45[batch]{}, start, []float64{1, 0.5, reverie.Clean}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	blow := Adaptive[batch]{Slope: func(_ context.Context, y batch, _ float64) (batch, error) { return batch{{y[0][0] * y[0][0]}}, nil },
		Sum: (&reverie.Host[float64]{}).Sum, Norm: (&reverie.Host[float64]{}).Norm} // y = 1/(1-t)
	if _, _, err := blow.Integrate(context.Background(), batch{{1}}, 0, 2); err == nil || !strings.Contains(err.Error(), "at t = 1") && !strings.Contains(err.Error(), "at t = 0.99999") {
		t.Error(err)
	}
}

// A pair is a state that is not a batch: the likelihood's.
type pair struct {
	x batch
	l []float64
}

// Adaptive integrates any state with linear combinations: y' = -y beside l' = |y|, in closed form,
// both ways, and counts what it does.
func TestAdaptiveTakesAnyState(t *testing.T) {
	a := Adaptive[pair]{
		Slope: func(_ context.Context, y pair, _ float64) (pair, error) {
			k := pair{reverie.NewBatch[float64](len(y.x), 1), make([]float64, len(y.l))}
			for n := range y.x {
				k.x[n][0], k.l[n] = -y.x[n][0], math.Abs(y.x[n][0])
			}
			return k, nil
		},
		Sum: func(c []float64, y ...pair) pair {
			s := pair{reverie.NewBatch[float64](len(y[0].x), 1), make([]float64, len(y[0].l))}
			for i, p := range y {
				for n := range p.x {
					s.x[n][0] += c[i] * p.x[n][0]
					s.l[n] += c[i] * p.l[n]
				}
			}
			return s
		},
		Norm: func(y pair) []float64 {
			norms := make([]float64, len(y.l))
			for n := range norms {
				norms[n] = math.Hypot(y.x[n][0], y.l[n])
			}
			return norms
		},
		RTol: 1e-10, ATol: 1e-10,
	}
	steps := 0
	a.After = func(...pair) { steps++ }
	for _, ends := range [][2]float64{{0, 3}, {3, 0}} {
		steps = 0
		y, report, err := a.Integrate(context.Background(), pair{batch{{1}, {-2}}, []float64{0, 0}}, ends[0], ends[1])
		if err != nil {
			t.Fatal(err)
		}
		span := ends[1] - ends[0]
		for n, x := range []float64{1, -2} {
			wantX, wantL := x*math.Exp(-span), math.Abs(x)*(1-math.Exp(-span))
			if !(math.Abs(y.x[n][0]-wantX) <= 1e-8*(1+math.Abs(wantX)) && math.Abs(y.l[n]-wantL) <= 1e-8*(1+math.Abs(wantL))) {
				t.Errorf("%v: %v, want %v, %v", ends, y, wantX, wantL)
			}
		}
		if report.Calls != 2+6*(report.Steps+report.Rejected) || steps != report.Steps+report.Rejected || report.Steps == 0 || !(report.Next > 0) {
			t.Errorf("%+v after %d attempts", report, steps)
		}
	}
	if y, report, err := a.Integrate(context.Background(), pair{batch{{1}}, []float64{4}}, 2, 2); err != nil || report.Calls != 0 || y.l[0] != 4 {
		t.Error(y, report, err)
	}
}

// Every process and solver that do not go together say so, and what would.
func TestFits(t *testing.T) {
	between := reverie.Flow{Between: true}
	chain := mustDDPM(t, []float64{0.1, 0.2})
	for _, solver := range Solvers.Rows() {
		name, text := solver.Row().Name, solver.Row().Text
		bridge, flow := Fits(solver, reverie.Bridge{}), Fits(solver, between)
		if err := Fits(solver, chain); err != nil {
			t.Errorf("%s refuses a DDPM: %v", name, err)
		}
		if got := bridge == nil; got != slices.Contains([]string{"ddpm", "ddim", "euler-maruyama"}, name) {
			t.Errorf("%s and a bridge: %v", name, bridge)
		}
		if got := flow == nil; got != slices.Contains([]string{"ddim", "euler", "heun", "dpm++2m", "unipc", "rk45"}, name) {
			t.Errorf("%s and a flow between two data sets: %v", name, flow)
		}
		if vp := Fits(solver, reverie.VP{}); (vp != nil) != (name == "lecture-sde") {
			t.Errorf("%s and VP: %v", name, vp)
		}
		if strings.Contains(text, "bridges") != (bridge != nil && name != "lecture-sde") {
			t.Errorf("%s says it refuses %q", name, text)
		}
	}
	for want, err := range map[string]error{
		"ddim with eta above 0": Fits(made(t, "ddim eta=0.5"), between),
		"heun with churn":       Fits(made(t, "heun churn=1"), between),
		"predictor of":          Fits(made(t, "pc predictor=ddpm"), between),
		"reverse-diffusion":     Fits(made(t, "lecture-sde"), reverie.VP{}),
		"use ddpm, ddim or":     Fits(made(t, "rk45"), reverie.Bridge{}),
		"use a solver of":       lower(Fits(made(t, "euler-maruyama"), between)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: between, Denoiser: gaussian.denoiser(between)}
	if _, err := Sample(context.Background(), run, EulerMaruyama[batch]{}, batch{{1}}, []float64{1, 0.5}, nil); err == nil || !strings.Contains(err.Error(), "needs the score") {
		t.Error("Sample does not ask Fits:", err)
	}
	up := []float64{0.2, 0.5}
	for _, name := range []string{"euler-maruyama", "reverse-diffusion", "pc", "annealed-langevin", "dpm++2m-sde"} {
		solver := made(t, name)
		run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: reverie.VP{}, Denoiser: gaussian.denoiser(reverie.VP{})}
		if _, err := Sample(context.Background(), run, solver, batch{{1}}, up, nil); err == nil || !strings.Contains(err.Error(), "from noise to data only") {
			t.Errorf("%s walks up: %v", name, err)
		}
	}
}

// The corrector's step is the paper's where norms are sharp, in many dimensions, and the noise's
// own in few.
func TestCorrectorStep(t *testing.T) {
	const s, r = 0.3, 0.16
	noise := 2 * r * r * s * s
	for _, c := range []struct {
		score, z  float64
		unbounded bool
		want      float64
	}{
		{64 / s, 64, false, noise}, {50 / s, 64, false, noise * (64. / 50) * (64. / 50)}, {80 / s, 64, false, noise * 0.64}, // 4,096 dimensions
		{1 / s, 64, false, s * s / 2}, {0, 64, false, s * s / 2}, {1e6, 64, false, noise / 64},
		{1, 1.4, false, noise}, {100, 1.4, false, noise}, {0, 1.4, false, noise}, // 2
		{2, 1.4, true, 2 * r * r * 0.49}, {0, 1.4, true, 0},
	} {
		if got := (PC[batch]{Unbounded: c.unbounded}).size(s, c.score, c.z); !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func lower(err error) error { return fmt.Errorf("%s", strings.ToLower(err.Error())) }

// What of a solver's settings is out of range is refused, by its flag and by Fits where a program
// set it.
func TestSettings(t *testing.T) {
	for _, c := range []struct{ solver, flag, value, want string }{
		{"ddim", "eta", "1.5", "--eta 1.5 is outside 0 to 1"}, {"ddim", "eta", "NaN", "--eta NaN"}, {"ddpm", "variance", "own", "posterior, beta, learned"},
		{"heun", "churn", "-1", "--churn -1 is outside 0 to"}, {"heun", "churn", "NaN", "--churn NaN"}, {"pc", "predictor", "euler", "reverse-diffusion, ddpm, euler-maruyama"},
		{"pc", "corrections", "-1", "--corrections -1"}, {"unipc", "order", "4", "--order 4 is outside 0 to 3"}, {"unipc", "order", "-1", "--order -1"},
		{"rk45", "rtol", "-1", "--rtol -1"}, {"rk45", "atol", "+Inf", "--atol +Inf"}, {"rk45", "max-calls", "-3", "--max-calls -3"},
		{"langevin", "step-size", "-1", "--step-size -1"}, {"annealed-langevin", "updates", "-1", "--updates -1"},
	} {
		row, err := Solvers.New(c.solver)
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Find(table.Fields(row), c.flag).Set(c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s %s: %v", c.solver, c.flag, c.value, err)
		}
	}
	for want, solver := range map[string]any{
		"--eta 1.5": DDIM[batch]{Eta: 1.5}, "--churn -1": &Heun[batch]{Churn: -1}, "below churn-min": Heun[batch]{Min: 2, Max: 1}, "--order 4": &UniPC[batch]{Order: 4},
		"--variance": DDPM[batch]{Variance: "own"}, "--rtol NaN": &RK45[batch]{RTol: math.NaN()}, "predictor of solver pc: --variance": PC[batch]{Predictor: DDPM[batch]{Variance: "own"}},
	} {
		if err := Fits(solver, reverie.VP{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%#v: %v, want %q", solver, err, want)
		}
	}
	run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: reverie.VP{}, Denoiser: gaussian.denoiser(reverie.VP{})}
	if _, err := Sample(context.Background(), run, Langevin[batch]{Level: 2}, batch{{1}}, []float64{1, 0.5}, nil); err == nil || !strings.Contains(err.Error(), "level = 2: expected a time within 0.001..1") {
		t.Error(err)
	}
}
