package guide

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// whole is a rule that asks both branches whatever gamma is: Linear without its short cuts.
type whole struct{ Rule[batch] }

func (whole) Takes() (strong, weak bool) { return true, true }

// scoreOf is the score that x0hat stands for, (a x0hat - x)/s^2.
func scoreOf(c reverie.Coef, x, x0 []float64) []float64 {
	score := make([]float64, len(x))
	add(score, c.Alpha/(c.Sigma*c.Sigma), x0)
	add(score, -1/(c.Sigma*c.Sigma), x)
	return score
}

// TestGuidedScore: at gamma = 1 the guided score is that of p(x_t | y), and at any gamma the
// powers' combination of it and that of p(x_t): by classifier-free guidance without its short cut,
// by the exact classifier on the unconditional denoiser, by that of another process, and by both at
// once, whose gammas add. The scores are those of the laws themselves, without a denoiser. To
// 1e-10.
func TestGuidedScore(t *testing.T) {
	for _, d := range []int{1, 2, 64} {
		m, unlabelled := classes(t, d, 9, 0, 2, 1, 2, 0), mixture.Random(d, 5, 9)
		for name, p := range processes(t) {
			plain, none := denoiser(m.Denoiser(p)), denoiser(unlabelled.Denoiser(p))
			for _, gamma := range []float64{1, 0, 0.5, 2, 4} {
				elsewhere := TransferClassifier(host, reverie.EDM{}, p, exactClassifier(m, reverie.EDM{}))
				for way, g := range map[string]denoiser{
					"classifier-free":                       ClassifierFree(host, plain, reverie.NullClass, whole{Linear(host, gamma)}),
					"classifier":                            Classified(host, p, none, exactClassifier(m, p), gamma),
					"classifier of EDM":                     Classified(host, p, none, elsewhere, gamma),
					"classifier on the conditional one":     Classified(host, p, plain, exactClassifier(m, p), gamma-1),
					"classifier on guidance of gamma 0.7":   Classified(host, p, ClassifierFree(host, plain, reverie.NullClass, Linear(host, 0.7)), exactClassifier(m, p), gamma-0.7),
					"autoguidance by the unconditional one": Autoguidance(host, plain, denoiser(classless{none}), Linear(host, gamma)),
				} {
					for _, level := range []float64{0.3, 1, 8} {
						gap := scoreGap(t, p, m, g, at(p, level), gamma)
						if !(gap <= 1e-10) {
							t.Errorf("%s, %d-D, gamma %v at level %v: the score by %s is off by %.2g", name, d, gamma, level, way, gap)
						}
					}
				}
			}
		}
	}
}

// classless takes no notice of the class that it is asked for.
type classless struct{ denoiser }

func (c classless) Knows(w reverie.Want) error { return c.denoiser.Knows(w &^ reverie.WantClass) }

func (c classless) Denoise(ctx context.Context, q query) (estimate, error) {
	q.Want, q.Class = q.Want&^reverie.WantClass, nil
	return c.denoiser.Denoise(ctx, q)
}

// scoreGap is how far the guided score of points of each class is off at time t.
func scoreGap(t *testing.T, p reverie.Process, m *mixture.Mixture, g denoiser, at, gamma float64) (gap float64) {
	t.Helper()
	c := p.At(at)
	law := m.At(c)
	class := []int{0, 1, 2, 2}
	x := law.Sample(random.Stream{Seed: 6, Domain: 128}, len(class))
	x0, err := reverie.Denoise(t.Context(), reverie.OfClass(g, class), x, at)
	if err != nil {
		t.Fatal(err)
	}
	for n, y := range class {
		want := m.Class(y).At(c).Score(x[n])
		scale(want, gamma)
		add(want, 1-gamma, law.Score(x[n]))
		for j, v := range scoreOf(c, x[n], x0[n]) {
			gap = max(gap, math.Abs(v-want[j])/(1+math.Abs(want[j])))
		}
	}
	return gap
}

