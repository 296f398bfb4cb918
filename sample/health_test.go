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
)

// NaN and divergence end a walk with the step, the times and the sample; without norms nothing is checked.
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
			solver, err := New[batch](name, Options{})
			if err != nil {
				t.Fatal(err)
			}
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
		o      Options
		want   int
	}{
		{"ddpm", Options{}, 5}, {"ddim", Options{}, 5}, {"euler", Options{}, 5}, {"heun", Options{}, 9}, {"euler-maruyama", Options{}, 5},
		{"reverse-diffusion", Options{}, 5}, {"pc", Options{}, 9}, {"pc", Options{Corrections: 3}, 17}, {"langevin", Options{Updates: 2}, 11},
		{"annealed-langevin", Options{Updates: 4}, 21}, {"dpm++2m", Options{}, 5}, {"dpm++2m-sde", Options{}, 5}, {"unipc", Options{}, 5},
	} {
		solver, err := New[batch](c.solver, c.o)
		if err != nil {
			t.Fatal(err)
		}
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
			t.Errorf("%s %+v: %d calls, %d told, want %d, %v", c.solver, c.o, asked, seen, c.want, err)
		}
	}
}

// rk45 ends where its evaluations are spent, where the slope is not finite, at a singularity, and when it is told to.
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

// Adaptive integrates any state with linear combinations: y' = -y beside l' = |y|, in closed form, both ways, and counts what it does.
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
	for _, info := range Solvers() {
		bridge, flow := Fits(info.Name, Options{}, reverie.Bridge{}), Fits(info.Name, Options{}, between)
		if err := Fits(info.Name, Options{}, chain); err != nil {
			t.Errorf("%s refuses a DDPM: %v", info.Name, err)
		}
		if got := bridge == nil; got != (info.Name == "ddpm" || info.Name == "ddim") {
			t.Errorf("%s and a bridge: %v", info.Name, bridge)
		}
		if got := flow == nil; got != slices.Contains([]string{"ddim", "euler", "heun", "dpm++2m", "unipc", "rk45"}, info.Name) {
			t.Errorf("%s and a flow between two data sets: %v", info.Name, flow)
		}
		if vp := Fits(info.Name, Options{}, reverie.VP{}); (vp != nil) != (info.Name == "lecture-sde") {
			t.Errorf("%s and VP: %v", info.Name, vp)
		}
		if strings.Contains(info.Refuses, "bridges") != (bridge != nil && info.Name != "lecture-sde") {
			t.Errorf("%s says it refuses %q", info.Name, info.Refuses)
		}
	}
	for want, err := range map[string]error{
		"ddim with eta above 0": Fits("ddim", Options{Eta: 0.5}, between),
		"heun with churn":       Fits("heun", Options{Churn: 1}, between),
		"predictor of":          Fits("pc", Options{Predictor: "ddpm"}, between),
		"reverse-diffusion":     Fits("lecture-sde", Options{}, reverie.VP{}),
		"use ddpm or ddim":      Fits("rk45", Options{}, reverie.Bridge{}),
		"use a solver of":       lower(Fits("euler-maruyama", Options{}, between)),
		"unknown solver":        Fits("magic", Options{}, between),
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
		solver, _ := New[batch](name, Options{})
		run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: reverie.VP{}, Denoiser: gaussian.denoiser(reverie.VP{})}
		if _, err := Sample(context.Background(), run, solver, batch{{1}}, up, nil); err == nil || !strings.Contains(err.Error(), "from noise to data only") {
			t.Errorf("%s walks up: %v", name, err)
		}
	}
}

// The corrector's step is the paper's where norms are sharp, in many dimensions, and the noise's own in few.
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

// Every option belongs to a solver, and only to those that say so; what is out of range is refused.
func TestOptions(t *testing.T) {
	given := map[string]Options{
		"eta": {Eta: 0.5}, "variance": {Variance: reverie.BetaVariance}, "churn": {Churn: 1}, "churn-min": {ChurnMin: 1}, "churn-max": {ChurnMax: 1},
		"churn-noise": {ChurnNoise: 1}, "snr": {SNR: 1}, "corrections": {Corrections: 1}, "predictor": {Predictor: "ddpm"}, "unbounded": {Unbounded: true}, "step-size": {StepSize: 1},
		"updates": {Updates: 1}, "still": {Still: true}, "level": {Level: 1}, "order": {Order: 1}, "bh1": {BH1: true}, "no-correct": {NoCorrect: true},
		"lower-final": {LowerFinal: true}, "rtol": {RTol: 0.1}, "atol": {ATol: 0.1}, "max-calls": {MaxCalls: 5},
	}
	for name, o := range given {
		for _, info := range Solvers() {
			_, err := New[batch](info.Name, o)
			if has := slices.Contains(info.Options, name); has != (err == nil) {
				t.Errorf("%s and %s: %v", info.Name, name, err)
			} else if !has && !strings.Contains(err.Error(), "only solver "+strings.Join(having(name), ", ")+" has it, not "+info.Name) {
				t.Error(err)
			}
		}
		if len(having(name)) == 0 {
			t.Errorf("no solver has %s", name)
		}
	}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"heun", Options{Churn: -1}, "churn = -1: expected 0 to"}, {"heun", Options{Churn: math.NaN()}, "churn = NaN"},
		{"heun", Options{ChurnMin: 2, ChurnMax: 1}, "below churn-min"}, {"pc", Options{Predictor: "euler"}, `predictor = "euler"`},
		{"pc", Options{Corrections: -1}, "corrections = -1"}, {"unipc", Options{Order: 4}, "order = 4: expected 0 to 3"}, {"unipc", Options{Order: -1}, "order = -1"},
		{"rk45", Options{RTol: -1}, "rtol = -1"}, {"rk45", Options{ATol: math.Inf(1)}, "atol = +Inf"}, {"rk45", Options{MaxCalls: -3}, "max-calls = -3"},
		{"langevin", Options{StepSize: -1}, "step-size = -1"}, {"annealed-langevin", Options{Updates: -1}, "updates = -1"},
	} {
		if _, err := New[batch](c.name, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: %v", c.name, c.o, err)
		}
	}
	run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: reverie.VP{}, Denoiser: gaussian.denoiser(reverie.VP{})}
	if _, err := Sample(context.Background(), run, Langevin[batch]{Level: 2}, batch{{1}}, []float64{1, 0.5}, nil); err == nil || !strings.Contains(err.Error(), "level = 2: expected a time within 0.001..1") {
		t.Error(err)
	}
}
