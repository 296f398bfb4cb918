package anomaly

import (
	"context"

	"github.com/reverie-go/reverie/table"
)

// DAE asks a denoiser of x as it stands, as if x were noised, and takes for anomalous what it takes
// away, as a denoising autoencoder does (Kascenas, Pugeault & O'Neil 2022, MIDL):
//
//	healed = mean over levels of x0hat(a x, t),   map = |x - healed|
//
// Nothing is drawn, and there is one call a level. For data ~ N(mu, C) and a model of noise of
// covariance K a level takes away
//
//	x - healed = s^2 K (a^2 C + s^2 K)^-1 (x - mu)
//
// which of the standard normal noise is s^2/(a^2 l + s^2) <v, x - mu> in the direction v of an
// eigenvalue l of C: what OneStep's at that level is on average, without its variance. So the noise
// that the model was trained on says which departures are taken for noise, and it should look like
// lesions: of train --noise coarse it is blotches of a sixteenth of the image, of the standard
// normal one grain, beside which a lesion is data. A diffusion knows many levels and is asked at
// several, since lesions are of no one scale; an autoencoder of one (train --level) at that alone,
// by High and one of Levels.
//
// The paper's deviation is 0.2 of images in [0,1], which is 0.4 in [-1,1], of the numbers that are
// then enlarged; that leaves pixels 2/3 of it on average, see noise.Coarse, and so sigma/alpha =
// 0.27. It noises and maps the foreground alone, and takes of the mean over the channels the median
// of 5x5 pixels.
type DAE[X any] struct {
	High   float64 `flag:"high" range:"[0,1e9]" help:"highest time as of whose noise images are denoised, in the process's own" zero:"that of sigma/alpha = 0.5"`
	Low    float64 `flag:"low" range:"[0,1e9]" help:"lowest one" zero:"that of sigma/alpha = 0.125"`
	Levels int     `flag:"levels" range:"0|[1,10000]" help:"times from the highest to the lowest, at even ratios of sigma/alpha" zero:"4"`
}

// Row describes the method.
func (*DAE[X]) Row() table.Info {
	return table.Info{Name: "dae", Text: "denoised as they stand, without noise (Kascenas et al. 2022)"}
}

// Find maps x.
func (m *DAE[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		times, err := l.times(ladder{m.High, m.Low, m.Levels}, ladder{0.5, 0.125, 4})
		if err != nil {
			return err
		}
		l.Noise = func(like X) X { return l.space.Sum([]float64{0}, like) }
		return l.denoise(ctx, times, 1, func(_ int, x0 X) { l.add(l.space.Rows(x0)) })
	})
}
