package lab

import (
	"context"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// leastAway is how far from the line points lie that are explained.
const leastAway = .8

// A parted is two Gaussians of one covariance C, each a class. The line w'x + b = 0, w = C^-1 (mu_1
// - mu_0), b = -w'(mu_0 + mu_1)/2, parts them.
type parted struct {
	*mixture.Mixture
	w []float64
	b float64
}

// partedLaw is that of the picture.
func partedLaw() (parted, error) {
	mu, c := [][]float64{{-1.1, -.6}, {1.1, .6}}, [][]float64{{.5, .2}, {.2, .4}}
	m, err := mixture.New(nil, mu, []mixture.Cov{{Full: c}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1})
	}
	dx, dy, det := mu[1][0]-mu[0][0], mu[1][1]-mu[0][1], c[0][0]*c[1][1]-c[0][1]*c[1][0]
	p := parted{Mixture: m, w: []float64{(c[1][1]*dx - c[0][1]*dy) / det, (c[0][0]*dy - c[1][0]*dx) / det}}
	p.b = -(p.w[0]*(mu[0][0]+mu[1][0]) + p.w[1]*(mu[0][1]+mu[1][1])) / 2
	return p, err
}

// side is how far x lies from the line, on the side of class 1 where it is positive.
func (p parted) side(x []float64) float64 {
	return (p.w[0]*x[0] + p.w[1]*x[1] + p.b) / math.Hypot(p.w[0], p.w[1])
}

// LogProbabilities is the exact classifier's.
func (p parted) LogProbabilities(_ context.Context, x points) (all [][]float64, err error) {
	for _, x := range x {
		all = append(all, p.ClassPosterior(x))
	}
	return all, nil
}

// Gradient is the exact classifier's.
func (p parted) Gradient(_ context.Context, x points, class []int) (g points, err error) {
	for n, x := range x {
		g = append(g, p.ClassScore(class[n], x))
	}
	return g, nil
}

// explained draws about n points of each class that lie on its side of the line, and not near it.
func (p parted) explained(seed uint64, n int) (x points, class []int) {
	for y := range 2 {
		for _, at := range p.Class(y).Sample(stream(seed, streamShow+uint64(95+y)<<32), n) {
			if p.side(at)*float64(2*y-1) >= leastAway {
				x, class = append(x, at), append(class, y)
			}
		}
	}
	return x, class
}

// An explainer is a method with the levels sigma/alpha between which it walks.
type explainer struct {
	method    counterfactual.Method[points]
	high, low float64
	steps     int
}

// explainers are the methods of package counterfactual. Those that look for the least change begin
// at a low level, which leaves the rest of the point as it is; translate needs one at which the
// classes are hard to tell.
func explainers() []explainer {
	all := counterfactual.Redraw{Strength: 1}
	pull, mask := counterfactual.Pull{L1: .05}, counterfactual.Masking{Threshold: .15, Dilation: 1}
	return []explainer{
		{&counterfactual.Fast[points]{Redraw: all, Pull: pull, Masking: mask, Warmup: .5, Gradient: "product"}, .15, .0075, 8},
		{&counterfactual.DiME[points]{Redraw: all, Pull: pull}, .15, .0075, 8},
		{&counterfactual.ACE[points]{Redraw: all, Iterations: 20, Step: .02, L1: .001, Masking: mask}, .15, .0075, 8},
		{&counterfactual.Translate[points]{Redraw: all, Inversion: edit.FixedPoint[points]{Tolerance: 1e-6, Calls: 50}}, 4, .2, 12},
	}
}

// explain searches the least changes of points, whose classes are given, to the other class.
func (l *lab) explain(ctx context.Context, p parted, e explainer, x points, class []int, number uint64) (found counterfactual.Explanation[points], err error) {
	search := counterfactual.DefaultSearch
	search.Confidence = 0 // the line itself is the end
	grid, err := sample.Between(diffusionProcess, atLevel(e.high), max(atLevel(e.low), 1e-3), e.steps)
	if err != nil {
		return found, err
	}
	target := make([]int, len(class))
	for n, y := range class {
		target[n] = 1 - y
	}
	d := p.Denoiser(diffusionProcess)
	return counterfactual.Explain(ctx, e.method, counterfactual.Problem[points]{
		Run: func() (*sample.Run[points], error) {
			return &sample.Run[points]{Space: &reverie.Host[float64]{Stream: stream(l.Seed, streamSampling+number<<32)}, Process: diffusionProcess, Denoiser: d}, nil
		},
		Solver: &sample.DDIM[points]{}, Grid: append(grid, reverie.Clean), Shape: edit.Shape{H: 1, W: 1, C: 2},
		Classifier: p, Toward: counterfactual.TowardClass(reverie.Denoiser[points](d), target), X: x, Target: target,
		Hook: func(s sample.State[points]) error {
			l.progress("explaining: "+e.method.Row().Name, float64(s.Step)/float64(s.Steps))
			return nil
		},
	}, search)
}

// moved is by how many times the least distance each of the points moved that are taken for the
// other class now.
func (p parted) moved(x points, found counterfactual.Explanation[points]) (times []float64) {
	for n, to := range found.X {
		if found.Flipped[n] {
			times = append(times, math.Hypot(to[0]-x[n][0], to[1]-x[n][1])/math.Abs(p.side(x[n])))
		}
	}
	slices.Sort(times)
	return times
}

// counterfactualFigure shows where each method takes points.
func counterfactualFigure(ctx context.Context, l *lab) ([]output, error) {
	p, err := partedLaw()
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: "What must change for a point to be taken for the other class", rows: make([][]*panel, 1), box: window, window: 170,
		below: []string{
			"Dots are points, lines go to their counterfactuals. Where the straight line runs the exact classifier changes its mind, and no smaller change than to there is enough. Notes: how many times that least distance the points moved: the least, the median, the most.",
			"fast and dime follow the classifier's gradient, and go nearly straight. ace takes steps of one length along every number, and so goes aslant. translate moves all points the way in which the classes differ, whatever the classifier looks at, and asks it only when that is enough.",
		},
	}
	background := dimmed(densityOf(p.Mixture, window, cells))
	x, class := p.explained(l.Seed, max(2, l.few(30)))
	for i, e := range explainers() {
		found, err := l.explain(ctx, p, e, x, class, uint64(140+i))
		if err != nil {
			return nil, err
		}
		panel := (&panel{title: e.method.Row().Name}).add(background, p.line())
		for n := range x {
			panel.add(moves(x[n:n+1], found.X[n:n+1], []color.NRGBA{lime, coral}[class[n]], 1.3))
		}
		if t := p.moved(x, found); len(t) > 0 {
			panel.note = fmt.Sprintf("%d of %d flipped; moved %.2f, %.2f, %.2f", len(t), len(x), t[0], t[len(t)/2], t[len(t)-1])
		}
		f.rows[0] = append(f.rows[0], panel)
	}
	return []output{{file: "counterfactual", shows: "the least change of points that a classifier takes for the other class, by four methods", drawing: f}}, nil
}

// line paints where the classifier changes its mind.
func (p parted) line() layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		const far = 10
		along := []float64{-p.w[1], p.w[0]}
		foot := -p.b / (p.w[0]*p.w[0] + p.w[1]*p.w[1])
		end := func(k float64) []float64 { return []float64{foot*p.w[0] + k*along[0], foot*p.w[1] + k*along[1]} }
		trace(points{end(-far), end(far)}, .8, ice)(c, at)
	}
}
