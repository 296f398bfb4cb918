package mlp_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

func open(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func build(t *testing.T, c mlp.Config) *mlp.Model {
	t.Helper()
	m, err := mlp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestValidate(t *testing.T) {
	for text, want := range map[string]string{
		`{"dim": -1}`:                  "dim: -1, expected 1 to",
		`{"dim": 1000000000}`:          "dim: 1000000000",
		`{"out": -5}`:                  "out: -5, expected 1 to",
		`{"out": 1000000}`:             "out: 1000000, expected 1 to",
		`{"energy": true, "out": 4}`:   "has 4 outputs for 2 channels: expected as many where",
		`{"width": 1000000}`:           "width: 1000000 channels",
		`{"width": -2}`:                "width: -2 channels",
		`{"depth": -1}`:                "depth: -1, expected 1 to 64",
		`{"depth": 65}`:                "depth: 65",
		`{"waves": -1}`:                "waves: -1, expected 0 to 8",
		`{"waves": 9}`:                 "waves: 9",
		`{"embed": 7}`:                 "embed: 7, expected an even number from 4",
		`{"embed": 2}`:                 "embed: 2",
		`{"num_class_embeds": 16385}`:  "num_class_embeds: 16385, expected 0 to 16384",
		`{"dims": 2}`:                  "unknown field",
		`{"dim": 2, "depth": 1e300}`:   "depth",
		`{"dim": 4611686018427387904}`: "dim: 4611686018427387904",
	} {
		if _, err := net.New(mlp.Arch, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestConfigRoundTrip(t *testing.T) {
	for _, text := range []string{``, `{"dim": 3, "out": 6, "width": 8, "depth": 2, "embed": 6, "waves": 3, "num_class_embeds": 5}`, `{"energy": true}`} {
		m, err := net.New(mlp.Arch, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		saved, err := json.Marshal(m.Config())
		if err != nil {
			t.Fatal(err)
		}
		again, err := net.New(mlp.Arch, saved)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Config(), m.Config()) || !reflect.DeepEqual(again.Params(), m.Params()) {
			t.Errorf("%s is not the model it was", saved)
		}
	}
	in, out := build(t, mlp.Config{Dim: 3, Out: 6}).Channels()
	if in != 3 || out != 6 {
		t.Errorf("%d, %d channels", in, out)
	}
	if n := net.Trainable(build(t, mlp.Config{})); n != 64*128+128+128*128+128+2*128+128+9*(128*128+128)+128*2+2 {
		t.Errorf("%d parameters", n)
	}
}

func TestCheck(t *testing.T) {
	m := build(t, mlp.Config{})
	if err := m.Check(1, 1); err != nil {
		t.Error(err)
	}
	if err := m.Check(1, 32); err == nil || !strings.Contains(err.Error(), "mlp: image of 1x32 (height x width): this network takes points") {
		t.Error(err)
	}
}

// A golden is a case of testdata/mlp.safetensors.
type golden map[string]checkpoint.Tensor

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	all, _, err := checkpoint.ReadSafetensorsFile("testdata/mlp.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	g := golden{}
	for key, a := range all {
		if rest, ok := strings.CutPrefix(key, name+"/"); ok {
			g[rest] = a
		}
	}
	return g
}

func (g golden) values(t *testing.T, key string) []float64 {
	t.Helper()
	v, err := g[key].F64s()
	if err != nil || len(v) == 0 {
		t.Fatalf("golden %q: %d values, %v", key, len(v), err)
	}
	return v
}

func TestGolden(t *testing.T) {
	e := open(t)
	for name, m := range map[string]net.Model{
		"plain":  build(t, mlp.Config{Dim: 3, Out: 6, Width: 10, Depth: 2, Embed: 8, Waves: 2}),
		"energy": net.Energy{Model: build(t, mlp.Config{Dim: 3, Width: 10, Depth: 2, Embed: 8})},
	} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			_, out := m.Channels()
			state := map[string]checkpoint.Tensor{}
			for key, a := range g {
				if rest, ok := strings.CutPrefix(key, "weight/"); ok {
					state[rest] = a
				}
			}
			weights, err := net.Import(m.Params(), state, dtypes.Float64)
			if err != nil {
				t.Fatal(err)
			}
			f := e.Func("golden", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
				w, in := in[:len(weights)], in[len(weights):]
				y := m.Forward(net.Bind(net.Train, m.Params(), w), net.Input{X: in[0], Cond: in[1]})
				loss := graph.ReduceAllMean(graph.Square(graph.Sub(y, in[2])))
				return append([]*graph.Node{y, loss}, graph.Gradient(loss, w...)...)
			})
			got, err := f.Call(append(weights, engine.New(e, g.values(t, "x"), 4, 1, 1, 3), engine.New(e, g.values(t, "cond"), 4),
				engine.New(e, g.values(t, "target"), 4, 1, 1, out))...)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "y", tensors.MustCopyFlatData[float64](got[0]), g.values(t, "y"), 1e-11)
			closeTo(t, "loss", []float64{tensors.ToScalar[float64](got[1])}, g.values(t, "loss"), 1e-11)
			for i, p := range m.Params() {
				closeTo(t, p.Name, tensors.MustCopyFlatData[float64](got[2+i]), g.values(t, "grad/"+p.Name), 1e-10)
			}
		})
	}
}

