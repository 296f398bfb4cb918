package golden

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all"
	_ "github.com/reverie-go/reverie/net/simpleunet"
	_ "github.com/reverie-go/reverie/net/unet"
)

// cases are the networks, each with the file of its golden numbers and the loss that they were made
// with.
var cases = []struct {
	name, arch string
	loss       func(d *graph.Node) *graph.Node
}{
	{"simpleunet", "simpleunet", graph.Abs},
	{"attention", "unet", graph.Square},
	{"scaleshift", "unet", graph.Square},
	{"class", "unet", graph.Square},
	{"classtimestep", "unet", graph.Square},
	{"classidentity", "unet", graph.Square},
}

// A network is an architecture with its golden numbers, in one float type.
type network struct {
	net.Network
	float  dtypes.DType
	loss   func(d *graph.Node) *graph.Node
	golden map[string]checkpoint.Tensor
	engine *engine.Engine
}

// told are the inputs beside the weights: x, t, and the class where the network takes one.
func (n *network) told(t *testing.T) []*tensors.Tensor {
	in := []*tensors.Tensor{n.input(t, "x"), n.input(t, "t")}
	if _, ok := n.golden["class"]; ok {
		in = append(in, n.input(t, "class"))
	}
	return in
}

// predict is the network of what told gives.
func (n *network) predict(v *net.Vars, told []*graph.Node) *graph.Node {
	in := net.Input{X: told[0], Cond: told[1]}
	if len(told) > 2 {
		in.Class = told[2]
	}
	return n.Network.(net.Model).Forward(v, in)
}

// each runs f for every case in both float types, with the kernels of every level that the machine
// has.
func each(t *testing.T, f func(t *testing.T, n *network)) {
	if backend := os.Getenv(engine.EnvVar); backend != "" {
		eachCase(t, open(t, backend), f)
		return
	}
	for _, level := range levels(t) {
		e := open(t, "simd:level="+level)
		t.Run(level, func(t *testing.T) { eachCase(t, e, f) })
		e.Close()
	}
	open(t, "simd:level=best").Close()
}

