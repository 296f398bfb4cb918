package lab

import (
	"context"
	"fmt"
	"image/color"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/parallel"
)

// arrowsAlong is the number of arrows along each side of a panel.
const arrowsAlong = 15

// scoreFigure shows the score at several noise levels: exact, and learned as -eps/s by the noise
// network.
func scoreFigure(ctx context.Context, l *lab) ([]output, error) {
	network, err := l.diffusionNetwork(ctx)
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: fmt.Sprintf("The score of %s at several noise levels:  s(x, t) = grad log p_t(x) = -E[ε | x] / σ", l.data.Name),
		below: []string{
			"Arrows show σ times the score, the noise to be taken off, shortened where it is long.",
			"err: root of the learned score's mean square error over p_t, relative to the score's own size (the Fisher divergence, normalised).",
			l.lawLine(),
		},
		names: []string{"exact", "learned"}, rows: make([][]*panel, 2), box: window,
	}
	for _, t := range figureTimes[1:] {
		c := diffusionProcess.At(t)
		truth, background := l.data.scoreAt(c), l.data.dimHeat(c)
		learned := func(x reverie.Batch[float64]) (reverie.Batch[float64], error) { return network.score(ctx, x, t) }
		rel, err := relativeError(truth, learned, l.noisedPoints(c, l.few(1000)))
		if err != nil {
			return nil, err
		}
		at := window.lattice(arrowsAlong)
		exact := make(reverie.Batch[float64], len(at))
		parallel.For(len(at), func(i int) { exact[i] = truth(at[i]) })
		s, err := learned(at)
		if err != nil {
			return nil, err
		}
		title := fmt.Sprintf("t = %.2g:  σ = %.2f", t, c.Sigma)
		f.rows[0] = append(f.rows[0], (&panel{title: title}).add(background, noiseArrows(at, exact, c.Sigma, lime)))
		f.rows[1] = append(f.rows[1], (&panel{note: fmt.Sprintf("err %.3f", rel)}).add(background, noiseArrows(at, s, c.Sigma, ice)))
	}
	return []output{{file: "score", shows: "the score field at five noise levels: exact above, learned below", drawing: f}}, nil
}

// score is the network's score at t.
func (n *Network) score(ctx context.Context, x reverie.Batch[float64], t float64) (reverie.Batch[float64], error) {
	x0, err := reverie.Denoise(ctx, n.Denoiser(), x, t)
	if err != nil {
		return nil, err
	}
	cx, cx0, _ := n.Process.At(t).Score()
	return (&reverie.Host[float64]{}).Sum([]float64{cx, cx0}, x, x0), nil
}

// noisedPoints draws n points of the noised law.
func (l *lab) noisedPoints(c reverie.Coef, n int) reverie.Batch[float64] {
	return l.data.Law.At(c).Sample(stream(l.Seed, streamShow), n)
}

// relativeError is sqrt(E|learned - exact|^2 / E|exact|^2) over the points.
func relativeError(exact func([]float64) []float64, learned func(reverie.Batch[float64]) (reverie.Batch[float64], error), x reverie.Batch[float64]) (float64, error) {
	s, err := learned(x)
	if err != nil {
		return 0, err
	}
	wrong, size := make([]float64, len(x)), make([]float64, len(x))
	parallel.For(len(x), func(i int) {
		for j, v := range exact(x[i]) {
			wrong[i] += (v - s[i][j]) * (v - s[i][j])
			size[i] += v * v
		}
	})
	return math.Sqrt(total(wrong) / total(size)), nil
}

// total is the sum of v.
func total(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum
}

// lattice is n by n points of the box.
func (b box) lattice(n int) reverie.Batch[float64] {
	x := reverie.NewBatch[float64](n*n, 2)
	for i := range x {
		x[i][0], x[i][1] = b.cell(n, i%n), b.cell(n, i/n)
	}
	return x
}

// noiseArrows paints sigma times the scores, which at most sizes is between 0 and 2, shortened
// smoothly so that neighbours do not overlap.
func noiseArrows(at, score reverie.Batch[float64], sigma float64, colour color.Color) layer {
	v := reverie.NewBatch[float64](len(at), 2)
	for i, s := range score {
		size := sigma * math.Hypot(s[0], s[1])
		if size > 0 {
			k := sigma / size * math.Tanh(size/2)
			v[i][0], v[i][1] = k*s[0], k*s[1]
		}
	}
	return arrows(at, v, 1.15/arrowsAlong, colour)
}
