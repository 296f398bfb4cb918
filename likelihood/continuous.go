package likelihood

import (
	"context"
	"errors"
	"fmt"

	"github.com/reverie-go/reverie"
)

// defaultTimes is how many times Continuous visits where nothing is said.
const defaultTimes = 128

// farthest is the Lambda, log(a/s), below which a process without signal at hi (flow matching) is
// not followed: what is left of the integral is at most e^(2 farthest)/2 |x0 - x0hat|^2, 2e-11 of
// the squared error.
const farthest = -12

// Continuous estimates the negative evidence lower bound of continuous time (Kingma et al. 2021,
// arXiv:2107.00630, eq. 17) of the batch x0:
//
//	E[-log p(x0|x_lo)] + KL(q(x_hi|x0) || N(0, PriorSigma^2 I)) - integral from lo to hi of SNR'(t)/2 E|x0 - x0hat(x_t, t)|^2 dt
//
// In Lambda = log(a/s) the integrand is |eps - epshat|^2, between 0 and the dimension for a good
// network, so the times are drawn from equal stretches of Lambda. p(x0|x_lo) is q(x_lo|x0)
// normalised over the values x0 can take: the paper's, and no matter of the network.
//
// It refuses processes without a score. The network is called once at each of o.Times times.
func Continuous[X any](ctx context.Context, sp reverie.Space[X], p reverie.Process, d reverie.Denoiser[X], x0 X, o BoundOptions) (*Evidence, error) {
	if err := errors.Join(o.check(), noFarEnd(p)); err != nil {
		return nil, err
	}
	s, err := spaceOf(sp)
	if err != nil {
		return nil, err
	}
	data, dim, err := s.read(x0, o.Levels)
	if err != nil {
		return nil, err
	}
	if o.Times == 0 {
		o.Times = defaultTimes
	}
	e := newEvidence(dim, o.draws(), len(data))
	b := continuous[X]{sp: s, p: p, d: d, o: o, x0: x0, data: data, e: &e}
	for r := range o.draws() {
		if err := b.pass(ctx, r); err != nil {
			return nil, err
		}
	}
	e.sum()
	return &e, nil
}

// noFarEnd reports a process whose law of x_hi is not noise, so that no density follows from it.
func noFarEnd(p reverie.Process) error {
	if err := reverie.HasScore(p); err != nil {
		return fmt.Errorf("likelihood: no likelihood: %w", err)
	}
	lo, hi := p.Span()
	if p.At((lo+hi)/2).Beta != 0 {
		return fmt.Errorf("likelihood: no likelihood: the process goes between two given ends (%T), and only one from data to noise says what is likely", p)
	}
	return nil
}

// continuous is an estimate of Continuous under way.
type continuous[X any] struct {
	sp   space[X]
	p    reverie.Process
	d    reverie.Denoiser[X]
	o    BoundOptions
	x0   X
	data [][]float64
	e    *Evidence
}

// pass estimates all once for each sample.
func (b *continuous[X]) pass(ctx context.Context, draw int) error {
	lo, hi := b.p.Span()
	near, far := b.p.At(lo), b.p.At(hi)
	recon := decodeGiven(b.o.Levels, near, b.data, b.sp.Rows(b.noised(near)))
	copy(b.e.reconstruction.values[draw], recon)
	copy(b.e.prior.values[draw], priorTerm(b.data, far, reverie.PriorSigma(b.p)))
	visits := stretches(b.o.timesOf(draw), near.Lambda(), max(farthest, far.Lambda()), b.o.Times)
	b.label(visits)
	means := make([]float64, len(visits))
	for k, v := range visits {
		v.weight = -v.weight // Lambda falls
		values, err := b.integrand(ctx, v.t)
		if err != nil {
			return err
		}
		for i, u := range values {
			b.e.steps.values[draw][i] += v.weight * u
			b.e.terms[v.term].add(2 * v.weight * u)
		}
		means[k] = meanOf(values)
		b.sp.recycle(b.x0)
	}
	draws := float64(b.o.draws())
	b.e.steps.shared += sharedVariance(visits, means) / (draws * draws)
	return finiteTerms("reconstruction", recon)
}

// label names the terms after the middles of their stretches.
func (b *continuous[X]) label(visits []visit) {
	if b.e.terms != nil {
		return
	}
	lo, hi := b.p.Span()
	from, to := b.p.At(lo).Lambda(), max(farthest, b.p.At(hi).Lambda())
	b.e.terms = make([]stepTerm, len(visits)/2)
	for i := range b.e.terms {
		lambda := from + (to-from)*(float64(i)+0.5)/float64(len(b.e.terms))
		b.e.terms[i].t, b.e.terms[i].lambda = reverie.TimeAt(b.p, lambda), lambda
	}
}

// noised draws x at the law c.
func (b *continuous[X]) noised(c reverie.Coef) X {
	return b.sp.Sum([]float64{c.Alpha, c.Sigma}, b.x0, b.sp.Noise(b.x0))
}

// integrand returns (a/s)^2 |x0 - x0hat|^2 = |eps - epshat|^2 of each sample at lambda.
func (b *continuous[X]) integrand(ctx context.Context, lambda float64) ([]float64, error) {
	t := reverie.TimeAt(b.p, lambda)
	c := b.p.At(t)
	x0hat, err := reverie.Denoise(ctx, b.d, b.noised(c), t)
	if err != nil {
		return nil, err
	}
	rows, err := b.sp.rowsLike(x0hat, b.data)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(rows))
	for i := range rows {
		for j, v := range rows[i] {
			d := b.data[i][j] - v
			out[i] += d * d
		}
		out[i] *= c.SNR()
	}
	return out, finiteTerms(fmt.Sprintf("time %v", t), out)
}
