package grad_test

import (
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/engine/grad"
)

// step and tolerance for losses quadratic in each number: the differences are exact but for
// rounding, about 1e-16 times a loss of a few hundred, over h.
const (
	step      = 1.0 / 256
	tolerance = 1e-9
)

// A convCase is a ConvGeneral on [N, spatial..., C] and [kernel..., C/groups, K].
type convCase struct {
	x, w          []int
	stride        []int
	pad           [][2]int
	spread        []int
	dilation      []int
	groups, batch int
}

func (c convCase) axes() graph.ConvolveAxesConfig {
	n := len(c.x) - 2
	a := graph.ConvolveAxesConfig{InputChannels: n + 1, KernelInputChannels: n, KernelOutputChannels: n + 1, OutputChannels: n + 1}
	for i := range n {
		a.InputSpatial = append(a.InputSpatial, i+1)
		a.KernelSpatial = append(a.KernelSpatial, i)
		a.OutputSpatial = append(a.OutputSpatial, i+1)
	}
	return a
}

// or returns list, or n ones for an empty one.
func or(list []int, n int) []int {
	for len(list) < n {
		list = append(list, 1)
	}
	return list
}

func (c convCase) build(in []*graph.Node) *graph.Node {
	n := len(c.x) - 2
	pad := c.pad
	if pad == nil {
		pad = make([][2]int, n)
	}
	return graph.ConvGeneral(in[0], in[1], c.axes(), or(c.stride, n), pad, or(c.spread, n), or(c.dilation, n),
		max(1, c.groups), max(1, c.batch))
}

var convCases = map[string]convCase{
	"1-D 1":                       {x: []int{2, 5, 3}, w: []int{1, 3, 2}},
	"1-D 2":                       {x: []int{2, 5, 2}, w: []int{2, 2, 3}},
	"1-D 3, pad 1":                {x: []int{2, 5, 2}, w: []int{3, 2, 2}, pad: [][2]int{{1, 1}}},
	"1-D 3, pad 4 > kernel":       {x: []int{1, 4, 2}, w: []int{3, 2, 2}, pad: [][2]int{{4, 0}}},
	"1-D 3, negative pad":         {x: []int{1, 9, 2}, w: []int{3, 2, 2}, pad: [][2]int{{-2, -1}}},
	"1-D 4, stride 2":             {x: []int{2, 8, 2}, w: []int{4, 2, 2}, stride: []int{2}, pad: [][2]int{{1, 1}}},
	"1-D 4, stride 3, not even":   {x: []int{1, 9, 2}, w: []int{4, 2, 2}, stride: []int{3}, pad: [][2]int{{2, 1}}},
	"1-D 5, stride 3, rest 2":     {x: []int{1, 13, 1}, w: []int{5, 1, 2}, stride: []int{3}},
	"1-D 2, stride 3 > kernel":    {x: []int{1, 9, 2}, w: []int{2, 2, 1}, stride: []int{3}},
	"1-D 3, dilation 2":           {x: []int{1, 8, 2}, w: []int{3, 2, 2}, dilation: []int{2}, pad: [][2]int{{2, 1}}},
	"1-D 3, dilation, stride":     {x: []int{1, 11, 2}, w: []int{3, 2, 2}, dilation: []int{3}, stride: []int{2}, pad: [][2]int{{0, 3}}},
	"1-D 3, input dilation":       {x: []int{1, 4, 2}, w: []int{3, 2, 2}, spread: []int{3}, pad: [][2]int{{1, 2}}},
	"1-D 4, all at once":          {x: []int{1, 5, 4}, w: []int{4, 2, 6}, spread: []int{3}, stride: []int{2}, dilation: []int{2}, pad: [][2]int{{-1, 4}}, groups: 2},
	"1-D 3, batch groups":         {x: []int{4, 6, 2}, w: []int{3, 2, 6}, batch: 2, stride: []int{2}, pad: [][2]int{{1, 1}}},
	"1-D 3, batch groups, spread": {x: []int{3, 4, 2}, w: []int{3, 2, 3}, batch: 3, spread: []int{2}},
	"2-D 1x1":                     {x: []int{2, 3, 2, 3}, w: []int{1, 1, 3, 2}},
	"2-D 3x3, pad 1":              {x: []int{2, 4, 3, 2}, w: []int{3, 3, 2, 3}, pad: [][2]int{{1, 1}, {1, 1}}},
	"2-D 4x4, stride 2, pad 1":    {x: []int{1, 6, 4, 2}, w: []int{4, 4, 2, 2}, stride: []int{2, 2}, pad: [][2]int{{1, 1}, {1, 1}}},
	"2-D 2x5, unequal":            {x: []int{1, 5, 8, 2}, w: []int{2, 5, 2, 2}, stride: []int{1, 3}, pad: [][2]int{{0, 1}, {3, -1}}},
	"2-D 3x2, dilation 2x1":       {x: []int{1, 7, 4, 2}, w: []int{3, 2, 2, 2}, dilation: []int{2, 1}, stride: []int{1, 2}, pad: [][2]int{{2, 0}, {0, 1}}},
	"2-D groups":                  {x: []int{1, 4, 4, 4}, w: []int{3, 3, 2, 6}, groups: 2, pad: [][2]int{{1, 1}, {1, 1}}},
	"2-D depthwise, stride 2":     {x: []int{2, 5, 4, 3}, w: []int{3, 3, 1, 3}, groups: 3, stride: []int{2, 2}, pad: [][2]int{{1, 1}, {1, 0}}},
	"2-D transposed by hand":      {x: []int{1, 3, 2, 2}, w: []int{4, 4, 2, 3}, spread: []int{2, 2}, pad: [][2]int{{2, 2}, {2, 2}}},
	"2-D spread on one axis":      {x: []int{1, 3, 4, 2}, w: []int{3, 3, 2, 2}, spread: []int{2, 1}, stride: []int{1, 2}, pad: [][2]int{{1, 1}, {1, 1}}},
}

