package learn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// What a network that fills squares learns from: within one square, which lies elsewhere for other
// samples and steps and is the same for the same, the input and the target of denoise to the bit;
// around it the image in the scale of the input. The loss is the mean over the square of the
// network's error.
func TestPatched(t *testing.T) {
	const n, h, w, c, side = 5, 6, 9, 3, 4
	e, m := testEngine(t), pointsNet(t, c, c)
	o := reverie.Objective{Process: reverie.EDM{}, Param: reverie.EDMParam(0.5)}
	setup := learn.Setup{Engine: e, Net: m, Objective: o, Kind: kind.OfImages(h, w, c)}
	method := func(patch int) learn.Method {
		setup.Patch = patch
		how, err := learn.Denoising{}.Method(setup)
		if err != nil {
			t.Fatal(err)
		}
		return how
	}
	b := &data.Batch{Kind: kind.OfImages(h, w, c), N: n, X: make([]float32, n*h*w*c)}
	random.Stream{Seed: 1}.Normal32(b.X)
	place := func(step uint32) learn.Place {
		return learn.Place{Noise: random.Stream{Seed: 2, Domain: random.Training, Step: step}, Times: random.Stream{Seed: 2, Domain: random.Times, Step: step}}
	}
	in, times, err := method(side).Inputs(b, place(3))
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := method(0).Inputs(b, place(3))
	if err != nil {
		t.Fatal(err)
	}
	x, all, mask := tensors.MustCopyFlatData[float32](in[0]), tensors.MustCopyFlatData[float32](whole[0]), tensors.MustCopyFlatData[float32](in[4])
	if !slices.Equal(tensors.MustCopyFlatData[float32](in[2]), tensors.MustCopyFlatData[float32](whole[2])) {
		t.Error("the target is another")
	}
	var corners [][2]int
	for i := range n {
		_, _, _, scale := o.Param(o.Process.At(times[i]))
		top, left, area := h, w, 0
		for p := range h * w {
			inside := mask[i*h*w+p] == 1
			if inside {
				top, left, area = min(top, p/w), min(left, p%w), area+1
			}
			for k := range c {
				at := (i*h*w+p)*c + k
				if want := all[at]; inside && x[at] != want {
					t.Fatalf("sample %d, within: %v, want %v", i, x[at], want)
				}
				if want := float32(scale * float64(b.X[at])); !inside && x[at] != want {
					t.Fatalf("sample %d, around: %v, want %v", i, x[at], want)
				}
			}
		}
		if area != side*side || mask[i*h*w+(top+side-1)*w+left+side-1] != 1 || mask[i*h*w+top*w+left] != 1 {
			t.Errorf("sample %d: %d pixels from (%d,%d) on are no square of %d", i, area, top, left, side)
		}
		corners = append(corners, [2]int{top, left})
	}
	distinct := map[[2]int]bool{}
	for _, at := range corners {
		distinct[at] = true
	}
	if len(distinct) < 3 {
		t.Errorf("the squares lie at %v", corners)
	}
	for step, same := range map[uint32]bool{3: true, 4: false} {
		again, _, err := method(side).Inputs(b, place(step))
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(tensors.MustCopyFlatData[float32](again[4]), mask) != same {
			t.Errorf("step %d: the squares' places: same is not %v", step, same)
		}
	}
}

// silent is a network that says 0.
type silent struct{ net.Model }

func (silent) Params() []*net.Param                          { return nil }
func (silent) Forward(_ *net.Vars, in net.Input) *graph.Node { return graph.ZerosLike(in.X) }

// The loss of a network that says 0 is the weighted mean of the target's square over each square of
// noise, and of nothing else; one that is higher than the image is as high as that.
func TestPatchedLoss(t *testing.T) {
	const n, h, w, side = 2, 3, 5, 4
	e, m := testEngine(t), silent{pointsNet(t, 1, 1)}
	how, err := learn.Denoising{}.Method(learn.Setup{Engine: e, Net: m, Objective: reverie.Objective{Process: reverie.EDM{}, Param: reverie.X0}, Kind: kind.OfImages(h, w, 1), Patch: side})
	if err != nil {
		t.Fatal(err)
	}
	b := &data.Batch{Kind: kind.OfImages(h, w, 1), N: n, X: make([]float32, n*h*w)}
	random.Stream{Seed: 1}.Normal32(b.X)
	in, _, err := how.Inputs(b, learn.Place{Noise: random.Stream{Seed: 3, Domain: random.Training}, Times: random.Stream{Seed: 3, Domain: random.Times}})
	if err != nil {
		t.Fatal(err)
	}
	loss, _ := evaluated(t, e, m, how, nil, doubles(e, in))
	mask, weight := tensors.MustCopyFlatData[float32](in[4]), tensors.MustCopyFlatData[float32](in[3])
	for i := range n {
		sum, area := 0.0, 0.0
		for p := i * h * w; p < (i+1)*h*w; p++ {
			sum, area = sum+float64(mask[p]*b.X[p])*float64(b.X[p]), area+float64(mask[p])
		}
		if area != h*side {
			t.Errorf("sample %d: %v pixels", i, area)
		}
		near(t, "the loss", loss[i], float64(weight[i])*sum/area, 1e-6)
	}
}

// What the method does not go with is refused.
func TestPatchedRefuses(t *testing.T) {
	of := func(k kind.Kind, out, patch int) error {
		_, err := learn.Denoising{}.Method(learn.Setup{Net: pointsNet(t, 2, out), Objective: reverie.Objective{Process: reverie.EDM{}, Param: reverie.X0}, Kind: k, Patch: patch})
		return err
	}
	for want, err := range map[string]error{
		"points have none":                of(kind.OfPoints(2), 2, 1),
		"is all of an image of 4x6":       of(kind.OfImages(4, 6, 2), 2, 6),
		"no learned schedule or variance": of(kind.OfImages(4, 6, 2), 4, 2),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := of(kind.OfImages(4, 6, 2), 2, 5); err != nil {
		t.Error(err)
	}
}
