package train

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

// A flow from eight Gaussians to moons whose batches are paired by optimal transport has straighter
// paths than a plain one (Tong et al. 2023, arXiv:2302.00482): after the same training its samples
// of one and of four Euler steps lie nearer to true points, by the exact squared Wasserstein
// distance over the floor between two sets of true points. bench/flow is the long form.
func TestCouplingHelpsFewSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("trains two networks")
	}
	const n = 512
	held, others := cloudOf(t, "moons", 1<<32, n), cloudOf(t, "moons", 2<<32, n)
	floor := transport(t, others, held)
	plain, ot := trainedFlow(t, "none"), trainedFlow(t, "ot")
	for _, row := range []struct {
		steps int
		share float64 // OT's excess is to be under this share of the plain flow's
	}{{1, 0.5}, {4, 1}} {
		p := transport(t, carried(t, plain, row.steps, n), held) - floor
		o := transport(t, carried(t, ot, row.steps, n), held) - floor
		t.Logf("%d steps: W2^2 over the floor of %.4f: plain %.4f, OT %.4f", row.steps, floor, p, o)
		if !(o < row.share*p) {
			t.Errorf("%d Euler steps: W2^2 over the floor is %.4f with OT, and %.4f without", row.steps, o, p)
		}
		if !(o > 0 && o < 1) {
			t.Errorf("%d Euler steps: W2^2 over the floor is %.4f with OT: it has not learned", row.steps, o)
		}
	}
}

// trainedFlow trains a small network for the flow.
func trainedFlow(t *testing.T, coupling string) *model.Loaded {
	t.Helper()
	c, err := config.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Data, c.From, c.Process, c.Coupling = []string{"points:moons"}, []string{"points:8gaussians"}, &formulation.Flow{}, coupling
	c.Val, c.Steps, c.Time, c.SaveEvery, c.SampleEvery, c.SampleN = 0, 500, 0, 0, 0, 0
	put(&c, "channels", "64,64")
	given := []string{"process", "coupling", "channels", "val", "steps", "sample-n"}
	c.Adapt(func(flag string) bool { return slices.Contains(given, flag) })
	x, err := c.Open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := c.OpenFrom(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	trainIn(t, &c, dir, Parts{Data: x, From: y})
	m, err := model.Load(testEngine(t), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// trainIn trains c in a new folder.
func trainIn(t *testing.T, c *config.Run, dir string, p Parts) {
	t.Helper()
	tr, err := New(t.Context(), testEngine(t), c, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Create(dir, ""); err != nil {
		t.Fatal(err)
	}
	run(t, tr)
}

// carried are the far points of one seed where Euler steps along the model's flow bring them, in
// the units of the data.
func carried(t *testing.T, m *model.Loaded, steps, n int) eval.Rows {
	t.Helper()
	flat := narrow(m.Kind.FromUnits(slices.Concat(drawn(t, "8gaussians", 3<<32, n)...)))
	y, err := m.Sample(context.Background(), model.Options{
		N: n, Batch: n, Solver: new(sample.Euler[*tensors.Tensor]), Steps: steps, Spacing: "trailing",
		Start: func(first, n int) ([]float32, error) { return flat[2*first : 2*(first+n)], nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return eval.Rows{N: n, D: 2, X: m.Kind.InUnits(y)}
}

func drawn(t *testing.T, name string, seed uint64, n int) reverie.Batch[float64] {
	t.Helper()
	c, err := points.Open(name, points.Options{N: n, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return c.X
}

func cloudOf(t *testing.T, name string, seed uint64, n int) eval.Rows {
	t.Helper()
	return eval.Rows{N: n, D: 2, X: slices.Concat(drawn(t, name, seed, n)...)}
}

func transport(t *testing.T, x, y eval.Rows) float64 {
	t.Helper()
	squared, _, err := eval.Transport{}.Measure(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return squared
}