func TestConvGradients(t *testing.T) {
	e := open(t)
	for name, c := range convCases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, c.build, step, tolerance, c.x, c.w)
		})
	}
}

// TestConvGradientsChannelsFirst: the rules follow whatever axes the convolution has.
func TestConvGradientsChannelsFirst(t *testing.T) {
	axes := graph.ConvolveAxesConfig{
		InputBatch: 0, InputChannels: 1, InputSpatial: []int{2, 3},
		KernelOutputChannels: 0, KernelInputChannels: 1, KernelSpatial: []int{2, 3},
		OutputBatch: 0, OutputChannels: 1, OutputSpatial: []int{2, 3},
	}
	for name, groups := range map[string]int{"plain": 1, "groups": 2} {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, open(t), func(in []*graph.Node) *graph.Node {
				return graph.ConvGeneral(in[0], in[1], axes, []int{2, 1}, [][2]int{{1, 1}, {0, 1}}, []int{1, 1}, []int{1, 2}, groups, 1)
			}, step, tolerance, []int{2, 4, 5, 4}, []int{2, 4 / groups, 4, 2})
		})
	}
}

// TestBuilderGradient: the layer that networks use, GoMLX's builder, goes through the same rule.
func TestBuilderGradient(t *testing.T) {
	checkGradients(t, open(t), func(in []*graph.Node) *graph.Node {
		return graph.Convolve(in[0], in[1]).Strides(2).PaddingPerDim([][2]int{{1, 1}, {1, 1}}).Done()
	}, step, tolerance, []int{1, 6, 4, 2}, []int{4, 4, 2, 2})
}

func TestConvTransposeGradients(t *testing.T) {
	cases := map[string]struct {
		x, w []int
		grad.Transposed
	}{
		"1-D":                      {[]int{2, 3, 2}, []int{3, 3, 2}, grad.Transposed{}},
		"SimpleUnet's":             {[]int{1, 2, 3, 2}, []int{4, 4, 3, 2}, grad.Transposed{Stride: 2, Pad: 1}},
		"stride 3, output pad":     {[]int{1, 2, 2, 2}, []int{3, 2, 1, 2}, grad.Transposed{Stride: 3, OutputPad: 2}},
		"pad > kernel - 1":         {[]int{1, 5, 2}, []int{2, 2, 2}, grad.Transposed{Stride: 2, Pad: 3}},
		"dilation":                 {[]int{1, 3, 2, 1}, []int{2, 3, 2, 1}, grad.Transposed{Stride: 2, Pad: 1, Dilation: 2}},
		"groups, stride, dilation": {[]int{1, 3, 4}, []int{3, 3, 4}, grad.Transposed{Stride: 2, Dilation: 3, Groups: 2}},
	}
	e := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, func(in []*graph.Node) *graph.Node {
				return grad.ConvTranspose(in[0], in[1], c.Transposed)
			}, step, tolerance, c.x, c.w)
		})
	}
}

