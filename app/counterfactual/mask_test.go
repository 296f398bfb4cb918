package counterfactual

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// TestMask: threshold and dilation pixel by pixel, at edges too, for images that are no squares and
// of several channels, and for squares beyond the image.
func TestMask(t *testing.T) {
	for _, s := range []edit.Shape{{H: 7, W: 5, C: 1}, {H: 4, W: 9, C: 3}, {H: 1, W: 6, C: 2}, {H: 6, W: 1, C: 1}, {H: 1, W: 1, C: 3}} {
		for _, side := range []int{1, 3, 5, 21} {
			for _, threshold := range []float64{0.05, 0.5, 0.95} {
				x, from := make([]float64, s.Size()), make([]float64, s.Size())
				random.Stream{Seed: uint64(s.H), Domain: 128}.Normal(x)
				random.Stream{Seed: uint64(s.W), Domain: 128, Step: 1}.Normal(from)
				got := Masking{threshold, side}.of(s, [][]float64{x, x}, [][]float64{from, x})
				if want := brute(s, x, from, threshold, side); !slices.Equal(got[0], want) {
					t.Errorf("%v, square of %d above %v: %v, want %v", s, side, threshold, got[0], want)
				}
				if slices.Contains(got[1], true) {
					t.Errorf("%v: a mask where nothing changed: %v", s, got[1])
				}
			}
		}
	}
}

// TestUsualSide: without a side the square is the authors' of their images, and as large a part of
// others.
func TestUsualSide(t *testing.T) {
	for short, want := range map[int]int{1: 1, 8: 1, 12: 3, 28: 5, 128: 21, 256: 43} {
		if got := (Masking{}).side(edit.Shape{H: short, W: 2 * short, C: 1}); got != want {
			t.Errorf("of %d pixels: %d, want %d", short, got, want)
		}
	}
	if err := (Masking{0.1, 4}).Validate(); err == nil {
		t.Error("a square without a middle")
	}
}

// brute is the mask by its definition.
func brute(s edit.Shape, x, from []float64, threshold float64, side int) []bool {
	change := func(i, j int) (sum float64) {
		for k := range s.C {
			d := x[(i*s.W+j)*s.C+k] - from[(i*s.W+j)*s.C+k]
			sum += max(d, -d)
		}
		return sum
	}
	largest := 0.
	for i := range s.H {
		for j := range s.W {
			largest = max(largest, change(i, j))
		}
	}
	mask := make([]bool, s.H*s.W)
	for i := range s.H {
		for j := range s.W {
			for k := range s.H {
				for l := range s.W {
					near := max(i-k, k-i) <= side/2 && max(j-l, l-j) <= side/2
					if near && change(k, l)/largest > threshold {
						mask[i*s.W+j] = true
					}
				}
			}
		}
	}
	return mask
}

// spot is a classifier whose log odds are 4 times the sum of the pixels of a square of 2 at the
// corner, less 24.
type spot struct{ shape edit.Shape }

func (s spot) weight(i int) float64 {
	if pixel := i / s.shape.C; pixel/s.shape.W < 2 && pixel%s.shape.W < 2 {
		return 4
	}
	return 0
}

func (s spot) odds(row []float64) batch {
	sum := -24.
	for i, v := range row {
		sum += s.weight(i) * v
	}
	return batch{{sum}}
}

func (s spot) LogProbabilities(ctx context.Context, x batch) (all [][]float64, err error) {
	for _, row := range x {
		l, _ := logistic{}.LogProbabilities(ctx, s.odds(row))
		all = append(all, l[0])
	}
	return all, nil
}

func (s spot) Gradient(ctx context.Context, x batch, class []int) (batch, error) {
	g := reverie.NewBatch[float64](len(x), len(x[0]))
	p, err := s.LogProbabilities(ctx, x)
	for n := range x {
		for i := range g[n] {
			g[n][i] = s.weight(i) * (math.Exp(p[n][0])*float64(class[n]) - math.Exp(p[n][1])*float64(1-class[n]))
		}
	}
	return g, err
}

// TestOutside: outside of the mask the counterfactual is the image, bit by bit, within it not; what
// the classifier looks at is within. Under solvers with fresh noise and without.
func TestOutside(t *testing.T) {
	s := edit.Shape{H: 8, W: 8, C: 2}
	law, err := mixture.New(nil, [][]float64{make([]float64, s.Size())}, []mixture.Cov{{Var: 0.3}})
	if err != nil {
		t.Fatal(err)
	}
	x := law.Sample(random.Stream{Seed: 8, Domain: 128}, 2)
	for name, p := range processes(t) {
		for _, solver := range []sample.Solver[batch]{&sample.DDPM[batch]{}, &sample.DDIM[batch]{}, &sample.Heun[batch]{}, &sample.DPM2M[batch]{}} {
			for _, m := range []Method[batch]{
				&Fast[batch]{Redraw: Redraw{1}, Masking: Masking{0.4, 3}, Warmup: 0.5, Gradient: "product"},
				&ACE[batch]{Redraw: Redraw{1}, Iterations: 8, Step: 0.05, L1: 0.001, FilterSteps: 1, Masking: Masking{0.4, 3}},
			} {
				pr := problem(p, law.Denoiser(p), spot{s}, solver, levels(p, 0.15, 5), x, []int{1, 1})
				pr.Shape = s
				e, err := Explain(t.Context(), m, pr, DefaultSearch)
				if err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("%s by %s of %s", m.Row().Name, sample.Name(solver), name)
				for n := range x {
					checkOutside(t, what, s, e, n, x[n])
				}
			}
		}
	}
}

// checkOutside compares a counterfactual with the image that it is of.
func checkOutside(t *testing.T, what string, s edit.Shape, e Explanation[batch], n int, x []float64) {
	t.Helper()
	within := 0
	for i, v := range x {
		in := e.Mask[n][i/s.C]
		if in {
			within++
		}
		if same := e.X[n][i] == v; same == in {
			t.Errorf("%s: number %d is the image's: %v, in the mask: %v", what, i, same, in)
			return
		}
	}
	if !e.Flipped[n] || !e.Mask[n][0] || !e.Mask[n][1] || !e.Mask[n][s.W] || within == 0 || within == s.Size() {
		t.Errorf("%s: flipped %v, %d of %d numbers in the mask %v", what, e.Flipped[n], within, s.Size(), e.Mask[n])
	}
}
