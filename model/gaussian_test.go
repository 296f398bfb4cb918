package model

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/sample"
)

// The data of these tests: every value ~ N(mu, sd^2).
const mu, sd = 0.3, 0.4

// known is the network that knows the data: it predicts
//
//	E[x0 | x_t] = (mu/sd^2 + a x/s^2)/(1/sd^2 + a^2/s^2),  a = sqrt(abar_t), s^2 = 1 - abar_t
//
// from abar, the products of 1 - beta.
type known struct{ abar []float64 }

func newKnown(beta []float64) known {
	k, product := known{}, 1.0
	for _, b := range beta {
		product *= 1 - b
		k.abar = append(k.abar, product)
	}
	return k
}

// x0 is the prediction as p x + q.
func (k known) x0(t int) (p, q float64) {
	a, v := math.Sqrt(k.abar[t]), 1-k.abar[t]
	precision := 1/(sd*sd) + a*a/v
	return a / v / precision, mu / (sd * sd) / precision
}

func (k known) Arch() string            { return "known" }
func (k known) Config() any             { return nil }
func (k known) Params() []*net.Param    { return nil }
func (k known) Channels() (in, out int) { return 3, 3 }
func (k known) Check(h, w int) error    { return net.CheckMultiple("known", h, w, 1) }

func (k known) Takes() net.Parts { return net.Cond }

func (k known) Forward(_ *net.Vars, in net.Input) *graph.Node {
	x, cond := in.X, in.Cond
	g, T := x.Graph(), len(k.abar)
	table := func(f func(t int) float64) *graph.Node { // of the cond of each image
		v := make([]float32, T)
		for t := range v {
			v[t] = float32(f(t))
		}
		at := graph.Iota(g, shapes.Make(dtypes.Float32, 1, T), 1)
		hot := graph.ConvertDType(graph.Equal(graph.Reshape(cond, -1, 1), at), dtypes.Float32)
		return graph.Reshape(graph.ReduceSum(graph.Mul(hot, graph.Reshape(graph.Const(g, v), 1, T)), 1), -1, 1, 1, 1)
	}
	p := table(func(t int) float64 { p, _ := k.x0(t); return p })
	q := table(func(t int) float64 { _, q := k.x0(t); return q })
	return graph.Add(graph.Mul(x, p), q)
}

func knownModel(t testing.TB, e *engine.Engine, T int) (*Model, []float64) {
	beta := reverie.LinearBetas(T, 1e-3, 0.3)
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	return New(e, newKnown(beta), p, reverie.X0, nil), beta
}

