package score_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/learn/score"
)

// network is m as a network function that pays no heed to the time.
func (m mlp) network() reverie.Network[reverie.Batch[float64]] {
	return func(_ context.Context, x reverie.Batch[float64], _ float64) (reverie.Batch[float64], error) {
		y := make(reverie.Batch[float64], len(x))
		for i := range x {
			y[i] = m.host(x[i])
		}
		return y, nil
	}
}

// The score that Affine makes of a network's output is (a x0hat - x)/s^2, with x0hat as Wrap has
// it.
func TestAffineAgreesWithWrap(t *testing.T) {
	const n, d = 4, 2
	x, m := normals(90, n, d), newMLP(91, d, 5)
	sp := &reverie.Host[float64]{}
	for _, p := range []reverie.Process{reverie.VP{}, reverie.VE{SigmaMax: 5}, reverie.Flow{Hi: .99}} {
		for _, row := range formulation.Predictions.Rows() {
			name, k := row.Row().Name, row.Param()
			const time = .6
			x0, err := reverie.Denoise(t.Context(), reverie.Wrap(sp, p, k, m.network()), x, time)
			if err != nil {
				t.Fatal(err)
			}
			c := p.At(time)
			cx, cx0, _ := c.Score()
			want := sp.Sum([]float64{cx, cx0}, x, x0)
			a, f, in, err := score.Coefs(p, k, []float64{time, time, time, time})
			if err != nil {
				t.Fatal(err)
			}
			got := eval(t, func(nodes []*graph.Node) *graph.Node {
				g := nodes[0].Graph()
				affine := score.Affine{X: graph.Const(g, a), F: graph.Const(g, f), In: graph.Const(g, in)}
				return affine.Of(m.graph(g))(nodes[0])
			}, x)
			for i := range got {
				near(t, name, got[i], want[i/d][i%d], 1e-12)
			}
		}
	}
}

func TestCoefsRefuses(t *testing.T) {
	_, _, _, err := score.Coefs(reverie.Flow{}, reverie.Eps, []float64{.5, 1})
	if err == nil || !strings.Contains(err.Error(), "t = 1") {
		t.Errorf("eps at the end of a flow: %v", err)
	}
	_, _, _, err = score.Coefs(reverie.Bridge{C: 1}, reverie.X0, []float64{.5})
	if err == nil || !strings.Contains(err.Error(), "far end") {
		t.Errorf("a bridge: %v", err)
	}
}

func TestLevels(t *testing.T) {
	got, err := score.Levels(8, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{8, 4, 2, 1} {
		near(t, "level", got[i], want, 1e-12)
	}
	if one, err := score.Levels(8, 1, 1); err != nil || len(one) != 1 || one[0] != 8 {
		t.Errorf("one level: %v, %v", one, err)
	}
	for _, bad := range [][2]float64{{1, 1}, {1, 2}, {1, 0}, {math.Inf(1), 1}, {math.NaN(), 1}} {
		if _, err := score.Levels(bad[0], bad[1], 3); err == nil {
			t.Errorf("levels from %v to %v were not refused", bad[0], bad[1])
		}
	}
}
