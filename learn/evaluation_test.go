package learn_test

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// This file holds that training and evaluation say the same of data, with levels or without.

// repeated is the host's Space whose noise is always the given one.
type repeated struct {
	reverie.Host[float64]
	eps reverie.Batch[float64]
}

func (r *repeated) Noise(reverie.Batch[float64]) reverie.Batch[float64] { return r.eps }

// rowsOf are n rows of numbers.
func rowsOf[T float32 | float64](x []T, n int) reverie.Batch[float64] {
	out := reverie.NewBatch[float64](n, len(x)/n)
	for i, v := range x {
		out[i/len(out[0])][i%len(out[0])] = float64(v)
	}
	return out
}

// nats is the mean of a part in bits a dimension as nats an image.
func nats(part []float64, dim int) float64 {
	sum := 0.0
	for _, v := range part {
		sum += v
	}
	return sum / float64(len(part)) * math.Ln2 * float64(dim)
}

// Of data without levels a learned schedule logs the reconstruction and the prior that the bound of
// evaluation has, at the same noise.
func TestScheduleAgreesWithEvaluation(t *testing.T) {
	e := testEngine(t)
	const n, dim = 12, 3
	m := net.NewScheduled(pointsNet(t, dim, dim))
	weights := net.Initial(m, 3, dtypes.Float64)
	p, err := reverie.NewLearnedVP(tensors.MustCopyFlatData[float64](weights[len(weights)-1]))
	if err != nil {
		t.Fatal(err)
	}
	b := cloud(n, dim)
	how := denoising(t, e, m, reverie.Objective{Process: p, Param: reverie.Eps}, b.Levels)
	in, _, err := how.Inputs(b, learn.Place{Noise: random.Stream{Domain: random.Training}, Times: random.Stream{Domain: random.Times}})
	if err != nil {
		t.Fatal(err)
	}
	in = doubles(e, in)
	_, parts := evaluated(t, e, m, how, weights, in)
	space := &repeated{eps: rowsOf(tensors.MustCopyFlatData[float64](in[1]), n)}
	zero := reverie.DenoiserFunc[reverie.Batch[float64]](func(_ context.Context, x reverie.Batch[float64], _ float64) (reverie.Batch[float64], error) {
		return reverie.NewBatch[float64](len(x), dim), nil
	})
	got, err := likelihood.Continuous(t.Context(), space, p, zero, rowsOf(b.X, n), likelihood.BoundOptions{Levels: b.Levels})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "prior", nats(parts[1], dim), got.Prior().Value, 1e-6)
	near(t, "reconstruction", nats(parts[2], dim), got.Reconstruction().Value, 1e-6)
}

// recorded is a network that learned its variance, which says the same x0hat and v whatever x.
type recorded struct{ x0, v reverie.Batch[float64] }

func (recorded) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

func (r recorded) Denoise(context.Context, reverie.Query[reverie.Batch[float64]]) (reverie.Estimate[reverie.Batch[float64]], error) {
	return reverie.Estimate[reverie.Batch[float64]]{X0: r.x0, V: r.v}, nil
}

// Of an x0hat and a variance at index 0 training's term and evaluation's are one: of points and
// latents the density, of levels the mass of the bin.
func TestIndexZeroAgreesWithEvaluation(t *testing.T) {
	e := testEngine(t)
	chain, err := reverie.NewDDPM([]float64{1e-3, 0.1, 0.4})
	if err != nil {
		t.Fatal(err)
	}
	const n, dim = 5, 2
	for _, levels := range []int{256, 0} {
		h := denoising(t, e, recordedNet{channels: dim}, reverie.Objective{Process: chain, Param: reverie.X0}, levels)
		x8, output, short := make([][]float64, n), make([][]float64, n), make([][]float64, n)
		r := recorded{reverie.NewBatch[float64](n, dim), reverie.NewBatch[float64](n, dim)}
		data := reverie.NewBatch[float64](n, dim)
		for i := range n {
			for j := range dim {
				x := float64((i*37 + j*101) % 256)
				if levels == 0 {
					x += 0.3
				}
				data[i][j] = x/127.5 - 1
				r.x0[i][j] = data[i][j] + 0.02*float64(i-2)
				r.v[i][j] = float64(j) - 0.3*float64(i)
				x8[i], short[i] = append(x8[i], x), append(short[i], data[i][j])
			}
			output[i] = append(append(output[i], r.x0[i]...), r.v[i]...)
		}
		f := e.Func("hybrid", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			_, parts := h.Loss(nil, in)
			return parts[1:]
		})
		out, err := f.Call(hybridInputs(e, chain, reverie.X0, 0, output, short, x8)...)
		f.Free()
		if err != nil {
			t.Fatal(err)
		}
		space := &repeated{eps: reverie.NewBatch[float64](n, dim)}
		o := likelihood.BoundOptions{Levels: levels, Variance: reverie.LearnedVariance}
		b, err := likelihood.Bound(t.Context(), space, chain, r, data, o)
		if err != nil {
			t.Fatal(err)
		}
		got := nats(tensors.MustCopyFlatData[float64](out[0]), dim) / float64(chain.Steps())
		near(t, "index 0", got, b.Matching.Reconstruction().Value, 1e-6)
	}
}
