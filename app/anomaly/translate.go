package anomaly

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Translate encodes x as the noise that it would come from and decodes that as healthy (Wolleb et
// al. 2022, arXiv:2203.04306): up to a level by the Setup's Inverter with its Encoder, the denoiser
// of no class, say, or of the sick one; down by its Solver with the Run's Denoiser, that of the
// healthy class, guided by a classifier or without one:
//
//	x_t = invert(x, up to t; Encoder),   x' = sample(x_t, t),   map = |x - x'|
//
// With a deterministic solver what both denoisers agree about comes back as it was, but for the
// error of the inversion. For two Gaussians of one covariance v I, encoded as that of mean mu_d and
// decoded as that of mean mu_h,
//
//	x' = x + (mu_h - mu_d) (1 - a sqrt(v)/sqrt(a^2 v + s^2))
//
// by many steps: the deeper the level, the more of the difference between the classes is taken
// away.
//
// Encode "noise" noises x in place of inverting it, as the paper's code does with its DDPM: then it
// is Recon.
type Translate[X any] struct {
	Level  float64 `flag:"level" range:"[0,1e9]" help:"time up to which images are encoded, in the process's own" zero:"that of sigma/alpha = 3.4"`
	Encode string  `flag:"encode" names:"inversion,noise" optional:"true" help:"how images are encoded" zero:"inversion"`
}

// translateRatio is that of Wolleb et al.'s 500 of 1,000 steps of linear betas.
const translateRatio = 3.4

// Row describes the method.
func (*Translate[X]) Row() table.Info {
	return table.Info{Name: "translate", Text: "encoded, and decoded as of the healthy class (Wolleb et al. 2022)"}
}

// Find maps x.
func (m *Translate[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		if m.Encode == "noise" {
			return l.redraw(ctx, m.Level, translateRatio, 1)
		}
		return l.translate(ctx, m.Level)
	})
}

// translate encodes x by one denoiser and decodes it by another.
func (l *look[X]) translate(ctx context.Context, level float64) error {
	t, tail, err := l.from(level, translateRatio)
	if err != nil {
		return err
	}
	encoder := *l.Run
	if l.Encoder != nil {
		encoder.Denoiser = l.Encoder
	}
	if err := encoder.Apply(l.Clamp); err != nil {
		return err
	}
	by := l.Inverter
	if by == nil {
		by = &edit.DDIMInversion[X]{}
	}
	down := len(tail) - 1
	up := down
	if tail[down] == reverie.Clean {
		up-- // an inversion begins above it
	}
	if up < 1 {
		return fmt.Errorf("level %v: no time of the grid but the data's own lies below it, and an inversion begins at one; choose a level above, or more steps", t)
	}
	x, err := by.Invert(ctx, &encoder, l.x, tail, l.renumbered(func(s *sample.State[X]) { s.Steps = up + down }))
	if err != nil {
		return err
	}
	if x, err = l.walk(ctx, x, tail, l.renumbered(func(s *sample.State[X]) { s.Step, s.Steps = up+s.Step, up+down })); err != nil {
		return err
	}
	l.add(l.space.Rows(x))
	return nil
}
