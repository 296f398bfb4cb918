package lab

import (
	"context"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/mixture"
)

// window is the part of the plane that all pictures of the data show: standard data and standard
// noise lie within it.
var window = box{3}

// cells is the number of cells of a density's picture along each side.
const cells = 256

// densityOf returns the density of m on the cells of b. Where no covariance turns the axes, as in
// laws of many points, it is a product of two matrices of one-dimensional densities, and takes no
// time.
func densityOf(m *mixture.Mixture, b box, n int) *field {
	vx, vy, ok := axisVariances(m)
	if !ok {
		return newField(n, b, func(x []float64) float64 { return math.Exp(m.LogDensity(x)) })
	}
	f := &field{n: n, values: make([]float64, n*n)}
	ex, ey := make([]bell, m.Len()), make([]bell, m.Len())
	parallel.For(m.Len(), func(k int) {
		mean := m.MeanOf(k)
		ex[k], ey[k] = newBell(b, n, mean[0], vx[k], m.Weight(k)), newBell(b, n, mean[1], vy[k], 1)
	})
	parallel.For(n, func(row int) {
		out := f.values[row*n : (row+1)*n]
		for k, e := range ex {
			w := ey[k].at(n - 1 - row)
			if w == 0 {
				continue
			}
			for i, v := range e.values {
				out[e.first+i] += w * v
			}
		}
	})
	return f
}

// A bell is a normal density on the cells of a line, from cell first on as far as it counts.
type bell struct {
	first  int
	values []float64
}

// newBell is weight N(mean, v), left out beyond 8 deviations.
func newBell(b box, n int, mean, v, weight float64) bell {
	var g bell
	for i := range n {
		d := b.cell(n, i) - mean
		if d*d > 64*v {
			continue
		}
		if g.values == nil {
			g.first = i
		}
		g.values = append(g.values, weight*math.Exp(-d*d/(2*v))/math.Sqrt(2*math.Pi*v))
	}
	return g
}

func (g bell) at(i int) float64 {
	if i < g.first || i >= g.first+len(g.values) {
		return 0
	}
	return g.values[i-g.first]
}

// axisVariances returns the variances along both axes, where every covariance is diagonal.
func axisVariances(m *mixture.Mixture) (x, y []float64, ok bool) {
	x, y = make([]float64, m.Len()), make([]float64, m.Len())
	for k := range x {
		c := m.CovOf(k)
		if math.Abs(c[0][1]) > 1e-12*math.Sqrt(c[0][0]*c[1][1]) {
			return nil, nil, false
		}
		x[k], y[k] = c[0][0], c[1][1]
	}
	return x, y, true
}

// scoreAt returns the score of the data's law noised to c. For a law of points it is the formula of
// mixture.Mixture.Score for Gaussians of one variance, without its generality, since there are
// thousands of them.
func (d Data) scoreAt(c reverie.Coef) func(x []float64) []float64 {
	if d.Exact {
		return d.Law.At(c).Score
	}
	means, v := make(points, d.Law.Len()), c.Alpha*c.Alpha*Blur*Blur+c.Sigma*c.Sigma
	for k := range means {
		means[k] = d.Law.MeanOf(k)
	}
	return func(x []float64) []float64 {
		square := func(m []float64) float64 {
			dx, dy := x[0]-c.Alpha*m[0], x[1]-c.Alpha*m[1]
			return dx*dx + dy*dy
		}
		least := math.Inf(1)
		for _, m := range means {
			least = min(least, square(m))
		}
		var sum, mx, my float64
		for _, m := range means {
			if e := (least - square(m)) / (2 * v); e > -40 {
				w := math.Exp(e)
				sum, mx, my = sum+w, mx+w*m[0], my+w*m[1]
			}
		}
		return []float64{(c.Alpha*mx/sum - x[0]) / v, (c.Alpha*my/sum - x[1]) / v}
	}
}

// noisedHeat paints the density of the data's law at c.
func (d Data) noisedHeat(c reverie.Coef) layer {
	return heat(densityOf(d.Law.At(c), window, cells))
}

// dimHeat is noisedHeat darkened, for what is to be read on top of it.
func (d Data) dimHeat(c reverie.Coef) layer {
	return dimmed(densityOf(d.Law.At(c), window, cells))
}

// figureTimes are the times of VP at which densities and scores are shown.
var figureTimes = []float64{0, .04, .09, .16, .3, 1}

// lawAt is the law of VP at t, 0 included.
func lawAt(t float64) reverie.Coef {
	if lo, _ := diffusionProcess.Span(); t < lo {
		return reverie.Coef{Alpha: 1}
	}
	return diffusionProcess.At(t)
}

// densityFigure shows the density of x_t at several times, and below it points carried along, each
// in the colour of the place it comes from.
func densityFigure(_ context.Context, l *lab) ([]output, error) {
	f := &figure{
		title: fmt.Sprintf("Diffusion of %s:  x_t = α x0 + σ ε,  ε ~ N(0, I)", l.data.Name),
		below: []string{l.lawLine(), "Colours: the direction in which each point lay before any noise. The process is VP, the limit of DDPM (arXiv:2011.13456)."},
		names: []string{"density", "points"}, rows: make([][]*panel, 2), box: window,
	}
	x0 := l.data.some(1200)
	noise := (&reverie.Host[float64]{Stream: stream(l.Seed, streamShow)}).Noise(x0)
	for _, t := range figureTimes {
		c := lawAt(t)
		title := fmt.Sprintf("t = %.2g:  α = %.2f, σ = %.2f", t, c.Alpha, c.Sigma)
		x := (&reverie.Host[float64]{}).Sum([]float64{c.Alpha, c.Sigma}, x0, noise)
		f.rows[0] = append(f.rows[0], (&panel{title: title}).add(l.data.noisedHeat(c)))
		f.rows[1] = append(f.rows[1], (&panel{}).add(byDirection(x, x0, 1)))
	}
	return []output{{file: "density", shows: "the density of x_t from data (left) to noise, and points carried along", drawing: f}}, nil
}

// byDirection paints points in the hue of the direction in which their origins lie.
func byDirection(x, origin [][]float64, radius vg.Length) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		for i, p := range x {
			dots([][]float64{p}, radius, direction(origin[i]))(c, at)
		}
	}
}

// direction is the hue of the direction in which x lies.
func direction(x []float64) color.NRGBA { return hue(math.Atan2(x[1], x[0]) / (2 * math.Pi)) }

// lawLine says what "exact" means for the data.
func (l *lab) lawLine() string {
	if l.data.Exact {
		return fmt.Sprintf("%s is a mixture of Gaussians: density and score are exact at every t.", l.data.Name)
	}
	return fmt.Sprintf("%s is known by its points only: density and score are those of %d of them, each blurred by %v.", l.data.Name, l.data.Law.Len(), Blur)
}

// some returns the first n points, or all.
func (d Data) some(n int) reverie.Batch[float64] { return d.Points[:min(n, len(d.Points))] }
