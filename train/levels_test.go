package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// This file holds that training and evaluation ask the data alike whether they have levels, and then say the same of them.

// repeated is the host's Space whose noise is always the given one.
type repeated struct {
	reverie.Host[float64]
	eps reverie.Batch[float64]
}

func (r *repeated) Noise(reverie.Batch[float64]) reverie.Batch[float64] { return r.eps }

// rowsOf are n rows of numbers.
func rowsOf[T float32 | float64](x []T, n int) reverie.Batch[float64] {
	out := reverie.NewBatch[float64](n, len(x)/n)
	for i, v := range x {
		out[i/len(out[0])][i%len(out[0])] = float64(v)
	}
	return out
}

// nats is the mean of a part in bits a dimension as nats an image.
func nats(part []float64, dim int) float64 {
	sum := 0.0
	for _, v := range part {
		sum += v
	}
	return sum / float64(len(part)) * math.Ln2 * float64(dim)
}

// Of data without levels a learned schedule logs the reconstruction and the prior that the bound of evaluation has, at the same noise.
func TestScheduleAgreesWithEvaluation(t *testing.T) {
	e := testEngine(t)
	const n, dim = 12, 3
	m := net.NewScheduled(pointsNet(t, dim, dim))
	weights := net.Initial(m, 3, dtypes.Float64)
	p, err := reverie.NewLearnedVP(tensors.MustCopyFlatData[float64](weights[len(weights)-1]))
	if err != nil {
		t.Fatal(err)
	}
	b := cloud(n, dim)
	how := &variational{denoise: denoise{engine: e, net: m, objective: reverie.Objective{Process: p, Param: reverie.Eps}}, scheduled: m, levels: b.Levels}
	in, _, err := how.Inputs(b, learn.Place{Noise: random.Stream{Domain: random.Training}, Times: random.Stream{Domain: random.Times}})
	if err != nil {
		t.Fatal(err)
	}
	in = doubles(e, in)
	_, parts := evaluated(t, e, m, how, weights, in)
	space := &repeated{eps: rowsOf(tensors.MustCopyFlatData[float64](in[1]), n)}
	zero := reverie.DenoiserFunc[reverie.Batch[float64]](func(_ context.Context, x reverie.Batch[float64], _ float64) (reverie.Batch[float64], error) {
		return reverie.NewBatch[float64](len(x), dim), nil
	})
	got, err := likelihood.Continuous(t.Context(), space, p, zero, rowsOf(b.X, n), likelihood.BoundOptions{Levels: b.Levels})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "prior", nats(parts[1], dim), got.Prior().Value, 1e-6)
	near(t, "reconstruction", nats(parts[2], dim), got.Reconstruction().Value, 1e-6)
}

// recorded is a network that learned its variance, which says the same x0hat and v whatever x.
type recorded struct{ x0, v reverie.Batch[float64] }

func (recorded) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

func (r recorded) Denoise(context.Context, reverie.Query[reverie.Batch[float64]]) (reverie.Estimate[reverie.Batch[float64]], error) {
	return reverie.Estimate[reverie.Batch[float64]]{X0: r.x0, V: r.v}, nil
}

// Of an x0hat and a variance at index 0 training's term and evaluation's are one: of points and latents the density, of levels the mass of the bin.
func TestIndexZeroAgreesWithEvaluation(t *testing.T) {
	e := testEngine(t)
	chain, err := reverie.NewDDPM([]float64{1e-3, 0.1, 0.4})
	if err != nil {
		t.Fatal(err)
	}
	const n, dim = 5, 2
	for _, levels := range []int{256, 0} {
		h, err := newHybrid(denoise{engine: e, net: recordedNet{}, objective: reverie.Objective{Process: chain, Param: reverie.X0}}, levels)
		if err != nil {
			t.Fatal(err)
		}
		x8, output, short := make([][]float64, n), make([][]float64, n), make([][]float64, n)
		r := recorded{reverie.NewBatch[float64](n, dim), reverie.NewBatch[float64](n, dim)}
		data := reverie.NewBatch[float64](n, dim)
		for i := range n {
			for j := range dim {
				x := float64((i*37 + j*101) % 256)
				if levels == 0 {
					x += 0.3
				}
				data[i][j] = x/127.5 - 1
				r.x0[i][j] = data[i][j] + 0.02*float64(i-2)
				r.v[i][j] = float64(j) - 0.3*float64(i)
				x8[i], short[i] = append(x8[i], x), append(short[i], data[i][j])
			}
			output[i] = append(append(output[i], r.x0[i]...), r.v[i]...)
		}
		f := e.Func("hybrid", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			_, parts := h.Loss(nil, in)
			return parts[1:]
		})
		out, err := f.Call(hybridInputs(e, h, 0, output, short, x8)...)
		f.Free()
		if err != nil {
			t.Fatal(err)
		}
		space := &repeated{eps: reverie.NewBatch[float64](n, dim)}
		o := likelihood.BoundOptions{Levels: levels, Variance: reverie.LearnedVariance}
		b, err := likelihood.Bound(t.Context(), space, chain, r, data, o)
		if err != nil {
			t.Fatal(err)
		}
		got := nats(tensors.MustCopyFlatData[float64](out[0]), dim) / float64(chain.Steps())
		near(t, "index 0", got, b.Matching.Reconstruction().Value, 1e-6)
	}
}

