package counterfactual

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

type batch = reverie.Batch[float64]

// processes are those that data are noised by.
func processes(t *testing.T) map[string]reverie.Process {
	t.Helper()
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]reverie.Process{"ddpm": chain, "vp": reverie.VP{}, "ve": reverie.VE{}, "edm": reverie.EDM{}, "flow": reverie.Flow{}}
}

// levels is the grid of n steps from the noise level sigma/alpha down to a twentieth of it and then
// Clean: see between.
func levels(p reverie.Process, from float64, n int) []float64 { return between(p, from, from/20, n) }

// between is the grid of n steps from one noise level down to another, even in its logarithm, and
// then Clean: of a chain the nearest indices that differ.
func between(p reverie.Process, from, to float64, n int) []float64 {
	var grid []float64
	for i := range n {
		t := reverie.TimeAt(p, -math.Log(from)+math.Log(from/to)*float64(i)/float64(max(1, n-1)))
		if _, ok := p.(reverie.Discrete); ok {
			t = math.Round(t)
		}
		if len(grid) == 0 || t < grid[len(grid)-1] {
			grid = append(grid, t)
		}
	}
	return append(grid, reverie.Clean)
}

// twoClasses are two Gaussians of one covariance, whose classes a plane parts.
func twoClasses(t *testing.T) *mixture.Mixture {
	t.Helper()
	return classes(t, [][]float64{{-1, -0.6}, {1.4, 1}}, mixture.Cov{Full: [][]float64{{0.5, 0.2}, {0.2, 0.4}}})
}

// classes are Gaussians of one covariance, each a class.
func classes(t *testing.T, means [][]float64, cov mixture.Cov) *mixture.Mixture {
	t.Helper()
	m, err := mixture.New(nil, means, []mixture.Cov{cov})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bayes is the classifier of clean data that makes no mistake.
type bayes struct{ m *mixture.Mixture }

func (b bayes) LogProbabilities(_ context.Context, x batch) (all [][]float64, err error) {
	for _, row := range x {
		all = append(all, b.m.ClassPosterior(row))
	}
	return all, nil
}

func (b bayes) Gradient(_ context.Context, x batch, class []int) (g batch, err error) {
	for n, row := range x {
		g = append(g, b.m.ClassScore(class[n], row))
	}
	return g, nil
}

// problem is one of x under a process, for the samples from number first on.
func problem(p reverie.Process, d reverie.Denoiser[batch], c Classifier[batch], solver sample.Solver[batch], grid []float64, x batch, target []int) Problem[batch] {
	return Problem[batch]{
		Run: func() (*sample.Run[batch], error) {
			return &sample.Run[batch]{Space: host(0), Process: p, Denoiser: d}, nil
		},
		Solver: solver, Grid: grid, Shape: edit.Shape{H: 1, W: 1, C: len(x[0])}, Classifier: c, X: x, Target: target,
	}
}

// host is a space whose noise begins at a sample's.
func host(sample uint64) *reverie.Host[float64] {
	return &reverie.Host[float64]{Stream: random.Stream{Seed: 5, Domain: 128, Sample: sample}}
}

// try is a trial that must not fail.
func try(t *testing.T, m Method[batch], p Problem[batch], scale ...float64) Trial[batch] {
	t.Helper()
	got, err := m.Try(t.Context(), p, scale)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// near reports numbers that differ by over tol of 1 and of the largest wanted one.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	largest := 1.
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*largest) {
			t.Errorf("%s[%d]: %.10g, want %.10g", what, i, got[i], want[i])
			return
		}
	}
}

// methods are those that push by the classifier, for points.
func methods() map[string]Method[batch] {
	all := Redraw{1}
	return map[string]Method[batch]{
		"dime":            &DiME[batch]{Redraw: all, Pull: Pull{L1: 0.05}},
		"fast":            &Fast[batch]{Redraw: all, Pull: Pull{L1: 0.05}, Masking: Masking{0.15, 1}, Warmup: 0.5, Gradient: "product"},
		"fast plain":      &Fast[batch]{Redraw: all, Pull: Pull{L1: 0.05}, Masking: Masking{0, 1}, Gradient: "plain"},
		"ace":             &ACE[batch]{Redraw: all, Iterations: 20, Step: 0.02, L1: 0.001, Masking: Masking{0.15, 1}},
		"ace of one step": &ACE[batch]{Redraw: all, Iterations: 20, Step: 0.02, L1: 0.001, FilterSteps: 1, Masking: Masking{0.15, 1}},
	}
}

// TestPlane: two Gaussians of one covariance are parted by the plane w'x + b = 0, w = C^-1 (mu_1 -
// mu_0) and b = -w'(mu_0 + mu_1)/2. What each method makes of a point lies beyond it, and at most
// twice as far from the point as the plane; the probabilities are those of the law. The points lie
// 1.2 and more from the plane, and are noised by a level of 0.15, which moves them by as much.
func TestPlane(t *testing.T) {
	m := twoClasses(t)
	w := []float64{(2.4*0.4 - 1.6*0.2) / 0.16, (-2.4*0.2 + 1.6*0.5) / 0.16}
	b := -(w[0]*0.2 + w[1]*0.2)
	x, target := batch{{-1, -0.6}, {1.4, 1}, {-1.5, 0.3}, {0.9, 1.9}}, []int{1, 0, 1, 0}
	for name, p := range processes(t) {
		for by, solver := range map[string]sample.Solver[batch]{"ddpm": &sample.DDPM[batch]{}, "ddim": &sample.DDIM[batch]{}} {
			pr := problem(p, m.Denoiser(p), bayes{m}, solver, levels(p, 0.15, 8), x, target)
			for method, of := range methods() {
				e, err := Explain(t.Context(), of, pr, Search{First: 1, Doublings: 10, Halvings: 4}) // of the plane itself
				if err != nil {
					t.Fatalf("%s, %s by %s: %v", name, method, by, err)
				}
				for n, row := range e.X {
					side := func(x []float64) float64 { return (w[0]*x[0] + w[1]*x[1] + b) / math.Hypot(w[0], w[1]) }
					least, moved := math.Abs(side(x[n])), math.Hypot(row[0]-x[n][0], row[1]-x[n][1])
					beyond := side(row)*float64(2*target[n]-1) > 0
					if !e.Flipped[n] || !beyond || !(moved >= least && moved <= 2*least) {
						t.Errorf("%s, %s by %s: sample %d at scale %v: flipped %v, beyond %v, moved %.3g where the plane is %.3g away", name, method, by, n, e.Scale[n], e.Flipped[n], beyond, moved, least)
					}
					odds := math.Hypot(w[0], w[1]) * side(row)
					near(t, "p(1 | x')", e.After[n][1:], []float64{1 / (1 + math.Exp(-odds))}, 1e-9)
				}
			}
		}
	}
}

// TestDefaults: the methods of the table, for other batches, with their settings.
func TestDefaults(t *testing.T) {
	if names := Methods.Names(); !slices.Equal(names, []string{"fast", "dime", "ace", "translate"}) {
		t.Errorf("methods %v", names)
	}
	for i, row := range Methods.Rows() {
		m, err := For[batch](row)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(m); err != nil {
			t.Errorf("%s: %v", row.Row().Name, err)
		}
		if want := builtin[batch]()[i]; m.Row() != want.Row() {
			t.Errorf("%s is %v", row.Row().Name, m.Row())
		}
	}
	if _, err := For[int](own{}); err == nil {
		t.Error("a method of other batches")
	}
}
