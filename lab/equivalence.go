package lab

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// midway is the time at which the samplers of the equivalence are compared, before the end.
const midway = 0.15

// equivalenceFigure shows one network as noise, score and drift.
func equivalenceFigure(ctx context.Context, l *lab) ([]output, error) {
	network, err := l.diffusionNetwork(ctx)
	if err != nil {
		return nil, err
	}
	ways, err := l.threeWays(network.Process, network.Denoiser())
	if err != nil {
		return nil, err
	}
	n := l.few(2000)
	differ, err := network.difference(ctx, l.noise(n))
	if err != nil {
		return nil, err
	}
	mid := diffusionProcess.At(midway)
	f := &figure{
		title: fmt.Sprintf("One network, three formulations: %s from noise, by its ε, its score and its drift", l.data.Name),
		names: []string{fmt.Sprintf("t = %v", midway), "data"}, rows: make([][]*panel, 2), box: window, window: 160,
		below: []string{
			"The network predicts ε; score = -ε/σ; drift = f x - g² score/2. Three samplers, each with noise of its own kind, have the same law at every time.",
			fmt.Sprintf("SW: sliced Wasserstein distance of %d points from as many of the true law, and in the first column of two sets of the true law, on average.", n),
			fmt.Sprintf("Largest |ε + σ score| of the network over %d points and 20 times: %.1g.", n, differ),
		},
	}
	if err := l.trueColumn(f, mid, n); err != nil {
		return nil, err
	}
	x := l.noise(n)
	for i, w := range ways {
		if err := l.wayColumn(ctx, f, w, x, mid, uint64(30+2*i)); err != nil {
			return nil, err
		}
	}
	return []output{{file: "equivalence", shows: "one trained network sampled as DDPM, as reverse SDE and as probability-flow ODE", drawing: f}}, nil
}

// A way is a sampler in two legs: to midway, and on to the data.
type way struct{ first, second walk }

// threeWays are the three samplers of a denoiser of p. The first is DDPM itself: a chain of 1000
// betas, to which the denoiser is moved.
func (l *lab) threeWays(p reverie.Process, d reverie.Denoiser[points]) ([]way, error) {
	betas, err := chain(p, 1000)
	if err != nil {
		return nil, err
	}
	moved := reverie.Transfer[points](&reverie.Host[float64]{}, p, betas, d)
	index := math.Round(reverie.TimeAt(betas, p.At(midway).Lambda()))
	split := func(title string, p reverie.Process, d reverie.Denoiser[points], solver func() sample.Solver[points], steps int, at float64) (way, error) {
		grid, err := sample.Linear(p, steps)
		if err != nil {
			return way{}, err
		}
		var above, below []float64
		for _, t := range grid {
			if t > at {
				above = append(above, t)
			} else if t < at {
				below = append(below, t)
			}
		}
		return way{
			walk{title, p, d, solver(), append(above, at)},
			walk{title, p, d, solver(), append([]float64{at}, below...)},
		}, nil
	}
	a, err1 := split("ε: DDPM, 1000 steps", betas, moved, func() sample.Solver[points] { return sample.DDPM[points]{} }, 1000, index)
	b, err2 := split("score: reverse SDE, 500 steps", p, d, func() sample.Solver[points] { return sample.EulerMaruyama[points]{} }, 500, midway)
	c, err3 := split("drift: ODE, RK45", p, d, func() sample.Solver[points] { return &sample.RK45[points]{RTol: 1e-4, ATol: 1e-4} }, 20, midway)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return nil, err
		}
	}
	return []way{a, b, c}, nil
}

// chain returns the DDPM of n steps whose limit p is, a VP: its index i has p's law at (i+1)/n.
func chain(p reverie.Process, n int) (*reverie.DDPM, error) {
	beta, before := make([]float64, n), 1.0
	for i := range beta {
		a := p.At(float64(i+1) / float64(n)).Alpha
		beta[i] = 1 - a*a/(before*before)
		before = a
	}
	return reverie.NewDDPM(beta)
}

// trueColumn adds the true laws, and the distance between two sets of each.
func (l *lab) trueColumn(f *figure, mid reverie.Coef, n int) error {
	for row, c := range []reverie.Coef{mid, {Alpha: 1}} {
		law := l.data.Law.At(c)
		x := law.Sample(stream(l.Seed, streamShow+5<<32), n)
		d, err := l.floor(law, n)
		if err != nil {
			return err
		}
		f.rows[row] = append(f.rows[row], l.cloud([]string{"the true law", ""}[row], x, d))
	}
	return nil
}

// wayColumn walks both legs and adds a column.
func (l *lab) wayColumn(ctx context.Context, f *figure, w way, x points, mid reverie.Coef, number uint64) error {
	first, err := l.carry(ctx, w.first, x, number)
	if err != nil {
		return err
	}
	second, err := l.carry(ctx, w.second, first.end, number+1)
	if err != nil {
		return err
	}
	for row, c := range []reverie.Coef{mid, {Alpha: 1}} {
		x := []points{first.end, second.end}[row]
		d, err := distance(x, l.data.Law.At(c).Sample(stream(l.Seed, streamShow+5<<32), len(x)))
		if err != nil {
			return err
		}
		f.rows[row] = append(f.rows[row], l.cloud([]string{w.first.title, ""}[row], x, d))
	}
	return nil
}

// cloud is a panel of points with their distance.
func (l *lab) cloud(title string, x points, d float64) *panel {
	p := &panel{title: title, note: fmt.Sprintf("SW %.3f", d)}
	return p.add(byDirection(x, x, .9))
}

// difference is the largest |eps + s score| over x and 20 times, with eps as the network says it
// and the score as a solver derives it from the denoiser.
func (n *Network) difference(ctx context.Context, x points) (float64, error) {
	lo, hi := n.Process.Span()
	largest := 0.0
	for i := range 20 {
		t := lo + (hi-lo)*float64(i+1)/20
		c := n.Process.At(t)
		_, _, _, in := n.Param(c)
		eps, err := n.Call(ctx, (&reverie.Host[float64]{}).Sum([]float64{in}, x), n.Process.Cond(t))
		if err != nil {
			return 0, err
		}
		s, err := n.score(ctx, x, t)
		if err != nil {
			return 0, err
		}
		for k := range x {
			for j := range x[k] {
				largest = max(largest, math.Abs(eps[k][j]+c.Sigma*s[k][j]))
			}
		}
	}
	return largest, nil
}
