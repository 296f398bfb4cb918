package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
	"gonum.org/v1/gonum/mat"
)

// tinyVAE is tiny with a convolutional autoencoder, or with a dense one.
func tinyVAE(dir, arch string) config.Run {
	c := tiny(dir)
	put(&c, "arch", arch, "latent-channels", "2", "beta-warmup", "3")
	c.Adapt(func(flag string) bool { return flag == "channels" })
	return c
}

// linearPoints draws n points of the linear-Gaussian model x = W z + b + s e, and returns log p of
// each.
func linearPoints(n int) (x []float32, logs []float64) {
	w := mat.NewDense(4, 2, []float64{1, 0.5, -0.3, 0.8, 0.2, -1, 0.6, 0.1})
	b, s := []float64{0.3, -0.2, 0, 0.5}, 0.3
	cov := mat.NewSymDense(4, nil)
	for i := range 4 {
		for j := range i + 1 {
			v := mat.Dot(w.RowView(i), w.RowView(j))
			if i == j {
				v += s * s
			}
			cov.SetSym(i, j, v)
		}
	}
	var chol mat.Cholesky
	chol.Factorize(cov)
	z := make([]float64, 6*n)
	random.Stream{Seed: 5}.Normal(z)
	for k := range n {
		d, y := mat.NewVecDense(4, nil), mat.NewVecDense(4, nil)
		d.MulVec(w, mat.NewVecDense(2, z[6*k:6*k+2]))
		for i := range 4 {
			d.SetVec(i, d.AtVec(i)+s*z[6*k+2+i])
			x = append(x, float32(d.AtVec(i)+b[i]))
		}
		_ = chol.SolveVecTo(y, d)
		logs = append(logs, -(mat.Dot(d, y)+chol.LogDet()+4*math.Log(2*math.Pi))/2)
	}
	return x, logs
}

