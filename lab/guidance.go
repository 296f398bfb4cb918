package lab

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// The chart of guidance guides N(0, classVariance) against N(0, nullVariance), in lawSteps.
const (
	classVariance = 1.
	nullVariance  = 2.
	lawSteps      = 60
)

// A steered is a way to sample with a guide.
type steered struct {
	name   string
	solver func() sample.Solver[points]
}

// steeredWays are by the ODE and, with the full noise, by the SDE: the first two of guidedLaws.
// Both are of second order.
var steeredWays = []steered{
	{"dpm++2m", func() sample.Solver[points] { return &sample.DPM2M[points]{} }},
	{"dpm++2m-sde", func() sample.Solver[points] { return &sample.DPM2MSDE[points]{} }},
}

// The guidedLaws are variances: of N(0, v) guided by gamma against N(0, V), with r = v/V (Bradley &
// Nakkiran 2024, arXiv:2408.09000),
//
//	ODE   V r^gamma
//	SDE   V (r - r^2gamma)/((2 gamma - 1)(1 - r)), for gamma = 1/2 -V r log r/(1 - r)
//	tilt  V r/(gamma + (1 - gamma) r), that of p(x|y)^gamma p(x)^(1-gamma)
//
// in this order.
type guidedLaws [3]float64

// tilt is the place of the tilt among the guidedLaws.
const tilt = 2

// lawNames are those of the legend.
var lawNames = [3]string{"the ODE's law", "the SDE's law", "the tilt p(x|y)^γ p(x)^(1-γ)"}

// lawsAt are the laws at gamma.
func lawsAt(gamma float64) guidedLaws {
	const V, r = nullVariance, classVariance / nullVariance
	k, fall := 2*gamma-1, -math.Log(r) // (1 - r^k)/k, and its limit at 0
	if k != 0 {
		fall = -math.Expm1(k*math.Log(r)) / k
	}
	return guidedLaws{V * math.Pow(r, gamma), V * r * fall / (1 - r), V * r / (gamma + (1-gamma)*r)}
}

// guidedNumbers draws n numbers of N(0, classVariance) guided against N(0, nullVariance): of points
// in many dimensions, whose numbers are independent. The two branches are two denoisers here, for
// no class of a mixture that is normal has a normal law.
func (l *lab) guidedNumbers(ctx context.Context, w steered, gamma float64, n int) ([]float64, error) {
	const dim = 64
	p, sp := diffusionProcess, &reverie.Host[float64]{}
	var branch [2]reverie.Denoiser[points]
	for i, v := range []float64{classVariance, nullVariance} {
		m, err := mixture.New(nil, reverie.NewBatch[float64](1, dim), []mixture.Cov{{Var: v}})
		if err != nil {
			return nil, err
		}
		branch[i] = m.Denoiser(p)
	}
	d := guide.Autoguidance(sp, branch[0], branch[1], guide.Linear(sp, gamma))
	x, err := l.walkGuided(ctx, w, d, reverie.NewBatch[float64](max(1, n/dim), dim), lawSteps)
	var all []float64
	for _, x := range x {
		all = append(all, x...)
	}
	return all, err
}

// walkGuided draws as many points as like has by a guided denoiser.
func (l *lab) walkGuided(ctx context.Context, w steered, d reverie.Denoiser[points], like points, steps int) (points, error) {
	grid, err := sample.LogSNR(diffusionProcess, steps)
	if err != nil {
		return nil, err
	}
	start := (&reverie.Host[float64]{Stream: stream(l.Seed, streamSampling+80<<32)}).Noise(like)
	t, err := l.carry(ctx, walk{"guided, " + w.name, diffusionProcess, d, w.solver(), grid}, start, 81)
	return t.end, err
}

// varianceOf is that of numbers about 0.
func varianceOf(x []float64) (v float64) {
	for _, u := range x {
		v += u * u / float64(len(x))
	}
	return v
}

// A guidedDraw is numbers drawn at a gamma by each of steeredWays.
type guidedDraw struct {
	gamma float64
	drawn [2][]float64
}

// drawGuided draws n numbers by each way at each gamma.
func (l *lab) drawGuided(ctx context.Context, gammas []float64, n int) (all []guidedDraw, err error) {
	for _, gamma := range gammas {
		g := guidedDraw{gamma: gamma}
		for i, w := range steeredWays {
			if g.drawn[i], err = l.guidedNumbers(ctx, w, gamma, n); err != nil {
				return nil, err
			}
		}
		all = append(all, g)
	}
	return all, nil
}

