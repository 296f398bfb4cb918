package lab

import (
	"context"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// mapLevels are the noise levels sigma/alpha of the picture's columns.
var mapLevels = [4]float64{.1, .3, 1, 3.4}

// A lesion moves a point of the correlated Gaussian by length 1 along one of its main directions.
type lesion struct {
	name     string
	variance float64 // of healthy points in that direction
	by       []float64
	colour   color.NRGBA
}

// lesions are the two.
var lesions = [2]lesion{
	{"across", .1, []float64{-math.Sqrt2 / 2, math.Sqrt2 / 2}, coral},
	{"along", 1.9, []float64{math.Sqrt2 / 2, math.Sqrt2 / 2}, lime},
}

// in returns points with the lesion.
func (s lesion) in(x points) points {
	y := make(points, len(x))
	for n, p := range x {
		y[n] = []float64{p[0] + s.by[0], p[1] + s.by[1]}
	}
	return y
}

// shown is the share of the lesion that is taken away, of points x that were b without it: what is
// taken of b is no lesion's.
func (s lesion) shown(x, healed, b, healedB points) (share float64) {
	for n := range x {
		for i, v := range s.by {
			share += v * (x[n][i] - healed[n][i] - b[n][i] + healedB[n][i]) / float64(len(x))
		}
	}
	return share
}

// correlated is the Gaussian whose numbers have correlation .9: its variance is 1.9 along (1, 1)
// and .1 across.
func correlated() (*mixture.Mixture, error) {
	return mixture.New(nil, [][]float64{{0, 0}}, []mixture.Cov{{Full: [][]float64{{1, .9}, {.9, 1}}}})
}

// The classes of translatedLaw.
const sick, healthy = 0, 1

// classMeans are those of the classes, classSpread is the variance of both.
var classMeans = [2][]float64{sick: {1.1, -.5}, healthy: {-1.1, .5}}

const classSpread = .3

// translatedLaw is two classes alike but for their means.
func translatedLaw() (*mixture.Mixture, error) {
	m, err := mixture.New(nil, classMeans[:], []mixture.Cov{{Var: classSpread}})
	if err != nil {
		return nil, err
	}
	return m.WithClasses([]int{sick, healthy})
}

// heal returns what a method has instead of x, by noise of its own number.
func (l *lab) heal(ctx context.Context, m anomaly.Method[points], s anomaly.Setup[points], d reverie.Denoiser[points], steps int, x points, number uint64) (points, error) {
	var err error
	if s.Grid, err = sample.LogSNR(diffusionProcess, steps); err != nil {
		return nil, err
	}
	s.Run = &sample.Run[points]{Space: &reverie.Host[float64]{Stream: stream(l.Seed, streamSampling+number<<32)}, Process: diffusionProcess, Denoiser: d}
	s.Hook = func(st sample.State[points]) error {
		l.progress("mapping: "+m.Row().Name, float64(st.Step)/float64(st.Steps))
		return nil
	}
	f, err := m.Find(ctx, s, x)
	return f.Healed, err
}

// atLevel is the time of a noise level.
func atLevel(ratio float64) float64 { return reverie.TimeAt(diffusionProcess, -math.Log(ratio)) }

// translateSteps are many: each step turns points by an angle, and they lose of their distance from
// the mean what its cosine lacks of 1.
const translateSteps = 80

// translate encodes x to a level, as of a class or of none, and decodes it as healthy.
func (l *lab) translate(ctx context.Context, m *mixture.Mixture, level float64, from int, x points) (points, error) {
	of := func(class int) reverie.Denoiser[points] {
		all := make([]int, len(x))
		for n := range all {
			all[n] = class
		}
		return reverie.OfClass(m.Denoiser(diffusionProcess), all)
	}
	by := &anomaly.Translate[points]{Level: atLevel(level)}
	s := anomaly.Setup[points]{Solver: &sample.DDIM[points]{}, Encoder: of(from), Inverter: &edit.FixedPoint[points]{Tolerance: 1e-6, Calls: 100}}
	return l.heal(ctx, by, s, of(healthy), translateSteps, x, 0)
}

// towards is how far points moved on the way from the sick mean to the healthy one, of its length
// and on average.
func towards(x, healed points) (share float64) {
	way := []float64{classMeans[healthy][0] - classMeans[sick][0], classMeans[healthy][1] - classMeans[sick][1]}
	length := way[0]*way[0] + way[1]*way[1]
	for n := range x {
		for i, v := range way {
			share += v * (healed[n][i] - x[n][i]) / length / float64(len(x))
		}
	}
	return share
}

// anomalyFigure shows what maps of anomalies are made of, on laws that are known.
func anomalyFigure(ctx context.Context, l *lab) ([]output, error) {
	plane, err := l.mapsFigure(ctx)
	if err != nil {
		return nil, err
	}
	levels, err := l.levelsFigure(ctx)
	if err != nil {
		return nil, err
	}
	return []output{
		{file: "anomaly", shows: "what a model of healthy points has instead of them, by noise level: noised and sampled on, and translated to the healthy class", drawing: plane},
		{file: "anomaly-levels", shows: "how much of a lesion is mapped, and when it is seen, measured beside the closed forms", drawing: levels},
	}, nil
}

// mapsFigure is the picture in the plane.
func (l *lab) mapsFigure(ctx context.Context) (*figure, error) {
	gaussian, err := correlated()
	if err != nil {
		return nil, err
	}
	classes, err := translatedLaw()
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: "What a model of the healthy has instead of a point, by noise level: the lines are the map",
		names: []string{"noised and denoised", "encoded as sick", "encoded as of none"}, rows: make([][]*panel, 3), box: window, window: 170,
		below: []string{
			fmt.Sprintf("Dots are points, and lines go from them to what the exact model of the healthy has instead. Above, the mean of %d draws of onestep, which is recon's: lesions move points by 1 across the healthy data (coral), which vary little there, or along them (lime), where they vary much. What is healed first is what varies little. A lesion along the data passes for healthy at the levels that show the other; where it is mapped at last, so is everything, and the map is the distance from the mean. Notes: the share of each lesion that is mapped, and the length of the map of healthy points.", planeDraws),
			"Below, translate: coral points are sick, lime ones healthy, and both are decoded as healthy. Encoded as sick all go as far, the healthy too: one has to know who is sick. Encoded as of no class sick points go less far, and healthy ones stay nearer to where they are. At a low level nobody moves. Notes: the share of the way from the sick mean to the healthy one.",
		},
	}
	for i, level := range mapLevels {
		p, err := l.lesionPanel(ctx, gaussian, level, uint64(90+i))
		if err != nil {
			return nil, err
		}
		p.title = fmt.Sprintf("σ/α = %v", level)
		f.rows[0] = append(f.rows[0], p)
		for k, from := range []int{sick, reverie.NullClass} {
			p, err := l.translatePanel(ctx, classes, level, from)
			if err != nil {
				return nil, err
			}
			f.rows[1+k] = append(f.rows[1+k], p)
		}
	}
	return f, nil
}

