package anomaly

import (
	"context"

	"github.com/reverie-go/reverie/table"
)

// Recon noises x to a level and samples on from there by a model of healthy data, as AnoDDPM does
// (Wyatt et al. 2022, CVPR workshops; its noise is simplex noise: give Setup.Noise and a Space of
// it):
//
//	x_t = a x + s eps,   x' = sample(x_t, t),   map = |x - mean of x'|
//
// over Repeat draws of all noise. The mean comes first, and then the difference, so that what the
// draws differ by averages out: for data ~ N(mu, C) and a solver that adds all its noise anew
// (ddpm, or ddim with eta 1), x - x' is on average, and by many repeats in all,
//
//	s^2/(a^2 l + s^2) <v, x - mu>
//
// in the direction v of an eigenvalue l of C: of a lesion that looks like what varies much in the
// data little is seen. A single draw lies about it with variance w s^2/a^2 (1 + w), w = a^2 l/(a^2
// l + s^2).
//
// AnoDDPM's error is squared, which orders the numbers of one channel alike; the absolute one is in
// the data's units, and is added up over channels without one of them taking over.
type Recon[X any] struct {
	Level  float64 `flag:"level" range:"[0,1e9]" help:"time to which images are noised, in the process's own" zero:"that of sigma/alpha = 0.95"`
	Repeat int     `flag:"repeat" range:"0|[1,10000]" help:"draws of the noise that are averaged" zero:"1"`
}

// reconRatio is that of AnoDDPM's 250 of 1,000 steps of linear betas.
const reconRatio = 0.95

// Row describes the method.
func (*Recon[X]) Row() table.Info {
	return table.Info{Name: "recon", Text: "noised, and denoised by a model of healthy images (AnoDDPM, Wyatt et al. 2022)"}
}

// Find maps x.
func (m *Recon[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error { return l.redraw(ctx, m.Level, reconRatio, max(1, m.Repeat)) })
}

// redraw noises x to a level and samples on from there, so many times.
func (l *look[X]) redraw(ctx context.Context, level, usual float64, times int) error {
	t, tail, err := l.from(level, usual)
	if err != nil {
		return err
	}
	for i := range times {
		y, err := l.walk(ctx, l.noised(l.x, t), tail, l.part(i, times))
		if err != nil {
			return err
		}
		l.add(l.space.Rows(y))
	}
	return nil
}
