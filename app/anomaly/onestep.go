package anomaly

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// OneStep takes x0hat of noised data for what the model would have instead, without a walk, and
// averages it over levels and noise:
//
//	x_t = a x + s eps,   map = |x - mean of x0hat(x_t, t)|
//
// One such step is pDDPM's and DiffusionAD's (Zhang et al. 2023, arXiv:2303.08730, which takes two
// levels). Over the noise a level's x - x0hat is on average, and for data ~ N(mu, C) in the
// direction v of an eigenvalue l of C,
//
//	s^2/(a^2 l + s^2) <v, x - mu>
//
// what Recon's is, of which the single draw lies about it with variance w^2 s^2/a^2, w = a^2 l/(a^2
// l + s^2), that is with less. So it is the better for the same number of calls wherever what is to
// be seen is the difference and not the healed image, which is blurred.
type OneStep[X any] struct {
	High   float64 `flag:"high" range:"[0,1e9]" help:"highest time to which images are noised, in the process's own" zero:"that of sigma/alpha = 2"`
	Low    float64 `flag:"low" range:"[0,1e9]" help:"lowest one" zero:"that of sigma/alpha = 0.5"`
	Levels int     `flag:"levels" range:"0|[1,10000]" help:"times from the highest to the lowest, at even ratios of sigma/alpha" zero:"4"`
	Repeat int     `flag:"repeat" range:"0|[1,10000]" help:"draws of the noise that are averaged" zero:"1"`
}

// Row describes the method.
func (*OneStep[X]) Row() table.Info {
	return table.Info{Name: "onestep", Text: "noised to some levels, and x0hat of each, without a walk"}
}

// Find maps x.
func (m *OneStep[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		times, err := l.times(ladder{m.High, m.Low, m.Levels}, ladder{2, 0.5, 4})
		if err != nil {
			return err
		}
		return l.denoise(ctx, times, max(1, m.Repeat), func(_ int, x0 X) { l.add(l.space.Rows(x0)) })
	})
}

// denoise calls f with x0hat of x noised to each of the times, so often, and the number of the
// time.
func (l *look[X]) denoise(ctx context.Context, times []float64, repeat int, f func(i int, x0 X)) error {
	calls := len(times) * repeat
	for i := range calls {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := times[i/repeat]
		if i%repeat == 0 {
			l.used(t)
		}
		x0, err := reverie.Denoise(ctx, l.run.Denoiser, l.noised(l.x, t), t)
		if err != nil {
			return err
		}
		f(i/repeat, x0)
		if err := l.evaluated(t, x0, i, calls); err != nil {
			return err
		}
	}
	return nil
}

// evaluated tells the hook of call i of n of the denoiser, as of a step to Clean.
func (l *look[X]) evaluated(t float64, x0 X, i, n int) error {
	if l.Hook == nil {
		return nil
	}
	return l.Hook(sample.State[X]{Step: i + 1, Steps: n, T: t, S: reverie.Clean, X: x0, X0: x0, Calls: i + 1})
}
