package lab

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"gonum.org/v1/plot/vg"
)

// pathsFigure shows the same noise carried to the data by six samplers.
func pathsFigure(ctx context.Context, l *lab) ([]output, error) {
	walks, err := l.sixWalks(ctx)
	if err != nil {
		return nil, err
	}
	x := l.noise(l.few(1000))
	copy(x, starts(watched))
	floor, err := l.floor(l.data.Law, len(x))
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: fmt.Sprintf("The same noise carried to %s by six samplers", l.data.Name), box: window, rows: make([][]*panel, 2), window: 190,
		below: []string{
			fmt.Sprintf("Rings: the same %d starts in every window; discs: where their paths end; dots: the ends of %d in all.", watched, len(x)),
			fmt.Sprintf("SW: sliced Wasserstein distance of the %d ends from fresh data; two sets of fresh data have %.3f on average. Calls: of the network.", len(x), floor),
		},
	}
	background := l.data.dimHeat(reverie.Coef{Alpha: 1, Sigma: Blur})
	for i, w := range walks {
		t, err := l.carry(ctx, w, x, uint64(i+1))
		if err != nil {
			return nil, err
		}
		d, err := l.judge(t.end)
		if err != nil {
			return nil, err
		}
		p := &panel{title: w.title, note: fmt.Sprintf("%d calls, SW %.3f", t.calls, d)}
		f.rows[i/3] = append(f.rows[i/3], p.add(background, dots(t.end[watched:], .8, alpha(white, .55))).add(trails(t.paths)...))
	}
	return []output{{file: "paths", shows: "the same six starts carried by ancestral sampling, SDE, ODE, Langevin, annealed Langevin and flow", drawing: f}}, nil
}

// langevinTime is the noise level at which plain Langevin dynamics run: s = 0.22.
const langevinTime = 0.06

// sixWalks are the samplers of pathsFigure.
func (l *lab) sixWalks(ctx context.Context) ([]walk, error) {
	diffusion, err := l.diffusionNetwork(ctx)
	if err != nil {
		return nil, err
	}
	flow, err := l.flowNetwork(ctx)
	if err != nil {
		return nil, err
	}
	p, d := diffusion.Process, diffusion.Denoiser()
	linear, err1 := sample.Linear(p, 200)
	even, err2 := sample.LogSNR(p, 40)
	levels, err3 := sample.LogSNR(p, 60)
	flowGrid, err4 := sample.Linear(flow.Process, 20)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return nil, err
		}
	}
	return []walk{
		{"ancestral (DDPM)", p, d, sample.DDPM[points]{}, linear},
		{"reverse SDE (Euler-Maruyama)", p, d, sample.EulerMaruyama[points]{}, linear},
		{"probability-flow ODE (Heun)", p, d, sample.Heun[points]{}, even},
		{fmt.Sprintf("Langevin at σ = %.2f", p.At(langevinTime).Sigma), p, d, sample.Langevin[points]{Level: langevinTime}, linear},
		{"annealed Langevin", p, d, sample.AnnealedLangevin[points]{Updates: 10}, levels},
		{"flow matching (Heun)", flow.Process, flow.Denoiser(), sample.Heun[points]{}, flowGrid},
	}, nil
}

// starts are n points around the origin, near and far in turn.
func starts(n int) points {
	x := reverie.NewBatch[float64](n, 2)
	for i := range x {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + .3) / float64(n))
		r := []float64{2, 1}[i%2]
		x[i][0], x[i][1] = r*cos, r*sin
	}
	return x
}

// trails paints paths in the hue of the direction they start from, their starts as rings and their
// ends as discs.
func trails(paths []points) []layer {
	var all []layer
	for _, p := range paths {
		for i, x := range p[1:] { // the later, the clearer: at first there is mostly noise
			u := float64(i+1) / float64(len(p)-1)
			all = append(all, trace(points{p[i], x}, vg.Points(.5+.6*u), alpha(direction(p[0]), .1+.85*u*u)))
		}
	}
	for _, p := range paths {
		c := direction(p[0])
		all = append(all, rings(p[:1], 2.6, c), dots(p[len(p)-1:], 2.8, shade(0)), dots(p[len(p)-1:], 2.1, c))
	}
	return all
}
