package eval

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// readJSON reads a golden file.
func readJSON[T any](t *testing.T, path string) (v T) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// agree reports a relative difference above tol, of numbers whose scale is at least floor.
func agree(t *testing.T, what string, got, want, tol, floor float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(math.Abs(want), floor)) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// rowsOf returns the rows of a golden file.
func rowsOf(x [][]float64) Rows {
	r := NewRows(len(x), len(x[0]))
	for i, row := range x {
		copy(r.Row(i), row)
	}
	return r
}

// Frechet distance, KID, MMD, precision and recall against torch-fidelity (and, in the script,
// pytorch-fid); the distance of projections against POT. Where there are fewer samples than
// dimensions the products' small eigenvalues are noise of 1e-8 after the root, on both sides.
func TestMetricsAgainstTorchFidelity(t *testing.T) {
	g := readJSON[struct {
		Sets []struct {
			Name            string
			X, Y            [][]float64
			Frechet, KID    float64
			MMD             [][2]float64
			PrecisionRecall [][3]float64 `json:"precision_recall"`
			Directions      [][]float64
			W2Squared       []float64 `json:"w2_squared"`
		}
		Lines []struct {
			Name      string
			X, Y      []float64
			W2Squared float64 `json:"w2_squared"`
		}
	}](t, "testdata/metrics.json")
	if len(g.Sets) != 4 || len(g.Lines) != 2 {
		t.Fatalf("%d sets and %d lines", len(g.Sets), len(g.Lines))
	}
	for _, g := range g.Sets {
		x, y := rowsOf(g.X), rowsOf(g.Y)
		a, err := MomentsOf(x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := MomentsOf(y)
		if err != nil {
			t.Fatal(err)
		}
		f, err := FrechetOf(a, b)
		if err != nil {
			t.Fatal(err)
		}
		tol := 1e-10
		if x.N <= x.D {
			tol = 1e-6
		}
		agree(t, g.Name+": Frechet distance", f.Distance, g.Frechet, tol, 1)
		kid, _, err := KID{Size: x.N}.Measure(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, g.Name+": KID", kid, g.KID, 1e-10, 1)
		for _, v := range g.MMD {
			mmd, _, err := MMD(t.Context(), RBF(v[0]), x, y)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, g.Name+": MMD", mmd, v[1], 1e-10, 0.01)
		}
		for _, v := range g.PrecisionRecall {
			precision, recall, err := PrecisionRecall{K: int(v[0])}.Measure(t.Context(), x, y)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, g.Name+": precision", precision, v[1], 1e-6, 1)
			agree(t, g.Name+": recall", recall, v[2], 1e-6, 1)
		}
		for i, d := range g.Directions {
			agree(t, g.Name+": W2^2 along a direction", quantileDistance(along(x, d), along(y, d)), g.W2Squared[i], 1e-10, 1)
		}
	}
	for _, g := range g.Lines {
		agree(t, g.Name+": W2^2", quantileDistance(g.X, g.Y), g.W2Squared, 1e-11, 1)
	}
}