// guidanceFigure shows what guidance draws from, on the line, and what it does to a class, in the
// plane.
func guidanceFigure(ctx context.Context, l *lab) ([]output, error) {
	laws, err := l.lawsFigure(ctx)
	if err != nil {
		return nil, err
	}
	class, err := l.branchesFigure(ctx)
	if err != nil {
		return nil, err
	}
	return []output{
		{file: "guidance", shows: "what guided samples are drawn from: the ODE's law or the SDE's, and not the tilt", drawing: laws},
		{file: "guidance-class", shows: "a class guided by gamma: surer, less various, pushed away from the other", drawing: class},
	}, nil
}

// lawsFigure is the chart of the three laws.
func (l *lab) lawsFigure(ctx context.Context) (*chart.Figure, error) {
	const n = 25600
	f := &chart.Figure{Title: "N(0, 1) guided against N(0, 2): what is drawn is not the tilt", Width: 215, Height: 200}
	draws, err := l.drawGuided(ctx, []float64{0, .5, 1, 1.5, 2, 3, 4}, l.few(n))
	if err != nil {
		return nil, err
	}
	for _, g := range draws {
		if g.gamma == .5 || g.gamma == 2 || g.gamma == 4 {
			f.Charts = append(f.Charts, g.densities())
		}
	}
	f.Charts = append(f.Charts, variances(draws))
	f.Below = []string{
		fmt.Sprintf("Lines: closed forms. Dots: how often %d numbers fall where, drawn by our solvers with the exact denoisers, guided by x0hat = null + γ (class - null). Above: the variances drawn, without noise | with, and the tilt's.", len(draws[0].drawn[0])),
		"Guidance is often said to draw from the tilt. Deterministic solvers draw from the law of the ODE, solvers with full noise from that of the SDE; the three are one at γ = 0, where they are p(x), and at γ = 1, p(x|y) (Bradley & Nakkiran 2024, arXiv:2408.09000).",
	}
	return f, nil
}

// densities shows the three laws at gamma, and how often what was drawn falls where.
func (g guidedDraw) densities() *chart.Chart {
	const half, bins = 3.5, 35
	laws := lawsAt(g.gamma)
	c := chart.New(fmt.Sprintf("γ = %v: drawn %.3f | %.3f, tilt %.3f", g.gamma, varianceOf(g.drawn[0]), varianceOf(g.drawn[1]), laws[tilt]), "x", "density").FromZero()
	for i, v := range laws {
		k := chart.Curve{Name: lawNames[i], Color: chart.Lines[i]}
		for j := range 281 {
			x := half * (float64(j)/140 - 1)
			k.X, k.Y = append(k.X, x), append(k.Y, math.Exp(-x*x/(2*v))/math.Sqrt(2*math.Pi*v))
		}
		c.Add(k)
	}
	for i, x := range g.drawn {
		k := chart.Curve{Name: "drawn by " + steeredWays[i].name, Color: chart.Lines[i], Bare: true, X: make([]float64, bins), Y: make([]float64, bins)}
		for j := range k.X {
			k.X[j] = half * ((2*float64(j)+1)/bins - 1)
		}
		for _, v := range x {
			if j := int(math.Floor((v/half + 1) / 2 * bins)); j >= 0 && j < bins {
				k.Y[j] += bins / (2 * half * float64(len(x)))
			}
		}
		c.Add(k)
	}
	return c
}

// variances shows those of the three laws over gamma, and of what was drawn.
func variances(draws []guidedDraw) *chart.Chart {
	c := chart.New("variance over γ", "γ", "").FromZero()
	for i, name := range lawNames {
		k := chart.Curve{Name: name, Color: chart.Lines[i]}
		for j := range 81 {
			k.X, k.Y = append(k.X, float64(j)/20), append(k.Y, lawsAt(float64(j) / 20)[i])
		}
		c.Add(k)
	}
	for i := range steeredWays {
		k := chart.Curve{Color: chart.Lines[i], Bare: true}
		for _, g := range draws {
			k.X, k.Y = append(k.X, g.gamma), append(k.Y, varianceOf(g.drawn[i]))
		}
		c.Add(k)
	}
	return c
}
