package likelihood

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
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

// TestNetworkHasADensity: what a network of any weights draws has a density, so its likelihoods integrate to 1 over the line.
func TestNetworkHasADensity(t *testing.T) {
	e := openEngine(t)
	n, err := mlp.New(mlp.Config{Dim: 1, Width: 12, Depth: 1, Embed: 8})
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, n, reverie.Flow{}, reverie.Velocity, net.Initial(n, 5, dtypes.Float32))
	defer m.Close()
	space := engine.NewRecycler(e.Space(random.Stream{}))
	defer space.Close()
	d := m.Denoiser(space, net.Eval)
	defer d.Close()
	const h, count = 0.05, 2000
	x := make([]float64, count)
	for i := range x {
		x[i] = h * (float64(i) - count/2)
	}
	l, err := Flow(t.Context(), space, m.Process, reverie.Denoiser[*tensors.Tensor](d), engine.New(e, x, count, 1, 1, 1), FlowOptions{Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	sum, peak := 0.0, 0.0
	for _, logp := range l.PerSample() {
		sum += h * math.Exp(logp)
		peak = max(peak, math.Exp(logp))
	}
	t.Logf("integral %v, largest density %v, %+v", sum, peak, l.Report)
	if !(math.Abs(sum-1) < 1e-3) {
		t.Errorf("the density integrates to %v", sum)
	}
	if math.Abs(peak-1/math.Sqrt(2*math.Pi)) < 1e-3 {
		t.Error("the network does nothing: its density is the prior's")
	}
}
