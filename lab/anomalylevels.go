package lab

import (
	"context"
	"fmt"
	"image/color"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// mapDraws are how many draws of the noise a map is the mean of, in the chart of what is seen.
const mapDraws = 4

// A mapping is a method that noises to one level.
type mapping struct {
	name string
	heal func(l *lab, ctx context.Context, m *mixture.Mixture, level float64, draws int, x points, number uint64) (points, error)
	// spread is the variance of a draw about its mean, of (sigma/alpha)^2, in a direction in which
	// the share kept of a distance from the mean stays.
	spread  func(kept float64) float64
	colours [2]color.NRGBA // of the lesions
}

// mappings are the two whose maps have one mean.
var mappings = [2]mapping{
	{"onestep", (*lab).denoised, func(kept float64) float64 { return kept * kept }, [2]color.NRGBA{chart.Lines[0], chart.Lines[1]}},
	{"recon", (*lab).redraw, func(kept float64) float64 { return kept * (1 + kept) }, [2]color.NRGBA{chart.Lines[5], chart.Lines[4]}},
}

// denoised returns x0hat of x noised to a level, the mean of some draws.
func (l *lab) denoised(ctx context.Context, m *mixture.Mixture, level float64, draws int, x points, number uint64) (points, error) {
	t := atLevel(level)
	by := &anomaly.OneStep[points]{High: t, Low: t / 2, Levels: 1, Repeat: draws}
	return l.heal(ctx, by, anomaly.Setup[points]{}, m.Denoiser(diffusionProcess), 1, x, number)
}

// redraw returns what noising to a level and sampling on have instead of x, the mean of some draws.
func (l *lab) redraw(ctx context.Context, m *mixture.Mixture, level float64, draws int, x points, number uint64) (points, error) {
	by := &anomaly.Recon[points]{Level: atLevel(level), Repeat: draws}
	return l.heal(ctx, by, anomaly.Setup[points]{Solver: &sample.DPM2MSDE[points]{}}, m.Denoiser(diffusionProcess), redrawSteps, x, number)
}

// redrawSteps are enough for the law of the walk to be the exact one to a few hundredths.
const redrawSteps = 40

// kept is the share of a distance from the mean of data that stays after noise of a level, in a
// direction of that variance: v/(v + (s/a)^2).
func kept(variance, level float64) float64 { return variance / (variance + level*level) }

// healthySquare is the mean square of the map of healthy points.
func (m mapping) healthySquare(level float64) (sum float64) {
	for _, s := range lesions {
		k := kept(s.variance, level)
		sum += (1-k)*(1-k)*s.variance + level*level*m.spread(k)/mapDraws
	}
	return sum
}

// seen is by what factor a lesion makes the mean square of a map larger.
func (m mapping) seen(s lesion, level float64) float64 {
	return 1 + math.Pow(1-kept(s.variance, level), 2)/m.healthySquare(level)
}

// A sighting is what was measured of each lesion at a level.
type sighting struct {
	level       float64
	share, seen [2]float64
}

// sight maps n points, an even number, of the correlated Gaussian with each lesion and without one,
// by the same noise: so the share is exact as soon as the method's mean is.
func (l *lab) sight(ctx context.Context, by mapping, level float64, n int, number uint64) (s sighting, err error) {
	m, err := correlated()
	if err != nil {
		return s, err
	}
	b := m.Sample(stream(l.Seed, streamShow+93<<32), n/2)
	for _, p := range b[:n/2] { // with its opposite the point itself is no part of what lesions add
		b = append(b, []float64{-p[0], -p[1]})
	}
	without, err := by.heal(l, ctx, m, level, mapDraws, b, number)
	if err != nil {
		return s, err
	}
	s.level = level
	for i, of := range lesions {
		x := of.in(b)
		healed, err := by.heal(l, ctx, m, level, mapDraws, x, number)
		if err != nil {
			return s, err
		}
		s.share[i], s.seen[i] = of.shown(x, healed, b, without), meanSquare(x, healed)/meanSquare(b, without)
	}
	return s, nil
}

// sightLevels are where the charts' dots are.
var sightLevels = []float64{.05, .1, .2, .35, .7, 1.5, 3.4, 10}

// levelsFigure is the charts over the level.
func (l *lab) levelsFigure(ctx context.Context) (*chart.Figure, error) {
	share := chart.New("share of a lesion that the map shows", "σ/α", "").LogX().FromZero()
	seen := chart.New("mean square of the map, with lesion / without", "σ/α", "").LogX().FromZero()
	for i, s := range lesions {
		share.Add(overLevels(chart.Curve{Name: fmt.Sprintf("%s the data, variance %v", s.name, s.variance), Color: chart.Lines[i]}, func(level float64) float64 { return 1 - kept(s.variance, level) }))
	}
	for k, m := range mappings {
		var dots [2]chart.Curve
		var at [2]chart.Curve
		for j, level := range sightLevels {
			sighted, err := l.sight(ctx, m, level, l.few(1000)/2*2, uint64(100+20*k+j))
			if err != nil {
				return nil, err
			}
			for i := range lesions {
				dots[i].X, dots[i].Y = append(dots[i].X, level), append(dots[i].Y, sighted.share[i])
				at[i].X, at[i].Y = append(at[i].X, level), append(at[i].Y, sighted.seen[i])
			}
		}
		for i, s := range lesions {
			dots[i].Name, dots[i].Color, dots[i].Bare = s.name+", by "+m.name, m.colours[i], true
			at[i].Color, at[i].Bare = m.colours[i], true
			share.Add(dots[i])
			seen.Add(overLevels(chart.Curve{Color: m.colours[i]}, func(level float64) float64 { return m.seen(s, level) }))
			seen.Add(at[i])
		}
	}
	moved, err := l.movedChart(ctx)
	if err != nil {
		return nil, err
	}
	return &chart.Figure{
		Title: "Which level shows a lesion", Width: 270, Height: 220, Charts: []*chart.Chart{share, seen, moved},
		Below: []string{
			"Dots were measured by the methods, on the laws of the picture in the plane, beside their closed forms. Points encoded as of none have no closed form here: lines join what was measured.",
			fmt.Sprintf("Left: (σ/α)²/(l + (σ/α)²) in a direction of variance l, of onestep and recon alike. Middle: of maps that are the mean of %d draws; at 1 nothing is seen. A lesion across the data is seen best at a level between: below it what is taken of the lesion is less than the noise of the draws, above it the map is of what healthy points differ in. One along the data is hardly seen at any. recon's draws vary more than onestep's, and each takes a walk. Right: 1 - √(v/(v + (σ/α)²)) for classes of variance v.", mapDraws),
		},
	}, nil
}

// movedChart is how far classes are translated.
func (l *lab) movedChart(ctx context.Context) (*chart.Chart, error) {
	m, err := translatedLaw()
	if err != nil {
		return nil, err
	}
	c := chart.New("way to the healthy mean, translated", "σ/α", "").LogX().FromZero()
	c.Add(overLevels(chart.Curve{Name: "encoded as sick, both", Color: chart.Lines[2]}, movedShare))
	for _, k := range []struct {
		from, of int
		name     string
		colour   color.NRGBA
	}{
		{sick, sick, "", chart.Lines[2]},
		{reverie.NullClass, sick, "encoded as of none, sick", chart.Lines[3]},
		{reverie.NullClass, healthy, "encoded as of none, healthy", chart.Ink},
	} {
		x := m.Class(k.of).Sample(stream(l.Seed, streamShow+94<<32), l.few(60))
		curve := chart.Curve{Name: k.name, Color: k.colour, Dots: true, Bare: k.from == sick}
		for _, level := range sightLevels {
			healed, err := l.translate(ctx, m, level, k.from, x)
			if err != nil {
				return nil, err
			}
			curve.X, curve.Y = append(curve.X, level), append(curve.Y, towards(x, healed))
		}
		c.Add(curve)
	}
	return c, nil
}

// movedShare is the share of the way between two classes, encoded as the one and decoded as the
// other: 1 - sqrt(v/(v + (s/a)^2)).
func movedShare(level float64) float64 { return 1 - math.Sqrt(kept(classSpread, level)) }

// overLevels is a curve of f.
func overLevels(k chart.Curve, f func(level float64) float64) chart.Curve {
	const n = 80
	for j := range n {
		level := sightLevels[0] * math.Pow(sightLevels[len(sightLevels)-1]/sightLevels[0], float64(j)/(n-1))
		k.X, k.Y = append(k.X, level), append(k.Y, f(level))
	}
	return k
}
