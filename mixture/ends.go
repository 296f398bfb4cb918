package mixture

import (
	"context"

	"github.com/reverie-go/reverie"
)

// Ends returns the exact denoiser of an unpaired bridge, a Bridge or a Light: what a network of two
// heads without fault would have learned. It knows the expected far end (reverie.WantFar) and, of a
// query that is given one, takes no notice.
func Ends(b interface {
	Given(t float64, x []float64) (x0, x1 []float64)
}) reverie.Denoiser[reverie.Batch[float64]] {
	return ends{b}
}

type ends struct {
	bridge interface {
		Given(t float64, x []float64) (x0, x1 []float64)
	}
}

// Knows refuses all but the ends.
func (ends) Knows(w reverie.Want) error {
	return w.Beyond(reverie.WantFar, "the exact denoiser of a bridge")
}

// Denoise returns both ends.
func (d ends) Denoise(ctx context.Context, q reverie.Query[reverie.Batch[float64]]) (e reverie.Estimate[reverie.Batch[float64]], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	for _, x := range q.X {
		x0, x1 := d.bridge.Given(q.T, x)
		e.X0, e.X1 = append(e.X0, x0), append(e.X1, x1)
	}
	return e, ctx.Err()
}
