package learn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/learn/score"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// pointsNet is a small network for points of dim numbers of which it says out.
func pointsNet(t *testing.T, dim, out int) net.Model {
	m, err := mlp.New(mlp.Config{Dim: dim, Out: out, Width: 16, Depth: 1, Embed: 8})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// denoising is the method of a network for points of so many levels.
func denoising(t *testing.T, e *engine.Engine, m net.Model, o reverie.Objective, levels int) learn.Method {
	t.Helper()
	how, err := learn.Denoising{}.Method(learn.Setup{Engine: e, Net: m, Objective: o, Kind: kind.Kind{Levels: levels}})
	if err != nil {
		t.Fatal(err)
	}
	return how
}

var opened *engine.Engine

// testEngine is one engine for all tests.
func testEngine(t testing.TB) *engine.Engine {
	if opened == nil {
		e, err := engine.Open("")
		if err != nil {
			t.Fatal(err)
		}
		opened = e
	}
	return opened
}

// evaluated runs a method's loss in float64, so that it can be compared with sums on the host: the
// loss of each image, and its parts.
func evaluated(t *testing.T, e *engine.Engine, m net.Model, how learn.Method, weights, in []*tensors.Tensor) (loss []float64, parts [][]float64) {
	t.Helper()
	f := e.Func("loss", func(_ *graph.Graph, nodes []*graph.Node) []*graph.Node {
		v := net.Bind(net.Eval, m.Params(), nodes[:len(weights)])
		loss, parts := how.Loss(v, nodes[len(weights):])
		return append([]*graph.Node{loss}, parts...)
	})
	defer f.Free()
	out, err := f.Call(append(slices.Clone(weights), in...)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range out[1:] {
		parts = append(parts, tensors.MustCopyFlatData[float64](p))
	}
	return tensors.MustCopyFlatData[float64](out[0]), parts
}

// doubles are tensors of float32 as float64.
func doubles(e *engine.Engine, in []*tensors.Tensor) []*tensors.Tensor {
	out := make([]*tensors.Tensor, len(in))
	for i, x := range in {
		flat := make([]float64, x.Shape().Size())
		for k, v := range tensors.MustCopyFlatData[float32](x) {
			flat[k] = float64(v)
		}
		out[i] = engine.New(e, flat, x.Shape().Dimensions...)
	}
	return out
}

// said runs the network in float64.
func said(t *testing.T, e *engine.Engine, m net.Model, weights []*tensors.Tensor, x []float64, n int, cond []float64) []float64 {
	t.Helper()
	f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		k := len(in) - 2
		return []*graph.Node{m.Forward(net.Bind(net.Eval, m.Params(), in[:k]), net.Input{X: in[k], Cond: in[k+1]})}
	})
	defer f.Free()
	y, err := f.Call1(append(slices.Clone(weights), engine.New(e, x, n, 1, 1, len(x)/n), engine.New(e, cond, n))...)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float64](y)
}

// cloud is a batch of n points of dim numbers in [-1,1], on the levels of 8 bits, ends included.
func cloud(n, dim int) *data.Batch {
	b := &data.Batch{Kind: kind.OfPoints(dim), N: n, X: make([]float32, n*dim), Class: make([]int, n), Index: make([]int, n)}
	for i := range b.X {
		b.X[i] = float32(i*37%256)/127.5 - 1
	}
	b.X[0], b.X[1] = -1, 1
	return b
}

// The hybrid loss is what its definition says, by the divergences of package reverie and by the
// error function's differences: of data with levels the mass of a bin, of points and latents the
// density.
func TestHybridLoss(t *testing.T) {
	for _, levels := range []int{256, 0} {
		testHybridLoss(t, levels)
	}
}

