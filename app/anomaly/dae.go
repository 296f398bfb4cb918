package anomaly

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DAE asks a denoiser of x as it stands, as if x were noised, and takes for anomalous what it takes
// away, as a denoising autoencoder does (Kascenas, Pugeault & O'Neil 2022, MIDL):
//
//	healed = x0hat(a x, t),   map = |x - healed|
//
// Nothing is drawn, and there is one call. For data ~ N(mu, C) and a model of noise of covariance K
//
//	x - healed = s^2 K (a^2 C + s^2 K)^-1 (x - mu)
//
// which of the standard normal noise is s^2/(a^2 l + s^2) <v, x - mu> in the direction v of an
// eigenvalue l of C: what OneStep's at that level is on average, without its variance. So the noise
// that the model was trained on says which departures are taken for noise, and it should look like
// lesions: of train --noise coarse it is blotches of a sixteenth of the image, of the standard
// normal one grain, beside which a lesion is data. A model of that one level (train --level) is all
// that is asked for.
//
// The paper's deviation is 0.2 of images in [0,1], which is 0.4 in [-1,1], of the numbers that are
// then enlarged; that leaves pixels 2/3 of it on average, see noise.Coarse, and so sigma/alpha =
// 0.27. It noises and maps the foreground alone, and takes of the mean over the channels the median
// of 5x5 pixels.
type DAE[X any] struct {
	Level float64 `flag:"level" range:"[0,1e9]" help:"time as of whose noise images are denoised, in the process's own" zero:"that of sigma/alpha = 0.27"`
}

// daeRatio is that of the paper's noise.
const daeRatio = 0.4 * 2 / 3

// Row describes the method.
func (*DAE[X]) Row() table.Info {
	return table.Info{Name: "dae", Text: "denoised as they stand, by a model of coarse noise (Kascenas et al. 2022)"}
}

// Find maps x.
func (m *DAE[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		t, err := l.level("level", m.Level, daeRatio)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		l.used(t)
		x0, err := reverie.Denoise(ctx, l.run.Denoiser, l.space.Sum([]float64{l.run.Process.At(t).Alpha}, l.x), t)
		if err != nil {
			return err
		}
		l.add(l.space.Rows(x0))
		return l.evaluated(t, x0, 0, 1)
	})
}
