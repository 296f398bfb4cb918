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
			ints, bytes, mask, wide := make([]int32, n), make([]uint8, n), make([]bool, n), make([]float64, n)
			for i := range n {
				ints[i], bytes[i], mask[i] = int32(r.Uint32()), uint8(r.Uint32()), r.IntN(2) == 0
				wide[i] = r.NormFloat64() * math.Exp2(float64(r.IntN(400)-200))
			}
			x, dst := from(numbers(r, n), n%7), newBuffer(n, n%16)
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
			FromFloat64(dst.x, wide)
			check("FromFloat64", func(i int) float32 { return float32(wide[i]) })
			FromMask(dst.x, mask)
			check("FromMask", func(i int) float32 {
				if mask[i] {
					return 1
				}
				return 0
			})
			ToInt32(ints, x.x)
			d, ok := doubles64(n)
			ToFloat64(d, x.x)
			for i, v := range x.x {
				if want := toInt(float64(v)); ints[i] != want {
					t.Fatalf("ToInt32(%v) = %d, want %d", v, ints[i], want)
				}
				if d[i] != float64(v) && v == v {
					t.Fatalf("ToFloat64(%v) = %v", v, d[i])
				}
			}
			if !ok() {
				t.Fatalf("ToFloat64, n=%d: wrote outside of the slice", n)
			}
		}
	})
}

func toInt(x float64) int32 {
	switch {
	case x != x:
		return 0
	case x >= math.MaxInt32:
		return math.MaxInt32
	case x <= math.MinInt32:
		return math.MinInt32
	}
	return int32(x)
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
	b := make([]bool, 8)
	if ToBool(b, x); ![]bool(b)[0] || !b[5] {
		t.Errorf("ToBool: %v", b)
	}
}

func TestTranspose(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(19)
		for rows := range 35 {
			for _, cols := range []int{0, 1, 3, 7, 8, 9, 16, 17, 24, 31, 64} {
				srcStride, dstStride := cols+r.IntN(4), rows+r.IntN(4)
				src := from(numbers(r, rows*srcStride), rows%8)
				dst := newBuffer(cols*dstStride, cols%8)
				Fill(dst.x, guard)
				Transpose(dst.x, src.x, rows, cols, dstStride, srcStride)
				for i, got := range dst.x {
					want := guard // the gaps between rows stay
					if c, r := i/dstStride, i%dstStride; r < rows {
						want = src.x[r*srcStride+c]
					}
					if !sameBits(got, want) {
						t.Fatalf("%d x %d, strides %d %d: element %d is %v, want %v", rows, cols, dstStride, srcStride, i, got, want)
					}
				}
				dst.intact(t, "transpose")
			}
		}
	})
}