// Whether data have levels is a matter of the data: images of 8 bits have 256, images of 16 bits, points and an autoencoder's latents none, whatever the
// network. Every method of a trainer has it from there.
func TestLevelsAreTheDatas(t *testing.T) {
	dir := images(t, 12, 8)
	c := tiny(dir)
	c.Arch, c.Layers, c.Variance, c.Loss, c.Solver, c.Clamp = "unet", 1, "learned", "mse", "ddpm", "x0"
	if got := prepare(t, c).learner.Method.(*hybrid).levels; got != 256 {
		t.Errorf("images: %d levels", got)
	}
	if got := prepare(t, tinyVAE(dir, "vae")).learner.Method.(*elbo).levels; got != 256 {
		t.Errorf("an autoencoder's images: %d levels", got)
	}
	cloud, err := data.FromMemory(data.Memory{Kind: kind.OfPoints(2), X: make([]float32, 64)}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Arch, c.ImageChannels, c.Resolution, c.Channels, c.Data = "mlp", 2, config.Size{H: 1, W: 1}, []int{8}, []string{"points:moons"}
	tr, err := New(testEngine(t), &c, cloud)
	if err != nil {
		t.Fatal(err)
	}
	if got := tr.learner.Method.(*hybrid).levels; got != 0 {
		t.Errorf("points: %d levels", got)
	}
	latents, err := codeSet(model.Codes{N: 3, H: 4, W: 4, C: 2, Mean: make([]float32, 3*4*4*2)}, 1)
	if err != nil || latents.Kind().Levels != 0 {
		t.Errorf("latents: %d levels, %v", latents.Kind().Levels, err)
	}
}

// learnedOn8Gaussians trains a small network on points under vp with the given schedule, and returns it with its bound on points of another seed, in nats.
func learnedOn8Gaussians(t *testing.T, schedule string) (*model.Loaded, float64) {
	t.Helper()
	c, err := config.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Data, c.Process, c.Schedule, c.Weighting, c.Prediction, c.Loss = []string{"points:8gaussians"}, "vp", schedule, "elbo", "eps", "mse"
	c.Channels, c.Batch, c.LR, c.LRSchedule, c.Val, c.Steps, c.Time, c.SaveEvery, c.SampleEvery, c.SampleN = []int{32, 32}, 64, 0.02, "constant", 0, 1500, 0, 0, 0, 0
	given := []string{"process", "schedule", "weighting", "prediction", "loss", "channels", "batch", "lr", "lr-schedule", "val", "steps", "sample-n"}
	c.Adapt(func(flag string) bool { return slices.Contains(given, flag) })
	x, err := OpenData(t.Context(), &c, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	trainIn(t, &c, dir, x)
	m, err := model.Load(testEngine(t), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	const n = 512
	flat := make([]float32, 0, 2*n)
	for _, p := range (points.Affine{Shift: m.Kind.Shift, Scale: m.Kind.Scale}).Apply(drawn(t, "8gaussians", 77, n)) {
		flat = append(flat, float32(p[0]), float32(p[1]))
	}
	s := random.Stream{Seed: 6, Domain: random.Evaluation}
	space := engine.NewRecycler(m.Engine.Space(s))
	e, err := likelihood.Continuous(t.Context(), space, m.Process, m.Denoiser(space, net.Eval), engine.New(m.Engine, flat, n, 1, 1, 2),
		likelihood.BoundOptions{Stream: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %+v", schedule, e.Total())
	return m, e.Total().Value
}

// On points a learned schedule keeps its ends through a training at a high rate, where the diffusion term's derivative alone would carry gamma(0) from
// -13.3 to -7.6 in as many steps, and to +10.9 in 20,000 at a tenth of the rate; and the network ends with a bound as good as that of a fixed schedule. Each
// bound is known to some 0.1 nats (its standard error over 512 points and 128 times), so that 4 errors of the difference are 0.6.
func TestLearnedScheduleKeepsItsEnds(t *testing.T) {
	_, fixed := learnedOn8Gaussians(t, "linear")
	m, learned := learnedOn8Gaussians(t, "learned")
	p := m.Process.(*reverie.LearnedVP)
	first, _ := p.Gamma(0)
	last, _ := p.Gamma(1)
	if math.Abs(first-reverie.LearnedGammaMin) > 1e-5 || math.Abs(last-reverie.LearnedGammaMax) > 1e-5 {
		t.Errorf("gamma runs from %v to %v, want %v to %v", first, last, reverie.LearnedGammaMin, reverie.LearnedGammaMax)
	}
	middle, _ := p.Gamma(0.5)
	if straight := (first + last) / 2; math.Abs(middle-straight) < 0.1 {
		t.Errorf("gamma(0.5) = %v: the inside has not learned", middle)
	}
	if learned > fixed+0.6 {
		t.Errorf("the bound is %v nats with the learned schedule, %v with the linear one", learned, fixed)
	}
}
