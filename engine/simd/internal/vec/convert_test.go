package vec

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

func TestConvert(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(18)
		for _, n := range lengths() {
			ints, bytes, mask := make([]int32, n), make([]uint8, n), make([]bool, n)
			for i := range n {
				ints[i], bytes[i], mask[i] = int32(r.Uint32()), uint8(r.Uint32()), r.IntN(2) == 0
			}
			dst := newBuffer(n, n%16)
			check := func(name string, want func(i int) float32) {
				for i, got := range dst.x {
					if !sameBits(got, want(i)) {
						t.Fatalf("%s, n=%d: element %d is %v, want %v", name, n, i, got, want(i))
					}
				}
				dst.intact(t, name)
			}
			FromInt32(dst.x, ints)
			check("FromInt32", func(i int) float32 { return float32(ints[i]) })
			FromUint8(dst.x, bytes)
			check("FromUint8", func(i int) float32 { return float32(bytes[i]) })
			FromMask(dst.x, mask)
			check("FromMask", func(i int) float32 {
				if mask[i] {
					return 1
				}
				return 0
			})
		}
	})
}

func TestConvertSaturates(t *testing.T) {
	x := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 300, -300, -1.9, 1.9, 1e30}
	i8, u8, i64, u64 := make([]int8, 8), make([]uint8, 8), make([]int64, 8), make([]uint64, 8)
	ConvertOf(i8, x)
	ConvertOf(u8, x)
	ConvertOf(i64, x)
	ConvertOf(u64, x)
	if want := [8]int8{0, 127, -128, 127, -128, -1, 1, 127}; [8]int8(i8) != want {
		t.Errorf("int8: %v, want %v", i8, want)
	}
	if want := [8]uint8{0, 255, 0, 255, 0, 0, 1, 255}; [8]uint8(u8) != want {
		t.Errorf("uint8: %v, want %v", u8, want)
	}
	if want := [8]int64{0, math.MaxInt64, math.MinInt64, 300, -300, -1, 1, math.MaxInt64}; [8]int64(i64) != want {
		t.Errorf("int64: %v, want %v", i64, want)
	}
	if want := [8]uint64{0, math.MaxUint64, 0, 300, 0, 0, 1, math.MaxUint64}; [8]uint64(u64) != want {
		t.Errorf("uint64: %v, want %v", u64, want)
	}
}
