package model

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// spots are Gaussians of one variance in the plane, each a class, as networks of process edm, whose
// cond is log(sigma)/4 and which see x/sqrt(1 + sigma^2): as a denoiser that predicts x0, and as a
// classifier. Both are exact.
type spots struct {
	means    [][]float64
	variance float64
}

func (s spots) Arch() string                                  { return "spots" }
func (s spots) Config() any                                   { return nil }
func (s spots) Params() []*net.Param                          { return nil }
func (s spots) Check(h, w int) error                          { return nil }
func (s spots) Takes() net.Parts                              { return net.Cond }
func (s spots) Channels() (in, out int)                       { return 2, 2 }
func (s spots) Forward(_ *net.Vars, in net.Input) *graph.Node { return s.mean(in.X, in.Cond) }

// logits are -|x - mu|^2/(2 (v + sigma^2)) of each Gaussian, [N,k], up to what they share.
func (s spots) logits(x, cond *graph.Node) (logits, noise *graph.Node) {
	n := x.Shape().Dim(0)
	noise = graph.Reshape(graph.Exp(graph.MulScalar(cond, 8)), n, 1) // sigma^2
	x = graph.Mul(graph.Reshape(x, n, 2), graph.Sqrt(graph.OnePlus(noise)))
	var all []*graph.Node
	for _, mu := range s.means {
		d := graph.Sub(x, graph.ConstAsDType(x.Graph(), x.DType(), [][]float64{mu}))
		all = append(all, graph.ReduceAndKeep(graph.Square(d), graph.ReduceSum, 1))
	}
	return graph.Div(graph.Concatenate(all, 1), graph.MulScalar(graph.AddScalar(noise, s.variance), -2)), noise
}

// mean is E[x0 | x_t] = sum r_k (sigma^2 mu_k + v x)/(v + sigma^2).
func (s spots) mean(x, cond *graph.Node) *graph.Node {
	n := x.Shape().Dim(0)
	logits, noise := s.logits(x, cond)
	mu := graph.Dot(graph.Softmax(logits), graph.ConstAsDType(x.Graph(), x.DType(), s.means))
	x = graph.Mul(graph.Reshape(x, n, 2), graph.Sqrt(graph.OnePlus(noise)))
	sum := graph.Add(graph.Mul(noise, mu), graph.MulScalar(x, s.variance))
	return net.OverPixels(graph.Div(sum, graph.AddScalar(noise, s.variance)))
}

// mixture is the law.
func (s spots) mixture(t *testing.T) *mixture.Mixture {
	t.Helper()
	m, err := mixture.New(nil, s.means, []mixture.Cov{{Var: s.variance}})
	if err != nil {
		t.Fatal(err)
	}
	class := make([]int, len(s.means))
	for i := range class {
		class[i] = i
	}
	if m, err = m.WithClasses(class); err != nil {
		t.Fatal(err)
	}
	return m
}

// alone is the Gaussian of a class.
func (s spots) alone(k int) spots { return spots{s.means[k : k+1], s.variance} }

// telling is spots as a classifier.
type telling struct {
	spots
	clean bool
	kind  kind.Kind
}

func (s telling) Channels() (in, out int) { return 2, len(s.means) }
func (s telling) Noised() bool            { return !s.clean }
func (s telling) Kind() kind.Kind         { return s.kind }

func (s telling) Forward(_ *net.Vars, x, cond *graph.Node) *graph.Node {
	logits, _ := s.logits(x, cond)
	return net.OverPixels(logits)
}

// eight are eight of them around 0, and two are two.
var (
	eight = func() (s spots) {
		s.variance = 0.3
		for k := range 8 {
			sin, cos := math.Sincos(float64(k) * math.Pi / 4)
			s.means = append(s.means, []float64{3 * cos, 3 * sin})
		}
		return s
	}()
	two = spots{[][]float64{{-2, 0}, {2, 0.5}}, 0.25}
)

// exact is the classifier of spots, whose classes are called by their numbers, and unconditional
// the model of them.
func (s spots) exact(e *engine.Engine) *Classifier {
	k := kind.OfPoints(2).Labelled(nil)
	for i := range s.means {
		k.Classes = append(k.Classes, kind.Class{Name: fmt.Sprint(i), Samples: 1})
	}
	return NewClassifier(e, telling{spots: s, kind: k}, reverie.EDM{}, nil)
}

