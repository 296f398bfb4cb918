package net_test

import (
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/train"
)

// trial is the network that was tried beforehand for preset small.
func trial() unet.Config {
	plain := func(kind string) []string { return []string{kind, kind, kind} }
	return unet.Config{
		ZeroInit: true, BlockOutChannels: []int{16, 32, 64}, LayersPerBlock: 1, NormNumGroups: 8, AddAttention: new(false),
		DownBlockTypes: plain("DownBlock2D"), UpBlockTypes: plain("UpBlock2D"), ResnetTimeScaleShift: "scale_shift",
	}
}

// BenchmarkStep is one training step, gradients, clipping and Adam included.
//
//	go test ./net -run '^$' -bench Step -benchtime 20x
func BenchmarkStep(b *testing.B) {
	b.Run("trial/batch=32/32x32", func(b *testing.B) {
		m, err := unet.New(trial())
		benchmarkStep(b, m, err, 32, 32)
	})
	b.Run("simpleunet/batch=8/64x64", func(b *testing.B) {
		m, err := simpleunet.New(simpleunet.Config{})
		benchmarkStep(b, m, err, 8, 64)
	})
}

// BenchmarkForward is one prediction in evaluation mode.
func BenchmarkForward(b *testing.B) {
	b.Run("trial/batch=32/32x32", func(b *testing.B) {
		m, err := unet.New(trial())
		benchmarkForward(b, m, err, 32, 32)
	})
	b.Run("simpleunet/batch=8/64x64", func(b *testing.B) {
		m, err := simpleunet.New(simpleunet.Config{})
		benchmarkForward(b, m, err, 8, 64)
	})
}

func benchmarkStep(b *testing.B, m net.Model, err error, batch, size int) {
	if err != nil {
		b.Fatal(err)
	}
	e := open(b)
	state, f := newStep(e, m)
	x := images(e, batch, size)
	cond := engine.New(e, make([]float32, batch), batch)
	one := engine.Scalar(e, float32(1e-4))
	step := func() {
		if _, err := f.Update(state, x, cond, x, one, one); err != nil {
			b.Fatal(err)
		}
	}
	step()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(batch)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

func benchmarkForward(b *testing.B, m net.Model, err error, batch, size int) {
	if err != nil {
		b.Fatal(err)
	}
	e := open(b)
	f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		k := len(m.Params())
		return []*graph.Node{m.Forward(net.Bind(net.Eval, m.Params(), in[:k]), net.Input{X: in[k], Cond: in[k+1]})}
	})
	in := append(net.Initial(m, 1, dtypes.Float32), images(e, batch, size), engine.New(e, make([]float32, batch), batch))
	forward := func() {
		out, err := f.Call(in...)
		if err != nil {
			b.Fatal(err)
		}
		engine.Free(out...)
	}
	forward()
	for b.Loop() {
		forward()
	}
}

func images(e *engine.Engine, batch, size int) *tensors.Tensor {
	return engine.Fill(e, func(flat []float32) {
		for i := range flat {
			flat[i] = float32(i%201-100) / 100
		}
	}, batch, size, size, 3)
}

// newStep is a training step by [engine.Func.Update]: the state is all
// parameters and buffers, then both moments of the trained ones; the other
// inputs are x, cond, target, and Adam's two factors.
func newStep(e *engine.Engine, m net.Model) ([]*tensors.Tensor, *engine.Func) {
	params := m.Params()
	var trained []int
	for i, p := range params {
		if !p.Buffer {
			trained = append(trained, i)
		}
	}
	state := net.Initial(m, 1, dtypes.Float32)
	for range 2 {
		for _, i := range trained {
			state = append(state, engine.Zeros(e, shapes.Make(dtypes.Float32, params[i].EngineShape()...)))
		}
	}
	return state, e.Func("step", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		weights, in := in[:len(params)], in[len(params):]
		m1, in := in[:len(trained)], in[len(trained):]
		m2, in := in[:len(trained)], in[len(trained):]
		v := net.Bind(net.Train, params, weights)
		loss := graph.ReduceAllMean(graph.Square(graph.Sub(m.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[2])))
		var by []*graph.Node
		for _, i := range trained {
			by = append(by, weights[i])
		}
		grads, _ := train.ClipNorm(graph.Gradient(loss, by...), 1)
		out, n1, n2 := slices.Clone(weights), slices.Clone(m1), slices.Clone(m2)
		for j, i := range trained {
			w, s := train.Adam{}.Update(weights[i], grads[j], train.AdamState{M: m1[j], V: m2[j]}, in[3], in[4])
			out[i], n1[j], n2[j] = w, s.M, s.V
		}
		buffers, updates := v.Updates()
		for j, p := range buffers {
			out[slices.Index(params, p)] = updates[j]
		}
		return slices.Concat(out, n1, n2, []*graph.Node{loss})
	})
}
