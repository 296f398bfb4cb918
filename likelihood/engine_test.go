package likelihood

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

func openEngine(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// onTensors is a mixture's denoiser over tensors.
type onTensors struct {
	d  *mixture.Denoiser
	sp *engine.Space
}

func (o onTensors) Knows(w reverie.Want) error { return o.d.Knows(w) }

func (o onTensors) Denoise(ctx context.Context, q reverie.Query[*tensors.Tensor]) (e reverie.Estimate[*tensors.Tensor], err error) {
	host := reverie.Query[hostBatch]{X: o.sp.Rows(q.X), T: q.T, Want: q.Want}
	if q.Want.Has(reverie.WantVJP) {
		host.U = o.sp.Rows(q.U)
	}
	h, err := o.d.Denoise(ctx, host)
	e.X0 = o.sp.FromRows(q.X, h.X0)
	if q.Want.Has(reverie.WantVJP) {
		e.VJP = o.sp.FromRows(q.X, h.VJP)
	}
	return e, err
}

// TestTensorsAreHost: bounds and likelihoods over tensors are those over slices, on the same noise.
func TestTensorsAreHost(t *testing.T) {
	e := openEngine(t)
	m, chain, vp := law(t, "two-modes"), chainOf(t, 20, 4), reverie.VP{}
	x := dataOf(m, 6)
	s := random.Stream{Seed: 8, Domain: random.Evaluation}
	bounds := BoundOptions{Draws: 2, Times: 8}
	likely := FlowOptions{Probes: 2, Normal: true}
	onHost := e.Space(random.Stream{})
	exact := engine.New(e, slices.Concat(x...), 6, 1, 1, 2)
	narrow := onHost.FromRows(engine.New(e, []float32{0, 0}, 1, 1, 1, 2), x)
	for _, c := range []struct {
		x   *tensors.Tensor
		tol float64
	}{{exact, 1e-9}, {narrow, 2e-3}} {
		var host hostBatch = onHost.Rows(c.x)
		space := func() *engine.Recycler { return engine.NewRecycler(e.Space(s)) }
		a, err := Bound(t.Context(), space(), chain, reverie.Denoiser[*tensors.Tensor](onTensors{m.Denoiser(chain), onHost}), c.x, bounds)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Bound(t.Context(), &reverie.Host[float64]{Stream: s}, chain, m.Denoiser(chain), host, bounds)
		if err != nil {
			t.Fatal(err)
		}
		va, err := Continuous(t.Context(), space(), vp, reverie.Denoiser[*tensors.Tensor](onTensors{m.Denoiser(vp), onHost}), c.x, bounds)
		if err != nil {
			t.Fatal(err)
		}
		vb, err := Continuous(t.Context(), &reverie.Host[float64]{Stream: s}, vp, m.Denoiser(vp), host, bounds)
		if err != nil {
			t.Fatal(err)
		}
		la, err := Flow(t.Context(), space(), vp, reverie.Denoiser[*tensors.Tensor](onTensors{m.Denoiser(vp), onHost}), c.x, likely)
		if err != nil {
			t.Fatal(err)
		}
		lb, err := Flow(t.Context(), &reverie.Host[float64]{Stream: s}, vp, m.Denoiser(vp), host, likely)
		if err != nil {
			t.Fatal(err)
		}
		for name, pair := range map[string][2]Estimate{
			"matching":    {a.Matching.Total(), b.Matching.Total()},
			"consistency": {a.Consistency.Total(), b.Consistency.Total()},
			"printed":     {a.Printed.Total(), b.Printed.Total()},
			"continuous":  {va.Total(), vb.Total()},
			"likelihood":  {la.Negative(), lb.Negative()},
		} {
			if d := math.Abs(pair[0].Value - pair[1].Value); !(d <= c.tol*math.Abs(pair[1].Value)) || !(math.Abs(pair[0].Noise-pair[1].Noise) <= 10*c.tol*pair[1].Noise) {
				t.Errorf("%s of %v: %+v, on the host %+v", name, c.x.DType(), pair[0], pair[1])
			}
		}
	}
}
