package model

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/sample"
)

// given are images of the size that the tests edit.
func given(n, size int) []float32 {
	x := make([]float32, n*size)
	for i := range x {
		x[i] = float32(0.9 * math.Sin(float64(3*i)))
	}
	return x
}

// Every edit is of each image alone: in batches of one or of all it comes out the same.
func TestEditsKnowNoBatch(t *testing.T) {
	e := openEngine(t, "")
	m, _ := knownModel(t, e, 20)
	const n, size = 3, 8 * 8 * 3
	x := given(n, size)
	down, err := edit.Operators.Find("down4")
	if err != nil {
		t.Fatal(err)
	}
	a, err := down.Of(edit.Shape{H: 8, W: 8, C: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mmps, err := Methods.Find("mmps")
	if err != nil {
		t.Fatal(err)
	}
	inversion, err := Inversions.Find("fixed-point")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(o Options) ([]float32, error){
		"redraw": func(o Options) ([]float32, error) { return m.Redraw(t.Context(), o, x, 0.5) },
		"invert": func(o Options) ([]float32, error) {
			back, off, err := m.GoAndReturn(t.Context(), o, x, inversion)
			if len(off) != n || slices.Max(off) > 0.02 {
				t.Errorf("the images come back otherwise by %v", off)
			}
			return back, err
		},
		"restore": func(o Options) ([]float32, error) {
			r, err := m.Restore(t.Context(), o, given(n, 2*2*3), a, mmps)
			if len(r.Misfit) != n || !(r.Residual < 1e-3) {
				t.Errorf("misfits %v, residual %v", r.Misfit, r.Residual)
			}
			return r.Images, err
		},
		"morph": func(o Options) ([]float32, error) {
			all, off, err := m.Morph(t.Context(), o, x[:2*size], inversion, 5)
			if !(max(off[0], off[1]) < 0.02) {
				t.Errorf("the ends come back otherwise by %v", off)
			}
			return all, err
		},
	} {
		var all [2][]float32
		for i, batch := range []int{1, 16} {
			if all[i], err = f(Options{Height: 8, Width: 8, Batch: batch, Seed: 3, Steps: 10, Clamp: "none"}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(all[0]) < n*size {
			t.Errorf("%s: %d numbers", name, len(all[0]))
		}
		for i := range all[0] {
			if d := math.Abs(float64(all[0][i] - all[1][i])); !(d < 1e-3) {
				t.Fatalf("%s: number %d is %v in batches of one and %v in one batch", name, i, all[0][i], all[1][i])
			}
		}
	}
}

// What a mask keeps comes back as it was, by every method, and the rest is drawn.
func TestRestoreKeepsWhatIsKnown(t *testing.T) {
	e := openEngine(t, "")
	m, _ := knownModel(t, e, 20)
	s := edit.Shape{H: 4, W: 4, C: 3}
	known := make([]bool, s.H*s.W)
	for i := range known {
		known[i] = i < 8
	}
	row, err := edit.Operators.Find("mask")
	if err != nil {
		t.Fatal(err)
	}
	a, err := row.Of(s, known)
	if err != nil {
		t.Fatal(err)
	}
	y := given(2, s.Size())
	for n := range 2 {
		clear(y[n*s.Size()+s.Size()/2 : (n+1)*s.Size()])
	}
	for _, method := range Methods.Rows() {
		o := Options{Height: 4, Width: 4, Steps: 20, Solver: &sample.DDIM[*tensors.Tensor]{Eta: 1}, Clamp: "none"}
		steps := 0
		o.Hook = func(_ int, s State) error { steps = s.Steps; return nil }
		r, err := m.Restore(t.Context(), o, y, a, method)
		if err != nil {
			t.Fatal(err)
		}
		name := method.Row().Name
		tol := map[string]float64{"mmps": 0.03, "diffpir": 0.03, "dps": 0.8, "repaint": 1e-6, "replace": 1e-6}[name]
		if worst := slices.Max(r.Misfit); !(worst <= tol) {
			t.Errorf("%s: misfit %v", name, worst)
		}
		if want := map[bool]int{true: 5 + 15*5, false: 20}[name == "repaint"]; steps != want {
			t.Errorf("%s: %d steps, want %d", name, steps, want)
		}
		if drawn := r.Images[s.Size()/2 : s.Size()]; drawn[0] == 0 || drawn[0] == drawn[3] {
			t.Errorf("%s: drawn were %v", name, drawn)
		}
	}
}

// A model of latents has no pixels to measure, and is edited in its latents else.
func TestEditsOfLatents(t *testing.T) {
	if _, err := (&Model{VAE: new(Autoencoder)}).Restore(t.Context(), Options{}, nil, nil, nil); !errors.Is(err, ErrLatent) {
		t.Errorf("a measurement: %v", err)
	}
}

// TestMemoryForProducts: the vector-Jacobian product takes more than the network alone.
func TestMemoryForProducts(t *testing.T) {
	m := small(t, openEngine(t, ""))
	alone, err := m.Memory(net.Eval, 2, 8, 8)
	if err != nil {
		t.Fatal(err)
	}
	more, err := m.MemoryFor(reverie.WantVJP, net.Eval, 2, 8, 8)
	if err != nil || more <= alone {
		t.Errorf("%d bytes with the product, %d without, %v", more, alone, err)
	}
}

// TestReturnOfClass: what --invert changes an image to is, number by number, what the model of no
// class makes noise of and that of the class alone makes of this noise: of a network that is told
// classes, guided or not, and of one that a classifier guides, at scale 1 of which the exact one's
// image is the class's own (TestSampleGuided). Where no class means nothing it is refused.
func TestReturnOfClass(t *testing.T) {
	e := openEngine(t, "")
	told, plain := conditional(t, e)
	spotted := two.unconditional(t, e)
	inversion, err := Inversions.Find("fixed-point")
	if err != nil {
		t.Fatal(err)
	}
	x := []float32{0.8, -0.3, -0.2, 0.5, 0.1, 1.1}
	o := Options{Height: 1, Width: 1, Steps: 8, Clamp: "none"}
	for name, c := range map[string]struct {
		m           *Model
		guides      []Guide
		class       int
		there, back *Model
		tol         float64
	}{
		"told":             {told, nil, 2, plain(reverie.NullClass), plain(2), 1e-3},
		"told, of none":    {told, nil, reverie.NullClass, plain(reverie.NullClass), plain(reverie.NullClass), 1e-3},
		"told, by gamma 1": {told, []Guide{gamma(1)}, 2, plain(reverie.NullClass), plain(2), 1e-3},
		"told, by gamma 0": {told, []Guide{gamma(0)}, 2, plain(reverie.NullClass), plain(reverie.NullClass), 1e-3},
		"by a classifier":  {spotted, guidedByClassifier(spotted, two.exact(e), 1, "x0"), 1, two.unconditional(t, e), two.alone(1).unconditional(t, e), 0.02},
	} {
		of := o
		of.Class, of.Guides = []int{c.class}, c.guides
		got, off, err := c.m.GoAndReturn(t.Context(), of, x, inversion)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := c.there.each(t.Context(), c.there.inverted(o), x, func(w *walk, x *tensors.Tensor) (*tensors.Tensor, error) {
			noise, err := inversion.Invert(t.Context(), w.run, x, w.grid, nil)
			if err != nil {
				return nil, err
			}
			run, err := c.back.run(w.o, w.space, nil)
			if err != nil {
				return nil, err
			}
			return sample.Sample(t.Context(), run, w.o.Solver, noise, w.grid, w.hook)
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if d := math.Abs(float64(got[i] - want[i])); !(d <= c.tol*max(1, math.Abs(float64(want[i])))) {
				t.Errorf("%s: number %d is %v, want %v", name, i, got[i], want[i])
			}
		}
		if changed := c.there != c.back && c.class != reverie.NullClass && name != "told, by gamma 0"; (slices.Max(off) > 0.1) != changed {
			t.Errorf("%s: changed by %v", name, off)
		}
	}
	told.Null = false
	for _, class := range [][]int{{1}, nil} {
		o.Class = class
		if _, _, err := told.GoAndReturn(t.Context(), o, x, inversion); err == nil || !strings.Contains(err.Error(), "--strength or --to, with --class") {
			t.Errorf("class %v of a model without a null class: %v", class, err)
		}
	}
}

// TestEditsRefused: numbers that are no whole images, and a way of one frame.
func TestEditsRefused(t *testing.T) {
	m := small(t, openEngine(t, ""))
	inversion, err := Inversions.Find("ddim")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Height: 8, Width: 8, Steps: 2, Clamp: "none"}
	for _, n := range []int{0, 8*8*3 - 1, 8*8*3 + 5} {
		if _, err := m.Redraw(t.Context(), o, make([]float32, n), 0.5); err == nil || !strings.Contains(err.Error(), "numbers for samples of") {
			t.Errorf("%d numbers: error %v", n, err)
		}
	}
	for _, c := range []struct{ n, frames int }{{2 * 8 * 8 * 3, 1}, {8*8*3*2 + 1, 3}} {
		if _, _, err := m.Morph(t.Context(), o, make([]float32, c.n), inversion, c.frames); err == nil || !strings.Contains(err.Error(), "give at least 2 frames, and two images") {
			t.Errorf("%d frames of %d numbers: error %v", c.frames, c.n, err)
		}
	}
}
