package grad_test

import (
	_ "embed"
	"encoding/json"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/engine/grad"
)

//go:embed testdata/conv.json
var goldenJSON []byte

// A golden is a case of testdata/golden.py: settings and sizes as PyTorch has them, and what
// PyTorch computed.
type golden struct {
	Name string
	Case struct {
		X, W                     []int
		Padding                  int
		OutputPadding            int `json:"output_padding"`
		Stride, Dilation, Groups int
		Transposed               bool
	}
	Shape     []int
	Y, Dx, Dw []float64
}

// build is the layer that a network would write, with its loss's weights as a third input.
func (g golden) build(in []*graph.Node) *graph.Node {
	c := g.Case
	if c.Transposed {
		return grad.ConvTranspose(in[0], in[1], grad.Transposed{
			Stride: c.Stride, Pad: c.Padding, OutputPad: c.OutputPadding, Dilation: c.Dilation, Groups: c.Groups,
		})
	}
	n := len(c.X) - 2
	k := convCase{x: c.X, groups: c.Groups}
	for range n {
		k.stride = append(k.stride, max(1, c.Stride))
		k.dilation = append(k.dilation, max(1, c.Dilation))
		k.pad = append(k.pad, [2]int{c.Padding, c.Padding})
	}
	return k.build(in)
}

// TestPyTorch compares value, input gradient and kernel gradient with PyTorch's, in float64 to the
// 10 decimals that are stored.
func TestPyTorch(t *testing.T) {
	var cases []golden
	if err := json.Unmarshal(goldenJSON, &cases); err != nil {
		t.Fatal(err)
	}
	e := open(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.compare(t, e) })
	}
	if len(cases) < 13 {
		t.Errorf("%d cases", len(cases))
	}
}

func (g golden) compare(t *testing.T, e *engine.Engine) {
	image, kernel := permutations(len(g.Shape))
	f := e.Func(g.Name, func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		y := g.build(in)
		d := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, in[2])), in[0], in[1])
		return []*graph.Node{y, d[0], d[1]}
	})
	x, xs := permute(values(product(g.Case.X), 0), g.Case.X, image)
	w, ws := permute(values(product(g.Case.W), 1), g.Case.W, kernel)
	v, vs := permute(values(product(g.Shape), 2), g.Shape, image)
	out, err := f.Call(engine.New(e, x, xs...), engine.New(e, w, ws...), engine.New(e, v, vs...))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		name  string
		data  []float64
		shape []int
		order []int
	}{{"y", g.Y, g.Shape, image}, {"dx", g.Dx, g.Case.X, image}, {"dw", g.Dw, g.Case.W, kernel}} {
		data, shape := permute(want.data, want.shape, want.order)
		if got := out[i].Shape().Dimensions; !slices.Equal(got, shape) {
			t.Fatalf("%s has shape %v, want %v", want.name, got, shape)
		}
		if d, scale := distance(flat(t, out[i]), data); !(d <= 1e-10*scale) {
			t.Errorf("%s is off by %.3g of %.3g", want.name, d, scale)
		}
	}
}

// permutations returns those from PyTorch's layouts to ours: of images (NCHW to NHWC) and of
// kernels, which is the same for plain (OIHW to HWIO) and transposed ones.
func permutations(rank int) (image, kernel []int) {
	image, kernel = []int{0}, nil
	for i := 2; i < rank; i++ {
		image, kernel = append(image, i), append(kernel, i)
	}
	return append(image, 1), append(kernel, 1, 0)
}

// permute transposes row-major data: axis i of the result is axis order[i] of the data.
func permute(data []float64, shape, order []int) (out []float64, dims []int) {
	stride := make([]int, len(shape))
	for i, s := len(shape)-1, 1; i >= 0; i-- {
		stride[i] = s
		s *= shape[i]
	}
	for _, a := range order {
		dims = append(dims, shape[a])
	}
	out = make([]float64, len(data))
	for i := range out {
		from, rest := 0, i
		for k := len(order) - 1; k >= 0; k-- {
			from += rest % dims[k] * stride[order[k]]
			rest /= dims[k]
		}
		out[i] = data[from]
	}
	return out, dims
}

func product(d []int) int {
	n := 1
	for _, v := range d {
		n *= v
	}
	return n
}
