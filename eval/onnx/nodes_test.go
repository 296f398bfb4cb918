package onnx

import (
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
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

// outputsOf runs a case. The inputs from number known on are known before the graph is
// built; the others are its parameters.
func (c nodeCase) run(e *engine.Engine, known int) (out []*tensors.Tensor, elems []elem, err error) {
	var in []*tensors.Tensor
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
			v := &value{elem: t.elem, node: params[i]}
			if i >= known {
				v = &value{elem: t.elem, known: in[i]}
			}
			b.set(c.net.inputs[i].name, v)
		}
		b.run()
		elems = nil
		for _, o := range c.net.outputs[:len(c.outputs)] {
			v := b.values[o.name]
			if v == nil {
				refuse("output %q is not made", o.name)
			}
			nodes, elems = append(nodes, v.in(g)), append(elems, v.elem)
		}
		return nodes
	})
	defer f.Free()
	if len(in) == 0 {
		in = append(in, engine.Scalar(e, float32(0)))
	}
	out, err = f.Call(in...)
	return out, elems, err
}

// differ says how outputs differ from the case's: in type, in sizes, or by more than
// 1e-4 of a value; half precision, which is computed in float32, by two of its steps.
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

// ONNX's own tests of every operator that is read, in every version that has tests:
// each gives the numbers it says, or is refused by an error that names the operator. Each
// version of each operator gives those of one at least.
func TestNodes(t *testing.T) {
	e := open(t)
	passed, refusals := map[string]int{}, map[string][]string{}
	for _, c := range nodeCases(t) {
		version, _, _ := strings.Cut(c.name, "/")
		passed[version] += 0
		right := false
		var last error
		for _, known := range []int{len(c.inputs), 1, 0} {
			if known > len(c.inputs) || known > 0 && len(c.inputs) > 0 && c.inputs[0].elem.storage() == dtypes.InvalidDType {
				continue
			}
			out, elems, err := c.run(e, known)
			if err != nil {
				last = refused(err)
				continue
			}
			if d := c.differ(e, out, elems); d != "" {
				t.Errorf("%s, %d inputs known: %s", c.name, len(c.inputs)-known, d)
			}
			right = true
		}
		if right {
			passed[version]++
			continue
		}
		refusals[version] = append(refusals[version], fmt.Sprintf("%s: %v", c.name, last))
	}
	for version, n := range passed {
		if n == 0 {
			t.Errorf("%s: no test passes: %v", version, refusals[version])
		}
	}
	for _, l := range refusals {
		for _, r := range l {
			t.Log(r)
		}
	}
	_ = dtypes.Float32
}
