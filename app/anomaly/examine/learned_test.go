package examine

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/app/anomaly/baseline"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/vae"
)

// codes are those of the linear autoencoder.
const codes = 5

// linear is an autoencoder of linear halves, z = A x + a and x' = B z + b, and A, a, B, b as
// [out,in] and [out]; of A and a the rows behind the codes are those of their variances.
func linear(t *testing.T) (*model.Autoencoder, [][]float32) {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	n, err := vae.NewDense(vae.DenseConfig{Height: side, Width: side, Channels: 3, Latent: codes, Widths: []int{}})
	if err != nil {
		t.Fatal(err)
	}
	var weights []*tensors.Tensor
	var numbers [][]float32
	for k, p := range n.Params() {
		size := 1
		for _, d := range p.Shape {
			size *= d
		}
		w := make([]float32, size)
		for i := range w {
			w[i] = float32(0.1 * math.Sin(float64(1+k+i*(7+k))))
		}
		weights, numbers = append(weights, engine.New(e, w, p.Shape...)), append(numbers, w)
	}
	a := model.NewAutoencoder(e, n, weights)
	t.Cleanup(func() { a.Free(); e.Close() })
	return a, numbers
}

// affine is W x + b.
func affine(w, b []float32, x []float64, rows int) []float64 {
	y := make([]float64, rows)
	for i := range y {
		y[i] = float64(b[i])
		for k, v := range x {
			y[i] += float64(w[i*len(x)+k]) * v
		}
	}
	return y
}

// TestAutoencoded: of halves that are matrices, healed is the product of both and the map what is
// missing, in every image and whatever the batch.
func TestAutoencoded(t *testing.T) {
	a, w := linear(t)
	all := sizes()
	maps, healed := joined(t, all, func(_ int, tiles batch) (maps, healed batch) {
		for _, x := range tiles {
			y := affine(w[2], w[3], affine(w[0], w[1], x, codes), len(x))
			m := make([]float64, len(x))
			for i := range m {
				m[i] = math.Abs(x[i] - y[i])
			}
			maps, healed = append(maps, m), append(healed, y)
		}
		return maps, healed
	})
	for _, size := range []int{1, 3, 0} {
		e, err := NewAutoencoded(a, Cut{Batch: size})
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range found(t, "autoencoded", e, all) {
			near(t, "map", f.Map, maps[i], 1e-5)
			near(t, "healed", f.Healed, healed[i], 1e-5)
			if f.Levels != nil {
				t.Errorf("levels %v of what is not noised", f.Levels)
			}
		}
	}
}

// TestLearned: a baseline maps tile by tile, after it learned from the tiles of healthy images, or
// by itself; intensity has nothing instead.
func TestLearned(t *testing.T) {
	all, healthy := sizes(), drawn([2]int{8, 8}, [2]int{9, 20}, [2]int{3, 3}, [2]int{8, 8})
	var tiles [][]float32
	joined(t, healthy, func(_ int, cut batch) (maps, healed batch) {
		for _, x := range cut {
			one := make([]float32, len(x))
			for i, v := range x {
				one[i] = float32(v)
			}
			tiles = append(tiles, one)
		}
		return cut, cut
	})
	for _, name := range baseline.Baselines.Names() {
		b, err := baseline.Baselines.New(name)
		if err != nil {
			t.Fatal(err)
		}
		other, err := baseline.Baselines.New(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Fit(tiles, 3); err != nil {
			t.Fatal(err)
		}
		healer, heals := other.(baseline.Healer)
		maps, healed := joined(t, all, func(_ int, tiles batch) (maps, healed batch) {
			for _, x := range tiles {
				one := make([]float32, len(x))
				for i, v := range x {
					one[i] = float32(v)
				}
				m, err := other.Map(one)
				better := m
				if err == nil && heals {
					better, err = healer.Heal(one)
				}
				if err != nil {
					t.Fatal(err)
				}
				maps, healed = append(maps, m), append(healed, better)
			}
			return maps, healed
		})
		e, err := NewLearned(b, 3, Cut{Height: side, Width: side, Batch: 3})
		if err == nil {
			err = e.Fit(t.Context(), healthy)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range found(t, name, e, all) {
			near(t, name+": map", f.Map, maps[i], 1e-12)
			if heals != (f.Healed != nil) {
				t.Errorf("%s: healed is %v", name, f.Healed)
			}
			if heals {
				near(t, name+": healed", f.Healed, healed[i], 1e-6)
			}
		}
	}
}

// TestLearnedRefused: what does not do, before an image is read or at it.
func TestLearnedRefused(t *testing.T) {
	a, _ := linear(t)
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n, err := vae.NewDense(vae.DenseConfig{})
	if err != nil {
		t.Fatal(err)
	}
	points := model.NewAutoencoder(e, n, nil)
	defer points.Close()
	for want, f := range map[string]func() (Finder, error){
		"the autoencoder is of points":        func() (Finder, error) { return NewAutoencoded(points, Cut{}) },
		"16x8 (height x width)":               func() (Finder, error) { return NewAutoencoded(a, Cut{Height: 16, Width: 8}) },
		"share 1.5 of a map":                  func() (Finder, error) { return NewAutoencoded(a, Cut{Summing: Summing{Share: 1.5}}) },
		"in batches of -2":                    func() (Finder, error) { return NewAutoencoded(a, Cut{Batch: -2}) },
		"give the height and width":           func() (Finder, error) { return NewLearned(new(baseline.Mean), 3, Cut{}) },
		"tiles of 8x8x0":                      func() (Finder, error) { return NewLearned(new(baseline.Mean), 0, Cut{Height: 8, Width: 8}) },
		"in batches of -1: expected at least": func() (Finder, error) { return NewLearned(new(baseline.Mean), 3, Cut{Height: 8, Width: 8, Batch: -1}) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	learned, err := NewLearned(new(baseline.Mean), 3, Cut{Height: side, Width: side})
	if err != nil {
		t.Fatal(err)
	}
	if err := learned.Each(t.Context(), sizes(), nil); err == nil || !strings.Contains(err.Error(), "call Fit first") {
		t.Errorf("before Fit: %v", err)
	}
	if err := learned.Fit(t.Context(), drawn()); err == nil || !strings.Contains(err.Error(), "0 images to learn from") {
		t.Errorf("of nothing: %v", err)
	}
	if err := learned.Fit(t.Context(), drawn([2]int{0, 4})); err == nil || !strings.Contains(err.Error(), "sides of at least 1") {
		t.Errorf("of an empty image: %v", err)
	}
	if err := learned.Fit(t.Context(), sizes()); err != nil {
		t.Fatal(err)
	}
	coded, err := NewAutoencoded(a, Cut{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, by := range []Finder{coded, learned} {
		if err := by.Each(ctx, sizes(), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}
