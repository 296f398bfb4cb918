package reverie

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// goldenFlow is what testdata/gen_flow.py wrote of the flow_matching package, in our direction of time.
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

// The paths of the flow_matching package: coefficients, derivatives, times of a ratio, samples and their velocities. The file has 13 digits,
// and its 1 - t loses some of t.
func TestPathsAgainstFlowMatching(t *testing.T) {
	for _, g := range readGoldenFlow(t).Paths {
		p := map[string]Process{"flow": Flow{}, "vp": VP{}}[g.Name]
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

// The six conversions between predictions of the data, the noise and the velocity that the package has. Its x and coefficients, of 13 digits,
// are multiplied by up to 1/sigma = 1e3 on the way.
func TestConversionsAgainstFlowMatching(t *testing.T) {
	count := 0
	for _, g := range readGoldenFlow(t).Paths {
		p := map[string]Process{"flow": Flow{}, "vp": VP{}}[g.Name]
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
	if count != 2*6*13 {
		t.Errorf("%d numbers compared", count)
	}
}
