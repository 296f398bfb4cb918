package guide

import (
	"math"
	"slices"

	"github.com/reverie-go/reverie"
)

// APG are the settings of adaptive projected guidance. The zero value takes the update's parallel
// part away, and does nothing else to it.
type APG struct {
	Eta      float64 // the share that is left of the update's part parallel to D_strong; 1: all
	Norm     float64 // the norm to which a sample's update is shortened; 0: any
	Momentum float64 // of the running update; negative: what the last steps did is taken off
}

// Projected is the rule of adaptive projected guidance (Sadat et al. 2024, arXiv:2410.02416,
// algorithm 1), on x0hat:
//
//	d = D_strong - D_weak + Momentum d_before,   d <- d min(1, Norm/|d|)
//	D = D_strong + (gamma - 1) (d_orthogonal + Eta d_parallel)
//
// the parts of d with regard to D_strong. Large gammas saturate less by it than by Linear's, whose
// d is whole. d_before is d, before it is shortened, of the walk's last step in which the rule was
// asked, at the time that this step began with: once a step, however often its solver asks. Out of
// a walk, and in its first step, it is 0. A rule with a momentum is for one walk at a time. The
// Space must be a Rower; the numbers are float64.
func Projected[X any](sp reverie.Space[X], gamma float64, settings APG) (Rule[X], error) {
	rows, err := rower(sp)
	if err != nil {
		return nil, err
	}
	return &projected[X]{rows: rows, gamma: gamma, APG: settings}, nil
}

type projected[X any] struct {
	rows  reverie.Rower[X]
	gamma float64
	APG

	step        int // of the walk, in which t is the first time asked for
	t           float64
	before, now [][]float64 // the update of the step before, and of this one
}

// Takes needs the strong estimate for its direction.
func (p *projected[X]) Takes() (strong, weak bool) { return true, p.gamma != 1 }

// Combine returns D.
func (p *projected[X]) Combine(q reverie.Query[X], strong, weak X) X {
	rows, updates := p.updates(q, strong, weak)
	for n, d := range updates {
		p.shorten(d)
		c := rows[n]
		add(d, (p.Eta-1)*along(d, c), c)
		add(c, p.gamma-1, d)
	}
	return p.rows.FromRows(strong, rows)
}

// along returns d'c/|c|^2: d's part parallel to c is that times c.
func along(d, c []float64) float64 {
	if cc := dot(c, c); cc > 0 {
		return dot(d, c) / cc
	}
	return 0
}

// shorten brings d to the norm, where it is above, and returns the factor.
func (p *projected[X]) shorten(d []float64) float64 {
	norm := math.Sqrt(dot(d, d))
	if p.Norm == 0 || norm <= p.Norm {
		return 1
	}
	scale(d, p.Norm/norm)
	return p.Norm / norm
}

// updates returns the strong estimate's numbers and each sample's running update.
func (p *projected[X]) updates(q reverie.Query[X], strong, weak X) (rows, d [][]float64) {
	rows, d = p.rows.Rows(strong), p.rows.Rows(strong)
	for n, w := range p.rows.Rows(weak) {
		add(d[n], -1, w)
	}
	if p.Momentum == 0 || q.Step == 0 {
		return rows, d
	}
	if q.Step != p.step {
		p.before = p.now
		p.step, p.t = q.Step, q.T
	}
	if q.Step > 1 && len(p.before) == len(d) {
		for n := range d {
			add(d[n], p.Momentum, p.before[n])
		}
	}
	if q.T == p.t {
		p.now = make([][]float64, len(d))
		for n := range d {
			p.now[n] = slices.Clone(d[n])
		}
	}
	return rows, d
}

// VJP is that of a given d_before. With c = D_strong, k = gamma - 1, h = k (Eta - 1) and d
// shortened by the factor f of e:
//
//	to d: g = k u + h c (c'u)/|c|^2,   to e: f (g - e (e'g)/|e|^2), or g where f = 1
//	to c: u + h ((c'd) u + (c'u) d - 2 (c'd) (c'u) c/|c|^2)/|c|^2 + to e,   to D_weak: - to e
func (p *projected[X]) VJP(q reverie.Query[X], strong, weak X) (toStrong, toWeak X) {
	rows, updates := p.updates(q, strong, weak)
	u := p.rows.Rows(q.U)
	w := make([][]float64, len(u))
	k, h := p.gamma-1, (p.gamma-1)*(p.Eta-1)
	for n, c := range rows {
		d := slices.Clone(updates[n])
		f := p.shorten(d)
		cd, cu := along(d, c), along(u[n], c)
		e := slices.Clone(u[n])
		scale(e, k)
		add(e, h*cu, c)
		if f != 1 {
			add(e, -along(e, d), d)
			scale(e, f)
		}
		to := slices.Clone(u[n])
		add(to, h*cd, u[n])
		add(to, h*cu, d)
		add(to, -2*h*cd*cu, c)
		add(to, 1, e)
		scale(e, -1)
		u[n], w[n] = to, e
	}
	return p.rows.FromRows(q.U, u), p.rows.FromRows(q.U, w)
}
