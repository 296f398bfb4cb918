package learn_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// recordedNet says what it is given in place of the noised images: outputs of another's network.
type recordedNet struct {
	net.Model
	channels int
}

func (recordedNet) Takes() net.Parts { return net.Cond }

func (r recordedNet) Channels() (in, out int) { return r.channels, 2 * r.channels }

func (recordedNet) Forward(_ *net.Vars, in net.Input) *graph.Node { return in.X }

// The hybrid loss of improved-diffusion, and its gradient with respect to the network's output, at
// every index of a chain.
func TestHybridAgainstImprovedDiffusion(t *testing.T) {
	var g struct {
		Beta   []float64
		Pixels [][]float64
		Noise  [][][]float64
		Hybrid []struct {
			Output, Gradient [][]float64
			MSE, Loss        []float64
		}
	}
	b, err := os.ReadFile("../testdata/bound.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	chain, err := reverie.NewDDPM(g.Beta)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Hybrid) != chain.Steps() {
		t.Fatalf("%d of %d indices", len(g.Hybrid), chain.Steps())
	}
	e := testEngine(t)
	n, dim := len(g.Pixels), len(g.Pixels[0])
	h := denoising(t, e, recordedNet{channels: dim}, reverie.Objective{Process: chain, Param: reverie.Eps}, 256)
	f := e.Func("hybrid", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		loss, parts := h.Loss(nil, in)
		return []*graph.Node{loss, parts[0], graph.Gradient(graph.ReduceAllSum(loss), in[0])[0]}
	})
	defer f.Free()
	for i, row := range g.Hybrid {
		out, err := f.Call(hybridInputs(e, chain, reverie.Eps, i, row.Output, g.Noise[i], g.Pixels)...)
		if err != nil {
			t.Fatal(err)
		}
		loss, simple, slope := tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1]), tensors.MustCopyFlatData[float64](out[2])
		for k := range n {
			near(t, fmt.Sprintf("index %d: hybrid", i), loss[k], row.Loss[k], 1e-9)
			near(t, fmt.Sprintf("index %d: simple", i), simple[k], row.MSE[k], 1e-9)
			for j := range 2 * dim {
				want := row.Gradient[k][j] // of the variance some 1e-5, so that it has a tolerance of its own
				if got := slope[k*2*dim+j]; !(math.Abs(got-want) <= 1e-9*math.Abs(want)+1e-13) {
					t.Errorf("index %d: gradient of output %d of image %d = %v, want %v", i, j, k, got, want)
				}
			}
		}
	}
}

// hybridInputs are the inputs of the hybrid loss at index i of the chain for the noise and the
// images given, with the network's output in the place of the noised images.
func hybridInputs(e *engine.Engine, chain *reverie.DDPM, param reverie.Param, i int, output, noise, pixels [][]float64) []*tensors.Tensor {
	n := len(pixels)
	flat := func(x [][]float64, scale, shift float64) *tensors.Tensor {
		var all []float64
		for _, row := range x {
			for _, v := range row {
				all = append(all, v*scale+shift)
			}
		}
		return engine.New(e, all, n, 1, 1, len(all)/n)
	}
	each := func(v float64) *tensors.Tensor {
		all := make([]float64, n)
		for k := range all {
			all[k] = v
		}
		return engine.New(e, all, n)
	}
	c := chain.At(float64(i))
	_, _, out, _ := param(c)
	r := chain.ReverseTerm(i)
	first := 0.0
	if i == 0 {
		first = 1
	}
	return []*tensors.Tensor{flat(output, 1, 0), each(float64(i)), flat(noise, 1, 0), each(1),
		each(r.Lo), each(r.Hi), each(r.Gap * out), each(out), each(first), each(1), flat(pixels, 1/127.5, -1)}
}
