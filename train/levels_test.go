package train

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// Whether data have levels is a matter of the data: images of 8 bits have 256, images of 16 bits,
// points and an autoencoder's latents none, whatever the network. Every method of a trainer has it
// from there.
func TestLevelsAreTheDatas(t *testing.T) {
	dir := images(t, 12, 8)
	c := tiny(dir)
	c.Variance, c.Clamp = "learned", "x0"
	put(&c, "arch", "unet", "loss", "mse", "solver", "ddpm")
	if got := prepare(t, c).setup.Kind.Levels; got != 256 {
		t.Errorf("images: %d levels", got)
	}
	if got := prepare(t, tinyVAE(dir, "vae")).setup.Kind.Levels; got != 256 {
		t.Errorf("an autoencoder's images: %d levels", got)
	}
	cloud, err := data.FromMemory(data.Memory{Kind: kind.OfPoints(2), X: make([]float32, 64)}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.ImageChannels, c.Resolution, c.Data = 2, data.Size{H: 1, W: 1}, []string{"points:moons"}
	put(&c, "arch", "mlp", "channels", "8")
	tr, err := New(t.Context(), testEngine(t), &c, Parts{Data: cloud})
	if err != nil {
		t.Fatal(err)
	}
	if got := tr.setup.Kind.Levels; got != 0 {
		t.Errorf("points: %d levels", got)
	}
	latents, err := encoded{Codes: model.Codes{N: 3, H: 4, W: 4, C: 2, Mean: make([]float32, 3*4*4*2)}}.set(cloud, 1)
	if err != nil || latents.Kind().Levels != 0 {
		t.Errorf("latents: %d levels, %v", latents.Kind().Levels, err)
	}
}

// learnedOn8Gaussians trains a small network on points under vp with the given schedule, and
// returns it with its bound on points of another seed, in nats.
func learnedOn8Gaussians(t *testing.T, schedule formulation.Schedule) (*model.Loaded, float64) {
	t.Helper()
	c, err := config.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Data, c.Process, c.Weighting, c.Prediction = []string{"points:8gaussians"}, &formulation.VP{Schedule: schedule}, formulation.ELBO, formulation.Eps
	c.Batch, c.LR, c.LRSchedule, c.Val, c.Steps, c.Time, c.SaveEvery, c.SampleEvery, c.SampleN = 64, 0.02, "constant", 0, 1500, 0, 0, 0, 0
	put(&c, "loss", "mse", "channels", "32,32")
	given := []string{"process", "schedule", "weighting", "prediction", "loss", "channels", "batch", "lr", "lr-schedule", "val", "steps", "sample-n"}
	c.Adapt(func(flag string) bool { return slices.Contains(given, flag) })
	x, err := c.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	trainIn(t, &c, dir, Parts{Data: x})
	m, err := model.Load(testEngine(t), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	const n = 512
	flat := narrow(m.Kind.FromUnits(slices.Concat(drawn(t, "8gaussians", 77, n)...)))
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

// On points a learned schedule keeps its ends through a training at a high rate, where the
// diffusion term's derivative alone would carry gamma(0) from -13.3 to -7.6 in as many steps, and
// to +10.9 in 20,000 at a tenth of the rate; and the network ends with a bound as good as that of a
// fixed schedule. Each bound is known to some 0.1 nats (its standard error over 512 points and 128
// times), so that 4 errors of the difference are 0.6.
func TestLearnedScheduleKeepsItsEnds(t *testing.T) {
	_, fixed := learnedOn8Gaussians(t, formulation.NewLinear(1e-4, 0.02))
	m, learned := learnedOn8Gaussians(t, formulation.Learned)
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

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
