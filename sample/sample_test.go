package sample

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

func TestGrids(t *testing.T) {
	ten := mustDDPM(t, reverie.LinearBetas(10, 0.1, 0.2))
	for _, c := range []struct {
		spacing string
		p       reverie.Process
		n       int
		want    []float64 // numpy: linspace(0, 9, n).round() and round(arange(10, 0, -10/n)) - 1
	}{
		{"linear", ten, 10, []float64{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1}},
		{"trailing", ten, 10, []float64{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1}},
		{"linear", ten, 3, []float64{9, 4, 0, -1}},
		{"trailing", ten, 3, []float64{9, 6, 2, -1}},
		{"linear", ten, 4, []float64{9, 6, 3, 0, -1}},
		{"trailing", ten, 4, []float64{9, 7, 4, 1, -1}},
		{"linear", ten, 1, []float64{9, -1}},
		{"trailing", ten, 1, []float64{9, -1}},
		{"linear", reverie.Flow{Lo: 0.2}, 3, []float64{1, 0.6, 0.2, -1}},
		{"trailing", reverie.Flow{Lo: 0.2}, 4, []float64{1, 0.8, 0.6, 0.4, -1}},
	} {
		got, err := Grid(c.spacing, c.p, c.n)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s %d: %v, %v", c.spacing, c.n, got, err)
			continue
		}
		for i := range got {
			if !(math.Abs(got[i]-c.want[i]) <= 1e-12) {
				t.Errorf("%s %d = %v, want %v", c.spacing, c.n, got, c.want)
				break
			}
		}
	}
	for T := 1; T <= 60; T++ { // every number of steps is a grid that Sample takes
		p := mustDDPM(t, reverie.LinearBetas(T, 0.1, 0.2))
		for n := 1; n <= T; n++ {
			for _, spacing := range Spacings.Names() {
				g, err := Grid(spacing, p, n)
				if err == nil {
					err = checkGrid(p, g)
				}
				if err != nil || len(g) != n+1 || g[0] != float64(T-1) {
					t.Fatalf("%s %d of %d: %v, %v", spacing, n, T, g, err)
				}
			}
		}
	}
	for _, n := range []int{0, -1, 11} {
		if _, err := Linear(ten, n); err == nil {
			t.Errorf("%d steps of 10 succeed", n)
		}
	}
	if _, err := Grid("sqrt", ten, 5); err == nil || !strings.Contains(err.Error(), "linear, trailing, quadratic, logsnr, karras") {
		t.Error(err)
	}
}

func TestCheckGrid(t *testing.T) {
	p := reverie.Flow{}
	for _, g := range [][]float64{{1, 0.5, reverie.Clean}, {1, 0.5}, {0.1, 0.5, 1}} {
		if err := checkGrid(p, g); err != nil {
			t.Errorf("%v: %v", g, err)
		}
	}
	for _, g := range [][]float64{nil, {1}, {1, 1}, {1, 0.5, 0.7}, {1, reverie.Clean, 0.5}, {reverie.Clean, 0.5}, {0.5, 0}, {1.5, 1},
		{1, math.NaN()}, {0.1, 0.5, reverie.Clean}} {
		if err := checkGrid(p, g); err == nil {
			t.Errorf("%v is a grid", g)
		}
	}
}

func TestNew(t *testing.T) {
	for _, name := range Solvers.Names() {
		if s, err := New[batch](name); err != nil || s.(table.Row).Row().Name != name {
			t.Error(s, err)
		}
	}
	if _, err := New[batch]("rk4"); err == nil || !strings.Contains(err.Error(), `--solver "rk4" is unknown; choose one of ddpm, ddim, lecture-sde, euler`) {
		t.Error(err)
	}
}