func testHybridLoss(t *testing.T, levels int) {
	e := testEngine(t)
	const n, dim, T = 40, 3, 6
	chain, err := reverie.NewDDPM(reverie.LinearBetas(T, 0.01, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	for _, param := range []reverie.Param{reverie.Eps, reverie.X0, reverie.V} {
		m := pointsNet(t, dim, 2*dim)
		h := denoising(t, e, m, reverie.Objective{Process: chain, Param: param}, levels)
		b := cloud(n, dim)
		in, times, err := h.Inputs(b, learn.Place{Noise: random.Stream{Domain: random.Training}, Times: random.Stream{Domain: random.Times}})
		if err != nil {
			t.Fatal(err)
		}
		in = doubles(e, in)
		weights := net.Initial(m, 3, dtypes.Float64)
		loss, parts := evaluated(t, e, m, h, weights, in)
		x := tensors.MustCopyFlatData[float64](in[0])
		both := said(t, e, m, weights, x, n, times)
		for i, at := range times {
			simple, vlb := hybridByHand(chain, param, levels, at, x[i*dim:(i+1)*dim], b.X[i*dim:(i+1)*dim], both[2*i*dim:2*(i+1)*dim])
			near(t, "simple", parts[0][i], simple, 1e-6)
			near(t, "vlb", parts[1][i], T*vlb, 1e-5)
			near(t, "hybrid", loss[i], simple+0.001*T*vlb, 1e-6)
		}
	}
}

// hybridByHand returns a point's mean square error and its term of the bound in bits/dim.
func hybridByHand(p *reverie.DDPM, param reverie.Param, levels int, at float64, x []float64, x0 []float32, both []float64) (simple, bits float64) {
	ct, cs := p.At(at), reverie.At(p, at-1)
	skip, _, out, _ := param(ct)
	dim := len(x)
	for k := range x {
		f, v := both[k], both[dim+k]
		truth := float64(x0[k])
		target := (truth - skip*x[k]) / out
		simple += (f - target) * (f - target) / float64(dim)
		_, _, _, floor := reverie.Posterior(p.At(math.Max(at, 1)), p.At(math.Max(at, 1)-1))
		lo, hi := math.Log(floor), math.Log(p.Beta(int(at)))
		variance := math.Exp(lo + (v+1)/2*(hi-lo))
		x0hat := skip*x[k] + out*f
		if at > 0 {
			cx, c0, _, q := reverie.Posterior(ct, cs)
			bits += reverie.KL(cx*x[k]+c0*truth, q, cx*x[k]+c0*x0hat, variance) / math.Ln2 / float64(dim)
			continue
		}
		sd := math.Sqrt(variance)
		if levels == 0 {
			bits -= math.Log2(density(truth, x0hat, sd)) / float64(dim)
			continue
		}
		cdf := func(y float64) float64 { return math.Erfc(-(y-x0hat)/sd/math.Sqrt2) / 2 }
		mass := cdf(truth+1./255) - cdf(truth-1./255)
		if truth < -0.999 {
			mass = cdf(truth + 1./255)
		} else if truth > 0.999 {
			mass = 1 - cdf(truth-1./255)
		}
		bits -= math.Log2(math.Max(mass, 1e-12)) / float64(dim)
	}
	return simple, bits
}

// density is that of N(mean, sd^2) at x.
func density(x, mean, sd float64) float64 {
	z := (x - mean) / sd
	return math.Exp(-z*z/2) / (sd * math.Sqrt(2*math.Pi))
}

// The bound of a learned schedule is the one that the schedule's laws give on the host, of data
// with levels and without.
func TestVariationalLoss(t *testing.T) {
	for _, levels := range []int{256, 0} {
		testVariationalLoss(t, levels)
	}
}

func testVariationalLoss(t *testing.T, levels int) {
	e := testEngine(t)
	const n, dim = 12, 3
	for _, predictsV := range []bool{false, true} {
		m := net.NewScheduled(pointsNet(t, dim, dim))
		weights := net.Initial(m, 3, dtypes.Float64)
		p, err := reverie.NewLearnedVP(tensors.MustCopyFlatData[float64](weights[len(weights)-1]))
		if err != nil {
			t.Fatal(err)
		}
		o := reverie.Objective{Process: p, Param: reverie.Eps}
		if predictsV {
			o.Param = reverie.V
		}
		how := denoising(t, e, m, o, levels)
		b := cloud(n, dim)
		in, times, err := how.Inputs(b, learn.Place{Noise: random.Stream{Domain: random.Training}, Times: random.Stream{Domain: random.Times}})
		if err != nil {
			t.Fatal(err)
		}
		in = doubles(e, in)
		loss, parts := evaluated(t, e, m, how, weights, in)
		eps := tensors.MustCopyFlatData[float64](in[1])
		x, cond := make([]float64, n*dim), make([]float64, n)
		for i, at := range times {
			c := p.At(at)
			cond[i] = p.Cond(at)
			for k := i * dim; k < (i+1)*dim; k++ {
				x[k] = c.Alpha*float64(b.X[k]) + c.Sigma*eps[k]
			}
		}
		f := said(t, e, m, weights, x, n, cond)
		for i, at := range times {
			c, first, last := p.At(at), p.At(0), p.At(1)
			var diffusion, prior, reconstruction float64
			for k := i * dim; k < (i+1)*dim; k++ {
				said := f[k]
				if predictsV {
					said = c.Sigma*x[k] + c.Alpha*f[k]
				}
				// -SNR'/2 |x0 - x0hat|^2, with x0 - x0hat = sigma/alpha (epshat - eps)
				diffusion += -c.DSNR() / 2 * math.Pow(c.Sigma/c.Alpha*(said-eps[k]), 2) / math.Ln2 / dim
				prior += reverie.KL(last.Alpha*float64(b.X[k]), last.Sigma*last.Sigma, 0, 1) / math.Ln2 / dim
				sd := first.Sigma / first.Alpha
				if levels > 0 {
					reconstruction -= math.Log2(math.Max(binMass(float64(b.X[k]), float64(b.X[k])+sd*eps[k], sd), 1e-12)) / dim
				} else {
					reconstruction -= math.Log2(density(float64(b.X[k]), float64(b.X[k])+sd*eps[k], sd)) / dim
				}
			}
			near(t, "diffusion", parts[0][i], diffusion, 1e-6)
			near(t, "prior", parts[1][i], prior, 1e-6)
			near(t, "reconstruction", parts[2][i], reconstruction, 1e-5)
			near(t, "bound", loss[i], diffusion+prior+reconstruction, 1e-5)
		}
	}
}

// binMass is the mass that N(mean, sd^2) gives to the bin of the 8-bit value x.
func binMass(x, mean, sd float64) float64 {
	cdf := func(y float64) float64 { return math.Erfc(-(y-mean)/sd/math.Sqrt2) / 2 }
	switch {
	case x < -0.999:
		return cdf(x + 1./255)
	case x > 0.999:
		return 1 - cdf(x-1./255)
	}
	return cdf(x+1./255) - cdf(x-1./255)
}

// The ends of a learned schedule follow the mean of the bound where the data have levels, and
// nothing where they have none: then the bound's own derivative, which is not 0, would carry them
// away. The inside follows the relative variance. Central differences of all.
func TestVariationalGradients(t *testing.T) {
	for _, levels := range []int{256, 0} {
		testVariationalGradients(t, levels)
	}
}

func testVariationalGradients(t *testing.T, levels int) {
	e := testEngine(t)
	const n, dim = 8, 2
	m := net.NewScheduled(pointsNet(t, dim, dim))
	weights := net.Initial(m, 3, dtypes.Float64)
	at := len(weights) - 1
	gamma := tensors.MustCopyFlatData[float64](weights[at])
	p, err := reverie.NewLearnedVP(gamma)
	if err != nil {
		t.Fatal(err)
	}
	how := denoising(t, e, m, reverie.Objective{Process: p, Param: reverie.Eps}, levels).(learn.Grader)
	in, _, err := how.Inputs(cloud(n, dim), learn.Place{Noise: random.Stream{Domain: random.Training}, Times: random.Stream{Domain: random.Times}})
	if err != nil {
		t.Fatal(err)
	}
	in = doubles(e, in)
	f := e.Func("gradient", func(_ *graph.Graph, nodes []*graph.Node) []*graph.Node {
		v := net.Bind(net.Train, m.Params(), nodes[:len(weights)])
		loss, parts := how.Loss(v, nodes[len(weights):])
		varies := loss
		if levels == 0 {
			varies = parts[0]
		}
		return []*graph.Node{how.Gradients(v, loss, parts, []*net.Param{m.Gamma})[0], loss, varies}
	})
	defer f.Free()
	call := func(gamma []float64) (grad, loss, varies []float64) {
		w := slices.Clone(weights)
		w[at] = engine.New(e, gamma, len(gamma))
		out, err := f.Call(append(w, in...)...)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1]), tensors.MustCopyFlatData[float64](out[2])
	}
	grad, _, varies := call(gamma)
	scale := 0.0
	for _, l := range varies {
		scale += l / n
	}
	for _, i := range []int{0, 1, 2, 3, 40, 3 + 128 + 7, 3 + 256 + 100} {
		const h = 1e-5
		shifted := func(d float64) (v float64) {
			g := slices.Clone(gamma)
			g[i] += d
			_, loss, varies := call(g)
			for k := range loss {
				if i < 2 {
					v += loss[k] / n
				} else {
					v += varies[k] * varies[k] / (scale * scale) / n
				}
			}
			return v
		}
		slope := (shifted(h) - shifted(-h)) / (2 * h)
		if i < 2 && levels == 0 {
			if grad[i] != 0 || math.Abs(slope) < 1e-3 {
				t.Errorf("gradient of end %d of data without levels: %v, want 0; the bound's derivative is %v", i, grad[i], slope)
			}
			continue
		}
		near(t, "gradient", grad[i], slope, 1e-6+1e-4*math.Abs(grad[i]))
	}
}

