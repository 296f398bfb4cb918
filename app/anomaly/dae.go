package anomaly

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DAE asks a denoiser of x as it stands, as if x were noised, and takes for anomalous what it takes
// away, as a denoising autoencoder does (Kascenas, Pugeault & O'Neil 2022, MIDL):
//
//	healed = x0hat(a x, t),   map = median of |x - healed| over a square around each number
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
// 0.27. It takes the mean over the channels before the median, and noises and maps the foreground
// alone.
type DAE[X any] struct {
	Level  float64 `flag:"level" range:"[0,1e9]" help:"time as of whose noise images are denoised, in the process's own" zero:"that of sigma/alpha = 0.27"`
	Median int     `flag:"median" range:"0|[1,31]" help:"side of the square whose median each number of the map becomes, an odd number of pixels; 1: each by itself" zero:"5"`
}

// What is usual of DAE.
const (
	daeRatio  = 0.4 * 2 / 3
	daeMedian = 5
)

// Row describes the method.
func (*DAE[X]) Row() table.Info {
	return table.Info{Name: "dae", Text: "denoised as they stand, by a model of coarse noise (Kascenas et al. 2022)"}
}

// Validate refuses squares without a middle.
func (m *DAE[X]) Validate() error {
	if m.Median != 0 && m.Median%2 == 0 {
		return fmt.Errorf("--median %d has no pixel in the middle: expected an odd number", m.Median)
	}
	return nil
}

// Find maps x.
func (m *DAE[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		t, err := l.level("level", m.Level, daeRatio)
		if err != nil {
			return err
		}
		side := m.Median
		if side == 0 {
			side = daeMedian
		}
		if side > 1 {
			if err := l.shaped(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		l.used(t)
		x0, err := reverie.Denoise(ctx, l.run.Denoiser, l.space.Sum([]float64{l.run.Process.At(t).Alpha}, l.x), t)
		if err != nil {
			return err
		}
		rows := l.space.Rows(x0)
		l.add(rows)
		l.deviation = each(rows, func(n, i int) float64 { return math.Abs(l.rows[n][i] - rows[n][i]) })
		if side > 1 {
			for n, row := range l.deviation {
				l.deviation[n] = medians(row, l.Shape, side)
			}
		}
		return l.evaluated(t, x0, 0, 1)
	})
}
