package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/random"
	"gonum.org/v1/gonum/mat"
)

func open(t testing.TB) *engine.Engine {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func floats(t *testing.T, x *tensors.Tensor) []float64 {
	v, err := tensors.CopyFlatData[float64](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// normal are n standard normal numbers.
func normal(n int, sample uint64) []float64 {
	z := make([]float64, n)
	random.Stream{Seed: 7, Sample: sample}.Normal(z)
	return z
}

// TestKL: against the sum of reverie.KL, which is derived for any two Gaussians, and against the
// mean of log q - log p over draws of q.
func TestKL(t *testing.T) {
	e := open(t)
	f := e.Func("kl", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{vae.KL(in[0], in[1]), vae.Reparameterise(in[0], in[1], in[2])}
	})
	mean, logVar := []float64{0.3, -1.2, 0, 2, 0, 1e-3}, []float64{-1, 0.7, 0, -3, 1e-9, 0.1}
	eps := normal(6, 1)
	out, err := f.Call(engine.New(e, mean, 2, 1, 1, 3), engine.New(e, logVar, 2, 1, 1, 3), engine.New(e, eps, 2, 1, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	got, z := floats(t, out[0]), floats(t, out[1])
	for i := range 2 {
		want, sum, squares := 0.0, 0.0, 0.0
		for j := 3 * i; j < 3*i+3; j++ {
			want += reverie.KL(mean[j], math.Exp(logVar[j]), 0, 1)
		}
		if !(math.Abs(got[i]-want) <= 1e-12*(1+want)) {
			t.Errorf("KL %v, reverie.KL %v", got[i], want)
		}
		const draws = 200_000
		s := random.Stream{Seed: 3, Sample: uint64(i)}
		u := make([]float64, 3*draws)
		s.Normal(u)
		for k := range draws {
			ratio := 0.0
			for j := range 3 {
				m, v, n := mean[3*i+j], math.Exp(logVar[3*i+j]), u[3*k+j]
				x := m + math.Sqrt(v)*n
				ratio += -n*n/2 - math.Log(v)/2 + x*x/2
			}
			sum, squares = sum+ratio, squares+ratio*ratio
		}
		average := sum / draws
		deviation := math.Sqrt((squares/draws - average*average) / draws)
		if !(math.Abs(got[i]-average) <= 4*deviation) {
			t.Errorf("KL %v, Monte Carlo %v +- %v", got[i], average, deviation)
		}
	}
	for j := range z {
		if want := mean[j] + math.Exp(logVar[j]/2)*eps[j]; !(math.Abs(z[j]-want) <= 1e-12) {
			t.Errorf("draw %d: %v, want %v", j, z[j], want)
		}
	}
}

// linear is a linear-Gaussian autoencoder: x = W z + b + s n, q(z|x) = N(A x + a, diag d).
type linear struct {
	w, a       *mat.Dense // [D,z], [z,D]
	b, shift   []float64
	logD       []float64
	logS2      float64
	dim, small int
}

// model returns it as a Dense with its weights, in the order of Params.
func (l linear) model(t *testing.T, e *engine.Engine) (*vae.Dense, []*tensors.Tensor) {
	m, err := vae.NewDense(vae.DenseConfig{Channels: l.dim, Latent: l.small, Widths: []int{}, Likelihood: vae.Likelihood{Variance: vae.Fixed}})
	if err != nil {
		t.Fatal(err)
	}
	encoder := make([]float64, 2*l.small*l.dim) // the log variance does not depend on x
	for i := range l.small {
		for j := range l.dim {
			encoder[i*l.dim+j] = l.a.At(i, j)
		}
	}
	var decoder []float64
	for i := range l.dim {
		decoder = append(decoder, mat.Row(nil, i, l.w)...)
	}
	values := map[string][]float64{
		"encoder.0.weight": encoder, "encoder.0.bias": append(append([]float64{}, l.shift...), l.logD...),
		"decoder.0.weight": decoder, "decoder.0.bias": l.b, "log_variance": {l.logS2},
	}
	var weights []*tensors.Tensor
	for _, p := range m.Params() {
		weights = append(weights, engine.New(e, values[p.Name], p.Shape...))
	}
	return m, weights
}

// posterior is that of z given x under the model: N(mean, cov), from the joint Gaussian of z and x.
func (l linear) posterior(x []float64) (mean *mat.VecDense, cov *mat.SymDense) {
	s2 := math.Exp(l.logS2)
	inverse := mat.NewSymDense(l.small, nil) // I + W'W/s2
	for i := range l.small {
		for j := i; j < l.small; j++ {
			v := mat.Dot(l.w.ColView(i), l.w.ColView(j)) / s2
			if i == j {
				v++
			}
			inverse.SetSym(i, j, v)
		}
	}
	var chol mat.Cholesky
	chol.Factorize(inverse)
	cov = new(mat.SymDense)
	_ = chol.InverseTo(cov)
	d := mat.NewVecDense(l.dim, nil)
	for i := range x {
		d.SetVec(i, (x[i]-l.b[i])/s2)
	}
	mean = new(mat.VecDense)
	mean.MulVec(l.w.T(), d)
	mean.MulVec(cov, mean)
	return mean, cov
}

// evidence is log N(x; b, W W' + s2 I), by its own Cholesky decomposition.
func (l linear) evidence(x []float64) float64 {
	cov := mat.NewSymDense(l.dim, nil)
	for i := range l.dim {
		for j := i; j < l.dim; j++ {
			v := mat.Dot(l.w.RowView(i), l.w.RowView(j))
			if i == j {
				v += math.Exp(l.logS2)
			}
			cov.SetSym(i, j, v)
		}
	}
	var chol mat.Cholesky
	chol.Factorize(cov)
	d, y := mat.NewVecDense(l.dim, nil), new(mat.VecDense)
	for i := range x {
		d.SetVec(i, x[i]-l.b[i])
	}
	_ = chol.SolveVecTo(y, d)
	return -(mat.Dot(d, y) + chol.LogDet() + float64(l.dim)*math.Log(2*math.Pi)) / 2
}

// gap is KL(N(A x + a, diag d) || posterior).
func (l linear) gap(x []float64) float64 {
	mean, cov := l.posterior(x)
	var chol mat.Cholesky
	chol.Factorize(cov)
	var precision mat.SymDense
	_ = chol.InverseTo(&precision)
	diff := mat.NewVecDense(l.small, nil)
	diff.MulVec(l.a, mat.NewVecDense(l.dim, x))
	sum := chol.LogDet() - float64(l.small)
	for i := range l.small {
		diff.SetVec(i, diff.AtVec(i)+l.shift[i]-mean.AtVec(i))
		sum += precision.At(i, i)*math.Exp(l.logD[i]) - l.logD[i]
	}
	return (sum + mat.Inner(diff, &precision, diff)) / 2
}

// optimal gives l the encoder that is the posterior itself, where that has a diagonal covariance.
func (l *linear) optimal() {
	zero, cov := l.posterior(make([]float64, l.dim))
	l.a = mat.NewDense(l.small, l.dim, nil)
	for j := range l.dim {
		unit := make([]float64, l.dim)
		unit[j] = 1
		mean, _ := l.posterior(unit)
		for i := range l.small {
			l.a.Set(i, j, mean.AtVec(i)-zero.AtVec(i))
		}
	}
	for i := range l.small {
		l.shift[i], l.logD[i] = zero.AtVec(i), math.Log(cov.At(i, i))
	}
}

// average is the bound's mean over the draws of z, and its standard error.
func (l linear) average(t *testing.T, e *engine.Engine, x []float64, draws int) (mean, deviation float64) {
	m, weights := l.model(t, e)
	f := e.Func("bound", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v, rest := net.Bind(net.Eval, m.Params(), in[:len(weights)]), in[len(weights):]
		return []*graph.Node{vae.ELBO(v, m, rest[0], rest[1]).Total()}
	})
	var all []float64
	for range draws {
		all = append(all, x...)
	}
	out, err := f.Call(append(weights, engine.New(e, all, draws, 1, 1, l.dim),
		engine.New(e, normal(draws*l.small, 11), draws, 1, 1, l.small))...)
	if err != nil {
		t.Fatal(err)
	}
	var sum, squares float64
	for _, v := range floats(t, out[0]) {
		sum, squares = sum+v, squares+v*v
	}
	n := float64(draws)
	return sum / n, math.Sqrt(max(0, squares/n-sum/n*sum/n) / n)
}

// TestLinearGaussian: for probabilistic PCA (Tipping & Bishop 1999) all is known. The bound lies
// below log p(x) by KL(q || posterior), for any q.
func TestLinearGaussian(t *testing.T) {
	e := open(t)
	const dim, small, draws = 5, 2, 40_000
	l := linear{
		w: mat.NewDense(dim, small, normal(dim*small, 1)), a: mat.NewDense(small, dim, normal(dim*small, 2)),
		b: normal(dim, 3), shift: normal(small, 4), logD: []float64{-1, -0.4}, logS2: -0.8, dim: dim, small: small,
	}
	for i := range uint64(3) {
		x := normal(dim, 20+i)
		got, deviation := l.average(t, e, x, draws)
		want := l.evidence(x) - l.gap(x)
		t.Logf("bound %.4f +- %.4f, evidence %.4f - gap %.4f", got, deviation, l.evidence(x), l.gap(x))
		if !(math.Abs(got-want) <= 4*deviation) || !(l.gap(x) > 0.1) {
			t.Errorf("bound %v +- %v, want %v", got, deviation, want)
		}
	}
}

// TestNoGap: with orthogonal columns of W the posterior has a diagonal covariance, and the encoder
// that is the posterior closes the gap.
func TestNoGap(t *testing.T) {
	e := open(t)
	l := linear{
		w: mat.NewDense(4, 2, []float64{1, 0.5, 1, -0.5, -1, 0.5, 1, 0.5}), b: normal(4, 3),
		shift: make([]float64, 2), logD: make([]float64, 2), logS2: -0.5, dim: 4, small: 2,
	}
	if dot := mat.Dot(l.w.ColView(0), l.w.ColView(1)); dot != 0 {
		t.Fatalf("columns' product %v", dot)
	}
	l.optimal()
	for i := range uint64(3) {
		x := normal(4, 30+i)
		if gap := l.gap(x); !(math.Abs(gap) <= 1e-12) {
			t.Errorf("gap %v at the optimum", gap)
		}
		got, deviation := l.average(t, e, x, 40_000)
		if want := l.evidence(x); !(math.Abs(got-want) <= 4*deviation) {
			t.Errorf("bound %v +- %v, evidence %v", got, deviation, want)
		}
	}
}

// TestGradients: of the loss of both autoencoders under each likelihood, against central
// differences in a random direction of all weights and of x.
func TestGradients(t *testing.T) {
	e := open(t)
	likelihoods := []vae.Likelihood{
		{Sigma: 0.5}, {Variance: vae.Learned, Sigma: 0.5}, {Variance: vae.Fixed, Sigma: 2}, {Kind: vae.Bernoulli},
	}
	for _, l := range likelihoods {
		conv, err := vae.NewConv(vae.Config{InChannels: 1, OutChannels: 1, BlockOutChannels: []int{2, 4}, NormNumGroups: 2, LatentChannels: 2, Likelihood: l})
		if err != nil {
			t.Fatal(err)
		}
		dense, err := vae.NewDense(vae.DenseConfig{Height: 4, Width: 4, Channels: 1, Latent: 3, Widths: []int{7}, Likelihood: l})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []vae.Autoencoder{conv, dense} {
			checkGradient(t, e, m, m.Arch()+" "+m.Likelihood().Kind+" "+m.Likelihood().Variance)
		}
	}
}

func checkGradient(t *testing.T, e *engine.Engine, m vae.Autoencoder, name string) {
	params := m.Params()
	var trained []int
	for i, p := range params {
		if !p.Buffer {
			trained = append(trained, i)
		}
	}
	f := e.Func("gradient", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		weights, x, eps := in[:len(params)], in[len(params)], in[len(params)+1]
		v := net.Bind(net.Train, params, weights)
		loss := graph.ReduceAllMean(vae.ELBO(v, m, x, eps).Loss(graph.ConstAsDType(g, dtypes.Float64, 0.7), 16))
		by := []*graph.Node{x}
		for _, i := range trained {
			by = append(by, weights[i])
		}
		return append([]*graph.Node{loss}, graph.Gradient(loss, by...)...)
	})
	lh, lw, z := m.Latent(4, 4)
	weights := net.Initial(m, 5, dtypes.Float64)
	x := make([]float64, 3*16)
	for i := range x {
		x[i] = math.Sin(float64(i * i))
	}
	eps := engine.New(e, normal(3*lh*lw*z, 1), 3, lh, lw, z)
	// along gives the outputs at a step of h in the direction.
	along := func(h float64) []*tensors.Tensor {
		moved := engine.Fill(e, func(flat []float64) {
			d := normal(len(x), 100)
			for i := range flat {
				flat[i] = x[i] + h*d[i]
			}
		}, 3, 4, 4, 1)
		in := make([]*tensors.Tensor, len(weights))
		copy(in, weights)
		for k, i := range trained {
			value, d := floats(t, weights[i]), normal(params[i].Size(), 200+uint64(k))
			for j := range value {
				value[j] += h * d[j]
			}
			in[i] = engine.New(e, value, weights[i].Shape().Dimensions...)
		}
		out, err := f.Call(append(in, moved, eps)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := along(0)
	got := 0.0
	for k, g := range out[1:] {
		sample := uint64(100)
		if k > 0 {
			sample = 199 + uint64(k)
		}
		v := floats(t, g)
		for j, d := range normal(len(v), sample) {
			got += v[j] * d
		}
	}
	const h = 1e-5
	central := func(h float64) float64 { return (floats(t, along(h)[0])[0] - floats(t, along(-h)[0])[0]) / (2 * h) }
	want := (4*central(h/2) - central(h)) / 3
	// Extrapolated differences are good to h^4 and to the rounding 1e-16/h of the loss.
	if !(math.Abs(got-want) <= 1e-8*(1+math.Abs(want))) {
		t.Errorf("%s: gradient %v, difference %v", name, got, want)
	}
}
