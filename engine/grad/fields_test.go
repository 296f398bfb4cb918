package grad

import (
	"cmp"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// newGraph returns a graph to build in; it is never run.
func newGraph(t *testing.T) *graph.Graph {
	t.Helper()
	b, err := backends.NewWithConfig(cmp.Or(os.Getenv("REVERIE_BACKEND"), "simd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return graph.NewGraph(b, t.Name())
}

func param(g *graph.Graph, name string, dims ...int) *graph.Node {
	return graph.Parameter(g, name, shapes.Make(dtypes.Float64, dims...))
}

// TestFieldNames pins the names under which GoMLX v0.26.0 keeps a node's settings: each is given a
// value of its own and read back.
func TestFieldNames(t *testing.T) {
	g := newGraph(t)
	x, w := param(g, "x", 4, 2, 9, 8), param(g, "w", 3, 2, 2, 6)
	want := conv{
		axes: graph.ConvolveAxesConfig{
			InputBatch: 0, InputChannels: 1, InputSpatial: []int{3, 2},
			KernelInputChannels: 2, KernelOutputChannels: 3, KernelSpatial: []int{1, 0},
			OutputBatch: 2, OutputChannels: 0, OutputSpatial: []int{3, 1},
		},
		stride: []int{2, 3}, pad: [][2]int{{4, 5}, {6, -1}}, spread: []int{1, 2}, dilation: []int{3, 1},
		groups: 1, batchGroups: 2,
	}
	if got := convOf(want.apply(x, w)); !reflect.DeepEqual(got, want) {
		t.Errorf("ConvGeneral:\n got %+v\nwant %+v", got, want)
	}
	x, w = param(g, "x2", 1, 9, 4), param(g, "w2", 3, 2, 6)
	want = channelsLast(1)
	want.groups = 2
	if got := convOf(want.apply(x, w)); !reflect.DeepEqual(got, want) {
		t.Errorf("ConvGeneral with groups:\n got %+v\nwant %+v", got, want)
	}
	pads := []graph.PadAxis{{Start: 1, End: -2, Interior: 3}, {Start: 4, End: 5, Interior: 6}}
	m := param(g, "m", 4, 5)
	if got := padAxes(graph.Pad(m, graph.ScalarZero(g, dtypes.Float64), pads...)); !reflect.DeepEqual(got, pads) {
		t.Errorf("Pad: got %+v, want %+v", got, pads)
	}
	if got := reverseAxes(graph.Reverse(w, 2, 0)); !reflect.DeepEqual(got, []int{2, 0}) {
		t.Errorf("Reverse: got %v", got)
	}
	a, b := param(g, "a", 2, 3, 4, 5, 6), param(g, "b", 5, 4, 7, 2, 3)
	l, r := factorsOf(graph.DotGeneral(a, []int{3, 0}, []int{2, 1}, b, []int{0, 3}, []int{1, 4}))
	if want := (factor{x: a, sum: []int{3, 0}, batch: []int{2, 1}, free: []int{4}}); !reflect.DeepEqual(l, want) {
		t.Errorf("DotGeneral, left:\n got %+v\nwant %+v", l, want)
	}
	if want := (factor{x: b, sum: []int{0, 3}, batch: []int{1, 4}, free: []int{2}}); !reflect.DeepEqual(r, want) {
		t.Errorf("DotGeneral, right:\n got %+v\nwant %+v", r, want)
	}
}

// TestUnreadable: a node whose settings are not as expected panics with its name.
func TestUnreadable(t *testing.T) {
	g := newGraph(t)
	x := param(g, "x", 3)
	cases := map[string]func(){
		"node Rsqrt: Node.inputs.axes is not there":                func() { reverseAxes(graph.Rsqrt(x)) },
		"node Rsqrt: Node.inputs.x is a ptr, not a int":            func() { settings(graph.Rsqrt(x)).int("x") },
		"node Reverse: Node.inputs.axes[0] is a int, not a struct": func() { settings(graph.Reverse(x, 0)).field("axes").at(0).int("no") },
	}
	for want, f := range cases {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, want) {
					t.Errorf("got panic %q, want %q", p, want)
				}
			}()
			f()
			t.Errorf("no panic, want %q", want)
		}()
	}
}

// TestFlipTwice: the gradient of an input gradient sees the plain kernel again.
func TestFlipTwice(t *testing.T) {
	g := newGraph(t)
	w := param(g, "w", 3, 3, 2, 2)
	if flip(flip(w, []int{0, 1}), []int{1, 0}) != w {
		t.Error("two reverses along the same axes are not w")
	}
	if flip(flip(w, []int{0, 1}), []int{0}) == w {
		t.Error("two reverses along different axes are w")
	}
}
