package likelihood

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
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

// given is a Host whose noise was written down, and a network's outputs at x_t that this noise
// makes.
type given struct {
	reverie.Host[float64]
	noise []hostBatch
}

func (g *given) Noise(hostBatch) hostBatch {
	z := g.noise[0]
	g.noise = g.noise[1:]
	return z
}

// otherNetwork is the recorded network of a bound for one sample, at index t.
type otherNetwork struct {
	p       *reverie.DDPM
	outputs [][]float64 // by index
	clip    bool
}

func (otherNetwork) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

// Denoise returns x0hat of the recorded noise, clipped or not, and the recorded variance.
func (o otherNetwork) Denoise(_ context.Context, q reverie.Query[hostBatch]) (reverie.Estimate[hostBatch], error) {
	x, out, dim := q.X, o.outputs[int(q.T)], len(q.X[0])
	skip, _, scale, _ := reverie.Eps(o.p.At(q.T))
	x0 := hostBatch{make([]float64, dim)}
	for j := range dim {
		x0[0][j] = skip*x[0][j] + scale*out[j]
		if o.clip {
			x0[0][j] = min(1, max(-1, x0[0][j]))
		}
	}
	return reverie.Estimate[hostBatch]{X0: x0, V: hostBatch{out[dim:]}}, nil
}

// The bound of improved-diffusion, term by term and sample by sample, for fixed and learned
// variances. Its noise at index t is our chain's last one, with the two before left out; its
// reconstruction is compared with our variance beta_0 (see the script), or the learned one.
func TestBoundAgainstImprovedDiffusion(t *testing.T) {
	g := readJSON[struct {
		Beta   []float64
		Pixels [][]float64
		Noise  []hostBatch
		Runs   []struct {
			Variance string
			Clip     bool
			Outputs  []hostBatch
			Prior    []float64   `json:"prior_bpd"`
			VB       [][]float64 `json:"vb"`
			Decoder  []float64   `json:"decoder_bpd"`
		}
	}](t, "../testdata/bound.json")
	p, err := reverie.NewDDPM(g.Beta)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Runs) != 5 {
		t.Fatalf("%d runs", len(g.Runs))
	}
	for _, run := range g.Runs {
		row, err := sample.Variances.Find(run.Variance)
		if err != nil {
			t.Fatal(err)
		}
		variance := row.Variance
		for n, pixels := range g.Pixels {
			x0, zero := hostBatch{make([]float64, len(pixels))}, hostBatch{make([]float64, len(pixels))}
			for j, v := range pixels {
				x0[0][j] = v/127.5 - 1
			}
			sp := &given{}
			net := otherNetwork{p: p, clip: run.Clip}
			for i := range g.Beta {
				net.outputs = append(net.outputs, run.Outputs[i][n])
			}
			// x_0; the far end, of which only q(x_{T-1}|x0) counts here; then for each t a jump to
			// t-2, unless that is x0, and two steps
			sp.noise = append(sp.noise, hostBatch{g.Noise[0][n]}, zero)
			for i := 1; i < len(g.Beta); i++ {
				if i > 1 {
					sp.noise = append(sp.noise, zero)
				}
				last := sp.Sum([]float64{p.At(float64(i)).Sigma / math.Sqrt(p.Beta(i))}, hostBatch{g.Noise[i][n]})
				sp.noise = append(sp.noise, zero, last)
			}
			b, err := Bound(t.Context(), sp, p, net, x0, BoundOptions{Levels: levels, Apart: true, Variance: variance})
			if err != nil {
				t.Fatal(err)
			}
			if len(sp.noise) > 0 {
				t.Errorf("%d noises are left", len(sp.noise))
			}
			bits := func(nats float64) float64 { return nats / (float64(len(pixels)) * math.Ln2) }
			m := &b.Matching
			agree(t, run.Variance+" prior", bits(m.Prior().Value), run.Prior[n], 1e-10, 1e-2)
			decoder := run.Decoder[n]
			if variance == reverie.LearnedVariance {
				decoder = run.VB[n][0]
			}
			agree(t, run.Variance+" reconstruction", bits(m.Reconstruction().Value), decoder, 1e-10, 1e-2)
			for i, term := range m.Terms() {
				agree(t, run.Variance+" term", bits(term.Value), run.VB[n][i+1], 1e-10, 1e-2)
			}
			if len(m.Terms()) != len(g.Beta)-1 {
				t.Errorf("%d terms", len(m.Terms()))
			}
		}
	}
}