// made is the solver of a name with settings, such as "heun churn=10".
func made(t *testing.T, text string) Solver[batch] {
	t.Helper()
	words := strings.Fields(text)
	row, err := Solvers.New(words[0])
	for _, w := range words[1:] {
		flag, value, _ := strings.Cut(w, "=")
		if f := table.Find(table.Fields(row), flag); err == nil && f != nil {
			err = f.Set(value)
		} else {
			t.Fatalf("%s: %s is no setting", text, flag)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := For[batch](row)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// own is a solver of a program's own, of batches of float64 alone: a step of DDIM with a share of
// its own.
type own struct {
	Share float64 `flag:"share" range:"[0,1]" help:"of x0hat"`
}

func (*own) Row() table.Info { return table.Info{Name: "own", Text: "a step towards x0hat"} }

func (o *own) Step(ctx context.Context, r *Run[batch], x batch, t, _ float64) (batch, error) {
	x0, err := r.Denoise(ctx, x, t)
	return r.Space.Sum([]float64{1 - o.Share, o.Share}, x, x0), err
}

// A program's own solver is used by its name and its settings as all others are, on the batches
// that it is for.
func TestOwnSolver(t *testing.T) {
	before := Solvers
	defer func() { Solvers = before }()
	Solvers = table.New[table.Row]("solver of a test", "", "", &own{Share: 1})
	solver := made(t, "own share=0.25")
	run := newRun(t, 0)
	x := run.Prior(reverie.NewBatch[float64](1, 2))
	want, err := reverie.Denoise(t.Context(), run.Denoiser, x, 5)
	if err != nil {
		t.Fatal(err)
	}
	want = run.Space.Sum([]float64{0.75, 0.25}, x, want)
	if got, err := Sample(t.Context(), run, solver, x, []float64{5, reverie.Clean}, nil); err != nil || distance(got, want) != 0 {
		t.Error(got, want, err)
	}
	if h := HabitsOf(solver, run.Process); h.Steps != 6 || h.Spacing != "linear" {
		t.Errorf("%+v", h)
	}
	if _, err := New[reverie.Batch[float32]]("own"); err == nil || !strings.Contains(err.Error(), "solver own works on other batches than reverie.Batch[float32]") {
		t.Error(err)
	}
}

// newRun returns a run on a chain of 6 with the toy network.
func newRun(t *testing.T, first uint64) *Run[batch] {
	p := mustDDPM(t, reverie.LinearBetas(6, 0.01, 0.4))
	sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 5, Sample: first}}
	return &Run[batch]{Space: sp, Process: p, Denoiser: reverie.Wrap(sp, p, reverie.Eps, toy(6))}
}

// A sample is the same in any batch, for every solver; for rk45, whose steps are the batch's,
// within its tolerance.
func TestBatchSizeChangesNothing(t *testing.T) {
	for _, name := range Solvers.Names() {
		dream := func(first uint64, n int) batch {
			run := newRun(t, first)
			grid, err := Linear(run.Process, 6)
			if err != nil {
				t.Fatal(err)
			}
			solver := made(t, name)
			x, err := Sample(context.Background(), run, solver, run.Prior(reverie.NewBatch[float64](n, 5)), grid, nil)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		all, third := dream(0, 4), dream(2, 1)
		if name == "rk45" {
			for j := range third[0] {
				if math.Abs(all[2][j]-third[0][j]) <= 1e-5 {
					third[0][j] = all[2][j]
				}
			}
		}
		if !slices.Equal(all[2], third[0]) {
			t.Errorf("%s: sample 2 is %v in a batch of 4, %v alone", name, all[2], third[0])
		}
	}
}

// The hook sees every step; an error of it, and of ctx, ends the walk with what was reached.
func TestSampleStops(t *testing.T) {
	run := newRun(t, 0)
	grid := []float64{5, 3, 1, reverie.Clean}
	x := run.Prior(reverie.NewBatch[float64](1, 2))
	ctx, cancel := context.WithCancel(context.Background())
	var seen []State[batch]
	last, err := Sample(ctx, run, DDIM[batch]{}, x, grid, func(s State[batch]) error {
		seen = append(seen, s)
		if s.Step == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(seen) != 2 || !slices.Equal(last[0], seen[1].X[0]) {
		t.Errorf("after cancel: %v, %d steps, %v", err, len(seen), last)
	}
	if s := seen[1]; s.Steps != 3 || s.T != 3 || s.S != 1 {
		t.Errorf("state %+v", s)
	}
	want, err := reverie.Denoise(context.Background(), run.Denoiser, seen[0].X, 3)
	if err != nil || !slices.Equal(want[0], seen[1].X0[0]) {
		t.Errorf("x0hat = %v, want %v, %v", seen[1].X0, want, err)
	}
	own := errors.New("own")
	if _, err := Sample(context.Background(), run, DDIM[batch]{}, x, grid, func(State[batch]) error { return own }); !errors.Is(err, own) {
		t.Error(err)
	}
	fail := *run
	fail.Denoiser = reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		if t == 3 {
			return nil, own
		}
		return x, nil
	})
	for _, name := range []string{"ddim", "ddpm"} {
		solver := made(t, name)
		got, err := Sample(context.Background(), &fail, solver, x, grid, nil)
		if !errors.Is(err, own) || !strings.Contains(err.Error(), "step 2 of 3, from t = 3") || len(got) != 1 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// plain hides a Space's optional methods.
type plain struct{ reverie.Space[batch] }

func TestBadRuns(t *testing.T) {
	good := newRun(t, 0)
	x := reverie.NewBatch[float64](1, 2)
	flow := &Run[batch]{Space: good.Space, Process: reverie.Flow{}, Denoiser: good.Denoiser}
	bridge := &Run[batch]{Space: good.Space, Process: reverie.Bridge{}, Denoiser: exact(reverie.Bridge{}, 0)}
	bare := &Run[batch]{Space: plain{good.Space}, Process: good.Process, Denoiser: good.Denoiser}
	clamped, negative := *bare, *good
	clamped.Clamp, negative.Clamp = 1, -1
	full := []float64{5, 4, 3, 2, 1, 0, reverie.Clean}
	for _, c := range []struct {
		run    *Run[batch]
		solver Solver[batch]
		grid   []float64
		want   string
	}{
		{&Run[batch]{}, DDIM[batch]{}, full, "needs a Space"},
		{good, DDIM[batch]{}, []float64{7, 3}, "outside 0..5"},
		{&clamped, DDIM[batch]{}, full, "can clamp"},
		{&negative, DDIM[batch]{}, full, "clamp = -1"},
		{bridge, DDIM[batch]{}, []float64{0.9, 0.5}, "Run.Far"},
		{flow, LectureSDE[batch]{}, []float64{1, 0.5}, "every index of a DDPM"},
		{good, LectureSDE[batch]{}, []float64{5, 3, reverie.Clean}, "every index of a DDPM"},
		{bare, LectureSDE[batch]{}, full, "lacks Norm"},
	} {
		if _, err := Sample(context.Background(), c.run, c.solver, x, c.grid, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: want %q", err, c.want)
		}
	}
}

// The lecture's scale of the noise is 0 where |eps| is 0: from x = 0 under a network that says 0
// every step stays there.
func TestLectureSDEWithoutEps(t *testing.T) {
	run := newRun(t, 0)
	run.Denoiser = reverie.DenoiserFunc[batch](func(_ context.Context, x batch, _ float64) (batch, error) {
		return reverie.NewBatch[float64](len(x), len(x[0])), nil
	})
	x, err := Sample(context.Background(), run, LectureSDE[batch]{}, reverie.NewBatch[float64](1, 2), []float64{5, 4, 3, 2, 1, 0, reverie.Clean}, nil)
	if err != nil || x[0][0] != 0 || x[0][1] != 0 {
		t.Error(x, err)
	}
}

// A deterministic walk to the data and back again returns: encoding by DDIM. Euler's error falls as
// 1/steps.
func TestInversion(t *testing.T) {
	gap := func(n int) float64 {
		p := reverie.VP{Lo: 0.05}
		run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: exact(p, 0)}
		grid, err := Linear(p, n)
		if err != nil {
			t.Fatal(err)
		}
		grid = grid[:n] // without Clean
		x := batch{{-1.2, 0.1, 2}}
		y := x
		for range 2 {
			if y, err = Sample(context.Background(), run, DDIM[batch]{}, y, grid, nil); err != nil {
				t.Fatal(err)
			}
			slices.Reverse(grid)
		}
		return math.Abs(y[0][0] - x[0][0])
	}
	if a, b := gap(500), gap(1000); !(a <= 0.05 && a/b >= 1.8 && a/b <= 2.2) {
		t.Errorf("gaps %v, %v", a, b)
	}
}

// Sampling starts from N(0, I), or at hi's Sigma, or at the far end.
func TestPrior(t *testing.T) {
	x := reverie.NewBatch[float64](1, 4)
	z := (&reverie.Host[float64]{Stream: random.Stream{Seed: 5}}).Noise(x)
	for _, c := range []struct {
		p    reverie.Process
		want float64
	}{{mustDDPM(t, []float64{0.1, 0.2}), 1}, {reverie.VP{}, 1}, {reverie.SubVP{}, 1}, {reverie.VE{}, 50}, {reverie.Flow{}, 1}} {
		run := &Run[batch]{Space: &reverie.Host[float64]{Stream: random.Stream{Seed: 5}}, Process: c.p}
		got := run.Prior(x)
		for j := range z[0] {
			if !(math.Abs(got[0][j]-c.want*z[0][j]) <= 1e-12*c.want) {
				t.Errorf("%T: %v, want %v times %v", c.p, got, c.want, z)
			}
		}
	}
	far := batch{{1, 2, 3, 4}}
	run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: reverie.Bridge{}, Far: []batch{far}}
	if got := run.Prior(x); !slices.Equal(got[0], far[0]) {
		t.Errorf("bridge: %v", got)
	}
}