func (s spots) unconditional(t *testing.T, e *engine.Engine) *Model {
	m := New(e, s, reverie.EDM{}, reverie.X0, nil)
	m.Kind = kind.OfPoints(2)
	t.Cleanup(m.Close)
	return m
}

// TestClassifierGradient: probabilities and gradient of an exact classifier are those of the law,
// as package mixture has them, also under another process, and the estimate that it guides is that
// of the class (the guided score at scale 1 is the conditional one). float32 has 6e-8 of numbers up
// to 10 in squares up to 1e3 that are divided by twice a variance of 0.25 at least.
func TestClassifierGradient(t *testing.T) {
	e := openEngine(t, "")
	for _, s := range []spots{two, eight} {
		law, c := s.mixture(t), s.exact(e)
		defer c.Close()
		for _, p := range []reverie.Process{reverie.EDM{}, reverie.VP{}, reverie.Flow{}} {
			space := engine.NewRecycler(e.Space(random.Stream{Seed: 4, Domain: 200}))
			var g guide.Classifier[*tensors.Tensor] = c
			if p != (reverie.EDM{}) {
				g = guide.TransferClassifier(space, reverie.EDM{}, p, g)
			}
			for _, level := range []float64{0.1, 0.5, 2, 20} {
				at := reverie.TimeAt(p, -math.Log(level))
				coef := reverie.At(p, at)
				x, class := law.At(coef).Draw(random.Stream{Seed: 3, Domain: 200}, 64)
				var numbers []float32
				for _, row := range x {
					numbers = append(numbers, float32(row[0]), float32(row[1]))
				}
				in := engine.New(e, numbers, len(x), 1, 1, 2)
				checkPosterior(t, c, p, law, in, x, at)
				got, err := g.Gradient(t.Context(), in, at, class)
				if err != nil {
					t.Fatal(err)
				}
				guided := guide.Classified(space, p, exactDenoiser(e, law, p), g, 1)
				est, err := guided.Denoise(t.Context(), reverie.Query[*tensors.Tensor]{X: in, T: at, Want: reverie.WantClass, Class: class})
				if err != nil {
					t.Fatal(err)
				}
				grad, x0 := flat(got), flat(est.X0)
				for i, k := range class {
					want := law.At(coef).ClassScore(k, x[i])
					own, err := law.Class(k).Denoiser(p).Denoise(t.Context(), reverie.Query[reverie.Batch[float64]]{X: x[i : i+1], T: at})
					if err != nil {
						t.Fatal(err)
					}
					for j := range 2 {
						unit := coef.Sigma // of a gradient its inverse
						if gap := math.Abs(float64(grad[2*i+j])-want[j]) * unit; !(gap <= 1e-3) {
							t.Errorf("%T, level %v: gradient %v, want %v", p, level, grad[2*i+j], want[j])
						}
						if w := own.X0[0][j]; !(math.Abs(float64(x0[2*i+j])-w) <= 2e-3) {
							t.Errorf("%T, level %v: x0hat of class %d is %v, want %v", p, level, k, x0[2*i+j], w)
						}
					}
				}
				space.Next(in)
			}
			space.Close()
		}
	}
}

// checkPosterior compares the probabilities of the classes, of the classifier's own process.
func checkPosterior(t *testing.T, c *Classifier, p reverie.Process, law *mixture.Mixture, in *tensors.Tensor, x reverie.Batch[float64], at float64) {
	t.Helper()
	if p != c.Process {
		return
	}
	logs, err := c.LogProbabilities(t.Context(), in, at)
	if err != nil {
		t.Fatal(err)
	}
	got, n := flat(logs), law.Classes()
	for i := range x {
		for k, want := range law.At(reverie.At(p, at)).ClassPosterior(x[i]) {
			if g := math.Exp(float64(got[i*n+k])); !(math.Abs(g-math.Exp(want)) <= 1e-3) {
				t.Errorf("p(%d | x) is %v, want %v", k, g, math.Exp(want))
			}
		}
	}
}

// exactDenoiser is the law's on tensors, without classes.
func exactDenoiser(e *engine.Engine, law *mixture.Mixture, p reverie.Process) reverie.Denoiser[*tensors.Tensor] {
	d := law.Denoiser(p)
	return reverie.DenoiserFunc[*tensors.Tensor](func(ctx context.Context, x *tensors.Tensor, t float64) (*tensors.Tensor, error) {
		var rows reverie.Batch[float64]
		for numbers := flat(x); len(numbers) > 0; numbers = numbers[2:] {
			rows = append(rows, []float64{float64(numbers[0]), float64(numbers[1])})
		}
		est, err := d.Denoise(ctx, reverie.Query[reverie.Batch[float64]]{X: rows, T: t})
		if err != nil {
			return nil, err
		}
		var out []float32
		for _, row := range est.X0 {
			out = append(out, float32(row[0]), float32(row[1]))
		}
		return engine.New(e, out, x.Shape().Dimensions...), nil
	})
}

