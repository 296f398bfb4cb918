package lab

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// What is measured of a point: its first number, with noise of this deviation.
const (
	measured      = 1.
	measuredNoise = .1
)

// A restoration is a way to draw the second number beside the first.
type restoration struct {
	title  string
	method edit.Method[points]
	steps  int
}

// restorations are the methods of package edit.
func restorations() []restoration {
	noise := edit.Noise{Sigma: measuredNoise}
	return []restoration{
		{"mmps", &edit.MMPS[points]{Noise: noise, Rounds: 3}, 50},
		{"dps, the likelihood's weight", &edit.DPS[points]{Noise: noise}, 200},
		{"diffpir", &edit.DiffPIR[points]{Noise: noise, Lambda: 1}, 50},
		{"replace", &edit.Replace[points]{}, 50},
		{"repaint, 10 passes", &edit.RePaint[points]{Jump: 1, Passes: 10}, 50},
	}
}

// inverseFigure draws points of which the first number is known, of a Gaussian and of the data.
func inverseFigure(ctx context.Context, l *lab) ([]output, error) {
	gaussian, err := correlated()
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: "What is drawn where the first number is known to be 1: five methods, with the exact denoiser",
		names: []string{"Gaussian, correlation .9", l.data.Name}, rows: make([][]*panel, 2), box: window, window: 150,
		below: []string{
			fmt.Sprintf("Notes: mean and deviation of the second number. Measured with noise of deviation %v; replace and repaint take it as exact.", measuredNoise),
			"mmps is exact for the Gaussian. dps takes x0hat for the data and is too sure. replace noises what is known apart from what is drawn, which so knows too little of it; repaint walks each step again, and comes nearer, but not there: its own limits are in docs/editing.md.",
		},
	}
	for i, m := range []*mixture.Mixture{gaussian, l.data.Law} {
		if f.rows[i], err = l.inverseRow(ctx, m, i == 0); err != nil {
			return nil, err
		}
	}
	return []output{{file: "inverse", shows: "the posterior of points whose first number is known, and what five methods draw", drawing: f}}, nil
}

// inverseRow shows the posterior of m and what the methods draw.
func (l *lab) inverseRow(ctx context.Context, m *mixture.Mixture, titled bool) ([]*panel, error) {
	background := dimmed(densityOf(m, window, cells))
	show := func(title string, x points) *panel {
		if !titled {
			title = ""
		}
		mean, sd := second(x)
		return (&panel{title: title, note: fmt.Sprintf("%.2f ± %.2f", mean, sd)}).add(background, upright(measured), dots(x, 1, white))
	}
	n := l.few(400)
	row := []*panel{show("the posterior", given(m, l.Seed, n))}
	for i, r := range restorations() {
		x, err := l.restore(ctx, m, r, n, uint64(70+i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.title, err)
		}
		row = append(row, show(r.title, x))
	}
	return row, nil
}

// restore draws n points of m by a method.
func (l *lab) restore(ctx context.Context, m *mixture.Mixture, r restoration, n int, number uint64) (points, error) {
	p := diffusionProcess
	sp := &reverie.Host[float64]{Stream: stream(l.Seed, streamSampling+number<<32)}
	grid, err := sample.LogSNR(p, r.steps)
	if err != nil {
		return nil, err
	}
	mask, err := edit.Operators.Find("mask")
	if err != nil {
		return nil, err
	}
	first, err := mask.Of(edit.Shape{H: 1, W: 2, C: 1}, []bool{true, false})
	if err != nil {
		return nil, err
	}
	none, err := sample.Clamps.Find("none")
	if err != nil {
		return nil, err
	}
	y := points(slices.Repeat([][]float64{{measured, 0}}, n))
	d, err := r.method.Draw(ctx, edit.Problem[points]{
		Run:    &sample.Run[points]{Space: sp, Process: p, Denoiser: m.Denoiser(p)},
		Solver: &sample.DDIM[points]{Eta: 1}, Grid: grid, Clamp: none, A: edit.Lift(sp, first, y, y), Y: y,
		Hook: func(s sample.State[points]) error {
			l.progress("drawing: "+r.title, float64(s.Step)/float64(s.Steps))
			return nil
		},
	}, sp.Noise(y))
	return d.X, err
}

// given draws n points of the posterior: those of m that the likelihood takes.
func given(m *mixture.Mixture, seed uint64, n int) points {
	const most = 1 << 18 // of a law that is hardly ever near
	var x points
	s := stream(seed, streamShow+61<<32)
	for i := range most {
		if len(x) == n {
			break
		}
		p := m.Sample(s.Plus(i), 1)[0]
		u := s.Plus(i)
		u.Step = 9 // after those of the point
		if d := (p[0] - measured) / measuredNoise; u.Uniform() < math.Exp(-d*d/2) {
			x = append(x, p)
		}
	}
	return x
}

// second is the mean and the deviation of the points' second numbers.
func second(x points) (mean, sd float64) {
	for _, p := range x {
		mean += p[1] / float64(len(x))
	}
	for _, p := range x {
		sd += (p[1] - mean) * (p[1] - mean) / float64(len(x))
	}
	return mean, math.Sqrt(sd)
}

// upright paints the line of points whose first number is x.
func upright(x float64) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		p := at([]float64{x, 0})
		c.StrokeLines(draw.LineStyle{Color: alpha(lime, .7), Width: .7}, []vg.Point{{X: p.X, Y: c.Min.Y}, {X: p.X, Y: c.Max.Y}})
	}
}