func openEngine(t testing.TB, config string) *engine.Engine {
	e, err := engine.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// Samples of Gaussian data by the exact network have the mean and the variance that the solver's
// own recursion says, written here as the papers have it (Ho et al. 2020, eq. 7; Song et al. 2021,
// eq. 12), from x_T ~ N(0, 1):
//
//	ddpm  x_{t-1} = [sqrt(alpha_t)(1-abar_{t-1}) x + sqrt(abar_{t-1}) beta_t x0]/(1-abar_t) + sqrt(variance) z
//	ddim  x_s = sqrt(abar_s) x0 + sqrt(1-abar_s) (x - sqrt(abar_t) x0)/sqrt(1-abar_t)
//
// With n = 64 4x4x3 = 3,072 values the standard errors are sd/sqrt(n) and var sqrt(2/n); 4 of them
// are allowed.
func TestGaussianData(t *testing.T) {
	const T = 40
	m, beta := knownModel(t, openEngine(t, ""), T)
	defer m.Close()
	k := newKnown(beta)
	before := func(t int) float64 {
		if t == 0 {
			return 1
		}
		return k.abar[t-1]
	}
	ddpm := func(large bool) (mean, variance float64) {
		variance = 1
		for t := T - 1; t >= 0; t-- {
			p, q := k.x0(t)
			last := before(t)
			cx := math.Sqrt(1-beta[t]) * (1 - last) / (1 - k.abar[t])
			c0 := math.Sqrt(last) * beta[t] / (1 - k.abar[t])
			z := beta[t] * (1 - last) / (1 - k.abar[t])
			if large && t > 0 {
				z = beta[t]
			}
			mean, variance = (cx+c0*p)*mean+c0*q, (cx+c0*p)*(cx+c0*p)*variance+z
		}
		return mean, variance
	}
	ddim := func() (mean, variance float64) {
		variance = 1
		for t := T - 1; t >= 0; t-- {
			p, q := k.x0(t)
			a, s, b, r := math.Sqrt(k.abar[t]), math.Sqrt(1-k.abar[t]), math.Sqrt(before(t)), math.Sqrt(1-before(t))
			c := r/s + (b-r*a/s)*p
			mean, variance = c*mean+(b-r*a/s)*q, c*c*variance
		}
		return mean, variance
	}
	for _, x := range []struct {
		o    Options
		want func() (float64, float64)
	}{
		{Options{Solver: named("ddpm")}, func() (float64, float64) { return ddpm(false) }},
		{Options{Solver: &sample.DDPM[*tensors.Tensor]{Variance: "beta"}}, func() (float64, float64) { return ddpm(true) }},
		{Options{Solver: sample.DDIM[*tensors.Tensor]{Eta: 1}, Steps: T}, func() (float64, float64) { return ddpm(false) }},
		{Options{Solver: named("ddim"), Steps: T}, ddim},
	} {
		o := x.o
		o.N, o.Height, o.Width, o.Batch, o.Clamp, o.Seed = 64, 4, 4, 24, "none", 3
		got, err := m.Sample(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		n := float64(len(got))
		var sum, squares float64
		for _, v := range got {
			sum += float64(v)
		}
		for _, v := range got {
			squares += (float64(v) - sum/n) * (float64(v) - sum/n)
		}
		mean, variance := x.want()
		if d := math.Abs(sum/n - mean); len(got) != 64*4*4*3 || d > 4*math.Sqrt(variance/n) {
			t.Errorf("%+v: mean %v of %d, want %v", x.o, sum/n, len(got), mean)
		}
		if d := math.Abs(squares/(n-1) - variance); d > 4*variance*math.Sqrt(2/n) {
			t.Errorf("%+v: variance %v, want %v", x.o, squares/(n-1), variance)
		}
	}
}

// Clamping: x0hat, and with it what is sampled; x after each step; nothing. Data far outside the
// range make it visible.
func TestClamps(t *testing.T) {
	exact, _ := knownModel(t, openEngine(t, ""), 20)
	m := New(exact.Engine, shifted{exact.Net.(known)}, exact.Process, exact.Param, nil)
	defer m.Close()
	for clamp, inside := range map[string]bool{"x0": true, "x": true, "none": false, "": true} {
		largest, mid := float32(0), 0.0 // at the end, and of any step
		o := Options{N: 2, Height: 2, Width: 2, Clamp: clamp, Solver: named("ddpm"), Seed: 1}
		o.Hook = func(_ int, s State) error {
			for _, v := range flat(s.X) {
				mid = max(mid, math.Abs(float64(v)))
			}
			return nil
		}
		x, err := m.Sample(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range x {
			largest = max(largest, v, -v)
		}
		if (largest <= 1) != inside {
			t.Errorf("clamp %q: largest %v", clamp, largest)
		}
		if (mid <= 1) != (clamp == "x") {
			t.Errorf("clamp %q: largest on the way %v", clamp, mid)
		}
	}
}

// shifted predicts data at 3.
type shifted struct{ known }

func (s shifted) Forward(v *net.Vars, in net.Input) *graph.Node {
	return graph.AddScalar(graph.MulScalar(s.known.Forward(v, in), 0.01), 3)
}

// constant predicts half of x: a network that costs nothing.
type constant struct{ known }

func (constant) Forward(_ *net.Vars, in net.Input) *graph.Node { return graph.MulScalar(in.X, 0.5) }
