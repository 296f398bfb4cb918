package edit

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// Arc returns the shares of both ends at t from 0 to 1 of the arc between two vectors, where the
// angle between them is w (Shoemake 1985):
//
//	sin((1-t) w)/sin w,   sin(t w)/sin w
//
// It is the straight line where w is 0 or pi, or NaN: a vector of zeros has no direction.
func Arc(t, w float64) (a, b float64) {
	if !(math.Sin(w) > 1e-6) {
		return 1 - t, t
	}
	return math.Sin((1-t)*w) / math.Sin(w), math.Sin(t*w) / math.Sin(w)
}

// Angle returns the angle between two vectors, of their inner products with each other and
// themselves. It is NaN where one is of zeros.
func Angle(xy, xx, yy float64) float64 { return math.Acos(min(max(xy/math.Sqrt(xx*yy), -1), 1)) }

// Interpolate returns points on the arcs from the samples of x to those of y: sample n at t[n], 0
// being x's and 1 y's. Between two noises such points have a noise's length, as those of the
// straight line have not. The Space must be a Dotter.
func Interpolate[X any](sp reverie.Space[X], x, y X, t []float64) (X, error) {
	dot, ok := sp.(reverie.Dotter[X])
	if !ok {
		return x, fmt.Errorf("edit: interpolation takes inner products: %T lacks Dot(x, y)", sp)
	}
	xy, xx, yy := dot.Dot(x, y), dot.Dot(x, x), dot.Dot(y, y)
	if len(xy) != len(t) {
		return x, fmt.Errorf("edit: %d places for %d samples: expected as many", len(t), len(xy))
	}
	a, b := make([]float64, len(t)), make([]float64, len(t))
	for n := range t {
		a[n], b[n] = Arc(t[n], Angle(xy[n], xx[n], yy[n]))
	}
	return sp.SumEach([][]float64{a, b}, x, y), nil
}
