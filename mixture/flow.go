package mixture

import (
	"math"

	"github.com/reverie-go/reverie"
)

// Flow solves the probability flow of one Gaussian in closed form, from x at the law t to the law s
// of the same process:
//
//	x_s = a_s mu + b_s x1 + B' diag(sqrt(l_s/l_t)) B (x - a_t mu - b_t x1),   l = a^2 v + s^2
//
// v and B the eigenvalues and eigenvectors of the covariance (each l/l_t follows from the velocity
// (l'/2l) (x - mean)). It also returns log p_s(x_s) - log p_t(x), which is -log det d x_s/dx. It
// panics for more than one Gaussian, whose flow has no closed form.
func (m *Mixture) Flow(t, s reverie.Coef, x []float64, far ...[]float64) (xs []float64, dlogp float64) {
	if len(m.parts) != 1 {
		panic("mixture: Flow of more than one Gaussian")
	}
	from, to := &m.At(t, far...).parts[0], &m.At(s, far...).parts[0]
	y := from.into(sub(x, from.mean))
	for i := range y {
		r := to.values[i] / from.values[i]
		y[i] *= math.Sqrt(r)
		dlogp -= math.Log(r) / 2
	}
	xs = to.out(y)
	add(xs, 1, to.mean)
	return xs, dlogp
}