// guidedByClassifier is the guide of a classifier that a model has as if it had been loaded.
func guidedByClassifier(m *Model, c *Classifier, scale float64, shift string) []Guide {
	m.classifiers = map[string]*Classifier{"exact": c}
	return []Guide{&guide.ClassifierGuide[*tensors.Tensor]{Classifier: "exact", Scale: scale, Shift: shift}}
}

// TestSampleGuided: what the exact classifier draws at scale 1 of the unconditional model is,
// number by number, what the model of the class alone draws by the same noise, by every solver that
// takes it and under another process. At scale 0 it is what the model draws without. Walks of 10
// steps multiply the rounding of TestClassifierGradient by less than 10.
func TestSampleGuided(t *testing.T) {
	e := openEngine(t, "")
	m := two.unconditional(t, e)
	guides := guidedByClassifier(m, two.exact(e), 1, "x0")
	draw := func(m *Model, o Options) []float32 {
		x, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for name, o := range map[string]Options{
		"own": {Solver: named("dpm++2m")}, "heun": {Solver: named("heun")}, "ancestral": {Solver: &sample.DDIM[*tensors.Tensor]{Eta: 1}},
		"another process": {Solver: named("ddim"), Process: reverie.VP{}},
	} {
		o.N, o.Steps, o.Seed, o.Clamp, o.Height, o.Width = 16, 10, 5, "none", 1, 1
		for class := range 2 {
			of := o
			of.Class, of.Guides = []int{class}, guides
			got, want := draw(m, of), draw(two.alone(class).unconditional(t, e), o)
			for i := range got {
				if !(math.Abs(float64(got[i]-want[i])) <= 0.02) {
					t.Fatalf("%s, class %d: number %d is %v, want %v", name, class, i, got[i], want[i])
				}
			}
		}
		none := o
		none.Class, none.Guides = []int{1}, guidedByClassifier(m, two.exact(e), 0, "x0")
		if !slices.Equal(draw(m, none), draw(m, o)) {
			t.Errorf("%s: scale 0 is not the model without a classifier", name)
		}
		guides = guidedByClassifier(m, two.exact(e), 1, "x0")
	}
}

// TestClassifierRefused: what cannot guide, or is not asked as it must be, is refused with the
// reason.
func TestClassifierRefused(t *testing.T) {
	e := openEngine(t, "")
	units := kind.Units{Shift: []float64{1, 1}, Scale: []float64{2, 2}}
	of := func(change func(c *telling)) *Classifier {
		c := telling{spots: two, kind: kind.OfPoints(2).Labelled([]kind.Class{{Name: "left"}, {Name: "right"}})}
		change(&c)
		var p reverie.Process = reverie.EDM{}
		if c.clean {
			p = nil
		}
		return NewClassifier(e, c, p, nil)
	}
	for want, c := range map[string]*Classifier{
		"knows clean samples alone": of(func(c *telling) { c.clean = true }),
		"points of 3 numbers":       of(func(c *telling) { c.kind.C = 3 }),
		"points are in other units": of(func(c *telling) { c.kind.Units = units }),
		"the range of its points":   of(func(c *telling) { c.kind.Ranged = true }),
	} {
		m := two.unconditional(t, e)
		if err := m.guidedBy(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	m := two.unconditional(t, e)
	sound := of(func(*telling) {})
	o := Options{N: 2, Height: 1, Width: 1, Clamp: "none", Solver: named("ddim"), Steps: 4}
	with := func(class []int, scale float64, shift string) Options {
		o := o
		o.Class, o.Guides = class, guidedByClassifier(m, sound, scale, shift)
		return o
	}
	for want, o := range map[string]Options{
		"class 2: expected 0 to 1":        with([]int{2}, 1, "x0"),
		"use solver ddpm, or the shift":   with([]int{0}, 1, "variance"),
		"guide classifier guides to a c":  with([]int{reverie.NullClass}, 1, "x0"),
		"trained without classes, and no": {N: 2, Height: 1, Width: 1, Clamp: "none", Class: []int{0}},
	} {
		if err := m.Fits(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	for _, class := range [][]int{{0, reverie.NullClass}, nil} {
		if err := m.Fits(with(class, 1, "x0")); err != nil {
			t.Errorf("classes %v: %v", class, err)
		}
	}
	if _, err := m.Redraw(t.Context(), with(nil, 1, "x0"), make([]float32, 4), 0.5); err == nil || !strings.Contains(err.Error(), "of which all are asked for: ask for a class by --class") {
		t.Errorf("an edit to no class: %v", err)
	}
	if k, err := m.ClassNumbers(with(nil, 1, "x0"), "right", "null"); err != nil || !slices.Equal(k, []int{1, reverie.NullClass}) {
		t.Errorf("classes %v, %v", k, err)
	}
	if _, err := m.ClassNumbers(with(nil, 1, "x0"), "up"); err == nil || !strings.Contains(err.Error(), `no class "up": expected one of "left" "right"`) {
		t.Errorf("error %v", err)
	}
	told, _ := conditional(t, e) // of classes a, b, c under vp
	guides := guidedByClassifier(told, of(func(c *telling) { c.kind.Classes = []kind.Class{{Name: "c"}, {Name: "a"}} }), 1, "x0")
	for class, want := range map[int]string{1: `no class "b"`, 0: "", 2: ""} {
		o := Options{N: 1, Clamp: "none", Solver: named("ddim"), Steps: 4, Guides: guides, Class: []int{class}}
		if err := told.Fits(o); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("class %d: error %v, want %q", class, err, want)
		}
	}
	if err := told.Fits(Options{N: 1, Clamp: "none", Guides: guides}); err == nil || !strings.Contains(err.Error(), `no class "b"`) {
		t.Errorf("classes drawn as in the data: error %v", err)
	}
	for want, class := range map[string][]int{"1 classes for 2 samples": {0}, "class 2 of sample 1: the classifier knows 0 to 1": {0, 2}, "class -1 of sample 0": {reverie.NullClass, 0}} {
		if _, err := sound.Gradient(t.Context(), engine.New(e, make([]float32, 4), 2, 1, 1, 2), 1, class); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	latent := &Model{Kind: m.Kind, VAE: new(Autoencoder)}
	if err := latent.guidedBy(sound); err == nil || !strings.Contains(err.Error(), "the model walks through latents") {
		t.Errorf("a model of latents: error %v", err)
	}
	if err := latent.alike(m); err == nil || !strings.Contains(err.Error(), "it works on other latents") {
		t.Errorf("a weaker model of pixels: error %v", err)
	}
	if err := told.alike(m); err == nil || !strings.Contains(err.Error(), "trained without classes, and the model with") {
		t.Errorf("a weaker model without classes: error %v", err)
	}
}

// TestClassifierDrawsClasses: where none is asked for, a model without classes draws those of the
// classifier that guides it, as often as they were in its data, and a sample is what it is where
// its class is asked for.
func TestClassifierDrawsClasses(t *testing.T) {
	e := openEngine(t, "")
	m, c := two.unconditional(t, e), two.exact(e)
	o := Options{N: 8, Height: 1, Width: 1, Clamp: "none", Solver: named("ddim"), Steps: 4, Seed: 1}
	if m.Classes(o, 0, 3) != nil {
		t.Error("classes without a classifier")
	}
	o.Guides = guidedByClassifier(m, c, 1, "x0")
	c.Kind.Classes[0].Samples, c.Kind.Classes[1].Samples = 10, 30
	const n = 10000
	second := 0
	for _, k := range m.Classes(o, 0, n) {
		second += k
	}
	if got := float64(second) / n; !(math.Abs(got-0.75) <= 5*math.Sqrt(0.25*0.75/n)) { // five standard errors
		t.Errorf("a share %v of the second class, want three quarters", got)
	}
	drawn, err := m.Sample(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Class = m.Classes(o, 0, o.N)
	asked, err := m.Sample(t.Context(), o)
	if err != nil || !slices.Equal(drawn, asked) || slices.Max(o.Class) == slices.Min(o.Class) {
		t.Errorf("drawn %v, asked for by %v %v, %v", drawn, o.Class, asked, err)
	}
}

// TestClassifierLevels: under another process a classifier guides at the noise levels that it
// knows, and says nothing at others; where it knows none it is refused.
func TestClassifierLevels(t *testing.T) {
	e := openEngine(t, "")
	labels := two.exact(e).Kind
	m := two.unconditional(t, e)
	space := engine.NewRecycler(e.Space(random.Stream{}))
	defer space.Close()
	m.classifiers = map[string]*Classifier{"c": two.exact(e)}
	p := reverie.VE{SigmaMin: 0.0001, SigmaMax: 500}
	g, err := m.guidingClassifier("c", labels, space, p)
	if err != nil {
		t.Fatal(err)
	}
	for level, known := range map[float64]bool{0.001: false, 0.01: true, 60: true, 200: false} {
		y, err := g.Gradient(t.Context(), engine.New(e, []float32{0.1, 0}, 1, 1, 1, 2), reverie.TimeAt(p, -math.Log(level)), []int{1})
		if err != nil {
			t.Fatal(err)
		}
		if v := flat(y)[0]; (v != 0) != known {
			t.Errorf("at level %v the gradient is %v", level, v)
		}
	}
	if _, err := m.guidingClassifier("c", labels, space, reverie.VE{SigmaMin: 100, SigmaMax: 500}); err == nil || !strings.Contains(err.Error(), "no ratio in common") {
		t.Errorf("error %v", err)
	}
	o := Options{Guides: guidedByClassifier(m, two.exact(e), 1, "x0")}
	if said, err := m.Guiding(o); err != nil || len(said) != 1 || !strings.Contains(said[0], "classifier of 2 classes, guides at noise levels sigma/alpha from 0.002 to 80") {
		t.Errorf("%q, %v", said, err)
	}
}

// TestGradientByDifferences compares the gradient of networks of both kinds, with weights as drawn,
// with central differences of the log probabilities: 1e-2 apart, where float32 leaves 1e-5/1e-2 and
// the third derivative h^2.
func TestGradientByDifferences(t *testing.T) {
	e := openEngine(t, "")
	for _, k := range []kind.Kind{kind.OfPoints(3), kind.OfImages(4, 4, 1)} {
		k = k.Labelled([]kind.Class{{Name: "a"}, {Name: "b"}, {Name: "c"}})
		n, err := (&classifier.Architecture{Channels: []int{16, 16}, Features: 8, Noised: true}).Layout(k, 0)
		if err != nil {
			t.Fatal(err)
		}
		c := NewClassifier(e, n.(classifier.Network), reverie.VE{}, net.Initial(n, 3, dtypes.Float32))
		defer c.Close()
		x, class := make([]float32, 2*k.Size()), []int{2, 0}
		random.Stream{Seed: 1, Domain: 200}.Normal32(x)
		const at, h = 0.6, 1e-2
		logs := func(x []float32) []float32 {
			y, err := c.LogProbabilities(t.Context(), engine.New(e, x, 2, k.H, k.W, k.C), at)
			if err != nil {
				t.Fatal(err)
			}
			return flat(y)
		}
		y, err := c.Gradient(t.Context(), engine.New(e, x, 2, k.H, k.W, k.C), at, class)
		if err != nil {
			t.Fatal(err)
		}
		got, most := flat(y), 0.0
		for i := range x {
			up, down := slices.Clone(x), slices.Clone(x)
			up[i] += h
			down[i] -= h
			own := i/k.Size()*3 + class[i/k.Size()]
			want := float64(logs(up)[own]-logs(down)[own]) / float64(up[i]-down[i])
			most = max(most, math.Abs(want))
			if !(math.Abs(float64(got[i])-want) <= 1e-3) {
				t.Errorf("%v: number %d: %v, by differences %v", k, i, got[i], want)
			}
		}
		if most < 0.01 {
			t.Errorf("%v: no gradient is above %v", k, most)
		}
	}
}

// TestClassifierFiles: a classifier of noised samples whose files name no process is refused, and
// a model that is none.
func TestClassifierFiles(t *testing.T) {
	e := openEngine(t, "")
	n, err := (&classifier.Architecture{Channels: []int{4, 4}, Features: 4, Noised: true}).Layout(kind.OfPoints(2).Labelled([]kind.Class{{Name: "a"}, {Name: "b"}}), 0)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(n.Config())
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]*checkpoint.Checkpoint{
		"names no scheduler, and the classifier is of noised samples":                    {Arch: n.Arch(), ArchConfig: config},
		"it is no classifier: architecture simpleunet; train one with --arch classifier": {Arch: "simpleunet", ArchConfig: []byte("{}")},
	} {
		if _, err := buildClassifier(e, c, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