// closeTo checks |got - want| <= tol |want| in the 2-norm.
func closeTo(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	d, n := 0.0, 0.0
	for i := range got {
		d, n = d+(got[i]-want[i])*(got[i]-want[i]), n+want[i]*want[i]
	}
	if !(math.Sqrt(d) <= tol*math.Sqrt(n)) {
		t.Errorf("%s: off by %.2g of its norm %.3g: %v, want %v", what, math.Sqrt(d/n), math.Sqrt(n), got[:min(4, len(got))], want[:min(4, len(got))])
	}
}

// A probe is a small model in float64 with a batch of three points of two numbers.
type probe struct {
	e       *engine.Engine
	m       net.Model
	weights []*tensors.Tensor
	x, cond *tensors.Tensor
}

func newProbe(t *testing.T, energy bool) *probe {
	p := &probe{e: open(t), m: build(t, mlp.Config{Width: 7, Depth: 2, Embed: 4, Waves: 1})}
	if energy {
		p.m = net.Energy{Model: p.m}
	}
	p.weights = net.Initial(p.m, 5, dtypes.Float64)
	x := make([]float64, 6)
	random.Stream{Seed: 6, Domain: 128}.Normal(x)
	p.x, p.cond = engine.New(p.e, x, 3, 1, 1, 2), engine.New(p.e, []float64{0.5, -3, 400}, 3)
	return p
}

// eval computes what f builds of the weights, x and cond.
func (p *probe) eval(t *testing.T, f func(v *net.Vars, w []*graph.Node, x, cond *graph.Node) []*graph.Node) func(w []*tensors.Tensor, x *tensors.Tensor) [][]float64 {
	k := len(p.weights)
	fn := p.e.Func("probe", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return f(net.Bind(net.Train, p.m.Params(), in[:k]), in[:k], in[k], in[k+1])
	})
	return func(w []*tensors.Tensor, x *tensors.Tensor) [][]float64 {
		t.Helper()
		out, err := fn.Call(slices.Concat(w, []*tensors.Tensor{x, p.cond})...)
		if err != nil {
			t.Fatal(err)
		}
		flat := make([][]float64, len(out))
		for i, o := range out {
			flat[i] = tensors.MustCopyFlatData[float64](o)
		}
		return flat
	}
}

