package learn

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
)

func openEngine(t *testing.T) *engine.Engine {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestAdam compares ten steps with torch 2.15.0:
//
//	w = torch.tensor([1., -2., 3.], dtype=torch.float64, requires_grad=True)
//	opt = torch.optim.Adam([w], lr=0.1, betas=BETAS, eps=EPS)
//	for n in range(10):
//	    w.grad = torch.cos(w.detach() * (n + 1)) * torch.tensor([1., 1e-3, 1e-7], dtype=torch.float64)
//	    opt.step()
//	print(w, opt.state[w]["exp_avg"], opt.state[w]["exp_avg_sq"])
//
// The last gradient is comparable with eps.
func TestAdam(t *testing.T) {
	e := openEngine(t)
	for _, c := range []struct {
		adam    Adam
		w, m, v []float64
	}{
		{
			Adam{},
			[]float64{1.030564078546138, -1.7204043761754189, 3.1377130362133148},
			[]float64{-0.12918489449450266, -6.112263550902186e-05, 3.6163295038886256e-09},
			[]float64{0.00473539763694066, 4.472899394524642e-09, 9.835212912028681e-17},
		},
		{
			Adam{Beta1: 0.8, Beta2: 0.99, Eps: 1e-3},
			[]float64{1.0159486780053042, -1.924537832823998, 3.000013808608736},
			[]float64{-0.23102264552215948, 0.00012294875588694885, -1.6910527879327145e-10},
			[]float64{0.04566423052565804, 4.6990176676714304e-08, 4.73408245486008e-16},
		},
	} {
		f := e.Func("adam", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
			w, n := in[0], in[5]
			grad := graph.Mul(graph.Cos(graph.Mul(w, n)), graph.Const(g, []float64{1, 1e-3, 1e-7}))
			w, moments := c.adam.Update(w, grad, in[1:3], in[3:5])
			return append([]*graph.Node{w}, moments...)
		})
		zero := engine.New(e, []float64{0, 0, 0}, 3)
		state := []*tensors.Tensor{engine.New(e, []float64{1, -2, 3}, 3), zero, zero}
		for n := 1; n <= 10; n++ {
			k := c.adam.Factors(0.1, n)
			out, err := f.Call(append(state, engine.Scalar(e, k[0]), engine.Scalar(e, k[1]), engine.Scalar(e, float64(n)))...)
			if err != nil {
				t.Fatal(err)
			}
			state = out
		}
		for i, want := range [][]float64{c.w, c.m, c.v} {
			got := tensors.MustCopyFlatData[float64](state[i])
			for j := range want {
				if !(math.Abs(got[j]-want[j]) <= 1e-12*math.Abs(want[j])) {
					t.Errorf("%+v: %s[%d] = %v, want %v", c.adam, []string{"w", "m", "v"}[i], j, got[j], want[j])
				}
			}
		}
	}
}

// TestClipNorm: norms 5 and 12 are 13 together.
func TestClipNorm(t *testing.T) {
	e := openEngine(t)
	for _, c := range []struct{ limit, factor float64 }{{1, 1 / (13 + 1e-6)}, {13, 13 / (13 + 1e-6)}, {20, 1}, {0, 1}, {-1, 1}} {
		f := e.Func("clip", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			clipped, norm := ClipNorm(in, c.limit)
			return append(clipped, norm)
		})
		out, err := f.Call(engine.New(e, []float64{3, -4}, 2), engine.New(e, []float64{12}, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]float64{{3 * c.factor, -4 * c.factor}, {12 * c.factor}, {13}} {
			got := tensors.MustCopyFlatData[float64](out[i])
			for j := range want {
				if !(math.Abs(got[j]-want[j]) <= 1e-14*math.Abs(want[j])) {
					t.Errorf("limit %v, output %d: %v, want %v", c.limit, i, got, want)
				}
			}
		}
	}
}

// TestEMA: after a constant the average is (1-decay) c + decay a; counts are taken over; the decay
// warms up as (1+n)/(10+n).
func TestEMA(t *testing.T) {
	for n, want := range map[int]float64{0: 0.1, 1: 2.0 / 11, 90: 0.91, 100000: 0.995} {
		if got := EMADecay(0.995, n); got != want {
			t.Errorf("decay at %d: %v, want %v", n, got, want)
		}
	}
	e := openEngine(t)
	f := e.Func("ema", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{EMA(in[0], in[1], in[4]), EMA(in[2], in[3], in[4])}
	})
	out, err := f.Call(engine.New(e, []float64{1, 2}, 2), engine.New(e, []float64{3, -2}, 2),
		engine.Scalar(e, int64(7)), engine.Scalar(e, int64(9)), engine.Scalar(e, 0.25))
	if err != nil {
		t.Fatal(err)
	}
	if got := tensors.MustCopyFlatData[float64](out[0]); got[0] != 1.5 || got[1] != 1 {
		t.Errorf("average %v, want [1.5 1]", got)
	}
	if got := tensors.ToScalar[int64](out[1]); got != 9 {
		t.Errorf("count %d, want 9", got)
	}
}

// TestAdamW compares steps with decay with the textbook's, in which the decay is taken off first
// and both moments are divided by what they lack (Loshchilov & Hutter 2019, algorithm 2).
func TestAdamW(t *testing.T) {
	e := openEngine(t)
	const rate, decay, beta1, beta2, eps = 0.1, 0.3, 0.9, 0.999, 1e-8
	adam := Adam{Decay: decay}
	f := e.Func("adamw", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		w, moments := adam.Update(in[0], graph.Cos(in[0]), in[1:3], in[3:6])
		return append([]*graph.Node{w}, moments...)
	})
	zero := engine.New(e, []float64{0}, 1)
	state := []*tensors.Tensor{engine.New(e, []float64{1.5}, 1), zero, zero}
	w, m, v := 1.5, 0.0, 0.0
	for n := 1; n <= 10; n++ {
		in := state
		for _, k := range adam.Factors(rate, n) {
			in = append(in[:len(in):len(in)], engine.Scalar(e, k))
		}
		out, err := f.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		state = out
		g := math.Cos(w)
		m, v = beta1*m+(1-beta1)*g, beta2*v+(1-beta2)*g*g
		w -= rate * decay * w
		w -= rate * m / (1 - math.Pow(beta1, float64(n))) / (math.Sqrt(v/(1-math.Pow(beta2, float64(n)))) + eps)
		if got := tensors.MustCopyFlatData[float64](out[0])[0]; !(math.Abs(got-w) <= 1e-12) {
			t.Fatalf("step %d: %v, want %v", n, got, w)
		}
	}
	if n := len(Adam{}.Factors(rate, 1)); n != 2 {
		t.Errorf("%d factors without decay", n)
	}
}