func TestPadGradients(t *testing.T) {
	cases := map[string][]graph.PadAxis{
		"none":                  {},
		"ends":                  {{Start: 1, End: 2}, {Start: 0, End: 3}},
		"interior":              {{Interior: 2}, {Start: 1, End: 1, Interior: 1}},
		"cut":                   {{Start: -1, End: 2}, {Start: 3, End: -2}},
		"cut into the interior": {{Start: -2, End: -1, Interior: 2}, {End: -4, Interior: 1}},
	}
	e := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, func(in []*graph.Node) *graph.Node {
				return graph.Pad(in[0], in[1], c...)
			}, step, tolerance, []int{3, 4}, []int{})
		})
	}
	t.Run("constant fill", func(t *testing.T) {
		checkGradients(t, e, func(in []*graph.Node) *graph.Node {
			return graph.Pad(in[0], graph.Const(in[0].Graph(), 2.5), graph.PadAxis{Start: 1})
		}, step, tolerance, []int{3})
	})
}

func TestReverseGradients(t *testing.T) {
	checkGradients(t, open(t), func(in []*graph.Node) *graph.Node {
		return graph.Mul(graph.Reverse(in[0], 0, 2), in[0])
	}, step, 1e-7, []int{2, 3, 2}) // of fourth order in x: an error of h^2 is left where x meets itself
}

// TestPointwiseGradients: functions that are not polynomials, so a smaller step and the tolerance
// of its error h^2.
func TestPointwiseGradients(t *testing.T) {
	positive := func(x *graph.Node) *graph.Node { return graph.AddScalar(graph.Square(x), 0.5) }
	cases := map[string]build{
		"rsqrt":    func(in []*graph.Node) *graph.Node { return graph.Rsqrt(positive(in[0])) },
		"expm1":    func(in []*graph.Node) *graph.Node { return graph.Expm1(in[0]) },
		"identity": func(in []*graph.Node) *graph.Node { return graph.Identity(in[0]) },
		"abs":      func(in []*graph.Node) *graph.Node { return graph.Abs(graph.Sin(in[0])) },
		"max":      func(in []*graph.Node) *graph.Node { return graph.Max(graph.Square(in[0]), graph.OnePlus(in[0])) },
		"clip":     func(in []*graph.Node) *graph.Node { return graph.Mul(in[0], clip(in[0])) },
	}
	e := open(t)
	for name, f := range cases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, f, 1e-5, 1e-8, []int{7})
		})
	}
}

// clip holds x in [-0.4, 0.4], bounds that none of the test's values meet.
func clip(x *graph.Node) *graph.Node {
	bound := func(v float64) *graph.Node { return graph.Scalar(x.Graph(), dtypes.Float64, v) }
	return graph.Clip(x, bound(-0.4), bound(0.4))
}

func TestConvTransposeRefusals(t *testing.T) {
	e := open(t)
	cases := map[string]struct {
		x, w []int
		grad.Transposed
	}{
		"ranks":    {[]int{2, 3, 2}, []int{3, 3, 2, 2}, grad.Transposed{}},
		"negative": {[]int{2, 3, 2}, []int{3, 3, 2}, grad.Transposed{Pad: -1}},
		"empty":    {[]int{2, 3, 2}, []int{3, 3, 2}, grad.Transposed{Pad: 3}},
	}
	for name, c := range cases {
		f := e.Func(name, func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			return []*graph.Node{grad.ConvTranspose(in[0], in[1], c.Transposed)}
		})
		x, w := engine.Fill(e, func([]float32) {}, c.x...), engine.Fill(e, func([]float32) {}, c.w...)
		if _, err := f.Call(x, w); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
