package net_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// GammaAt is reverie.LearnedVP's gamma, its slope and its ends, for parameters far from those that
// training starts from too.
func TestGammaAt(t *testing.T) {
	e := open(t)
	f := e.Func("gamma", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		gamma, slope, g0, g1 := net.GammaAt(in[0], in[1])
		return []*graph.Node{gamma, slope, g0, g1}
	})
	defer f.Free()
	times := []float64{0, 0.01, 0.3, 0.77, 1}
	for seed := range uint64(4) {
		params := reverie.LearnedParams(5)
		shift := make([]float64, len(params))
		random.Stream{Seed: seed}.Normal(shift)
		for i := range params {
			params[i] += float64(seed) * shift[i]
		}
		want, err := reverie.NewLearnedVP(params)
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.Call(engine.New(e, params, len(params)), engine.New(e, times, len(times)))
		if err != nil {
			t.Fatal(err)
		}
		gamma, slope := tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
		for i, at := range times {
			g, d := want.Gamma(at)
			if math.Abs(gamma[i]-g) > 1e-11 || math.Abs(slope[i]-d) > 1e-11*d {
				t.Errorf("seed %d, t = %v: gamma %v, slope %v; want %v, %v", seed, at, gamma[i], slope[i], g, d)
			}
		}
		g0, _ := want.Gamma(0)
		g1, _ := want.Gamma(1)
		if a, b := tensors.ToScalar[float64](out[2]), tensors.ToScalar[float64](out[3]); math.Abs(a-g0) > 1e-11 || math.Abs(b-g1) > 1e-11 {
			t.Errorf("seed %d: ends %v and %v, want %v and %v", seed, a, b, g0, g1)
		}
	}
}
