package guide

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// Rescale is Linear whose result is brought back, for the share phi in [0, 1], to the strong
// estimate's deviation, which large gammas exceed (Lin et al. 2023, arXiv:2305.08891, eq. 15, 16):
//
//	G = D_weak + gamma (D_strong - D_weak),   D = (phi std(D_strong)/std(G) + 1 - phi) G
//
// std is a sample's, over its elements. The paper rescales its network's prediction v, diffusers
// eps; here it is x0hat, whatever is predicted. The paper's phi is 0.7. The Space must be a Rower.
func Rescale[X any](sp reverie.Space[X], gamma, phi float64) (Rule[X], error) {
	rows, err := rower(sp)
	if err != nil {
		return nil, err
	}
	return rescale[X]{Linear(sp, gamma), rows, gamma, phi}, nil
}

// rower is a Space that gives its numbers.
func rower[X any](sp reverie.Space[X]) (reverie.Rower[X], error) {
	rows, ok := sp.(reverie.Rower[X])
	if !ok {
		return nil, fmt.Errorf("guide: %T gives no numbers of a sample: it lacks Rows(x) and FromRows(like, rows)", sp)
	}
	return rows, nil
}

type rescale[X any] struct {
	linear     Rule[X]
	rows       reverie.Rower[X]
	gamma, phi float64
}

// Takes needs the strong estimate for its deviation.
func (r rescale[X]) Takes() (strong, weak bool) { return true, r.gamma != 1 }

// Combine returns D.
func (r rescale[X]) Combine(q reverie.Query[X], strong, weak X) X {
	guided := r.linear.Combine(q, strong, weak)
	rows := r.rows.Rows(guided)
	for n, s := range r.rows.Rows(strong) {
		scale(rows[n], r.factor(deviation(s), deviation(rows[n])))
	}
	return r.rows.FromRows(guided, rows)
}

// factor is what G is multiplied by.
func (r rescale[X]) factor(strong, guided float64) float64 {
	if guided == 0 {
		return 1
	}
	return r.phi*strong/guided + 1 - r.phi
}

// VJP is, with k the factor, c and g the estimates less their means, and r = |c|/|g|, of which dr =
// r (c'dc/|c|^2 - g'dg/|g|^2):
//
//	to G: k u - phi (u'G) r g/|g|^2,   to D_strong: gamma times that + phi (u'G) r c/|c|^2
func (r rescale[X]) VJP(q reverie.Query[X], strong, weak X) (toStrong, toWeak X) {
	s, g := r.rows.Rows(strong), r.rows.Rows(r.linear.Combine(q, strong, weak))
	u := r.rows.Rows(q.U)
	w := make([][]float64, len(u))
	for n := range u {
		c, k, along := centred(s[n]), r.factor(deviation(s[n]), deviation(g[n])), r.phi*dot(u[n], g[n])
		g := centred(g[n])
		cc, gg := dot(c, c), dot(g, g)
		scale(u[n], k)
		if ratio := math.Sqrt(cc / gg); cc > 0 && gg > 0 {
			add(u[n], -along*ratio/gg, g)
			add(c, along*ratio/cc-1, c)
		} else {
			scale(c, 0)
		}
		w[n] = append(w[n], u[n]...)
		scale(w[n], 1-r.gamma)
		scale(u[n], r.gamma)
		add(u[n], 1, c)
	}
	return r.rows.FromRows(q.U, u), r.rows.FromRows(q.U, w)
}