// near compares within a share of the larger number, or of 1.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Max(math.Abs(got), math.Abs(want)))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The exact loss of a repeated batch is score.Exact's, and its gradient too.
func TestExactOfRepeatedBatch(t *testing.T) {
	e := testEngine(t)
	const n, dim = 5, 3
	m := pointsNet(t, dim, dim)
	how, err := learn.Exact{}.Method(learn.Setup{Engine: e, Net: m, Kind: kind.OfPoints(dim), Objective: reverie.Objective{Process: reverie.VP{}, Param: reverie.Eps}})
	if err != nil {
		t.Fatal(err)
	}
	in, _, err := how.Inputs(cloud(n, dim), learn.Place{Noise: random.Stream{Domain: random.Training}, Times: random.Stream{Domain: random.Times}})
	if err != nil {
		t.Fatal(err)
	}
	in = doubles(e, in)
	weights := net.Initial(m, 3, dtypes.Float64)
	grads := func(loss func(v *net.Vars, in []*graph.Node) *graph.Node) (values, gradient []float64) {
		f := e.Func("both", func(_ *graph.Graph, nodes []*graph.Node) []*graph.Node {
			v := net.Bind(net.Train, m.Params(), nodes[:len(weights)])
			l := loss(v, nodes[len(weights):])
			return []*graph.Node{l, graph.Gradient(graph.ReduceAllSum(l), v.Get(m.Params()[0]))[0]}
		})
		defer f.Free()
		out, err := f.Call(append(slices.Clone(weights), in...)...)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
	}
	a, da := grads(func(v *net.Vars, in []*graph.Node) *graph.Node { l, _ := how.Loss(v, in); return l })
	b, db := grads(func(v *net.Vars, in []*graph.Node) *graph.Node {
		s := score.Affine{X: in[2], F: in[3], In: in[4]}.Of(func(x *graph.Node) *graph.Node { return m.Forward(v, net.Input{X: x, Cond: in[1]}) })
		return graph.Mul(score.Exact(s, in[0]), in[5])
	})
	for i := range a {
		near(t, "loss", a[i], b[i], 1e-10)
	}
	for i := range da {
		near(t, "gradient", da[i], db[i], 1e-9)
	}
}

