package reverie

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// goldenBound is what testdata/gen_bound.py wrote of improved-diffusion.
type goldenBound struct {
	Beta   []float64
	Pixels [][]float64
	Noise  [][][]float64
	Runs   []struct {
		Variance    string
		Clip        bool
		Outputs     [][][]float64
		Mean        [][][]float64
		LogVariance [][][]float64 `json:"log_variance"`
		VB          [][]float64   `json:"vb"`
	}
	Resampler struct {
		At              []int
		Losses, Weights []float64
	}
}

func readGoldenBound(t *testing.T) (g goldenBound) {
	t.Helper()
	b, err := os.ReadFile("testdata/bound.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The mean and the learned variance of the reverse step, and the bound's term in bits/dim, of
// improved-diffusion's p_mean_variance.
func TestLearnedVarianceAgainstImprovedDiffusion(t *testing.T) {
	g := readGoldenBound(t)
	p, err := NewDDPM(g.Beta)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, run := range g.Runs {
		for i := range g.Beta {
			c, prev := p.At(float64(i)), At(p, float64(i-1))
			x, x0, _, _ := Posterior(c, prev)
			skip, _, out, _ := Eps(c)
			term := p.ReverseTerm(i)
			for n, pixels := range g.Pixels {
				bits := 0.0
				for j, v := range pixels {
					truth := v/127.5 - 1
					xt := c.Alpha*truth + c.Sigma*g.Noise[i][n][j]
					x0hat := skip*xt + out*run.Outputs[i][n][j]
					if run.Clip {
						x0hat = min(1, max(-1, x0hat))
					}
					near(t, "mean", x*xt+x0*x0hat, run.Mean[i][n][j], 1e-11, 1)
					if run.Variance != "learned" {
						continue
					}
					said := run.Outputs[i][n][len(pixels)+j]
					near(t, "log variance", term.LogVariance(said), run.LogVariance[i][n][j], 1e-11, 1)
					if i == 0 {
						bits -= LogLevel(truth, x0hat, term.LogVariance(said)/2)
					} else {
						bits += term.KL(x0hat-truth, said)
					}
					count++
				}
				if run.Variance == "learned" {
					near(t, "term", bits/math.Ln2/float64(len(pixels)), run.VB[n][i], 1e-9, 0)
				}
			}
		}
	}
	if count != 2*8*3*3 {
		t.Errorf("%d numbers of a learned variance", count)
	}
}

// The chances of importance sampling against improved-diffusion's second-moment resampler, by the
// factors that undo them.
func TestImportanceAgainstImprovedDiffusion(t *testing.T) {
	g := readGoldenBound(t).Resampler
	p, err := NewDDPM(LinearBetas(len(g.Weights), 0.1, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	o := Objective{Process: p, Param: Eps, TimeLaw: NewImportance(p)}
	for i, at := range g.At {
		// Observe takes losses weighted as the batch's were, ours are told to the other without
		// their weights
		times := []float64{float64(at)}
		o.Observe(times, []float64{g.Losses[i] * o.Factors(times)[0]})
	}
	for i, w := range g.Weights {
		near(t, "factor", o.Factors([]float64{float64(i)})[0], 1/(float64(len(g.Weights))*w), 1e-11, 0)
	}
}
