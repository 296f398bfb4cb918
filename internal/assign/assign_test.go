package assign

import (
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// costs returns n x n costs of a kind: uniform, small integers with many ties, squared distances of
// points.
func costs(kind string, n int, seed uint64) [][]float64 {
	c := make([][]float64, n)
	s := random.Stream{Seed: seed, Domain: random.Evaluation}
	x := make([][]float64, 2*n)
	for i := range x {
		x[i] = make([]float64, 2)
		s.Plus(i).Normal(x[i])
	}
	for i := range c {
		c[i] = make([]float64, n)
		s.Plus(10000 + i).Uniforms(c[i])
		for j := range c[i] {
			switch kind {
			case "ties":
				c[i][j] = math.Floor(5*c[i][j]) - 2
			case "distances":
				dx, dy := x[i][0]-x[n+j][0], x[i][1]-x[n+j][1]-3
				c[i][j] = dx*dx + dy*dy
			case "equal":
				c[i][j] = 1
			case "wide":
				c[i][j] = math.Exp(40*c[i][j] - 20)
			case "hostile": // over 54 orders of size
				c[i][j] = math.Pow(10, 54*c[i][j]-27)
			case "outlier": // both sets have one point far from all others
				dx, dy := x[i][0]-x[n+j][0], x[i][1]-x[n+j][1]
				if i == n/2 {
					dx += 1e8
				}
				if j == n/3 {
					dx -= 1e8
				}
				c[i][j] = dx*dx + dy*dy
			case "forbidden": // all but a few
				c[i][j] = math.Floor(3*c[i][j]) * 1e200
			}
		}
	}
	return c
}

var kinds = []string{"uniform", "ties", "distances", "equal", "wide", "hostile", "outlier", "forbidden"}

// total returns the cost of an assignment, and whether it is a permutation.
func total(cost [][]float64, col []int) (sum float64, ok bool) {
	taken := make([]bool, len(cost))
	for i, j := range col {
		if j < 0 || j >= len(cost) || taken[j] {
			return 0, false
		}
		taken[j] = true
		sum += cost[i][j]
	}
	return sum, len(col) == len(cost)
}

// cheapest returns the least cost of all permutations of the rows from i on.
func cheapest(cost [][]float64, i int, taken []bool) float64 {
	if i == len(cost) {
		return 0
	}
	best := math.Inf(1)
	for j, t := range taken {
		if !t {
			taken[j] = true
			best = min(best, cost[i][j]+cheapest(cost, i+1, taken))
			taken[j] = false
		}
	}
	return best
}

// Small problems against all permutations.
func TestLeastAgainstAllPermutations(t *testing.T) {
	for _, kind := range kinds {
		for n := range 8 {
			for seed := range uint64(40) {
				c := costs(kind, n, seed)
				got, ok := total(c, Least(c))
				if !ok {
					t.Fatalf("%s, n = %d: no permutation", kind, n)
				}
				if want := cheapest(c, 0, make([]bool, n)); !(math.Abs(got-want) <= 1e-13*math.Abs(want)) {
					t.Errorf("%s, n = %d, seed %d: %v, the least is %v", kind, n, seed, got, want)
				}
			}
		}
	}
}

// Two sets of one point far away and others near the origin: the others are assigned as if the far
// ones were not there, though every cost of these is 1e16. Against the same problem without them.
func TestLeastBesideAnOutlier(t *testing.T) {
	const n = 200
	c := costs("distances", n, 5)
	want, _ := total(c, Least(c))
	for i := range c {
		c[i] = append(c[i], 1e16+float64(i))
	}
	last := make([]float64, n+1)
	for j := range n {
		last[j] = 1e16 + 3*float64(j)
	}
	c = append(c, last)
	got := Least(c)
	if sum, ok := total(c, got); !ok || got[n] != n || !(math.Abs(sum-want) <= 1e-12*want) {
		t.Errorf("the far one goes to %d, all cost %v, want %v", got[n], sum, want)
	}
}

// Large problems by duality: prices u, v with u_i + v_j <= c_ij everywhere bound every assignment's
// cost from below by their sum, so one whose cost is that sum is the least.
func TestLeastByDuality(t *testing.T) {
	for _, kind := range kinds {
		for _, n := range []int{50, 200, 333} {
			c := costs(kind, n, uint64(n))
			a := solve(c)
			if _, ok := total(c, a.col); !ok {
				t.Fatalf("%s, n = %d: no permutation", kind, n)
			}
			c = a.cost // less each row's least
			got := a.total()
			scale, dual := 0.0, 0.0
			for i := range c {
				for j := range c {
					scale = max(scale, math.Abs(c[i][j]))
				}
				dual += a.u[i] + a.v[i]
			}
			for i := range c {
				for j := range c {
					if slack := c[i][j] - a.u[i] - a.v[j]; !(slack >= -1e-12*scale) {
						t.Fatalf("%s, n = %d: prices exceed cost %d, %d by %v", kind, n, i, j, -slack)
					}
				}
			}
			if !(math.Abs(dual-got) <= 1e-11*max(math.Abs(got), float64(n)*scale)) {
				t.Errorf("%s, n = %d: prices add up to %v, costs to %v", kind, n, dual, got)
			}
		}
	}
}

func BenchmarkLeast(b *testing.B) {
	for _, n := range []int{128, 512, 2048} {
		c := costs("distances", n, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				Least(c)
			}
		})
	}
}

// Prices do not depend on the scale: costs far from 0, tiny and huge.
func TestLeastScales(t *testing.T) {
	c := costs("distances", 60, 3)
	want := Least(c)
	for _, f := range [][2]float64{{1e-300, 0}, {1e290, 0}, {-1, 0}, {1, 1e6}} {
		d := make([][]float64, len(c))
		for i := range c {
			for _, v := range c[i] {
				d[i] = append(d[i], f[0]*v+f[1])
			}
		}
		got, ok := total(c, Least(d))
		least, _ := total(c, want)
		if f[0] > 0 && !(math.Abs(got-least) <= 1e-6) || !ok {
			t.Errorf("costs %v: %v, want %v", f, got, least)
		}
		if some, _ := total(c, random.Stream{Seed: 2}.Perm(len(c))); f[0] < 0 && got <= some {
			t.Errorf("the most expensive assignment costs %v, another %v", got, some)
		}
	}
}

func TestLeastPanics(t *testing.T) {
	for _, c := range [][][]float64{{{1, 2}}, {{1, 2}, {3}}, {{1, 2}, {math.NaN(), 1}}, {{math.Inf(1)}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is assigned", c)
				}
			}()
			Least(c)
		}()
	}
}
