package lab

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// trap is the window of the Langevin figure, which shows a law of its own.
var trap = box{10}

// langevinWalks are the samplers of the experiment, each with the exact score of Song & Ermon's
// law.
func langevinWalks() ([]walk, *mixture.Mixture, error) {
	m, err := mixture.Named("unbalanced")
	if err != nil {
		return nil, nil, err
	}
	p := reverie.EDM{SigmaMin: .1, SigmaMax: 20}
	levels, err := sample.LogSNR(p, 12)
	if err != nil {
		return nil, nil, err
	}
	many := make([]float64, 1001)
	for i := range many {
		many[i] = 20 - float64(i)*.01 // only their number counts
	}
	d := m.Denoiser(p)
	return []walk{
		{"Langevin, 1000 updates", p, d, sample.Langevin[points]{H: .1}, many},
		{"annealed Langevin, 12 x 100", p, d, sample.AnnealedLangevin[points]{Updates: 100}, levels},
		{"Langevin without the noise", p, d, sample.Langevin[points]{H: .1, Still: true}, many},
	}, m, nil
}

// langevinFigure repeats the experiment of Song & Ermon (2019, arXiv:1907.05600, fig. 3) with the
// exact score.
func langevinFigure(ctx context.Context, l *lab) ([]output, error) {
	walks, m, err := langevinWalks()
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: "Langevin dynamics with the exact score of two modes, of weights 4/5 and 1/5", box: trap, rows: make([][]*panel, 1), window: 160,
		below: []string{
			"All start from the same points, spread evenly over the window. Weights: lower left | upper right; spread: the deviation about the modes, 1 in the law.",
			"Langevin dynamics x ← x + h/2 score + √h z hardly cross the empty middle: the modes keep the weights of the start, about 1/2, not the law's. Annealing begins where noise of deviation 20 has joined the modes. Without z every path climbs to a mode. (Song & Ermon 2019, arXiv:1907.05600, section 3.2 and figure 3.)",
		},
	}
	truth := m.Sample(stream(l.Seed, streamShow), l.few(1000))
	background := dimmed(densityOf(m, trap, cells))
	f.rows[0] = append(f.rows[0], (&panel{title: "the law", note: modesLine(m, truth)}).add(background, dots(truth, .9, alpha(white, .7))))
	x := trap.uniform(stream(l.Seed, streamSampling), l.few(1000))
	for i, w := range walks {
		t, err := l.carry(ctx, w, x, uint64(20+i))
		if err != nil {
			return nil, err
		}
		p := (&panel{title: w.title, note: modesLine(m, t.end)}).add(background, dots(t.end, .9, alpha(white, .7)))
		if _, spread := modes(m, t.end); spread < .1 { // a thousand points on two
			p.add(dots(t.end, 1.6, white))
		}
		f.rows[0] = append(f.rows[0], p)
	}
	return []output{{file: "langevin", shows: "plain Langevin keeps the wrong weights of the modes, annealed Langevin finds them", drawing: f}}, nil
}

// uniform draws n points of the box.
func (b box) uniform(s random.Stream, n int) points {
	x := reverie.NewBatch[float64](n, 2)
	for i := range x {
		s.Plus(i).Uniforms(x[i])
		for j, u := range x[i] {
			x[i][j] = b.half * (2*u - 1)
		}
	}
	return x
}

// modes returns the share of the points that are nearest to each of the law's means, and their
// deviation about it.
func modes(m *mixture.Mixture, x points) (share []float64, spread float64) {
	share = make([]float64, m.Len())
	sum := 0.0
	for _, p := range x {
		best, least := 0, math.Inf(1)
		for k := range share {
			mean := m.MeanOf(k)
			if d := math.Hypot(p[0]-mean[0], p[1]-mean[1]); d < least {
				best, least = k, d
			}
		}
		share[best] += 1 / float64(len(x))
		sum += least * least / float64(2*len(x))
	}
	return share, math.Sqrt(sum)
}

// modesLine says what modes finds.
func modesLine(m *mixture.Mixture, x points) string {
	share, spread := modes(m, x)
	return fmt.Sprintf("weights %.2f | %.2f, spread %.2f", share[1], share[0], spread)
}
