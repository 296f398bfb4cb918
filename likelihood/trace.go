package likelihood

import (
	"context"
	"slices"

	"github.com/reverie-go/reverie"
)

// trace finds the trace of the Jacobian J = d x0hat/dx of each sample from products u' J u: of
// every unit vector u, whose sum is exact, or of random ones with E[u u'] = I, each of which is an
// estimate (Hutchinson 1989).
type trace[X any] struct {
	sp     space[X]
	n, dim int
	exact  bool
	probes [][][]float64 // [probe][sample][element]

	// The probes in batches as the network takes them: stacks of several, for batches so small that
	// the network's calls cost more than its work.
	stack  int
	inputs []X
}

// stacked is how many numbers a batch may have for the probes to be stacked.
const stacked = 1 << 16

func newTrace[X any](sp space[X], like X, n, dim int, o FlowOptions) *trace[X] {
	t := &trace[X]{sp: sp, n: n, dim: dim, exact: o.Exact}
	if o.Exact {
		t.probes = unitVectors(n, dim)
	} else {
		t.probes = randomVectors(n, dim, max(1, o.Probes), o)
	}
	t.stack = min(len(t.probes), max(1, stacked/(n*dim)))
	for first := 0; first < len(t.probes); first += t.stack {
		var rows [][]float64
		for _, p := range t.probes[first:min(first+t.stack, len(t.probes))] {
			rows = append(rows, p...)
		}
		t.inputs = append(t.inputs, sp.FromRows(like, rows))
	}
	return t
}

// unitVectors returns the dim unit vectors, each for all n samples.
func unitVectors(n, dim int) [][][]float64 {
	probes := make([][][]float64, dim)
	for j := range probes {
		e := make([]float64, dim)
		e[j] = 1
		for range n {
			probes[j] = append(probes[j], e)
		}
	}
	return probes
}

// randomVectors draws the probes: sample i's from the stream's Plus(i), a Step for each.
func randomVectors(n, dim, count int, o FlowOptions) [][][]float64 {
	probes := make([][][]float64, count)
	s := o.Stream
	for r := range probes {
		s.Step++ // the stream's own step is the levels'
		for i := range n {
			u := make([]float64, dim)
			if o.Normal {
				s.Plus(i).Normal(u)
			} else {
				s.Plus(i).Uniforms(u)
				for j, v := range u {
					u[j] = 1 - 2*float64(int(2*v))
				}
			}
			probes[r] = append(probes[r], u)
		}
	}
	return probes
}

// estimates is how many traces are found for each sample.
func (t *trace[X]) estimates() int {
	if t.exact {
		return 1
	}
	return len(t.probes)
}

// zeros returns a number for each estimate and sample.
func (t *trace[X]) zeros() [][]float64 { return newSeries(t.estimates(), t.n).values }

// of returns x0hat and the traces at x.
func (t *trace[X]) of(ctx context.Context, d reverie.Denoiser[X], x X, time float64) (x0hat X, traces [][]float64, err error) {
	in := x
	var rows [][]float64
	if t.stack > 1 {
		if x0hat, err = reverie.Denoise(ctx, d, x, time); err != nil {
			return x, nil, err
		}
		rows = t.sp.Rows(x)
	}
	traces = t.zeros()
	for k, u := range t.inputs {
		probes := t.probes[k*t.stack : min((k+1)*t.stack, len(t.probes))]
		if t.stack > 1 {
			in = t.sp.FromRows(x, repeat(rows, len(probes)))
		}
		e, err := d.Denoise(ctx, reverie.Query[X]{X: in, T: time, Want: reverie.WantVJP, U: u})
		if err != nil {
			return x, nil, err
		}
		if t.stack == 1 {
			x0hat = e.X0
		}
		products, err := t.sp.rowsLike(e.VJP, slices.Concat(probes...))
		if err != nil {
			return x, nil, err
		}
		for q := range probes {
			t.add(traces, k*t.stack+q, products[q*t.n:(q+1)*t.n])
		}
	}
	return x0hat, traces, nil
}

// add adds u' J u for probe r and each sample, given u' J.
func (t *trace[X]) add(traces [][]float64, r int, products [][]float64) {
	row := traces[0]
	if !t.exact {
		row = traces[r]
	}
	for i, p := range products {
		for j, v := range p {
			row[i] += v * t.probes[r][i][j]
		}
	}
}

// repeat returns rows count times over.
func repeat(rows [][]float64, count int) [][]float64 {
	out := make([][]float64, 0, count*len(rows))
	for range count {
		out = append(out, rows...)
	}
	return out
}
