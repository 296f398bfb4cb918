package likelihood

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/sample"
)

// augmented is a batch on the probability flow beside the integral of its divergence,
// [probe][sample].
type augmented[X any] struct {
	x X
	l [][]float64
}

// augmentedFlow is the probability flow of p, and its divergence, which the trace of d x0hat/dx
// gives.
type augmentedFlow[X any] struct {
	sp     space[X]
	p      reverie.Process
	d      reverie.Denoiser[X]
	trace  *trace[X]
	lambda bool // the variable is log(a/s) in place of the time
}

func newFlow[X any](sp space[X], p reverie.Process, d reverie.Denoiser[X], tr *trace[X]) *augmentedFlow[X] {
	lo, hi := p.Span()
	a, b := p.At(lo).Lambda(), p.At(hi).Lambda()
	return &augmentedFlow[X]{sp: sp, p: p, d: d, trace: tr, lambda: !math.IsInf(a, 0) && !math.IsInf(b, 0)}
}

// integrate carries x from lo to hi.
func (f *augmentedFlow[X]) integrate(ctx context.Context, x X, o FlowOptions) (augmented[X], sample.Report, error) {
	from, to := f.p.Span()
	if f.lambda {
		from, to = f.p.At(from).Lambda(), f.p.At(to).Lambda()
	}
	a := sample.Adaptive[augmented[X]]{
		Slope: f.slope, Sum: f.sum, Norm: f.norm, RTol: o.RTol, ATol: o.ATol, MaxCalls: o.MaxCalls,
		After: func(keep ...augmented[X]) {
			xs := make([]X, len(keep))
			for i := range keep {
				xs[i] = keep[i].x
			}
			f.sp.recycle(xs...)
		},
	}
	return a.Integrate(ctx, augmented[X]{x, f.trace.zeros()}, from, to)
}

// slope returns the velocity and its divergence:
//
//	v = cx x + c0 x0hat,   div v = cx D + c0 tr(d x0hat/dx)
func (f *augmentedFlow[X]) slope(ctx context.Context, y augmented[X], t float64) (augmented[X], error) {
	if f.lambda {
		t = reverie.TimeAt(f.p, t)
	}
	c := f.p.At(t)
	cx, c0, _ := c.Velocity()
	if f.lambda {
		rate := c.DAlpha/c.Alpha - c.DSigma/c.Sigma // of lambda in t
		cx, c0 = cx/rate, c0/rate
	}
	x0hat, traces, err := f.trace.of(ctx, f.d, y.x, t)
	if err != nil {
		return y, err
	}
	for _, row := range traces {
		for i, v := range row {
			row[i] = cx*float64(f.trace.dim) + c0*v
		}
	}
	return augmented[X]{f.sp.Sum([]float64{cx, c0}, y.x, x0hat), traces}, nil
}

func (f *augmentedFlow[X]) sum(c []float64, y ...augmented[X]) augmented[X] {
	xs, l := make([]X, len(y)), f.trace.zeros()
	for k := range y {
		xs[k] = y[k].x
		for r := range l {
			for i := range l[r] {
				l[r][i] += c[k] * y[k].l[r][i]
			}
		}
	}
	return augmented[X]{f.sp.Sum(c, xs...), l}
}

// norm weighs the integral so that the tolerance for an element of x is that for the integral's
// share of a dimension:
//
//	|y|^2 = |x|^2 + mean over probes of l^2/D
func (f *augmentedFlow[X]) norm(y augmented[X]) []float64 {
	rows := f.sp.Rows(y.x)
	out := make([]float64, len(rows))
	parallel.For(len(rows), func(i int) {
		sum := 0.0
		for _, v := range rows[i] {
			sum += v * v
		}
		for _, l := range y.l {
			sum += l[i] * l[i] / float64(f.trace.dim*len(y.l))
		}
		out[i] = math.Sqrt(sum)
	})
	return out
}
