package model

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/random"
)

// pointModel is a small network with random weights over points of 3 numbers.
func pointModel(t *testing.T, e *engine.Engine, c mlp.Config, k reverie.Param) *Model {
	t.Helper()
	c.Dim, c.Width, c.Depth, c.Embed = 3, 16, 1, 8
	n, err := mlp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := net.Initial(n, 3, dtypes.Float32)
	for i, p := range n.Params() { // no layer is 0, which would hide what follows it
		w[i] = engine.New(e, wave[float32](p.Size(), float64(i), 0.5), p.EngineShape()...)
	}
	m := New(e, n, reverie.VP{}, k, w)
	m.Learned = c.Out == 2*c.Dim
	t.Cleanup(m.Close)
	return m
}

// wave returns n numbers of size about a.
func wave[T float32 | float64](n int, phase, a float64) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(a * math.Sin(phase+1.3*float64(i)+0.1*float64(i*i)))
	}
	return v
}

type query = reverie.Query[*tensors.Tensor]

func read[T float32 | float64](t *testing.T, x *tensors.Tensor) []T {
	t.Helper()
	v, err := tensors.CopyFlatData[T](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVJPIsTheDerivative: u' d x0hat/dx against central differences of x0hat along every axis, in
// float64.
func TestVJPIsTheDerivative(t *testing.T) {
	e := openEngine(t, "")
	for name, c := range map[string]struct {
		c mlp.Config
		k reverie.Param
	}{"eps": {mlp.Config{}, reverie.Eps}, "v": {mlp.Config{}, reverie.V}, "learned variance": {mlp.Config{Out: 6}, reverie.Eps}, "energy": {mlp.Config{}, reverie.Score}} {
		t.Run(name, func(t *testing.T) {
			m := pointModel(t, e, c.c, c.k)
			if name == "energy" {
				m.Net = net.Energy{Model: m.Net}
			}
			space := engine.NewRecycler(e.Space(random.Stream{}))
			defer space.Close()
			d := m.Denoiser(space, net.Eval)
			defer d.Close()
			const at, h = 0.4, 1e-5
			x, u := wave[float64](6, 1, 1.2), wave[float64](6, 2, 1)
			batch := func(v []float64) *tensors.Tensor { return engine.New(e, v, 2, 1, 1, 3) }
			e, err := d.Denoise(t.Context(), query{X: batch(x), T: at, Want: reverie.WantVJP, U: batch(u)})
			if err != nil {
				t.Fatal(err)
			}
			same, err := reverie.Denoise(t.Context(), d, batch(x), at)
			if err != nil {
				t.Fatal(err)
			}
			got := read[float64](t, e.VJP)
			for i, v := range read[float64](t, same) {
				if d := v - read[float64](t, e.X0)[i]; !(math.Abs(d) < 1e-12) {
					t.Errorf("x0hat[%d] of the two functions differ by %v", i, d)
				}
			}
			for i := range x {
				moved := func(h float64) float64 {
					y := append([]float64{}, x...)
					y[i] += h
					x0, err := reverie.Denoise(t.Context(), d, batch(y), at)
					if err != nil {
						t.Fatal(err)
					}
					sum := 0.0
					for j, v := range read[float64](t, x0) {
						sum += u[j] * v
					}
					return sum
				}
				want := (moved(h) - moved(-h)) / (2 * h)
				if !(math.Abs(got[i]-want) < 1e-8) || got[i] == 0 {
					t.Errorf("u' d x0hat/dx[%d] = %v, by differences %v", i, got[i], want)
				}
			}
		})
	}
}

// A network of two heads says both ends of a bridge, the far one after the other, beside a product
// too; and from the far end the two change places.
func TestDenoiserOfBothEnds(t *testing.T) {
	e := openEngine(t, "")
	m := pointModel(t, e, mlp.Config{Out: 6}, reverie.X0)
	m.Learned, m.Process = false, reverie.Bridge{}
	m.Spec.Unpaired = true
	space := engine.NewRecycler(e.Space(random.Stream{}))
	defer space.Close()
	d := m.Denoiser(space, net.Eval)
	defer d.Close()
	x := engine.New(e, wave[float32](6, 1, 1), 2, 1, 1, 3)
	head0, head1, in := m.Process.At(0.3).Ends()
	raw, err := m.Forward(net.Eval, space.Sum([]float64{in}, x), []float32{300, 300})
	if err != nil {
		t.Fatal(err)
	}
	y := read[float32](t, raw)
	for i, v := range read[float32](t, x) {
		at := i/3*6 + i%3
		y[at] = float32(head0.Skip*float64(v) + head0.Out*float64(y[at]))
		y[at+3] = float32(head1.Skip*float64(v) + head1.Out*float64(y[at+3]))
	}
	ask := func(d reverie.Denoiser[*tensors.Tensor], q query) reverie.Estimate[*tensors.Tensor] {
		got, err := d.Denoise(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	two := ask(d, query{X: x, T: 0.3, Want: reverie.WantFar})
	beside := ask(d, query{X: x, T: 0.3, Want: reverie.WantFar | reverie.WantVJP, U: x})
	turned := ask(reverie.Turn[*tensors.Tensor](d), query{X: x, T: 0.7})
	for i := range 6 {
		at := i/3*6 + i%3
		for what, pair := range map[string][2]float32{
			"x0": {read[float32](t, two.X0)[i], y[at]}, "x1": {read[float32](t, two.X1)[i], y[at+3]},
			"x1 beside a product": {read[float32](t, beside.X1)[i], y[at+3]}, "x0 of the turned": {read[float32](t, turned.X0)[i], y[at+3]},
			"x1 of the turned": {read[float32](t, turned.X1)[i], y[at]},
		} {
			if !(math.Abs(float64(pair[0]-pair[1])) <= 1e-6) || pair[1] == 0 {
				t.Errorf("%s[%d] = %v, want %v", what, i, pair[0], pair[1])
			}
		}
	}
	if err := d.Knows(reverie.WantVariance); err == nil || err.Error() != "the network gives no learned variance" {
		t.Error(err)
	}
	m.Spec.Unpaired = false
	if err := d.Knows(reverie.WantFar); err == nil || err.Error() != "the network gives no expected far end" {
		t.Error(err)
	}
}

// TestDenoiserKnows: what is wanted together is what is wanted alone, to float32's roundings, and
// what was not learned is refused.
func TestDenoiserKnows(t *testing.T) {
	e := openEngine(t, "")
	m := pointModel(t, e, mlp.Config{Out: 6}, reverie.Eps)
	space := engine.NewRecycler(e.Space(random.Stream{}))
	defer space.Close()
	d := m.Denoiser(space, net.Eval)
	defer d.Close()
	x, u := engine.New(e, wave[float32](6, 1, 1), 2, 1, 1, 3), engine.New(e, wave[float32](6, 2, 1), 2, 1, 1, 3)
	ask := func(w reverie.Want) reverie.Estimate[*tensors.Tensor] {
		got, err := d.Denoise(t.Context(), query{X: x, T: 0.3, Want: w, U: u})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	both, v, vjp := ask(reverie.WantVariance|reverie.WantVJP), ask(reverie.WantVariance), ask(reverie.WantVJP)
	for name, pair := range map[string][2]*tensors.Tensor{"x0hat": {both.X0, v.X0}, "v": {both.V, v.V}, "product": {both.VJP, vjp.VJP}} {
		got, want := read[float32](t, pair[0]), read[float32](t, pair[1])
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) <= 1e-6) || want[i] == 0 {
				t.Errorf("%s[%d] = %v, want %v", name, i, got[i], want[i])
			}
		}
	}
	plain := pointModel(t, e, mlp.Config{}, reverie.Eps).Denoiser(space, net.Eval)
	if err := plain.Knows(reverie.WantVariance | reverie.WantVJP); err == nil || err.Error() != "the network gives no learned variance" {
		t.Errorf("of a network without a variance: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Denoise(ctx, query{X: x, T: 0.3, Want: reverie.WantVJP, U: x}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestVJPOfAUNet: the convolutions' rules, in float64: the product along a direction against a
// difference along it.
func TestVJPOfAUNet(t *testing.T) {
	e := openEngine(t, "")
	n, err := unet.New(unet.Config{InChannels: 1, OutChannels: 1, BlockOutChannels: []int{8, 16}, LayersPerBlock: 1, NormNumGroups: 4,
		DownBlockTypes: []string{"DownBlock2D", "AttnDownBlock2D"}, UpBlockTypes: []string{"AttnUpBlock2D", "UpBlock2D"}, AttentionHeadDim: 4})
	if err != nil {
		t.Fatal(err)
	}
	w := net.Initial(n, 3, dtypes.Float32)
	for i, p := range n.Params() {
		w[i] = engine.New(e, wave[float32](p.Size(), float64(i), 0.2), p.EngineShape()...)
	}
	m := New(e, n, reverie.VP{}, reverie.Eps, w)
	defer m.Close()
	space := engine.NewRecycler(e.Space(random.Stream{}))
	defer space.Close()
	d := m.Denoiser(space, net.Eval)
	defer d.Close()
	const at, h, size = 0.5, 1e-5, 2 * 8 * 8
	x, u, dir := wave[float64](size, 1, 1), wave[float64](size, 2, 1), wave[float64](size, 5, 1)
	batch := func(v []float64) *tensors.Tensor { return engine.New(e, v, 2, 8, 8, 1) }
	along := func(h float64) (sum float64) {
		y := append([]float64{}, x...)
		for i := range y {
			y[i] += h * dir[i]
		}
		x0, err := reverie.Denoise(t.Context(), d, batch(y), at)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range read[float64](t, x0) {
			sum += u[i] * v
		}
		return sum
	}
	product, err := d.Denoise(t.Context(), query{X: batch(x), T: at, Want: reverie.WantVJP, U: batch(u)})
	if err != nil {
		t.Fatal(err)
	}
	got := 0.0
	for i, v := range read[float64](t, product.VJP) {
		got += v * dir[i]
	}
	want := (along(h) - along(-h)) / (2 * h)
	if !(math.Abs(got-want) < 1e-6*math.Abs(want)) {
		t.Errorf("u' J d = %v, by differences %v", got, want)
	}
}
