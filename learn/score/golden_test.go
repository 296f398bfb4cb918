package score_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn/score"
)

// Every loss of each point, and its gradient in all weights, against torch's automatic
// differentiation: of a score network, and of an energy network, where the gradient of the exact
// loss is a third derivative.
func TestLossesAgainstTorch(t *testing.T) {
	var g struct {
		A, B, C          [][]float64
		X, V, Eps, Truth [][]float64
		Sigma            []float64
		Rows             []struct {
			Network, Loss string
			Value         []float64
			A, B, C       [][]float64
		}
	}
	b, err := os.ReadFile("testdata/score.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Rows) != 10 {
		t.Fatalf("%d losses", len(g.Rows))
	}
	in := append(batches([][][]float64{g.A, g.B, g.C, g.X, g.V, g.Eps, g.Truth}), engine.New(eng, g.Sigma, len(g.Sigma)))
	for _, row := range g.Rows {
		out, err := eng.Func("golden", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			loss := goldenLoss(row.Network, row.Loss, in)
			return append([]*graph.Node{loss}, graph.Gradient(graph.ReduceAllSum(loss), in[:3]...)...)
		}).Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		wants := [][]float64{row.Value, flat(row.A), flat(row.B), flat(row.C)}
		for i, want := range wants {
			got := tensors.MustCopyFlatData[float64](out[i])
			if len(got) != len(want) {
				t.Fatalf("%s, %s: %d numbers, want %d", row.Network, row.Loss, len(got), len(want))
			}
			for k := range want {
				near(t, row.Network+", "+row.Loss+[]string{"", ": gradient in a", ": gradient in b", ": gradient in c"}[i], got[k], want[k], 1e-10)
			}
		}
	}
}

// goldenLoss builds a loss of the script's, of a network "field" or of the gradient of an "energy".
func goldenLoss(network, loss string, in []*graph.Node) *graph.Node {
	s := mlpFunc(in[0], in[1], in[2])
	if network == "energy" {
		f := s
		s = func(x *graph.Node) *graph.Node { return graph.Gradient(graph.ReduceAllSum(f(x)), x)[0] }
	}
	x, v, eps, truth, sigma := in[3], in[4], in[5], in[6], in[7]
	switch loss {
	case "fisher":
		return score.Fisher(s, x, truth)
	case "exact":
		return score.Exact(s, x)
	case "sliced":
		return score.Sliced(s, x, v)
	case "reduced":
		return score.SlicedReduced(s, x, v)
	}
	return score.Denoising(s, x, eps, sigma)
}

func flat(x [][]float64) (all []float64) {
	for _, row := range x {
		all = append(all, row...)
	}
	return all
}
