package assign

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomCosts returns n rows of m costs.
func randomCosts(r *rand.Rand, n, m int) [][]float64 {
	c := make([][]float64, n)
	for i := range c {
		c[i] = make([]float64, m)
		for j := range c[i] {
			c[i][j] = 5 * r.Float64()
		}
	}
	return c
}

// Two rows and columns in closed form: the plan [[p, 1-p], [1-p, p]] has (p/(1-p))^2 = exp of minus
// the costs' cross-difference over eps. From a large eps to one at which exp of a cost underflows.
func TestSoftOfTwo(t *testing.T) {
	cost := [][]float64{{1, 4}, {2.5, 4.8}}
	cross := (1 + 4.8 - 4 - 2.5) / 2
	for _, eps := range []float64{100, 1, 0.1, 0.02, 1e-3, 1e-5, 1e-8} {
		plan, off := Soft(cost, eps, 1e-12)
		if !(off <= 1e-9) {
			t.Errorf("eps %v: off by %v", eps, off)
		}
		want := 1 / (1 + math.Exp(cross/eps))
		for i := range plan {
			for j, p := range plan[i] {
				w := want
				if i != j {
					w = 1 - want
				}
				if !(math.Abs(p-w) <= 1e-7) {
					t.Errorf("eps %v: %v, %v is %v, want %v", eps, i, j, p, w)
				}
			}
		}
	}
}

// The plan is the one of its form that adds up: its logarithm is f + g - cost/eps, so that the
// cross-differences of the two agree, for as many columns as rows or not.
func TestSoftIsTheGibbsPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{1, 1}, {5, 5}, {7, 3}, {3, 8}, {40, 40}} {
		for _, eps := range []float64{3, 0.3} {
			n, m := size[0], size[1]
			cost := randomCosts(r, n, m)
			plan, off := Soft(cost, eps, 1e-11)
			what := fmt.Sprintf("%d to %d, eps %v", n, m, eps)
			if !(off <= 1e-11) {
				t.Errorf("%s: off by %v", what, off)
			}
			columns := make([]float64, m)
			for i, row := range plan {
				sum := 0.0
				for j, p := range row {
					sum += p
					columns[j] += p
					a, b := math.Log(p*plan[0][0]/(row[0]*plan[0][j])), -(cost[i][j]+cost[0][0]-cost[i][0]-cost[0][j])/eps
					if !(math.Abs(a-b) <= 1e-10*(1+math.Abs(b))) {
						t.Errorf("%s: cross-difference %v, want %v", what, a, b)
					}
				}
				if !(math.Abs(sum-1) <= 1e-13) {
					t.Errorf("%s: row %d adds up to %v", what, i, sum)
				}
			}
			for j, sum := range columns {
				if !(math.Abs(sum*float64(m)/float64(n)-1) <= 1e-10*float64(m)) {
					t.Errorf("%s: column %d adds up to %v", what, j, sum)
				}
			}
		}
	}
}

// As eps goes to 0 the plan's cost goes to the least of all permutations, by brute force, and is
// above it by at most eps log n per row; as it grows all columns take the same of each row. Costs
// and eps times a number leave the plan, and so does what is added to a row or a column.
func TestSoftLimits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		cost := randomCosts(r, 5, 5)
		least := cheapest(cost, 0, make([]bool, 5))
		for _, eps := range []float64{1, 0.1, 0.01} {
			plan, off := Soft(cost, eps, 1e-6)
			if got := spent(cost, plan); !(got >= least-30*off-1e-12 && got <= least+5*eps*math.Log(5)+30*off) {
				t.Errorf("eps %v: cost %v, least %v (off by %v)", eps, got, least, off)
			}
		}
		plan, _ := Soft(cost, 1e9, 1e-12)
		for _, p := range slices.Concat(plan...) {
			if !(math.Abs(p-0.2) <= 1e-8) {
				t.Errorf("of a large eps: %v", p)
			}
		}
		a, _ := Soft(cost, 0.4, 1e-13)
		for i := range cost {
			for j := range cost[i] {
				cost[i][j] = 8*cost[i][j] + 30*float64(i) - 50*float64(j*j)
			}
		}
		b, _ := Soft(cost, 3.2, 1e-13)
		for i := range a {
			for j := range a[i] {
				if !(math.Abs(a[i][j]-b[i][j]) <= 1e-10) {
					t.Errorf("scaled: %v, %v", a[i][j], b[i][j])
				}
			}
		}
	}
}

// spent is what the plan costs.
func spent(cost, plan [][]float64) (sum float64) {
	for i := range cost {
		for j, c := range cost[i] {
			sum += c * plan[i][j]
		}
	}
	return sum
}

// What cannot be planned panics.
func TestSoftRefuses(t *testing.T) {
	for name, f := range map[string]func(){
		"none":    func() { Soft(nil, 1, 1) },
		"ragged":  func() { Soft([][]float64{{1, 2}, {1}}, 1, 1) },
		"NaN":     func() { Soft([][]float64{{math.NaN()}}, 1, 1) },
		"no eps":  func() { Soft([][]float64{{1, 2}}, 0, 1) },
		"too low": func() { Soft([][]float64{{1, 2}}, 1e-10, 1) },
		"no tol":  func() { Soft([][]float64{{1, 2}}, 1, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: planned", name)
				}
			}()
			f()
		}()
	}
}
