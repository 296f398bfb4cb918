package net_test

import (
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
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
	how := learn.Plain{
		In: func(*data.Batch, learn.Place) ([]*tensors.Tensor, error) {
			return []*tensors.Tensor{images(e, batch, size), engine.New(e, make([]float32, batch), batch)}, nil
		},
		Of: func(v *net.Vars, in []*graph.Node) *graph.Node {
			return graph.ReduceMean(graph.Square(graph.Sub(m.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[0])), 1, 2, 3)
		},
	}
	l := learn.New(e, m, how, learn.Options{ClipNorm: 1, Seed: 1})
	defer l.Close()
	if err := l.Draw(); err != nil {
		b.Fatal(err)
	}
	step := func() {
		if _, err := l.Step(nil, 1e-4); err != nil {
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
