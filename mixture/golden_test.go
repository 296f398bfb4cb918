package mixture

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/reverie-go/reverie"
)

// Density, score, expected data and its Jacobian of noised mixtures with full covariances, against
// torch's distributions and its automatic differentiation.
func TestAgainstTorch(t *testing.T) {
	var g struct {
		Cases []struct {
			Weights      []float64
			Means        [][]float64
			Covs         [][][]float64
			Alpha, Sigma float64
			Points       [][]float64
			LogDensity   []float64 `json:"log_density"`
			Score        [][]float64
			Denoised     [][]float64
			Jacobian     [][][]float64
		}
	}
	b, err := os.ReadFile("testdata/mixture.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) != 4 {
		t.Fatalf("%d cases", len(g.Cases))
	}
	for _, g := range g.Cases {
		var covs []Cov
		for _, c := range g.Covs {
			covs = append(covs, Cov{Full: c})
		}
		m, err := New(g.Weights, g.Means, covs)
		if err != nil {
			t.Fatal(err)
		}
		c := reverie.Coef{Alpha: g.Alpha, Sigma: g.Sigma}
		law := m.At(c)
		for i, x := range g.Points {
			agree(t, "log density", []float64{law.LogDensity(x)}, g.LogDensity[i:i+1])
			agree(t, "score", law.Score(x), g.Score[i])
			agree(t, "E[x0|x]", m.Denoise(c, x), g.Denoised[i])
			for j, row := range m.Jacobian(c, x) {
				agree(t, "Jacobian", row, g.Jacobian[i][j])
			}
		}
	}
}

// agree reports numbers that differ by over 1e-10 of 1 or of the largest wanted.
func agree(t *testing.T, what string, got, want []float64) {
	t.Helper()
	largest := 1.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	if len(got) != len(want) {
		t.Fatalf("%s of %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-10*largest) {
			t.Errorf("%s[%d] = %.15g, want %.15g", what, i, got[i], want[i])
		}
	}
}