// planeDraws are how many draws of the noise the maps of the plane are the mean of.
const planeDraws = 400

// lesionPanel shows what the model has instead of healthy points, and of some with lesions.
func (l *lab) lesionPanel(ctx context.Context, m *mixture.Mixture, level float64, number uint64) (*panel, error) {
	const ill = 8
	b := m.Sample(stream(l.Seed, streamShow+90<<32), max(2*ill, l.few(120)))
	x := append(points{}, b...)
	for i, s := range lesions {
		x = append(x, s.in(b[i*ill:(i+1)*ill])...)
	}
	healed, err := l.denoised(ctx, m, level, l.few(planeDraws), x, number)
	if err != nil {
		return nil, err
	}
	p := (&panel{}).add(dimmed(densityOf(m, window, cells)), moves(b[2*ill:], healed[2*ill:], white, .8))
	var share [2]float64
	for i, s := range lesions {
		at := len(b) + i*ill
		p.add(moves(x[at:at+ill], healed[at:at+ill], s.colour, 1.7))
		share[i] = s.shown(x[at:at+ill], healed[at:at+ill], b[i*ill:], healed[i*ill:])
	}
	p.note = fmt.Sprintf("across %.2f, along %.2f; healthy %.2f", share[0], share[1], math.Sqrt(meanSquare(b, healed)))
	return p, nil
}

// translatePanel shows where points of both classes go.
func (l *lab) translatePanel(ctx context.Context, m *mixture.Mixture, level float64, from int) (*panel, error) {
	p := (&panel{}).add(dimmed(densityOf(m, window, cells)))
	var share [2]float64
	for class, colour := range []color.NRGBA{sick: coral, healthy: lime} {
		x := m.Class(class).Sample(stream(l.Seed, streamShow+uint64(91+class)<<32), l.few(40))
		healed, err := l.translate(ctx, m, level, from, x)
		if err != nil {
			return nil, err
		}
		p.add(moves(x, healed, colour, 1.3))
		share[class] = towards(x, healed)
	}
	p.note = fmt.Sprintf("of the way: sick %.2f, healthy %.2f", share[sick], share[healthy])
	return p, nil
}

// moves paints points, and lines to where they go.
func moves(x, to points, colour color.NRGBA, radius vg.Length) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		for n := range x {
			trace(points{x[n], to[n]}, .7, alpha(colour, .8))(c, at)
		}
		dots(x, radius, colour)(c, at)
	}
}

// meanSquare is that of the distances between points.
func meanSquare(x, y points) (mean float64) {
	for n := range x {
		for i := range x[n] {
			mean += (x[n][i] - y[n][i]) * (x[n][i] - y[n][i]) / float64(len(x))
		}
	}
	return mean
}