// The likelihood of the flow_matching package with its exact divergence, on the velocity of a
// mixture in closed form.
func TestLikelihoodAgainstFlowMatching(t *testing.T) {
	g := readJSON[struct {
		Mixture struct {
			Weights, Deviations []float64
			Means               [][]float64
		}
		Likelihoods []struct {
			Name          string
			Lo, Hi, Prior float64
			Points        hostBatch
			LogP          []float64 `json:"log_p"`
		}
	}](t, "../testdata/flow.json")
	m := roundMixture(t, g.Mixture.Weights, g.Mixture.Means, g.Mixture.Deviations)
	if len(g.Likelihoods) != 3 {
		t.Fatalf("%d likelihoods", len(g.Likelihoods))
	}
	for _, g := range g.Likelihoods {
		p := map[string]reverie.Process{"flow": reverie.Flow{Lo: g.Lo, Hi: g.Hi}, "vp": reverie.VP{Lo: g.Lo}}[g.Name]
		o := FlowOptions{Exact: true, RTol: 1e-11, ATol: 1e-11}
		if g.Prior == 0 {
			o.Prior = m.At(p.At(g.Hi)).LogDensity
		}
		l, err := Flow(t.Context(), &reverie.Host[float64]{}, p, m.Denoiser(p), g.Points, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range l.PerSample() {
			agree(t, g.Name+" log p", v, g.LogP[i], 1e-9, 1)
		}
	}
}

// The likelihood of k-diffusion, whose one probe of signs is exact for a diagonal Jacobian; ours,
// by a probe and by the whole trace.
func TestLikelihoodAgainstKDiffusion(t *testing.T) {
	g := readJSON[struct {
		Likelihood struct {
			Weights, Means, Deviations []float64
			Lo, Hi                     float64
			Points                     hostBatch
			LogP                       []float64 `json:"log_p"`
		}
	}](t, "../sample/testdata/kdiffusion.json").Likelihood
	// both coordinates independent, each a mixture of two: in the plane one of four
	var weights []float64
	var means [][]float64
	var covs []mixture.Cov
	for i := range g.Means {
		for j := range g.Means {
			weights, means = append(weights, g.Weights[i]*g.Weights[j]), append(means, []float64{g.Means[i], g.Means[j]})
			covs = append(covs, mixture.Cov{Full: [][]float64{{g.Deviations[i] * g.Deviations[i], 0}, {0, g.Deviations[j] * g.Deviations[j]}}})
		}
	}
	m, err := mixture.New(weights, means, covs)
	if err != nil {
		t.Fatal(err)
	}
	p := reverie.EDM{SigmaMin: g.Lo, SigmaMax: g.Hi}
	for _, exact := range []bool{true, false} {
		o := FlowOptions{Exact: exact, RTol: 1e-11, ATol: 1e-11}
		l, err := Flow(t.Context(), &reverie.Host[float64]{}, p, m.Denoiser(p), g.Points, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range l.PerSample() {
			agree(t, "log p", v, g.LogP[i], 1e-9, 1)
		}
	}
}

// roundMixture returns a mixture of round Gaussians.
func roundMixture(t *testing.T, weights []float64, means [][]float64, deviations []float64) *mixture.Mixture {
	t.Helper()
	var covs []mixture.Cov
	for _, s := range deviations {
		covs = append(covs, mixture.Cov{Var: s * s})
	}
	m, err := mixture.New(weights, means, covs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
