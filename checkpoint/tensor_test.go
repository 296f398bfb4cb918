package checkpoint

import (
	"math"
	"slices"
	"testing"
)

func TestTensorValues(t *testing.T) {
	all := ramps()
	for _, name := range []string{"f64", "f32", "f32.b", "f16", "bf16"} {
		v, err := all[name].F32s()
		if err != nil {
			t.Fatal(err)
		}
		w, err := all[name].F64s()
		if err != nil {
			t.Fatal(err)
		}
		for i := range v {
			if v[i] != float32(i) || w[i] != float64(i) {
				t.Errorf("%s[%d] = %v, %v", name, i, v[i], w[i])
			}
		}
	}
	for _, name := range []string{"i64", "i32"} {
		if v, err := all[name].I64s(); err != nil || !slices.Equal(v, []int64{0, 1, 2, 3}[:len(v)]) || len(v) < 3 {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if v, err := all["scalar"].I64s(); err != nil || !slices.Equal(v, []int64{7}) {
		t.Errorf("scalar: %v, %v", v, err)
	}
	if v, err := (Tensor{DType: I32, Shape: []int{1}, Data: []byte{255, 255, 255, 255}}).I64s(); err != nil || v[0] != -1 {
		t.Errorf("I32 -1: %v, %v", v, err)
	}
	if v, err := FromI64s([]int64{-5, math.MaxInt64}).I64s(); err != nil || !slices.Equal(v, []int64{-5, math.MaxInt64}) {
		t.Errorf("I64: %v, %v", v, err)
	}
}

func TestTensorOfAnotherKind(t *testing.T) {
	if _, err := FromI64s([]int64{1}).F32s(); err == nil {
		t.Error("F32s of I64")
	}
	if _, err := FromF32s(nil).I64s(); err == nil {
		t.Error("I64s of F32")
	}
	if _, err := (Tensor{DType: F32, Shape: []int{2}, Data: make([]byte, 7)}).F32s(); err == nil {
		t.Error("F32s of 7 bytes")
	}
	defer func() {
		if recover() == nil {
			t.Error("a shape of 3 for 2 values did not panic")
		}
	}()
	FromF32s([]float32{1, 2}, 3)
}

// Every half is compared with the value its bits stand for.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		got := half(uint16(h))
		e, m := h>>10&31, float64(h&1023)/1024
		want := math.Pow(2, float64(e-15)) * (1 + m)
		switch {
		case e == 0:
			want = math.Pow(2, -14) * m
		case e == 31 && m == 0:
			want = math.Inf(1)
		case e == 31:
			want = math.NaN()
		}
		if h >= 1<<15 {
			want = -want
		}
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || !math.IsNaN(got) && math.Signbit(got) != (h >= 1<<15) {
			t.Fatalf("half(%#x) = %v, want %v", h, got, want)
		}
	}
}
