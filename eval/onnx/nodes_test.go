package onnx

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
)

// A nodeCase is one of ONNX's own tests of a single node.
type nodeCase struct {
	name            string // operator-version/test
	net             *network
	inputs, outputs []*tensor
}

// nodeCases reads testdata/nodes.pb.gz, which testdata/nodes.py made.
func nodeCases(t testing.TB) (all []nodeCase) {
	f, err := os.Open("testdata/nodes.pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	err = (&parser{}).each(text, func(x item) error {
		c, err := nodeCaseOf(x.b)
		all = append(all, c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func nodeCaseOf(text []byte) (c nodeCase, err error) {
	p := &parser{}
	err = p.each(text, func(x item) (err error) {
		var t *tensor
		switch x.number {
		case 1:
			c.name = string(x.b)
		case 2:
			c.net, err = decode(x.b)
		case 3:
			t, err = p.tensor(x.b)
			c.inputs = append(c.inputs, t)
		case 4:
			t, err = p.tensor(x.b)
			c.outputs = append(c.outputs, t)
		}
		return err
	})
	if err != nil {
		return c, err
	}
	for i, t := range c.inputs {
		t.halves(c.net.inputs[i])
	}
	for i, t := range c.outputs {
		t.halves(c.net.outputs[i])
	}
	return c, nil
}

// halves gives a tensor the type that its port says: releases wrote bfloat16 as uint16.
func (t *tensor) halves(p port) {
	if p.elem == bfloat16Elem && t.elem == uint16Elem {
		t.elem = bfloat16Elem
	}
}

// run runs a case. The inputs from a number on are known before the graph is built; those before it
// are the graph's own, and lie as [N,H,W,C] if so said and they have four axes.
func (c nodeCase) run(e *engine.Engine, known int, last bool) (out []*tensors.Tensor, elems []elem, err error) {
	in := []*tensors.Tensor{engine.Scalar(e, float32(0))} // a graph has an input
	for _, t := range c.inputs {
		v, err := t.value(e)
		if err != nil {
			return nil, nil, err
		}
		in = append(in, v)
	}
	f := e.Func("node", func(g *graph.Graph, params []*graph.Node) (nodes []*graph.Node) {
		b := &conversion{engine: e, net: c.net, graph: g, values: map[string]*value{}}
		for _, t := range c.net.initializers {
			b.set(t.name, &value{elem: t.elem, known: must(t.value(e))})
		}
		for i, t := range c.inputs {
			v := &value{elem: t.elem, node: params[1+i]}
			if last && len(t.dims) == 4 {
				v.node, v.last = graph.TransposeAllAxes(v.node, toLast...), true
			}
			if i >= known {
				v = &value{elem: t.elem, known: in[1+i]}
			}
			b.set(c.net.inputs[i].name, v)
		}
		b.run(c.net.outputs[0].name)
		out, elems = nil, nil
		for _, o := range c.net.outputs[:len(c.outputs)] {
			v := b.values[o.name]
			if v == nil {
				refuse("its output %q is not made", o.name)
			}
			out, elems = append(out, v.known), append(elems, v.elem)
			if v.known == nil {
				nodes = append(nodes, v.in(g))
			}
		}
		return append(nodes, params[0])
	})
	defer f.Free()
	results, err := f.Call(in...)
	if err != nil {
		return nil, nil, refused(err)
	}
	for i, t := range out {
		if t == nil {
			out[i], results = results[0], results[1:]
		}
	}
	return out, elems, nil
}

// differ says how outputs differ from the case's: in type, in sizes, or by more than 1e-4 of a
// value; half precision, which is computed in float32, by two of its steps.
func (c nodeCase) differ(e *engine.Engine, out []*tensors.Tensor, elems []elem) string {
	for i, want := range c.outputs {
		w, err := want.value(e)
		if err != nil {
			return err.Error()
		}
		if elems[i] != want.elem || !slices.Equal(out[i].Shape().Dimensions, w.Shape().Dimensions) {
			return fmt.Sprintf("output %d is %s %v, want %s %v", i, elems[i], out[i].Shape().Dimensions, want.elem, w.Shape().Dimensions)
		}
		share := map[elem]float64{float16Elem: 2e-3, bfloat16Elem: 2e-2}[want.elem]
		if strings.Contains(c.name, "last_window_starts_on_pad") {
			share = 1e-3 // its numbers are written with four digits
		}
		got, exact := wide(out[i]), wide(w)
		for k := range exact {
			d := math.Abs(got[k] - exact[k])
			if got[k] == exact[k] || math.IsNaN(got[k]) && math.IsNaN(exact[k]) || want.elem.storage().IsFloat() && d <= 1e-6+max(1e-4, share)*math.Abs(exact[k]) {
				continue
			}
			return fmt.Sprintf("output %d: value %d is %v, want %v", i, k, got[k], exact[k])
		}
	}
	return ""
}

// wide are a tensor's numbers.
func wide(t *tensors.Tensor) (out []float64) {
	add := func(v float64) { out = append(out, v) }
	t.MustConstFlatData(func(flat any) {
		switch list := flat.(type) {
		case []float32:
			each(list, add)
		case []float64:
			each(list, add)
		case []int8:
			each(list, add)
		case []int16:
			each(list, add)
		case []int32:
			each(list, add)
		case []int64:
			each(list, add)
		case []uint8:
			each(list, add)
		case []uint16:
			each(list, add)
		case []uint32:
			each(list, add)
		case []uint64:
			each(list, add)
		case []bool:
			for _, v := range list {
				add(map[bool]float64{true: 1}[v])
			}
		}
	})
	return out
}

func each[T number](list []T, f func(float64)) {
	for _, v := range list {
		f(float64(v))
	}
}

// refusedNodes says of which of ONNX's tests what is refused: part of a test's name, and of the
// error.
var refusedNodes = [][2]string{
	{"training", "training"}, // BatchNormalization's, Dropout's
	{"STRING", "string"}, {"_string", "string"},
	{"argmax", "output \"z\" is not made"}, // MaxPool's indices
	{"maxpool_2d_uint8", "uint8"},
	{"einsum", "which is read"},               // of one value, without a result, of diagonals
	{"fmod_0", "without fmod"},                // of floats
	{"align_corners", "export it with sizes"}, // of scales whose sizes programs round differently
	{"tf_crop_and_resize", "coordinate_transformation_mode"},
	{"not_larger", "keep_aspect_ratio_policy"}, {"not_smaller", "keep_aspect_ratio_policy"},
	{"empty_set", ""}, {"zero_size", ""}, {"allowzero_reordered", ""}, // values without elements
}

// ONNX's own tests of every operator that is read, in every version that has tests:
// each gives the numbers it says, or is refused by an error that says why. Each version of each
// operator gives those of one at least.
func TestNodes(t *testing.T) {
	e := open(t)
	passed := map[string]int{}
	for _, c := range nodeCases(t) {
		version, test, _ := strings.Cut(c.name, "/")
		right, err := c.try(t, e)
		if right {
			passed[version]++
		} else if !slices.ContainsFunc(refusedNodes, func(r [2]string) bool { return strings.Contains(test, r[0]) && strings.Contains(err.Error(), r[1]) }) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, version := range slices.Sorted(maps.Keys(versions(t))) {
		if passed[version] == 0 {
			t.Errorf("%s: no test passes", version)
		}
	}
}

// try runs a case with all its inputs, its first alone and none in the graph, and with images as
// [N,H,W,C]: what is not refused gives what it says. It tells whether there was such.
func (c nodeCase) try(t *testing.T, e *engine.Engine) (right bool, last error) {
	way := func(known int, channelsLast bool) {
		out, elems, err := c.run(e, known, channelsLast)
		if err != nil {
			last = err
			return
		}
		right = true
		if d := c.differ(e, out, elems); d != "" {
			t.Errorf("%s with %d of its %d inputs in the graph, channels last %v: %s", c.name, known, len(c.inputs), channelsLast, d)
		}
	}
	for _, known := range slices.Compact([]int{len(c.inputs), min(1, len(c.inputs)), 0}) {
		way(known, false)
	}
	if slices.ContainsFunc(c.inputs, func(t *tensor) bool { return len(t.dims) == 4 }) {
		way(len(c.inputs), true)
		way(1, true)
	}
	return right, last
}

// versions are those of the operators that are read, as nodes.py says them.
func versions(t *testing.T) map[string]bool {
	text, err := os.ReadFile("testdata/versions.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	operators := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		operators[f[0]] = true
		first, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		if op := table[f[0]]; op == nil || max(op.since, firstOpset) != max(first, firstOpset) {
			t.Errorf("%s has tests from operator set %s on and is read otherwise", f[0], f[1])
		}
		for _, v := range f[1:] {
			all[f[0]+"-"+v] = true
		}
	}
	for name := range table {
		if !operators[name] {
			t.Errorf("%s is read and has no tests", name)
		}
	}
	return all
}

// A function of each value by itself gives the same whichever way images lie, and whatever is
// joined with them.
func TestLayout(t *testing.T) {
	e := open(t)
	count := func(dims []int) (v []float32) {
		n := 1
		for _, d := range dims {
			n *= d
		}
		for i := range n {
			v = append(v, float32(i*i%31))
		}
		return v
	}
	images := []int{2, 3, 4, 5}
	for _, dims := range [][]int{{2, 3, 4, 5}, {2, 1, 1, 5}, {3, 1, 1}, {4, 1}, {5}, {1}, {}} {
		var results [][]float64
		for _, last := range [][2]bool{{false, false}, {true, false}, {true, true}} {
			n := &node{op: "Sub", inputs: []string{"x", "y"}, outputs: []string{"z"}}
			f := e.Func("layout", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
				c := &conversion{engine: e, net: &network{opset: 17, nodes: []*node{n}, outputs: []port{{name: "z"}}}, graph: g, values: map[string]*value{}}
				for i, x := range in {
					v := &value{elem: float32Elem, node: x}
					if last[i] && x.Rank() == 4 {
						v.node, v.last = graph.TransposeAllAxes(x, toLast...), true
					}
					c.set(n.inputs[i], v)
				}
				return []*graph.Node{c.run(c.net.outputs[0].name)}
			})
			out, err := f.Call1(engine.New(e, count(images), images...), engine.New(e, count(dims), dims...))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(out.Shape().Dimensions, images) {
				t.Errorf("%v: sizes %v", dims, out.Shape().Dimensions)
			}
			results = append(results, wide(out))
		}
		if !slices.Equal(results[0], results[1]) || !slices.Equal(results[0], results[2]) {
			t.Errorf("with %v: %v", dims, results)
		}
	}
}

// The list in docs/evaluation.md is that of the table.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/evaluation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "\nAbs, ")
	list, _, _ = strings.Cut("Abs, "+list, ".\n")
	got := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \n", r) })
	if want := slices.Sorted(maps.Keys(table)); !slices.Equal(got, want) {
		t.Errorf("documented are %v, read are %v", got, want)
	}
}
