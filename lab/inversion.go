package lab

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// inversionSteps are the steps of the inversions that are shown: few, so that one sees the error.
const inversionSteps = 10

// inversionFigure inverts points of a Gaussian and of the data with their exact denoisers, and
// samples them again.
func inversionFigure(ctx context.Context, l *lab) ([]output, error) {
	gaussian, err := mixture.New(nil, [][]float64{{0, 0}}, []mixture.Cov{{Var: .5}})
	if err != nil {
		return nil, err
	}
	grid, err := sample.LogSNR(diffusionProcess, inversionSteps)
	if err != nil {
		return nil, err
	}
	f := &figure{
		title: fmt.Sprintf("Inverted and sampled again in %d steps: data to noise and back, with the exact denoiser", inversionSteps),
		names: []string{"N(0, I/2)", l.data.Name}, rows: make([][]*panel, 2), box: window, window: 160,
		below: []string{
			fmt.Sprintf("DDIM inversion takes the noise at the time that a step comes from. Of N(0, v I) the round trip multiplies every point by Π cos² dθ, θ = arctan(σ/(α√v)): %.3f here; .915 in 50 steps and .991 in 500 on 1000 linear betas.", tripFactor(diffusionProcess, grid, .5)),
			"Fixed-point inversion solves each step for where DDIM would come from, to 1e-6 of x. Lines go from where a point was to where it came back.",
		},
	}
	for i, m := range []*mixture.Mixture{gaussian, l.data.Law} {
		if f.rows[i], err = l.inversionRow(ctx, m, grid, i == 0); err != nil {
			return nil, err
		}
	}
	return []output{{file: "inversion", shows: "DDIM inversion, which shrinks data on the way there and back, and fixed-point inversion, which does not", drawing: f}}, nil
}

// tripFactor is the product of cos^2(d theta) over a grid, for N(0, v).
func tripFactor(p reverie.Process, grid []float64, v float64) float64 {
	theta := func(t float64) float64 {
		c := reverie.At(p, t)
		return math.Atan2(c.Sigma, c.Alpha*math.Sqrt(v))
	}
	product := 1.
	for i := range grid[1:] {
		c := math.Cos(theta(grid[i]) - theta(grid[i+1]))
		product *= c * c
	}
	return product
}

// inversionRow shows points of m, the noise that each inversion finds, and where they come back.
func (l *lab) inversionRow(ctx context.Context, m *mixture.Mixture, grid []float64, titled bool) ([]*panel, error) {
	x := m.Sample(stream(l.Seed, streamShow+60<<32), l.few(250))
	background := dimmed(densityOf(m, window, cells))
	row := []*panel{(&panel{title: "data"}).add(background, dots(x, 1, white))}
	run := &sample.Run[points]{Space: &reverie.Host[float64]{}, Process: diffusionProcess, Denoiser: m.Denoiser(diffusionProcess)}
	for _, by := range []edit.Inverter[points]{&edit.DDIMInversion[points]{}, &edit.FixedPoint[points]{Tolerance: 1e-6, Calls: 100}} {
		name := by.Row().Name
		z, err := by.Invert(ctx, run, x, grid, nil)
		if err != nil {
			return nil, err
		}
		back, _, err := edit.GoAndReturn(ctx, run, nil, by, x, grid, nil)
		if err != nil {
			return nil, err
		}
		off, size := 0., 0.
		end := (&panel{title: "back"}).add(background)
		for n := range x {
			end.add(trace(points{x[n], back[n]}, .6, ice))
			off += math.Pow(math.Hypot(back[n][0]-x[n][0], back[n][1]-x[n][1]), 2)
			size += x[n][0]*x[n][0] + x[n][1]*x[n][1]
		}
		end.note = fmt.Sprintf("off by %.2g of the length", math.Sqrt(off/size))
		row = append(row, (&panel{title: name + ": noise"}).add(dimmed(standardNormal()), dots(z, 1, white)), end.add(dots(back, 1, white)))
	}
	if !titled {
		for _, p := range row {
			p.title = ""
		}
	}
	return row, nil
}

// standardNormal is the density of the noise.
func standardNormal() *field {
	return newField(cells, window, func(x []float64) float64 { return math.Exp(-(x[0]*x[0] + x[1]*x[1]) / 2) })
}
