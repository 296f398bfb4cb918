package grad

import (
	"reflect"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// gradients returns y = f(x, w) and the nodes of its gradients in x and w.
func gradients(f func(x, w *graph.Node) *graph.Node, x, w *graph.Node) (y, dx, dw *graph.Node) {
	y = f(x, w)
	d := graph.Gradient(graph.ReduceAllSum(graph.Square(y)), x, w)
	return y, d[0], d[1]
}

func expect(t *testing.T, what string, n *graph.Node, want conv) {
	t.Helper()
	if n.Type() != graph.NodeTypeConvGeneral {
		t.Fatalf("%s is a %s, want a ConvGeneral", what, n.Type())
	}
	if got := convOf(n); !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// down is a 2-D convolution with stride 2 and padding 1, as written by hand.
func down() conv {
	c := channelsLast(2)
	c.stride, c.pad = []int{2, 2}, [][2]int{{1, 1}, {1, 1}}
	return c
}

// up is the input gradient of down for a 4x4 kernel and even sizes.
func up() conv {
	c := channelsLast(2)
	c.axes.KernelInputChannels, c.axes.KernelOutputChannels = 3, 2
	c.spread, c.pad = []int{2, 2}, [][2]int{{2, 2}, {2, 2}}
	return c
}

// across is the kernel gradient of down for a 4x4 kernel and even sizes.
func across() conv {
	c := channelsLast(2)
	c.axes = graph.ConvolveAxesConfig{
		InputBatch: 3, InputChannels: 0, InputSpatial: []int{1, 2},
		KernelInputChannels: 0, KernelOutputChannels: 3, KernelSpatial: []int{1, 2},
		OutputBatch: 2, OutputChannels: 3, OutputSpatial: []int{0, 1},
	}
	c.dilation, c.pad = []int{2, 2}, [][2]int{{1, 1}, {1, 1}}
	return c
}

// TestDialects pins what backends recognise (package doc): the three convolutions of a strided
// layer and of its transposed twin are the same three.
func TestDialects(t *testing.T) {
	g := newGraph(t)
	wide, narrow, w := param(g, "wide", 2, 8, 6, 3), param(g, "narrow", 2, 4, 3, 5), param(g, "w", 4, 4, 3, 5)

	_, dx, dw := gradients(down().apply, wide, w)
	expect(t, "input gradient", dx, up())
	if k := dx.Inputs()[1]; k.Type() != graph.NodeTypeReverse || k.Inputs()[0] != w {
		t.Errorf("the input gradient's kernel is %s, want Reverse of w", k)
	}
	expect(t, "kernel gradient", dw, across())
	if dw.Inputs()[0] != wide {
		t.Error("the kernel gradient's input is not x")
	}

	transposed := func(x, w *graph.Node) *graph.Node { return ConvTranspose(x, w, Transposed{Stride: 2, Pad: 1}) }
	y, dx, dw := gradients(transposed, narrow, w)
	expect(t, "transposed convolution", y, up())
	expect(t, "its input gradient", dx, down())
	if dx.Inputs()[1] != w {
		t.Errorf("its input gradient's kernel is %s, want w itself", dx.Inputs()[1])
	}
	expect(t, "its kernel gradient", dw, across())
	if dw.Inputs()[1] != narrow {
		t.Error("its kernel gradient's kernel is not x")
	}
}

// TestProducts pins that the gradients of a product are DotGenerals, transposed only where no order
// of the factors leaves the axes in place, and then by moving runs of the last axis where one can.
func TestProducts(t *testing.T) {
	type axes struct{ xSum, xBatch, ySum, yBatch []int }
	cases := map[string]struct {
		x, y []int
		axes
		left, right []int // the transpose of each gradient, nil for none
	}{
		"matrices":               {[]int{2, 3}, []int{3, 4}, axes{xSum: []int{1}, ySum: []int{0}}, nil, nil},
		"matrices, rows by rows": {[]int{2, 3}, []int{4, 3}, axes{xSum: []int{1}, ySum: []int{1}}, nil, nil},
		"matrices, columns":      {[]int{3, 2}, []int{3, 4}, axes{xSum: []int{0}, ySum: []int{0}}, nil, nil},
		"linear layer":           {[]int{2, 3, 4}, []int{5, 4}, axes{xSum: []int{2}, ySum: []int{1}}, nil, nil},
		"scores of attention": {
			[]int{2, 3, 2, 4}, []int{2, 2, 2, 4}, axes{[]int{3}, []int{0, 2}, []int{3}, []int{0, 2}},
			[]int{0, 2, 1, 3}, []int{0, 2, 1, 3},
		},
		"values of attention": {
			[]int{2, 2, 3, 4}, []int{2, 4, 2, 3}, axes{[]int{3}, []int{0, 1}, []int{1}, []int{0, 2}},
			nil, []int{0, 2, 1, 3},
		},
		"two sums, crosswise": {[]int{2, 3, 4}, []int{5, 3, 2}, axes{xSum: []int{0, 1}, ySum: []int{2, 1}}, []int{1, 0, 2}, []int{0, 2, 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g := newGraph(t)
			_, dx, dy := gradients(func(x, y *graph.Node) *graph.Node {
				return graph.DotGeneral(x, c.xSum, c.xBatch, y, c.ySum, c.yBatch)
			}, param(g, "x", c.x...), param(g, "y", c.y...))
			expectProduct(t, "left", dx, c.left)
			expectProduct(t, "right", dy, c.right)
		})
	}
}

func expectProduct(t *testing.T, what string, n *graph.Node, transpose []int) {
	t.Helper()
	if transpose != nil {
		if n.Type() != graph.NodeTypeTranspose {
			t.Fatalf("%s gradient is a %s, want a Transpose", what, n.Type())
		}
		if got := settings(n).ints("permutation"); !reflect.DeepEqual(got, transpose) {
			t.Errorf("%s gradient is transposed by %v, want %v", what, got, transpose)
		}
		n = n.Inputs()[0]
	}
	if n.Type() != graph.NodeTypeDotGeneral {
		t.Errorf("%s gradient is a %s, want a DotGeneral", what, n.Type())
	}
}