// TestBoundReachesEvidence: of data from a linear-Gaussian model of two latent dimensions log p(x)
// is known. The trained bound on held-out points comes to within 0.1 nats of it, of 3.9, and does
// not pass it beyond three standard errors. The decoder's variance, 0.09, is learned too.
func TestBoundReachesEvidence(t *testing.T) {
	x, logs := linearPoints(3000)
	set, err := data.FromMemory(data.Memory{Kind: kind.OfPoints(4), X: x}, data.Options{Val: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	c := tinyVAE("", "vae-mlp")
	c.Resolution, c.ImageChannels = data.Size{H: 1, W: 1}, 4
	c.Batch, c.Steps, c.LR, c.LRSchedule, c.EMA = 128, 1500, 1e-2, "cosine", 0.98
	put(&c, "channels", "32", "beta-warmup", "100")
	tr, err := New(t.Context(), testEngine(t), &c, Parts{Data: set})
	if err != nil {
		t.Fatal(err)
	}
	tr.now = func() time.Time { return time.Unix(0, 0) }
	if err := tr.Create(filepath.Join(t.TempDir(), "run"), ""); err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer closed(t, tr)
	loss, err := tr.validate()
	if err != nil {
		t.Fatal(err)
	}
	bound := -4 * *loss // nats a point
	var sum, squares float64
	n := float64(set.Val().Len())
	for i := range set.Val().Len() {
		b, err := set.Val().Load(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		v := logs[indexOf(x, b.X)]
		sum, squares = sum+v, squares+v*v
	}
	truth := sum / n
	// The points are the same, so what is random is the draw of z, of which the bound's deviation
	// is near that of log p(z) itself, 1 nat a point.
	deviation := 1 / math.Sqrt(n)
	t.Logf("bound %.4f, log p(x) %.4f nats a point; %.0f points", bound, truth, n)
	if !(bound > truth-0.1) || !(bound < truth+3*deviation) {
		t.Errorf("bound %v, log p(x) %v", bound, truth)
	}
	for _, r := range records(t, tr.Dir)[1490:] {
		p := r.Parts
		want := -(p["reconstruction"] - p["kl"]) / 4
		if !(math.Abs(want-r.Loss) <= 1e-4*(1+math.Abs(want))) {
			t.Errorf("step %d: loss %v, its terms say %v", r.Step, r.Loss, want)
		}
		if bits := want / math.Ln2; !(math.Abs(bits-p["bits/dim"]) <= 1e-4*(1+math.Abs(bits))) {
			t.Errorf("step %d: %v bits/dim, its terms say %v", r.Step, p["bits/dim"], bits)
		}
	}
	if s2 := variance(t, tr); !(math.Abs(s2-0.09) < 0.02) {
		t.Errorf("variance of p(x|z) %v, want 0.09", s2)
	}
}

// indexOf is the number of the point p of four coordinates among x.
func indexOf(x, p []float32) int {
	for i := 0; i < len(x); i += 4 {
		if x[i] == p[0] && x[i+1] == p[1] && x[i+2] == p[2] {
			return i / 4
		}
	}
	panic("no such point")
}

// variance is the autoencoder's running variance.
func variance(t *testing.T, tr *Trainer) float64 {
	for i, p := range tr.learner.State.Params {
		if p.Name == "log_variance" {
			return math.Exp(float64(tensors.ToScalar[float32](tr.learner.State.Weights()[i])))
		}
	}
	t.Fatal("no log_variance")
	return 0
}

// TestAutoencoderResume: both architectures and likelihoods, stopped within the warm-up of beta and
// resumed, give the same files bit for bit; the pictures are drawn.
func TestAutoencoderResume(t *testing.T) {
	dir := images(t, 14, 8)
	for _, arch := range net.Fitting(kind.Kind{}, checkpoint.Autoencoder) {
		whole := tinyVAE(dir, arch)
		whole.SampleEvery, whole.SampleN = 1, 4
		if arch == "vae-mlp" {
			put(&whole, "likelihood", "bernoulli")
		}
		w := start(t, whole)
		run(t, w)
		part := whole
		part.Steps = 2
		p := start(t, part)
		run(t, p)
		whole.SaveEvery = 0
		run(t, resume(t, whole, p.Dir))
		sameCheckpoint(t, p.Dir, w.Dir)
		names := strings.Join(keys(contents(t, filepath.Join(w.Dir, "samples"))), " ")
		for _, want := range []string{"training.png", "epoch-00001-reconstructions.png", "epoch-00001-prior.png"} {
			if !strings.Contains(names, want) {
				t.Errorf("%s: no %s among %s", arch, want, names)
			}
		}
		if strings.Contains(names, "forward") {
			t.Errorf("%s: pictures of a process among %s", arch, names)
		}
	}
}

func keys(m map[string]string) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// sameCheckpoint compares the newest checkpoints of two runs, but for the stop that each was first
// given.
func sameCheckpoint(t *testing.T, got, want string) {
	t.Helper()
	a, b := contents(t, newest(t, got)), contents(t, newest(t, want))
	if len(a) < 7 || len(a) != len(b) {
		t.Errorf("%d files, want %d", len(a), len(b))
	}
	for name, text := range b {
		if a[name] != text && name != "trainer.json" {
			t.Errorf("%s differs", name)
		}
	}
}

// newest is the folder of a run's newest checkpoint.
func newest(t *testing.T, dir string) string {
	t.Helper()
	e, err := checkpoint.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	return e.Path
}

// TestLatentDiffusion: the latents have deviation 1, held-out images stay held out, each image is
// there twice with flips; the checkpoint holds the autoencoder, so that the run goes on, bit for
// bit, when that one's run is gone.
func TestLatentDiffusion(t *testing.T) {
	dir := images(t, 14, 8)
	v := start(t, tinyVAE(dir, "vae"))
	run(t, v)
	vae := filepath.Join(t.TempDir(), "vae")
	if err := os.Rename(v.Dir, vae); err != nil {
		t.Fatal(err)
	}
	c := tiny(dir)
	c.VAE, c.Prediction, c.SampleSteps = vae, formulation.V, 3
	put(&c, "arch", "unet", "solver", "ddim")
	c.Adapt(func(flag string) bool { return flag == "channels" })
	c.SampleEvery, c.SampleN, c.Steps = 1, 2, 4
	tr := start(t, c)
	images, _, _ := tr.images.Shape()
	if h, w, z := tr.train.Shape(); h != 4 || w != 4 || z != 2 || images != 8 || tr.train.Len() != 2*tr.images.Len() || tr.val.Len() != 14-tr.images.Len() {
		t.Errorf("latents %dx%dx%d, %d of %d images, %d held out", h, w, z, tr.train.Len(), tr.images.Len(), tr.val.Len())
	}
	checkDeviation(t, tr)
	run(t, tr)

	part := c
	part.Steps = 2
	p := start(t, part)
	run(t, p)
	if err := os.RemoveAll(vae); err != nil {
		t.Fatal(err)
	}
	resumeWithin(t, c, p.Dir)
	sameCheckpoint(t, p.Dir, tr.Dir)
	names := strings.Join(keys(contents(t, filepath.Join(tr.Dir, "samples"))), " ")
	for _, want := range []string{"training.png", "forward.png", "step-000004-strip.png", "step-000004-raw-ema.png"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s among %s", want, names)
		}
	}
}

// checkDeviation draws the latents of all images many times.
func checkDeviation(t *testing.T, tr *Trainer) {
	at := make([]int, tr.train.Len())
	for i := range at {
		at[i] = i
	}
	b, err := tr.train.Load(context.Background(), at...)
	if err != nil {
		t.Fatal(err)
	}
	const draws = 200
	var sum, squares, n float64
	for step := range uint32(draws) {
		d := tr.latents.draw(b, learn.Place{Noise: random.Stream{Seed: 1, Step: step}})
		for _, v := range d.X {
			sum, squares, n = sum+float64(v), squares+float64(v)*float64(v), n+1
		}
	}
	mean := sum / n
	if deviation := math.Sqrt(squares/n - mean*mean); !(math.Abs(deviation-1) < 0.02) {
		t.Errorf("deviation of the latents %v, want 1", deviation)
	}
	again := tr.latents.draw(b, learn.Place{Noise: random.Stream{Seed: 1}})
	if d := tr.latents.draw(b, learn.Place{Noise: random.Stream{Seed: 1}}); again.X[3] != d.X[3] || again.X[3] == b.X[3] {
		t.Errorf("draws %v and %v of one step, mean %v", again.X[3], d.X[3], b.X[3])
	}
}

// resumeWithin goes on with the run in dir in its own copy of the autoencoder.
func resumeWithin(t *testing.T, c config.Run, dir string) {
	set, err := c.Open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(t.Context(), testEngine(t), &c, Parts{Data: set, VAE: dir})
	if err != nil {
		t.Fatal(err)
	}
	tr.now = func() time.Time { return time.Unix(0, 0) }
	lock, err := checkpoint.OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Resume(lock); err != nil {
		t.Fatal(err)
	}
	run(t, tr)
}

// TestMirror: the mirror image of a row is the row backwards, channels kept.
func TestMirror(t *testing.T) {
	b := &data.Batch{Kind: kind.OfFields(2, 3, 2), N: 1, X: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	want := []float32{5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}
	for i, v := range mirror(b) {
		if v != want[i] {
			t.Fatalf("%v, want %v", mirror(b), want)
		}
	}
}

// TestLatentRefusals: images that the autoencoder cannot take, and a run that has none.
func TestLatentRefusals(t *testing.T) {
	dir := images(t, 14, 8)
	v := start(t, tinyVAE(dir, "vae"))
	run(t, v)
	c := tiny(dir)
	put(&c, "arch", "unet")
	d := start(t, c)
	run(t, d)
	for _, row := range []struct {
		vae, want string
		change    func(*config.Run)
	}{
		{d.Dir, "it has no autoencoder", func(*config.Run) {}},
		{v.Dir, "takes images of 3 channels, and the run has 1; give --image-channels 3", func(c *config.Run) { c.ImageChannels = 1 }},
		{v.Dir, "multiples of 2", func(c *config.Run) { c.Resolution = data.Size{H: 9, W: 8} }},
		{v.Dir, "batch", func(c *config.Run) { c.Batch = 1000 }}, // found after the autoencoder is loaded
		{filepath.Join(dir, "no"), "no such run", func(*config.Run) {}},
	} {
		c := c
		c.VAE = row.vae
		row.change(&c)
		set, err := c.Open(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(t.Context(), testEngine(t), &c, Parts{Data: set}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("error %v, want %q", err, row.want)
		}
	}
}
