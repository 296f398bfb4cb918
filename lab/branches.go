package lab

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/mixture"
)

// branchSteps are those of the walks to branches.
const branchSteps = 40

// The noise levels sigma/alpha between which the picture's last row is guided.
const intervalLo, intervalHi = .15, .8

// branches is a law of two classes that grow from one trunk: class 0 to the right, class 1 to the
// left.
func branches() (*mixture.Mixture, error) {
	const each = 15
	var means [][]float64
	var class []int
	for y, side := range []float64{1, -1} {
		for i := range each {
			u := float64(i) / (each - 1)
			means = append(means, []float64{side * 2 * math.Pow(max(0, u-.3)/.7, 1.5), -1.9 + 4.1*u})
			class = append(class, y)
		}
	}
	m, err := mixture.New(nil, means, []mixture.Cov{{Var: .035}})
	if err != nil {
		return nil, err
	}
	return m.WithClasses(class)
}

// A branchWalk is a way to draw class 0 of a law, guided by gamma.
type branchWalk struct {
	name   string
	by     steered
	guided func(m *mixture.Mixture, gamma float64) reverie.Denoiser[points]
}

// branchWalks are the rows of the picture.
func branchWalks() []branchWalk {
	return []branchWalk{
		{"no noise: the ODE", steeredWays[0], classifierFree},
		{"full noise: the SDE", steeredWays[1], classifierFree},
		{fmt.Sprintf("ODE, %v < σ/α ≤ %v", intervalLo, intervalHi), steeredWays[0], func(m *mixture.Mixture, gamma float64) reverie.Denoiser[points] {
			sp := &reverie.Host[float64]{}
			return guide.Interval(sp, diffusionProcess, m.Denoiser(diffusionProcess), classifierFree(m, gamma), intervalLo, intervalHi)
		}},
	}
}

// classifierFree guides the exact denoiser of m.
func classifierFree(m *mixture.Mixture, gamma float64) reverie.Denoiser[points] {
	sp := &reverie.Host[float64]{}
	return guide.ClassifierFree(sp, m.Denoiser(diffusionProcess), reverie.NullClass, guide.Linear(sp, gamma))
}

// toBranch draws n points of class 0.
func (l *lab) toBranch(ctx context.Context, m *mixture.Mixture, w branchWalk, gamma float64, n int) (points, error) {
	d := reverie.OfClass(w.guided(m, gamma), make([]int, n))
	return l.walkGuided(ctx, w.by, d, reverie.NewBatch[float64](n, 2), branchSteps)
}

// sureness is what the exact classifier says: the mean of p(class 0 | x).
func sureness(m *mixture.Mixture, x points) (mean float64) {
	for _, p := range x {
		mean += math.Exp(m.ClassPosterior(p)[0]) / float64(len(x))
	}
	return mean
}

// bySureness paints points lime of class 0 and coral of class 1, as sure as the exact classifier
// is.
func bySureness(m *mixture.Mixture, x points) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		for _, p := range x {
			dots(points{p}, 1.1, chart.Mix(coral, lime, sureness(m, points{p})))(c, at)
		}
	}
}

// branchesFigure shows what guidance does to a class.
func (l *lab) branchesFigure(ctx context.Context) (*figure, error) {
	m, err := branches()
	if err != nil {
		return nil, err
	}
	n, own := l.few(500), m.Class(0)
	floor, err := l.floor(own, n)
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: "The right branch, guided by γ: two classes that share a trunk, exact denoisers", box: box{2.8}, window: 160,
		below: []string{
			"Behind: the density of both classes. Lime points are surely of the right branch, coral ones of the left; of those between, on the trunk, nobody can tell.",
			fmt.Sprintf("Sure: the mean of the exact p(class | x). SW: sliced Wasserstein distance of the %d points from the class itself; two sets of fresh points of it have %.2f on average.", n, floor),
			"γ = 0 ignores the class, and 1 draws it as it is. Above 1 guidance leaves the trunk, which both classes have, and crowds the points at the tip and on the edge away from the other class: surer, and less various. With full noise the branch keeps its width and its middle. At middle noise levels alone (Kynkäänniemi et al. 2024, arXiv:2404.07724) most of the trunk stays.",
			"The gradient of the exact classifier, times γ, on the denoiser without classes draws the very same points.",
		},
	}
	background := dimmed(densityOf(m, f.box, cells))
	for i, w := range branchWalks() {
		f.names, f.rows = append(f.names, w.name), append(f.rows, nil)
		for _, gamma := range []float64{0, 1, 2, 4} {
			x, err := l.toBranch(ctx, m, w, gamma, n)
			if err != nil {
				return nil, err
			}
			sw, err := distance(x, own.Sample(stream(l.Seed, streamShow+82<<32), n))
			if err != nil {
				return nil, err
			}
			p := &panel{note: fmt.Sprintf("sure %.2f, SW %.2f", sureness(m, x), sw)}
			if i == 0 {
				p.title = fmt.Sprintf("γ = %v", gamma)
			}
			f.rows[i] = append(f.rows[i], p.add(background, bySureness(m, x)))
		}
	}
	return f, nil
}