// TestLawsOfAClass: at gamma = 1, from the noised law of the class, the solvers end in the class's
// own law, which is a Gaussian here, each by its order, through the classifier as through
// classifier-free guidance.
func TestLawsOfAClass(t *testing.T) {
	const from, to, y = 10.0, 0.1, 1
	for name, p := range processes(t) {
		for d, solvers := range map[int][]method{
			1:  {{"heun", sample.Heun[batch]{}, 0, 2, 40, false}, {"dpm++2m-sde", &sample.DPM2MSDE[batch]{}, 1, 2, 48, false}},
			2:  {{"unipc", &sample.UniPC[batch]{}, 0, 3, 40, false}, {"ddpm", sample.DDPM[batch]{}, 1, 1, 48, false}},
			64: {{"dpm++2m", &sample.DPM2M[batch]{}, 0, 2, 40, false}, {"ddim", sample.DDIM[batch]{Eta: 1}, 1, 1, 24, false}},
		} {
			m, own := round(t, d)
			noised := func(c reverie.Coef) normal {
				law := own.scaled(c.Alpha)
				for k := range law.variance {
					law.variance[k] += c.Sigma * c.Sigma
				}
				return law
			}
			for way, g := range map[string]denoiser{
				"classifier-free": ClassifierFree(host, denoiser(m.Denoiser(p)), reverie.NullClass, whole{Linear(host, 1)}),
				"classifier":      Classified(host, p, denoiser(blind{m.Denoiser(p)}), exactClassifier(m, p), 1),
			} {
				of := func(n int) denoiser { return reverie.OfClass(g, slices.Repeat([]int{y}, n)) }
				for _, s := range solvers {
					gap := func(n int) float64 {
						grid := gridOf(p, from, to, n)
						return drawn(t, p, s.solver, of, grid, axes(d), noised(p.At(grid[0]))).apart(noised(p.At(grid[n])))
					}
					few, many := gap(s.n), gap(2*s.n)
					if order := math.Log2(few / many); !(math.Abs(order-s.order) <= 0.25 && many <= 0.1) {
						t.Errorf("%s, %d-D: %s by %s is %.2g from the class's law, with order %.3f, want %v", name, d, s.name, way, many, order, s.order)
					}
				}
			}
		}
	}
}

// round are three round Gaussians, a class each, and the law of class 1 along any axes.
func round(t *testing.T, d int) (*mixture.Mixture, normal) {
	t.Helper()
	means := [][]float64(reverie.NewBatch[float64](3, d))
	for j := range d {
		means[0][j], means[1][j], means[2][j] = -0.8*math.Cos(float64(j)), 0.6*math.Sin(float64(1+j)), 0.3
	}
	m, err := mixture.New([]float64{0.5, 0.2, 0.3}, means, []mixture.Cov{{Var: 0.5}, {Var: 0.3}, {Var: 0.8}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1, 2})
	}
	if err != nil {
		t.Fatal(err)
	}
	law := normal{variance: slices.Repeat([]float64{0.3}, d)}
	for _, b := range axes(d) {
		law.mean = append(law.mean, dot(b, means[1]))
	}
	return m, law
}

// blind is a denoiser that knows no class.
type blind struct{ *mixture.Denoiser }

func (b blind) Knows(w reverie.Want) error {
	if err := w.Beyond(^reverie.WantClass, "it"); err != nil {
		return err
	}
	return b.Denoiser.Knows(w)
}

// TestSamplesOfAClass: points drawn by the classifier's guidance have the weights, means and
// covariance of a class of two Gaussians, within 4.5 standard errors, which are the points' own.
// The bias of 60 steps of order 2 is a tenth of one.
func TestSamplesOfAClass(t *testing.T) {
	const n, steps, y = 1500, 60, 0
	for name, p := range processes(t) {
		m := classes(t, 2, 21, 0, 1, 0, 1)
		own := m.Class(y)
		grid := gridOf(p, 10, 0.1, steps)
		from, to := p.At(grid[0]), p.At(grid[steps])
		d := reverie.OfClass(Classified(host, p, denoiser(blind{m.Denoiser(p)}), exactClassifier(m, p), 1), make([]int, n))
		run := &sample.Run[batch]{Space: &reverie.Host[float64]{Stream: random.Stream{Seed: 8, Domain: 128}}, Process: p, Denoiser: d}
		x, err := sample.Sample(t.Context(), run, &sample.DPM2MSDE[batch]{}, own.At(from).Sample(random.Stream{Seed: 7, Domain: 128}, n), grid, nil)
		if err != nil {
			t.Fatal(err)
		}
		law := own.At(to)
		mean, cov := law.Mean(), law.Cov()
		for what, f := range map[string]func(x []float64) float64{
			"weight of its first Gaussian": func(x []float64) float64 { return law.Responsibilities(x)[0] - law.Weight(0) },
			"mean 0":                       func(x []float64) float64 { return x[0] - mean[0] },
			"mean 1":                       func(x []float64) float64 { return x[1] - mean[1] },
			"covariance 00":                func(x []float64) float64 { return (x[0]-mean[0])*(x[0]-mean[0]) - cov[0][0] },
			"covariance 01":                func(x []float64) float64 { return (x[0]-mean[0])*(x[1]-mean[1]) - cov[0][1] },
			"covariance 11":                func(x []float64) float64 { return (x[1]-mean[1])*(x[1]-mean[1]) - cov[1][1] },
		} {
			sum, squares := 0.0, 0.0
			for _, x := range x {
				sum += f(x) / n
				squares += f(x) * f(x) / n
			}
			if stderr := math.Sqrt((squares - sum*sum) / n); !(math.Abs(sum) <= 4.5*stderr) {
				t.Errorf("%s: the %s is off by %v, which is %.1f standard errors", name, what, sum, sum/stderr)
			}
		}
	}
}
