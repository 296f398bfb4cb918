package net_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all"
	"github.com/reverie-go/reverie/table"
)

// TestBeside: every architecture that predicts takes what is given beside x, as further channels of
// its input: it predicts what the network within does of both side by side, the prediction depends
// on what is given, and each sample's on its own alone.
func TestBeside(t *testing.T) {
	e := open(t)
	for name, c := range map[string]struct {
		k        kind.Kind
		channels string
	}{
		"mlp":        {kind.OfPoints(2), "16"},
		"unet":       {kind.OfImages(8, 8, 3), "8,16"},
		"simpleunet": {kind.OfImages(8, 8, 3), "8,16"},
	} {
		row, err := net.Architectures.New(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Find(table.Fields(row), "channels").Set(c.channels); err != nil {
			t.Fatal(err)
		}
		wide := c.k
		wide.C *= 2
		within, err := row.Layout(wide, c.k.C)
		if err != nil {
			t.Fatal(name, err)
		}
		m, err := net.NewBeside(within.(net.Model), c.k.C)
		if err != nil {
			t.Fatal(name, err)
		}
		if in, out := m.Channels(); in != c.k.C || out != c.k.C {
			t.Errorf("%s: %d channels in, %d out", name, in, out)
		}
		if m.Takes() != net.Cond|net.Given || net.CheckParts(m, net.Cond) == nil {
			t.Errorf("%s: takes %v", name, m.Takes())
		}
		const n = 2
		h, w, ch := c.k.Shape()
		size := n * h * w * ch
		values := func(phase float64) []float32 {
			x := make([]float32, size)
			for i := range x {
				x[i] = float32(math.Sin(float64(i) + phase))
			}
			return x
		}
		f := e.Func("both", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
			k := len(m.Params())
			v := net.Bind(net.Eval, m.Params(), in[:k])
			x, y, cond := in[k], in[k+1], in[k+2]
			return []*graph.Node{
				m.Forward(v, net.Input{X: x, Cond: cond, Given: y}),
				m.Model.Forward(v, net.Input{X: graph.Concatenate([]*graph.Node{x, y}, 3), Cond: cond}),
			}
		})
		weights := net.Initial(m, 3, dtypes.Float32)
		for i, w := range weights { // of which some begin as zeros
			if w.DType() == dtypes.Float32 {
				flat := tensors.MustCopyFlatData[float32](w)
				for j := range flat {
					flat[j] += 0.1 * float32(math.Sin(float64(j)))
				}
				weights[i] = engine.New(e, flat, w.Shape().Dimensions...)
			}
		}
		run := func(y []float32) (out, same []float32) {
			got, err := f.Call(append(weights[:len(weights):len(weights)], engine.New(e, values(0), n, h, w, ch), engine.New(e, y, n, h, w, ch), engine.New(e, make([]float32, n), n))...)
			if err != nil {
				t.Fatal(name, err)
			}
			return tensors.MustCopyFlatData[float32](got[0]), tensors.MustCopyFlatData[float32](got[1])
		}
		y := values(1)
		out, same := run(y)
		other := values(1)
		other[size-1]++ // of the second sample
		changed, _ := run(other)
		moved := false
		for i := range out {
			if out[i] != same[i] {
				t.Fatalf("%s: %v beside, %v side by side", name, out[i], same[i])
			}
			if i < size/2 && changed[i] != out[i] {
				t.Fatalf("%s: the first sample sees what the second is given", name)
			}
			moved = moved || changed[i] != out[i]
		}
		if !moved {
			t.Errorf("%s: what is given changes nothing", name)
		}
	}
}
