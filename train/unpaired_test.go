package train

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// gaussianOnLine is N(mean, 1).
func gaussianOnLine(t *testing.T, mean float64) *mixture.Mixture {
	t.Helper()
	m, err := mixture.New(nil, [][]float64{{mean}}, []mixture.Cov{{Var: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// lineOf are n samples of a law on the line.
func lineOf(m *mixture.Mixture, seed uint64, n int) []float32 {
	return narrow(slices.Concat(m.Sample(random.Stream{Seed: seed, Domain: 128}, n)...))
}

// trainedBridge trains a bridge from N(-0.1, 1) to N(0.1, 1) over Brownian motion with some flags,
// and keeps a checkpoint every 500 steps.
func trainedBridge(t *testing.T, steps int, flags ...string) (dir string) {
	t.Helper()
	all, given := config.Flags(), config.Given{}
	pairs := append([]string{"data", "points:moons", "from", "points:moons", "process", "bridge", "steps", fmt.Sprint(steps), "save-every", "500", "keep", "0",
		"sample-n", "0", "sample-every", "0", "val", "0", "image-channels", "1", "channels", "64,64", "lr-schedule", "constant"}, flags...)
	for i := 0; i < len(pairs); i += 2 {
		f := table.Find(all, pairs[i])
		if err := f.Set(pairs[i+1]); err != nil {
			t.Fatal(err)
		}
		given = append(given, f)
	}
	c, err := config.Begin("small", given)
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		t.Fatal(err)
	}
	sets := [2]*data.Set{}
	for i, mean := range []float64{-0.1, 0.1} {
		if sets[i], err = data.FromMemory(data.Memory{Kind: kind.OfPoints(1), X: lineOf(gaussianOnLine(t, mean), uint64(i), 20000)}, data.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(t.TempDir(), "run")
	trainIn(t, c, dir, Parts{Data: sets[0], From: sets[1]})
	return dir
}

// joint are, of 10,000 walks of a checkpoint in one direction, the variance and the mean of where
// they lead, the covariance of the ends and the block between them of their precision.
func joint(t *testing.T, m *model.Loaded, forward bool) (variance, mean, cov, block float64) {
	t.Helper()
	const n = 10000
	start := gaussianOnLine(t, 0.1)
	if forward {
		start = gaussianOnLine(t, -0.1)
	}
	x := lineOf(start, 99, n)
	y, err := m.Sample(t.Context(), model.Options{N: n, Batch: n, Seed: 5, Forward: forward, Start: func(first, n int) ([]float32, error) { return x[first : first+n], nil }})
	if err != nil {
		t.Fatal(err)
	}
	var near, of float64
	for i := range x {
		near += float64(x[i]) / n
		mean += float64(y[i]) / n
	}
	for i := range x {
		a, b := float64(x[i])-near, float64(y[i])-mean
		of += a * a / n
		variance += b * b / n
		cov += a * b / n
	}
	return variance, mean, cov, -cov / (of*variance - cov*cov)
}

// Of unit Gaussians the trained bridges are told from what has their ends alone. One round of
// bridge matching has the right ends in both directions, and the covariance .546 in place of .618
// and the block -.78 in place of -1; a second round of IMF, and [SF]2M at once, have those of the
// bridge. The drifts are the closed form's, and the score that follows of them the law's. Of 10,000
// walks four standard errors of a variance or a covariance are .05; the networks, of 500 steps, err
// by as much.
func TestTrainedBridges(t *testing.T) {
	if testing.Short() {
		t.Skip("trains two networks")
	}
	p := reverie.Bridge{}.Pinned()
	bridge, err := mixture.Schroedinger(p, gaussianOnLine(t, -0.1), gaussianOnLine(t, 0.1))
	if err != nil {
		t.Fatal(err)
	}
	one := bridge.With(nil).Match()
	two := one.Match()
	rounds := trainedBridge(t, 1000, "bridge", "imf", "rounds", "2", "round-steps", "500", "walks", "8192")
	matched := trainedBridge(t, 500, "bridge", "sf2m")
	facts, err := Describe(matched, false, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"bridge": "sf2m", "heads": "both ends of a bridge"} {
		if !slices.ContainsFunc(facts, func(f Fact) bool { return f.Name == name && strings.HasPrefix(f.Text, want) }) {
			t.Errorf("%s is not said: %v", name, facts)
		}
	}
	for _, c := range []struct {
		what, path string
		law        *mixture.Bridge // of walks
		drifts     *mixture.Bridge // the pairs that were learned
	}{
		{"IMF, round 1", filepath.Join(rounds, "checkpoints", "step-000500"), one, bridge.With(nil)},
		{"IMF, round 2", filepath.Join(rounds, "checkpoints", "step-001000"), two, one},
		{"[SF]2M", matched, bridge, bridge},
	} {
		m, err := model.Load(testEngine(t), c.path, false)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		cov, block := c.law.Coupling()[0][0], c.law.Cross()[0][0]
		for _, forward := range []bool{false, true} {
			v, mean, got, b := joint(t, m, forward)
			to := -0.1
			if forward {
				to = 0.1
			}
			t.Logf("%s, forward %v: variance %.3f, mean %.3f, covariance %.4f (%.4f), block %.3f (%.3f)", c.what, forward, v, mean, got, cov, b, block)
			if !(math.Abs(v-1) <= 0.1 && math.Abs(mean-to) <= 0.07) {
				t.Errorf("%s, forward %v: variance %v and mean %v, want 1 and %v", c.what, forward, v, mean, to)
			}
			if !(math.Abs(got-cov) <= 0.05 && math.Abs(b-block) <= 0.1) {
				t.Errorf("%s, forward %v: covariance %v and block %v, want %v and %v", c.what, forward, got, b, cov, block)
			}
		}
		drifts(t, c.what, m, c.drifts)
	}
}

// drifts compares those of a model with a bridge's, in the mean over the law of x_t.
func drifts(t *testing.T, what string, m *model.Loaded, b *mixture.Bridge) {
	t.Helper()
	const n = 500
	space := engine.NewRecycler(m.Engine.Space(random.Stream{}))
	defer space.Close()
	d := m.Denoiser(space, net.Eval)
	defer d.Close()
	u := reverie.Unpaired[*tensors.Tensor]{Space: space, Process: m.Process, Denoiser: d}
	for _, at := range []float64{0.1, 0.5, 0.9} {
		law := b.At(at)
		x := lineOf(law, 3, n)
		batch := engine.New(m.Engine, x, n, 1, 1, 1)
		ask := func(f func(x *tensors.Tensor) (*tensors.Tensor, error)) []float32 {
			y, err := f(batch)
			if err != nil {
				t.Fatal(err)
			}
			return tensors.MustCopyFlatData[float32](y)
		}
		forward := ask(func(x *tensors.Tensor) (*tensors.Tensor, error) { return u.Forward(t.Context(), x, at) })
		backward := ask(func(x *tensors.Tensor) (*tensors.Tensor, error) { return u.Backward(t.Context(), x, at) })
		score := ask(func(x *tensors.Tensor) (*tensors.Tensor, error) { return u.Score(t.Context(), x, at) })
		var off [3]float64
		for i, v := range x {
			y := []float64{float64(v)}
			for k, d := range []float64{float64(forward[i]) - b.Forward(at, y)[0], float64(backward[i]) - b.Backward(at, y)[0], float64(score[i]) - law.Score(y)[0]} {
				off[k] += d * d / n
			}
			if d := float64(forward[i] + backward[i] - score[i]); math.Abs(d) > 1e-3 { // g^2 is 1
				t.Errorf("%s at t = %v: the drifts and the score differ by %v", what, at, d)
			}
		}
		t.Logf("%s at t = %v: mean squares of the errors of the drifts %.4f, %.4f and of the score %.4f", what, at, off[0], off[1], off[2])
		for k, square := range off {
			if !(square <= 0.05) { // of drifts of mean squares from .1 to 1
				t.Errorf("%s at t = %v: mean square %v of the error of %s", what, at, square, [3]string{"forward", "backward", "score"}[k])
			}
		}
	}
}
