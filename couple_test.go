package reverie

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// On the line the nearest coupling is by order (the monotone map is the optimal one); and in both
// precisions alike.
func TestCouple(t *testing.T) {
	const n = 200
	a, b := NewBatch[float64](n, 1), NewBatch[float64](n, 1)
	a32, b32 := NewBatch[float32](n, 1), NewBatch[float32](n, 1)
	for i := range n {
		random.Stream{Seed: 1, Sample: uint64(i)}.Normal(a[i])
		random.Stream{Seed: 2, Sample: uint64(i)}.Normal(b[i])
		b[i][0] = math.Exp(b[i][0]) - 3
		a32[i][0], b32[i][0] = float32(a[i][0]), float32(b[i][0])
	}
	byValue := func(x Batch[float64]) []int {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(i, j int) int { return cmp.Compare(x[i][0], x[j][0]) })
		return order
	}
	got, got32 := Couple(a, b), Couple(a32, b32)
	orderA, orderB := byValue(a), byValue(b)
	for k := range n {
		if got[orderA[k]] != orderB[k] || got32[orderA[k]] != orderB[k] {
			t.Fatalf("number %d in order goes with %d and %d, want %d", k, got[orderA[k]], got32[orderA[k]], orderB[k])
		}
	}
}

// Distances of every size, remainders of four included, against the plain sum; and what has none.
func TestDistances(t *testing.T) {
	for size := range 10 {
		a, b := NewBatch[float32](3, size), NewBatch[float32](2, size)
		for i := range a {
			random.Stream{Seed: 3, Sample: uint64(i)}.Normal32(a[i])
		}
		for i := range b {
			random.Stream{Seed: 4, Sample: uint64(i)}.Normal32(b[i])
		}
		for i, row := range Distances(a, b) {
			for j, got := range row {
				want := 0.0
				for k := range size {
					want += math.Pow(float64(a[i][k])-float64(b[j][k]), 2)
				}
				near(t, "distance", got, want, 1e-14, 0)
			}
		}
	}
	if d := Distances(Batch[float64]{}, Batch[float64]{}); len(d) != 0 {
		t.Error(d)
	}
	for _, c := range [][2]Batch[float64]{{{{1, 2}}, {{1}}}, {{{1}, {1, 2}}, {{1}}}, {{{1}}, {{1}, {1, 2}}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v have distances", c)
				}
			}()
			Distances(c[0], c[1])
		}()
	}
}

// A batch of 128 pictures of 64x64x3.
func BenchmarkCouple(b *testing.B) {
	x, y := NewBatch[float32](128, 64*64*3), NewBatch[float32](128, 64*64*3)
	for i := range x {
		random.Stream{Seed: 1, Sample: uint64(i)}.Normal32(x[i])
		random.Stream{Seed: 2, Sample: uint64(i)}.Normal32(y[i])
	}
	for b.Loop() {
		Couple(x, y)
	}
}
