package model

import (
	"image"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// A forward strip shows sqrt(abar) x0 + sqrt(1-abar) eps at t = 0, 3, .., 27 of 30, under one draw
// of the noise.
func TestForwardStrip(t *testing.T) {
	const h, w, c = 4, 6, 3
	beta := reverie.LinearBetas(30, 1e-3, 0.2)
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	x0, eps := make([]float32, h*w*c), make([]float32, h*w*c)
	for i := range x0 {
		x0[i] = float32(i)/72 - 0.5
	}
	random.Stream{Seed: 5, Domain: random.Training}.Normal32(eps)
	got := ForwardStrip(p, nil, x0, kind.OfImages(h, w, c), 5)
	var frames []image.Image
	abar := 1.0
	for i, b := range beta {
		if abar *= 1 - b; i%3 != 0 {
			continue
		}
		x := make([]float32, len(x0))
		for k := range x {
			x[k] = float32(math.Sqrt(abar)*float64(x0[k]) + math.Sqrt(1-abar)*float64(eps[k]))
		}
		frames = append(frames, picture.FromFloat(x, h, w, c))
	}
	want := picture.Strip(frames, picture.Layout{})
	if got.Bounds() != want.Bounds() || len(frames) != 10 {
		t.Fatalf("%v, want %v of %d", got.Bounds(), want.Bounds(), len(frames))
	}
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			r, g, b, a := got.At(x, y).RGBA()
			r2, g2, b2, a2 := want.At(x, y).RGBA()
			for _, d := range []int{int(r) - int(r2), int(g) - int(g2), int(b) - int(b2), int(a) - int(a2)} {
				if d > 257 || d < -257 { // one level, where rounding falls the other way
					t.Fatalf("pixel %d,%d differs", x, y)
				}
			}
		}
	}
}

// A strip has ten stages, evenly spread, the last of which is the last step, of the first image of
// the first batch; of a walk under ten steps, all.
func TestStrip(t *testing.T) {
	e := openEngine(t, "")
	for steps, want := range map[int][]int{
		300: {30, 60, 90, 120, 150, 180, 210, 240, 270, 300}, 10: {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		25: {3, 5, 8, 10, 13, 15, 18, 20, 23, 25}, 4: {1, 2, 3, 4}, 1: {1},
	} {
		s := Strip{Kind: kind.OfImages(2, 2, 1)}
		for step := 1; step <= steps; step++ {
			v := float32(step)/float32(steps)*2 - 1 // what is seen of it: its level
			x := engine.New(e, []float32{v, v, v, v, -1, -1, -1, -1}, 2, 2, 2, 1)
			for _, first := range []int{0, 2} {
				if err := s.Hook(first, State{Step: step, Steps: steps, X: x, X0: (*tensors.Tensor)(nil)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(s.images) != len(want) {
			t.Errorf("%d steps: %d stages, want %d", steps, len(s.images), len(want))
			continue
		}
		for i, img := range s.images {
			v := float32(want[i])/float32(steps)*2 - 1
			level := picture.Bytes(nil, []float32{v})[0]
			if r, _, _, _ := img.At(1, 1).RGBA(); uint8(r>>8) != level {
				t.Errorf("%d steps: stage %d has level %d, that of step %d is %d", steps, i, r>>8, want[i], level)
			}
		}
	}
}