func open(t *testing.T, config string) *engine.Engine {
	e, err := engine.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// levels are those of this machine, from the portable one up to the one that the backend calls
// best.
func levels(t *testing.T) (names []string) {
	last := ""
	for _, level := range []string{"generic", "avx2", "avx512"} {
		e, err := engine.Open("simd:level=" + level)
		if err != nil {
			continue // not on this machine, or else it is not the best one below
		}
		last = e.Description()
		if !strings.Contains(last, level) {
			t.Errorf("with level=%s the backend is %q", level, last)
		}
		names = append(names, level)
		e.Close()
	}
	best := open(t, "simd:level=best")
	defer best.Close()
	if best.Description() != last || names[0] != "generic" {
		t.Fatalf("levels %q end at %q, and the best one is %q", names, last, best.Description())
	}
	return names
}

// eachCase runs f for every case in both float types.
func eachCase(t *testing.T, e *engine.Engine, f func(t *testing.T, n *network)) {
	for _, c := range cases {
		config := []byte(`{"channels": [6, 10, 8]}`)
		if c.arch == "unet" {
			config, _ = diffusersConfig(t, c.name)
		}
		m, err := net.New(c.arch, config)
		if err != nil {
			t.Fatal(err)
		}
		golden, _, err := checkpoint.ReadSafetensorsFile(filepath.Join("testdata", c.name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for _, float := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			t.Run(c.name+"/"+float.String(), func(t *testing.T) {
				f(t, &network{Network: m, float: float, loss: c.loss, golden: golden, engine: e})
			})
		}
	}
}

// diffusersConfig reads the configuration as diffusers writes it, and the order of its state dict.
func diffusersConfig(t *testing.T, name string) (config []byte, order []string) {
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(fields["state_dict"], &order); err != nil {
		t.Fatal(err)
	}
	delete(fields, "state_dict")
	config, err = json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return config, order
}

// under are the golden arrays whose names begin with prefix and a slash.
func (n *network) under(prefix string) map[string]checkpoint.Tensor {
	m := map[string]checkpoint.Tensor{}
	for name, a := range n.golden {
		if rest, ok := strings.CutPrefix(name, prefix+"/"); ok {
			m[rest] = a
		}
	}
	return m
}

// weights are the golden weights as tensors.
func (n *network) weights(t *testing.T) []*tensors.Tensor {
	w, err := net.Import(n.Params(), n.under("weight"), n.float)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// input is a golden array as a tensor: images NCHW become NHWC.
func (n *network) input(t *testing.T, name string) *tensors.Tensor {
	a, ok := n.golden[name]
	if !ok {
		t.Fatalf("no golden %q", name)
	}
	v, shape := values(t, a), a.Shape
	if len(shape) == 4 {
		v, shape = nhwc(v, shape)
	}
	return n.tensor(v, shape...)
}

func (n *network) tensor(v []float64, shape ...int) *tensors.Tensor {
	if n.float == dtypes.Float64 {
		return engine.New(n.engine, v, shape...)
	}
	v32 := make([]float32, len(v))
	for i, x := range v {
		v32[i] = float32(x)
	}
	return engine.New(n.engine, v32, shape...)
}

func nhwc(v []float64, shape []int) ([]float64, []int) {
	b, c, h, w := shape[0], shape[1], shape[2], shape[3]
	out := make([]float64, len(v))
	for i := range v {
		x, y, k, s := i%w, i/w%h, i/(w*h)%c, i/(w*h*c)
		out[((s*h+y)*w+x)*c+k] = v[i]
	}
	return out, []int{b, h, w, c}
}

func values(t *testing.T, a checkpoint.Tensor) []float64 {
	if a.DType == "I64" {
		ints, err := a.I64s()
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float64, len(ints))
		for i, x := range ints {
			v[i] = float64(x)
		}
		return v
	}
	v, err := a.F64s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// flat is a tensor's values.
func flat(t *testing.T, x *tensors.Tensor) []float64 {
	a, err := net.Export([]*net.Param{{Name: "x", Shape: x.Shape().Dimensions}}, []*tensors.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	return values(t, a["x"])
}

// distance is the 2-norm of a-b.
func distance(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(s)
}

func norm(a []float64) float64 { return distance(a, make([]float64, len(a))) }

// compare checks |got-want| / |want| in the 2-norm, tensor by tensor; where
// |want| is under a millionth of the largest, |got-want| must be too.
func compare(t *testing.T, what string, tolerance float64, got, want map[string][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d tensors, want %d", what, len(got), len(want))
	}
	largest, worst := 0.0, 0.0
	for _, w := range want {
		largest = max(largest, norm(w))
	}
	for name, w := range want {
		g, ok := got[name]
		if !ok || len(g) != len(w) {
			t.Errorf("%s: %s has %d values, want %d", what, name, len(g), len(w))
			continue
		}
		d, n := distance(g, w), norm(w)
		if n < 1e-6*largest {
			if !(d <= 1e-6*largest) {
				t.Errorf("%s: %s is nearly 0 and off by %.2g", what, name, d)
			}
			continue
		}
		worst = max(worst, d/n)
		if !(d <= tolerance*n) {
			t.Errorf("%s: %s is off by %.2g of its norm %.3g, want at most %.0e", what, name, d/n, n, tolerance)
		}
	}
	t.Logf("%s: worst %.2g", what, worst)
}

// compareOne is compare for one tensor against a golden one.
func (n *network) compareOne(t *testing.T, name string, got *tensors.Tensor) {
	t.Helper()
	want := n.input(t, name)
	compare(t, name, 1e-4, map[string][]float64{"": flat(t, got)}, map[string][]float64{"": flat(t, want)})
}

// compareDict checks tensors in the engine's layout against golden arrays.
func (n *network) compareDict(t *testing.T, what string, params []*net.Param, got []*tensors.Tensor) {
	t.Helper()
	g, err := net.Export(params, got)
	if err != nil {
		t.Fatal(err)
	}
	want := n.under(what)
	for name, a := range g {
		if !slices.Equal(a.Shape, want[name].Shape) {
			t.Errorf("%s: %s has shape %v, want %v", what, name, a.Shape, want[name].Shape)
		}
	}
	compare(t, what, 1e-4, dict(t, g), dict(t, want))
}

func dict(t *testing.T, m map[string]checkpoint.Tensor) map[string][]float64 {
	out := map[string][]float64{}
	for name, a := range m {
		out[name] = values(t, a)
	}
	return out
}

// trained are the parameters with gradients, and their places among all.
func (n *network) trained() (params []*net.Param, places []int) {
	for i, p := range n.Params() {
		if !p.Buffer {
			params, places = append(params, p), append(places, i)
		}
	}
	return params, places
}

func TestForward(t *testing.T) {
	each(t, func(t *testing.T, n *network) {
		for mode, name := range map[net.Mode]string{net.Eval: "eval", net.PerImage: "perimage", net.Train: "train"} {
			if _, ok := n.golden[name]; !ok {
				if n.Arch() == "simpleunet" {
					t.Errorf("no golden %q", name)
				}
				name = "eval" // no BatchNorm, so no mode
			}
			out, err := n.forward(mode).Call(append(n.weights(t), n.told(t)...)...)
			if err != nil {
				t.Fatal(err)
			}
			n.compareOne(t, name, out[0])
		}
	})
}

func (n *network) forward(mode net.Mode) *engine.Func {
	return n.engine.Func("forward", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		params := n.Params()
		return []*graph.Node{n.predict(net.Bind(mode, params, in[:len(params)]), in[len(params):])}
	})
}

// lossGrads builds the training loss of weights, what is told and the target, and its gradients by
// the trained parameters.
func (n *network) lossGrads(in []*graph.Node) (v *net.Vars, loss *graph.Node, grads []*graph.Node) {
	params := n.Params()
	weights, in := in[:len(params)], in[len(params):]
	v = net.Bind(net.Train, params, weights)
	last := len(in) - 1
	loss = graph.ReduceAllMean(n.loss(graph.Sub(n.predict(v, in[:last]), in[last])))
	_, places := n.trained()
	var by []*graph.Node
	for _, i := range places {
		by = append(by, weights[i])
	}
	return v, loss, graph.Gradient(loss, by...)
}

func TestGradients(t *testing.T) {
	each(t, func(t *testing.T, n *network) {
		var buffers []*net.Param
		f := n.engine.Func("gradients", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
			v, loss, grads := n.lossGrads(in)
			updated, stats := v.Updates()
			buffers = updated
			return slices.Concat([]*graph.Node{loss}, grads, stats)
		})
		out, err := f.Call(slices.Concat(n.weights(t), n.told(t), []*tensors.Tensor{n.input(t, "target")})...)
		if err != nil {
			t.Fatal(err)
		}
		params, _ := n.trained()
		n.compareOne(t, "loss", out[0])
		n.compareDict(t, "grad", params, out[1:1+len(params)])
		n.compareDict(t, "stats", buffers, out[1+len(params):])
	})
}

// TestAdam compares the weights after three steps: in float64 with PyTorch's eps, where a step's
// size hardly depends on the gradient's, and in float32 with an eps at which rounding does not
// decide the sign of a step.
func TestAdam(t *testing.T) {
	each(t, func(t *testing.T, n *network) {
		opt, what, tolerance := learn.Adam{Eps: 1e-3}, "adam32", 1e-4
		if n.float == dtypes.Float64 {
			opt, what, tolerance = learn.Adam{}, "adam64", 1e-6
		}
		got, want := n.threeSteps(t, opt), dict(t, n.under(what))
		before := dict(t, n.under("weight"))
		if what == "adam64" { // holds what was added to the weights, and so the sharper comparison
			compare(t, "what was added", 1e-5, add(got, before, -1), want)
			want = add(want, before, 1)
		}
		compare(t, what, tolerance, got, want)
	})
}

// add is a + c b, tensor by tensor.
func add(a, b map[string][]float64, c float64) map[string][]float64 {
	sum := map[string][]float64{}
	for name, v := range a {
		for i, x := range v {
			sum[name] = append(sum[name], x+c*b[name][i])
		}
	}
	return sum
}

// threeSteps are the weights and buffers after three steps at rate 1e-3.
func (n *network) threeSteps(t *testing.T, opt learn.Adam) map[string][]float64 {
	params := n.Params()
	trained, places := n.trained()
	var buffers []*net.Param
	f := n.engine.Func("step", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		k := len(trained)
		m, in := in[:k], in[k:]
		second, in := in[:k], in[k:]
		factors, in := in[:2], in[2:]
		v, _, grads := n.lossGrads(in)
		var w, m1, v1 []*graph.Node
		for i, g := range grads {
			wi, moments := opt.Update(in[places[i]], g, []*graph.Node{m[i], second[i]}, factors)
			w, m1, v1 = append(w, wi), append(m1, moments[0]), append(v1, moments[1])
		}
		updated, stats := v.Updates()
		buffers = updated
		return slices.Concat(m1, v1, w, stats)
	})
	var moments []*tensors.Tensor
	for range 2 {
		for _, p := range trained {
			moments = append(moments, n.tensor(make([]float64, p.Size()), p.EngineShape()...))
		}
	}
	weights := n.weights(t)
	for step := 1; step <= 3; step++ {
		factors := opt.Factors(1e-3, step)
		in := slices.Concat(moments, []*tensors.Tensor{n.tensor(factors[:1]), n.tensor(factors[1:])}, weights,
			n.told(t), []*tensors.Tensor{n.input(t, "target")})
		out, err := f.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		moments, out = out[:len(moments)], out[len(moments):]
		for i, p := range slices.Concat(trained, buffers) {
			weights[slices.Index(params, p)] = out[i]
		}
	}
	state, err := net.Export(params, weights)
	if err != nil {
		t.Fatal(err)
	}
	return dict(t, state)
}

func TestStateDictOrder(t *testing.T) {
	for _, name := range []string{"attention", "scaleshift", "class", "classtimestep", "classidentity"} {
		config, want := diffusersConfig(t, name)
		m, err := net.New("unet", config)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range m.Params() {
			got = append(got, p.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: names %q, want %q", name, got, want)
		}
	}
}
