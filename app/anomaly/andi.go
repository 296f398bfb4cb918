package anomaly

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// ANDi compares, at each of some levels, where a step of ancestral sampling goes from noised data
// by the data themselves and by the model, and takes the geometric mean of the squares (aggregated
// normative diffusion, Frotscher et al. 2023, arXiv:2312.01904):
//
//	x_t = a x + s eps,   map = exp mean_t log (mu(x_t, x) - mu(x_t, x0hat(x_t, t)))^2
//
// mu(x_t, x0) is the mean of q(x_s | x_t, x0), s being the next level. Of any process that is
// reverie.Move's with eta 1, whose terms in x_t are the same in both:
//
//	mu(x_t, x) - mu(x_t, x0hat) = c_t (x - x0hat),   c_t = a_s (1 - (a_t s_s/(a_s s_t))^2)
//
// For a chain and neighbouring indices c_t is sqrt(abar_s) beta_t/(1 - abar_t), as in the paper. In
// a geometric mean the c_t are but one factor of the whole map, the same for all numbers and all
// images: what matters is the mean of log (x - x0hat)^2. A number that is explained at one of the
// levels is small in the map, where an arithmetic mean is ruled by the largest.
//
// It is squared, as in the paper. Healed is the mean of x0hat. The paper's network was trained with
// noise of many scales, and is asked with Gaussian noise.
type ANDi[X any] struct {
	High   float64 `flag:"high" range:"[0,1e9]" help:"highest time to which images are noised, in the process's own" zero:"that of sigma/alpha = 0.72"`
	Low    float64 `flag:"low" range:"[0,1e9]" help:"time at which the last step ends" zero:"that of sigma/alpha = 0.25"`
	Levels int     `flag:"levels" range:"0|[1,10000]" help:"steps from the highest to the lowest time, at even ratios of sigma/alpha" zero:"25"`
	Repeat int     `flag:"repeat" range:"0|[1,10000]" help:"draws of the noise that are averaged" zero:"1"`
}

// Row describes the method.
func (*ANDi[X]) Row() table.Info {
	return table.Info{Name: "andi", Text: "the steps of sampling by the image and by the model, their geometric mean (ANDi, Frotscher et al. 2023)"}
}

// Find maps x.
func (m *ANDi[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		given := ladder{m.High, m.Low, m.Levels}
		if given.n > 0 {
			given.n++ // where the last step ends
		}
		// those of the paper, of 75 to 200 of 1,000 steps of linear betas
		times, err := l.times(given, ladder{0.72, 0.25, 26})
		if err != nil {
			return err
		}
		steps, repeat := len(times)-1, max(1, m.Repeat)
		if steps < 1 {
			return errEmpty
		}
		logs := each(l.rows, func(n, i int) float64 { return 0 })
		err = l.denoise(ctx, times[:steps], repeat, func(i int, x0 X) {
			rows, p := l.space.Rows(x0), l.run.Process
			l.add(rows)
			c := reverie.Move(p.At(times[i]), p.At(times[i+1]), 1).X0
			logs = each(rows, func(n, j int) float64 {
				d := c * (l.rows[n][j] - rows[n][j])
				return logs[n][j] + math.Log(d*d)/float64(steps*repeat)
			})
		})
		l.deviation = each(logs, func(n, i int) float64 { return math.Exp(logs[n][i]) })
		return err
	})
}