// Under importance sampling a frozen network's mean losses are those of uniform times, the bound's
// part too: the factors reach both.
func TestFactorsReachTheBound(t *testing.T) {
	e := testEngine(t)
	const n, dim, T = 400, 2, 8
	chain, err := reverie.NewDDPM(reverie.LinearBetas(T, 0.01, 0.4))
	if err != nil {
		t.Fatal(err)
	}
	m := pointsNet(t, dim, 2*dim)
	weights := net.Initial(m, 3, dtypes.Float64)
	means := func(o reverie.Objective) (simple, vlb float64) {
		h := denoising(t, e, m, o, 256)
		const batches = 12
		for step := range uint32(batches) {
			in, _, err := h.Inputs(cloud(n, dim), learn.Place{Noise: random.Stream{Domain: random.Training, Step: step}, Times: random.Stream{Domain: random.Times, Step: step}})
			if err != nil {
				t.Fatal(err)
			}
			_, parts := evaluated(t, e, m, h, weights, doubles(e, in))
			for i := range n {
				simple += parts[0][i] / n / batches
				vlb += parts[1][i] / n / batches
			}
		}
		return simple, vlb
	}
	o := reverie.Objective{Process: chain, Param: reverie.Eps}
	simple, vlb := means(o)
	unequal := reverie.NewImportance(chain)
	o.TimeLaw = unequal
	for i := range T { // as if the losses were very unequal
		for range 10 {
			unequal.Losses[i] = append(unequal.Losses[i], float64(1+3*i))
		}
	}
	weighed, bound := means(o)
	near(t, "simple", weighed, simple, 0.05)
	near(t, "vlb", bound, vlb, 0.05)
}
