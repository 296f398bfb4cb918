package lab

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"image/gif"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

var eng *engine.Engine

func TestMain(m *testing.M) {
	e, err := engine.Open("simd")
	if err != nil {
		panic(err)
	}
	eng = e
	os.Exit(m.Run())
}

// turned is a mixture with a covariance that turns the axes.
func turned(t *testing.T) *mixture.Mixture {
	t.Helper()
	m, err := mixture.New([]float64{1, 3}, [][]float64{{4, 1}, {-2, 3}}, []mixture.Cov{{Full: [][]float64{{2, .8}, {.8, 1}}}, {Var: .5}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func eight(t *testing.T) Data {
	t.Helper()
	d, err := Open("8gaussians", 1)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Data are centred and their mean square is 2, in law and in points; the law is the given one,
// moved: the densities agree but for the scale.
func TestFromMixture(t *testing.T) {
	m := turned(t)
	d, err := FromMixture("turned", m, 3)
	if err != nil {
		t.Fatal(err)
	}
	mean, cov := d.Law.Mean(), d.Law.Cov()
	if math.Hypot(mean[0], mean[1]) > 1e-12 || math.Abs(cov[0][0]+cov[1][1]-2) > 1e-12 {
		t.Errorf("mean %v, covariance %v", mean, cov)
	}
	sum := 0.0
	for _, x := range d.Points {
		sum += (x[0]*x[0] + x[1]*x[1]) / float64(len(d.Points))
	}
	if math.Abs(sum-2) > .05 {
		t.Errorf("mean square of the points %v, want 2", sum)
	}
	c, centre := m.Cov(), m.Mean()
	scale := math.Sqrt(2 / (c[0][0] + c[1][1]))
	for _, x := range m.Sample(stream(5, 0), 5) {
		y := []float64{scale * (x[0] - centre[0]), scale * (x[1] - centre[1])}
		if got, want := d.Law.LogDensity(y), m.LogDensity(x)-2*math.Log(scale); math.Abs(got-want) > 1e-9 {
			t.Errorf("log density %v, want %v", got, want)
		}
	}
}

func TestFromPointsRefuses(t *testing.T) {
	for name, x := range map[string]points{
		"one":         {{1, 2}},
		"three":       {{1, 2, 3}, {4, 5, 6}},
		"nan":         {{1, 2}, {math.NaN(), 1}},
		"infinite":    {{1, 2}, {math.Inf(1), 1}},
		"all alike":   {{1, 2}, {1, 2}},
		"none at all": nil,
	} {
		if _, err := FromPoints(name, x, 0); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := mixture.Named("gaussian")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FromMixture("line", m, 0); err == nil {
		t.Error("a law on the line was taken")
	}
}

// The density on cells is the mixture's, by either way of computing it, and sums to 1.
func TestDensityOf(t *testing.T) {
	for name, m := range map[string]*mixture.Mixture{"along the axes": eight(t).Law, "turned": turned(t)} {
		b, n := box{9}, 180
		f := densityOf(m, b, n)
		for _, i := range []int{0, 91*n + 80, 60*n + 100, n*n - 1} {
			x := []float64{b.cell(n, i%n), -b.cell(n, i/n)}
			if want := math.Exp(m.LogDensity(x)); math.Abs(f.values[i]-want) > 1e-9 {
				t.Errorf("%s: density %v at %v, want %v", name, f.values[i], x, want)
			}
		}
		if mass := total(f.values) * math.Pow(2*b.half/float64(n), 2); math.Abs(mass-1) > 1e-3 {
			t.Errorf("%s: mass %v", name, mass)
		}
	}
}

// The chain of the equivalence has VP's law at every index.
func TestChain(t *testing.T) {
	c, err := chain(diffusionProcess, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		got, want := c.At(float64(i)), diffusionProcess.At(float64(i+1)/1000)
		if math.Abs(got.Alpha-want.Alpha) > 1e-12 || math.Abs(got.Sigma-want.Sigma) > 1e-9 {
			t.Fatalf("index %d: %v, want %v", i, got, want)
		}
	}
}

func TestModes(t *testing.T) {
	m, err := mixture.Named("unbalanced")
	if err != nil {
		t.Fatal(err)
	}
	share, spread := modes(m, points{{5, 6}, {5, 4}, {-4, -5}, {-5, -6}})
	if share[0] != .5 || share[1] != .5 || math.Abs(spread-math.Sqrt(.5)) > 1e-12 {
		t.Errorf("shares %v, spread %v", share, spread)
	}
}

// What the Langevin figure says: plain dynamics keep the weights of the start, annealed ones find
// the law's, those without noise collapse.
func TestLangevinClaims(t *testing.T) {
	l := &lab{Options: Options{Seed: 4, Engine: eng}}
	walks, m, err := langevinWalks()
	if err != nil {
		t.Fatal(err)
	}
	x := trap.uniform(stream(4, streamSampling), 500)
	start, _ := modes(m, x)
	for i, w := range walks {
		trail, err := l.carry(t.Context(), w, x, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		share, spread := modes(m, trail.end)
		want, wantSpread := start[1], 1.0
		switch i {
		case 1:
			want = .8
		case 2:
			wantSpread = 0
		}
		if math.Abs(share[1]-want) > .09 { // 4 standard errors of .5 of 500 points
			t.Errorf("%s: weight %v of the larger mode, want %v", w.title, share[1], want)
		}
		if math.Abs(spread-wantSpread) > .1 {
			t.Errorf("%s: spread %v, want %v", w.title, spread, wantSpread)
		}
	}
}

// A short training finds the score of eight Gaussians, and its eps is -sigma times the score that
// solvers derive.
func TestDiffusionNetwork(t *testing.T) {
	l := &lab{data: eight(t), Options: Options{Seed: 1, Engine: eng, Budget: Budget{Steps: 800}}}
	n, err := l.diffusionNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ t, most float64 }{{.16, .2}, {.3, .1}, {1, .1}} {
		co := diffusionProcess.At(c.t)
		got, err := relativeError(l.data.Law.At(co).Score, func(x points) (points, error) { return n.score(t.Context(), x, c.t) }, l.noisedPoints(co, 500))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("t = %v: relative error %.3f", c.t, got)
		if !(got < c.most) {
			t.Errorf("t = %v: relative error %.3f of the score, want below %v", c.t, got, c.most)
		}
	}
	if d, err := n.difference(t.Context(), l.noise(50)); err != nil || !(d < 1e-12) {
		t.Errorf("|eps + sigma score| = %v, %v", d, err)
	}
}

// The three samplers of the equivalence, on the exact denoiser, have the true law midway and at the
// end, within four deviations of what sampling alone gives.
func TestThreeWaysOnTheExactDenoiser(t *testing.T) {
	l := &lab{data: eight(t), Options: Options{Seed: 2, Engine: eng}}
	ways, err := l.threeWays(diffusionProcess, l.data.Law.Denoiser(diffusionProcess))
	if err != nil {
		t.Fatal(err)
	}
	const n = 800
	x := l.noise(n)
	for i, w := range ways {
		first, err := l.carry(t.Context(), w.first, x, uint64(2*i))
		if err != nil {
			t.Fatal(err)
		}
		second, err := l.carry(t.Context(), w.second, first.end, uint64(2*i+1))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			law reverie.Coef
			x   points
		}{{diffusionProcess.At(midway), first.end}, {reverie.Coef{Alpha: 1}, second.end}} {
			law := l.data.Law.At(c.law)
			got, err := distance(c.x, law.Sample(stream(9, 0), n))
			if err != nil {
				t.Fatal(err)
			}
			mean, limit := perfect(t, law, n)
			if !(got < limit) {
				t.Errorf("%s: distance %.3f, of true samples %.3f, limit %.3f", w.first.title, got, mean, limit)
			} else {
				t.Logf("%s: distance %.3f, of true samples %.3f, limit %.3f", w.first.title, got, mean, limit)
			}
		}
	}
}

// perfect says what distance a perfect sampler of n points has from n of the law, and what it has
// not: the mean of 20 pairs of true samples, and four deviations more.
func perfect(t *testing.T, law *mixture.Mixture, n int) (mean, limit float64) {
	t.Helper()
	var pairs [20]float64
	for k := range pairs {
		var err error
		if pairs[k], err = distance(law.Sample(stream(9, uint64(2*k+1)<<40), n), law.Sample(stream(9, uint64(2*k+2)<<40), n)); err != nil {
			t.Fatal(err)
		}
	}
	mean = total(pairs[:]) / 20
	sum := 0.0
	for _, p := range pairs {
		sum += (p - mean) * (p - mean) / 19
	}
	return mean, mean + 4*math.Sqrt(sum)
}

// A short tour writes every file, each of its kind, and the same seed gives the same pictures.
func TestRun(t *testing.T) {
	run := func(format string, only ...string) map[string][]byte {
		files := map[string][]byte{}
		o := Options{Out: t.TempDir(), Only: only, Format: format, Budget: Budget{Steps: 12}, Engine: eng, divisor: 10, Made: func(p Picture) {
			b, err := os.ReadFile(p.File)
			if err != nil {
				t.Error(err)
			}
			if p.Shows == "" {
				t.Errorf("%s shows nothing", p.File)
			}
			files[filepath.Base(p.File)] = b
		}}
		if err := Run(t.Context(), eight(t), o); err != nil {
			t.Fatal(err)
		}
		return files
	}
	first := run("")
	for _, name := range []string{"density.png", "score.png", "paths.png", "langevin.png", "losses.png", "coupling.png", "equivalence.png"} {
		if img, err := png.Decode(bytes.NewReader(first[name])); err != nil || img.Bounds().Dx() < 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if g, err := gif.DecodeAll(bytes.NewReader(first["diffusion.gif"])); err != nil || len(g.Image) < 40 || len(first["diffusion.gif"]) > 1<<20 {
		t.Errorf("diffusion.gif: %d bytes, %v", len(first["diffusion.gif"]), err)
	}
	if len(first) != len(Figures())+2 { // guidance and anomaly make two
		t.Errorf("%d files", len(first))
	}
	again := run(PNG, "score", "density")
	for name, b := range again {
		if !bytes.Equal(b, first[name]) {
			t.Errorf("%s differs in a second run", name)
		}
	}
	if len(again) != 2 {
		t.Errorf("--only made %d files", len(again))
	}
	wellFormed(t, run(SVG, "density")["density.svg"])
}

func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for n := 0; ; n++ {
		_, err := d.Token()
		if err == io.EOF && n > 10 {
			return
		}
		if err != nil {
			t.Fatalf("SVG: %v after %d tokens", err, n)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	good := Options{Out: t.TempDir(), Budget: Budget{Steps: 1}, Engine: eng}
	for text, change := range map[string]func(o *Options){
		"unknown figure \"portrait\"": func(o *Options) { o.Only = []string{"portrait"} },
		"unknown format \"jpg\"":      func(o *Options) { o.Format = "jpg" },
		"a training of 0 steps":       func(o *Options) { o.Budget = Budget{} },
		"no engine":                   func(o *Options) { o.Engine = nil },
		"nowhere":                     func(o *Options) { o.Out, o.Only = filepath.Join(o.Out, "nowhere"), []string{"density"} },
	} {
		o := good
		change(&o)
		if err := Run(t.Context(), eight(t), o); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want an error with %q", err, text)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	good.Budget.Steps = 1 << 30
	good.Progress = func(what string, _ float64) {
		if strings.HasPrefix(what, "training") {
			cancel()
		}
	}
	if err := Run(ctx, eight(t), good); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled tour: %v", err)
	}
}

// The score of a law of points is the mixture's.
func TestScoreOfPoints(t *testing.T) {
	d, err := FromPoints("some", eight(t).Points[:50], 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []reverie.Coef{{Alpha: 1}, {Alpha: .8, Sigma: .6}, {Sigma: 1}} {
		for _, x := range (points{{0, 0}, {1.4, .1}, {-9, 5}}) {
			got, want := d.scoreAt(c)(x), d.Law.At(c).Score(x)
			if math.Hypot(got[0]-want[0], got[1]-want[1]) > 1e-9*(1+math.Hypot(want[0], want[1])) {
				t.Errorf("score %v at %v, want %v", got, x, want)
			}
		}
	}
}

// A tour of points whose law is unknown: their law is that of the points, and all else goes as
// well.
func TestRunOnPoints(t *testing.T) {
	d, err := Open("moons", 1)
	if err != nil {
		t.Fatal(err)
	}
	if d.Exact || d.Law.Len() != MaxPoints || len(d.Points) != drawn {
		t.Errorf("exact %v, %d Gaussians, %d points", d.Exact, d.Law.Len(), len(d.Points))
	}
	made := 0
	o := Options{Out: t.TempDir(), Only: []string{"score"}, divisor: 10, Budget: Budget{Steps: 5}, Engine: eng, Made: func(Picture) { made++ }}
	if err := Run(t.Context(), d, o); err != nil || made != 1 {
		t.Errorf("%v, %d files", err, made)
	}
}

// What the coupling figure says: coupled pairs are nearer, and after a short training one Euler
// step ends nearer to the data.
func TestCouplingClaims(t *testing.T) {
	l := &lab{data: eight(t), Options: Options{Seed: 1, Engine: eng, Budget: Budget{Steps: 800}}}
	near, far, err := l.couplingEnds()
	if err != nil {
		t.Fatal(err)
	}
	if near.Name != "moons" {
		t.Errorf("eight Gaussians flow to %s", near.Name)
	}
	var apart, end [2]float64
	for i, coupled := range []bool{false, true} {
		p := pairing{near: near.Points, far: far, coupled: coupled}
		x0, x1 := p.next(stream(1, 0), 0, couplingBatch)
		for k := range x0 {
			apart[i] += math.Pow(x0[k][0]-x1[k][0], 2) + math.Pow(x0[k][1]-x1[k][1], 2)
		}
		n, err := l.trainBetween(t.Context(), "between", p, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, hi := n.Process.Span()
		trail, err := l.carry(t.Context(), walk{"between", n.Process, n.Denoiser(), sample.Euler[points]{}, []float64{hi, reverie.Clean}}, far[:1000], 0)
		if err != nil {
			t.Fatal(err)
		}
		if end[i], err = distance(trail.end, near.fresh(1, 1, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("squared distances %.0f, coupled %.0f; one Euler step ends at %.3f, coupled %.3f", apart[0], apart[1], end[0], end[1])
	if !(apart[1] < .7*apart[0]) || !(end[1] < end[0]/2) {
		t.Errorf("squared distances %.0f, coupled %.0f; one Euler step ends at %.3f, coupled %.3f", apart[0], apart[1], end[0], end[1])
	}
}

// Walks along bridges end where the sets are in both directions, whatever the pairs that were
// learned, and move less where these are Sinkhorn's.
func TestBridgeClaims(t *testing.T) {
	l := &lab{data: eight(t), Options: Options{Seed: 1, Engine: eng, Budget: Budget{Steps: 1600}}}
	near, far, err := l.couplingEnds()
	if err != nil {
		t.Fatal(err)
	}
	var went [2]float64
	for i, eps := range []float64{0, bridgeProcess.Regularisation()} {
		d, err := l.trainBridge(t.Context(), "bridge", pairing{near: near.Points, far: far, eps: eps}, 0)
		if err != nil {
			t.Fatal(err)
		}
		fresh := near.fresh(1, 1, 1000)
		for _, c := range []struct {
			process  reverie.Process
			denoiser reverie.Denoiser[points]
			from, to points
		}{{bridgeProcess, d, far[:1000], fresh}, {reverie.Reversed{Bridge: bridgeProcess.Pinned()}, reverie.Turn(d), fresh, far[:1000]}} {
			grid, err := sample.Linear(c.process, 50)
			if err != nil {
				t.Fatal(err)
			}
			trail, err := l.carry(t.Context(), walk{"bridge", c.process, c.denoiser, sample.EulerMaruyama[points]{}, grid}, c.from, 0)
			if err != nil {
				t.Fatal(err)
			}
			off, err := distance(trail.end, c.to)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("weight %.2f: ends %.3f from the set, %.2f from the start", eps, off, travelled(c.from, trail.end))
			if !(off < .2) {
				t.Errorf("weight %v: walks end %v from the set", eps, off)
			}
			went[i] += travelled(c.from, trail.end)
		}
	}
	if !(went[1] < .94*went[0]) {
		t.Errorf("walks move by %v of independent pairs, by %v of Sinkhorn's", went[0]/2, went[1]/2)
	}
}

// Heun's steps along the learned flow end where the data is, after a short training.
func TestFlowNetwork(t *testing.T) {
	l := &lab{data: eight(t), Options: Options{Seed: 1, Engine: eng, Budget: Budget{Steps: 800}}}
	n, err := l.flowNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	grid, err := sample.Linear(n.Process, 15)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := l.carry(t.Context(), walk{"flow", n.Process, n.Denoiser(), sample.Heun[points]{}, grid}, l.noise(1000), 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.judge(trail.end)
	if err != nil {
		t.Fatal(err)
	}
	noise, err := l.judge(l.noise(1000))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("distance %.3f, of noise %.3f", got, noise)
	if !(got < .15 && got < noise/2) {
		t.Errorf("distance %.3f of the flow's samples, %.3f of noise: want below 0.15 and half of that", got, noise)
	}
}

// TestTripFactor: of N(0, 1/2) on every 20th and every second of 1000 linear betas.
func TestTripFactor(t *testing.T) {
	p, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, .02))
	if err != nil {
		t.Fatal(err)
	}
	for steps, want := range map[int]float64{50: .915, 500: .991} {
		var grid []float64
		for i := 1000 - 1000/steps; i >= 0; i -= 1000 / steps {
			grid = append(grid, float64(i))
		}
		if got := tripFactor(p, append(grid, reverie.Clean), .5); math.Abs(got-want) > 5e-4 {
			t.Errorf("%d steps: %v, want %v", steps, got, want)
		}
	}
}

// TestInverseClaims: of the Gaussian of correlation .9 the posterior, N(.9/1.01, 1 - .81/1.01), is
// what is drawn by rejection and by mmps; replace stays at .62. 400 points have a standard error of
// .022, and of the deviation .016: five of them, and what 50 steps err (.04 of the deviation).
func TestInverseClaims(t *testing.T) {
	m, err := correlated()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{Options: Options{Seed: 2}}
	check := func(name string, x points, wantMean, wantSD float64) {
		if mean, sd := second(x); math.Abs(mean-wantMean) > .11 || math.Abs(sd-wantSD) > .12 {
			t.Errorf("%s: %v ± %v, want %v ± %v", name, mean, sd, wantMean, wantSD)
		}
	}
	mean, sd := .9/1.01, math.Sqrt(1-.81/1.01)
	check("rejection", given(m, 2, 400), mean, sd)
	for i, r := range restorations() {
		x, err := l.restore(t.Context(), m, r, 400, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		switch r.title {
		case "mmps":
			check(r.title, x, mean, sd)
		case "replace":
			check(r.title, x, .62, .55)
		}
	}
}