// difference is the fourth-order central difference of f by element i of v, which f reads.
func difference(v []float64, i int, f func() float64) float64 {
	const h = 1e-3
	at := func(d float64) float64 {
		old := v[i]
		defer func() { v[i] = old }()
		v[i] += d
		return f()
	}
	return (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
}

// TestEnergyIsPotential checks that Forward is the finite-difference gradient of Potential, each
// point of its own.
func TestEnergyIsPotential(t *testing.T) {
	p := newProbe(t, true)
	f := p.eval(t, func(v *net.Vars, _ []*graph.Node, x, cond *graph.Node) []*graph.Node {
		in := net.Input{X: x, Cond: cond}
		return []*graph.Node{p.m.Forward(v, in), p.m.(net.Energy).Potential(v, in)}
	})
	got := f(p.weights, p.x)[0]
	x, want := tensors.MustCopyFlatData[float64](p.x), make([]float64, 6)
	for i := range x {
		want[i] = difference(x, i, func() float64 { return f(p.weights, engine.New(p.e, x, 3, 1, 1, 2))[1][i/2] })
	}
	closeTo(t, "gradient of the potential", got, want, 1e-9)
}

// TestJacobian checks that the Jacobian of an energy's prediction is symmetric, and that another's
// is not.
func TestJacobian(t *testing.T) {
	for _, energy := range []bool{true, false} {
		p := newProbe(t, energy)
		f := p.eval(t, func(v *net.Vars, _ []*graph.Node, x, cond *graph.Node) []*graph.Node {
			y := p.m.Forward(v, net.Input{X: x, Cond: cond})
			return append([]*graph.Node{y}, jacobian(y, x)...)
		})
		out := f(p.weights, p.x)
		x := tensors.MustCopyFlatData[float64](p.x)
		for n := range 3 {
			a, b := out[1][2*n+1], out[2][2*n]
			if same := math.Abs(a-b) <= 1e-12*math.Abs(a); same != energy {
				t.Errorf("energy %v: off the diagonal %v and %v", energy, a, b)
			}
			want := difference(x, 2*n+1, func() float64 { return f(p.weights, engine.New(p.e, x, 3, 1, 1, 2))[0][2*n] })
			closeTo(t, "dy0/dx1", []float64{a}, []float64{want}, 1e-8)
		}
	}
}

// jacobian builds the gradients of each number of y by x: for i in 0, 1, [N,1,1,2].
func jacobian(y, x *graph.Node) []*graph.Node {
	rows := make([]*graph.Node, y.Shape().Dim(-1))
	for i := range rows {
		yi := graph.Slice(y, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(), graph.AxisRange(i, i+1))
		rows[i] = graph.Gradient(graph.ReduceAllSum(yi), x)[0]
	}
	return rows
}

// TestParameterGradients checks the gradients of two losses on the prediction, by all parameters,
// with finite differences: the squared error, and exact score matching |s|^2/2 + tr ds/dx, which
// for an energy takes third derivatives.
func TestParameterGradients(t *testing.T) {
	losses := map[string]func(y, x *graph.Node) *graph.Node{
		"denoising": func(y, x *graph.Node) *graph.Node {
			return graph.ReduceAllMean(graph.Square(graph.AddScalar(y, 0.5)))
		},
		"exact": func(y, x *graph.Node) *graph.Node {
			loss := graph.MulScalar(graph.ReduceAllSum(graph.Square(y)), 0.5)
			for i, row := range jacobian(y, x) {
				loss = graph.Add(loss, graph.ReduceAllSum(graph.Slice(row, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(), graph.AxisRange(i, i+1))))
			}
			return loss
		},
	}
	for name, loss := range losses {
		for _, energy := range []bool{true, false} {
			p := newProbe(t, energy)
			f := p.eval(t, func(v *net.Vars, w []*graph.Node, x, cond *graph.Node) []*graph.Node {
				l := loss(p.m.Forward(v, net.Input{X: x, Cond: cond}), x)
				return append([]*graph.Node{l}, graph.Gradient(l, w...)...)
			})
			only := p.eval(t, func(v *net.Vars, _ []*graph.Node, x, cond *graph.Node) []*graph.Node {
				return []*graph.Node{loss(p.m.Forward(v, net.Input{X: x, Cond: cond}), x)}
			})
			grads := f(p.weights, p.x)[1:]
			for i, param := range p.m.Params() {
				w := tensors.MustCopyFlatData[float64](p.weights[i])
				var got, want []float64
				for j := 0; j < len(w); j += 1 + len(w)/8 {
					got = append(got, grads[i][j])
					want = append(want, difference(w, j, func() float64 {
						changed := slices.Clone(p.weights)
						changed[i] = engine.New(p.e, w, param.EngineShape()...)
						return only(changed, p.x)[0][0]
					}))
				}
				closeTo(t, name+": "+param.Name, got, want, 1e-7)
			}
		}
	}
}
