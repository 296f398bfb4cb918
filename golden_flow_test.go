package reverie

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/internal/assign"
)

// goldenFlow is what testdata/gen_flow.py wrote of the flow_matching package, in our direction of
// time.
type goldenFlow struct {
	Paths []struct {
		Name string
		Rows []struct {
			T, Alpha, Sigma, DAlpha, DSigma, Inverse float64
			Noise, Data, X, Velocity, Out            []float64
			X0ToVelocity                             []float64 `json:"x0 velocity"`
			EpsToVelocity                            []float64 `json:"eps velocity"`
			VelocityToX0                             []float64 `json:"velocity x0"`
			VelocityToEps                            []float64 `json:"velocity eps"`
			EpsToX0                                  []float64 `json:"eps x0"`
			X0ToEps                                  []float64 `json:"x0 eps"`
		}
	}
	Bridges []struct {
		C    float64
		Rows []struct {
			T, Sigma                     float64
			Data, Far, X, Mean, Velocity []float64
		}
	}
	Couplings []struct {
		Name      string
		X0, X1    Batch[float64]
		To        []int
		W2Squared float64 `json:"w2_squared"`
		Cost      float64
	}
	Assignments []struct {
		Name   string
		Matrix [][]float64
		To     []int
		Cost   float64
		Unique bool
	}
	Large []struct {
		N, M int
		Cost float64
	}
}

func readGoldenFlow(t *testing.T) (g goldenFlow) {
	t.Helper()
	b, err := os.ReadFile("testdata/flow.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// pathOf returns our process of the package's path. Its cosine is Nichol and Dhariwal's without
// their offset.
func pathOf(name string) Process {
	return map[string]Process{"flow": Flow{}, "vp": VP{}, "cosine": CosineVP{S: 1e-300}}[name]
}

// The paths of the flow_matching package: coefficients, derivatives, times of a ratio, samples and
// their velocities. The file has 13 digits, and its 1 - t loses some of t.
func TestPathsAgainstFlowMatching(t *testing.T) {
	for _, g := range readGoldenFlow(t).Paths {
		p := pathOf(g.Name)
		for _, r := range g.Rows {
			c := p.At(r.T)
			near(t, g.Name+" alpha", c.Alpha, r.Alpha, 1e-12, 0)
			near(t, g.Name+" sigma", c.Sigma, r.Sigma, 1e-11, 0)
			near(t, g.Name+" alpha'", c.DAlpha, r.DAlpha, 1e-12, 0)
			near(t, g.Name+" sigma'", c.DSigma, r.DSigma, 1e-11, 0)
			near(t, g.Name+" time of a ratio", TimeAt(p, c.Lambda()), r.Inverse, 1e-11, 1e-2)
			for j := range r.X {
				near(t, g.Name+" sample", c.Alpha*r.Data[j]+c.Sigma*r.Noise[j], r.X[j], 1e-11, 1)
				near(t, g.Name+" velocity", c.DAlpha*r.Data[j]+c.DSigma*r.Noise[j], r.Velocity[j], 1e-11, 1)
			}
		}
	}
}

// The six conversions between predictions of the data, the noise and the velocity that the package
// has. Its x and coefficients, of 13 digits, are multiplied by up to 1/sigma = 1e3 on the way.
func TestConversionsAgainstFlowMatching(t *testing.T) {
	count := 0
	for _, g := range readGoldenFlow(t).Paths {
		p := pathOf(g.Name)
		for _, r := range g.Rows {
			c := p.At(r.T)
			for _, k := range []struct {
				what     string
				from, to Param
				want     []float64
			}{
				{"x0 to velocity", X0, Velocity, r.X0ToVelocity}, {"eps to velocity", Eps, Velocity, r.EpsToVelocity},
				{"velocity to x0", Velocity, X0, r.VelocityToX0}, {"velocity to eps", Velocity, Eps, r.VelocityToEps},
				{"eps to x0", Eps, X0, r.EpsToX0}, {"x0 to eps", X0, Eps, r.X0ToEps},
			} {
				x, _, f := Convert(c, k.from, k.to)
				for j := range k.want {
					near(t, g.Name+" "+k.what, x*r.X[j]+f*r.Out[j], k.want[j], 1e-10, math.Abs(x)+math.Abs(f))
					count++
				}
			}
		}
	}
	if count != 2*6*19 {
		t.Errorf("%d numbers compared", count)
	}
}

// torchcfm's Schroedinger bridge between two ends. Its velocity has 1e-8 added to a denominator of
// at least 2e-3.
func TestBridgeAgainstTorchCFM(t *testing.T) {
	g := readGoldenFlow(t).Bridges
	if len(g) != 2 {
		t.Fatalf("%d bridges", len(g))
	}
	for _, g := range g {
		p := Bridge{C: g.C}
		for _, r := range g.Rows {
			c := p.At(r.T)
			near(t, "sigma", c.Sigma, r.Sigma, 1e-12, 0)
			x, x0, far := c.Velocity()
			for j := range r.X {
				near(t, "mean", c.Alpha*r.Data[j]+c.Beta*r.Far[j], r.Mean[j], 1e-12, 1)
				near(t, "velocity", x*r.X[j]+x0*r.Data[j]+far*r.Far[j], r.Velocity[j], 1e-5, math.Abs(x)+math.Abs(x0)+math.Abs(far))
			}
		}
	}
}

// Exact assignments against scipy: the least cost, and the same columns where no other choice has
// it.
func TestAssignAgainstScipy(t *testing.T) {
	g := readGoldenFlow(t)
	if len(g.Assignments) != 8 || len(g.Large) != 5 {
		t.Fatalf("%d and %d assignments", len(g.Assignments), len(g.Large))
	}
	for _, a := range g.Assignments {
		to := assign.Least(a.Matrix)
		near(t, a.Name, costOf(t, a.Matrix, to), a.Cost, 1e-12, 1e-9)
		if a.Unique && !slices.Equal(to, a.To) {
			t.Errorf("%s: columns %v, want %v", a.Name, to, a.To)
		}
	}
	for _, a := range g.Large {
		cost := [][]float64(NewBatch[float64](a.N, a.N))
		for i := range cost {
			for j := range cost[i] {
				cost[i][j] = float64((7919*i*i + 104729*j + 31*i*j) % a.M)
			}
		}
		near(t, fmt.Sprintf("%d of 0..%d", a.N, a.M-1), costOf(t, cost, assign.Least(cost)), a.Cost, 0, 0)
	}
}

// costOf returns the cost of an assignment, every column of which is taken once.
func costOf(t *testing.T, cost [][]float64, to []int) (sum float64) {
	t.Helper()
	taken := make([]bool, len(cost))
	for i, j := range to {
		if taken[j] {
			t.Fatalf("column %d is taken twice", j)
		}
		taken[j] = true
		sum += cost[i][j]
	}
	return sum
}

// The coupling of minibatches by torchcfm's exact plan (POT): the same pairs, and W2^2.
func TestCouplingAgainstTorchCFM(t *testing.T) {
	g := readGoldenFlow(t).Couplings
	if len(g) != 2 {
		t.Fatalf("%d couplings", len(g))
	}
	for _, g := range g {
		to := Couple(g.X0, g.X1)
		if !slices.Equal(to, g.To) {
			t.Errorf("%s: pairs %v, want %v", g.Name, to, g.To)
		}
		near(t, g.Name+" W2^2", costOf(t, Distances(g.X0, g.X1), to)/float64(len(to)), g.W2Squared, 1e-11, 0)
	}
}
