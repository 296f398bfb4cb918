package vec

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

// floats reads a slice of float32 from fuzz data.
func floats(data []byte) []float32 {
	x := make([]float32, len(data)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return x
}

func seeds(f *testing.F) {
	var b []byte
	for _, v := range specials {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	for op := range uint8(24) {
		f.Add(op, b)
		f.Add(op, b[:4*(op%12)])
	}
}

func FuzzUnary(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, op uint8, data []byte) {
		c := unaries[int(op)%len(unaries)]
		x := floats(data)
		for l := isa.Generic; l <= isa.Best(); l++ {
			restore := isa.Use(l)
			y := make([]float32, len(x))
			c.op(y, x)
			restore()
			for i, got := range y {
				if want := c.oracle(float64(x[i])); ulps(got, want) > c.ulp {
					t.Errorf("%s %s(%v) = %v, want %v", l, c.name, x[i], got, want)
				}
			}
		}
	})
}

// FuzzBinary compares the levels with the portable loops: bit for bit but for the sign of zeros
// (Pow: within a unit).
func FuzzBinary(f *testing.F) {
	seeds(f)
	type loop = func(dst, a, b []float32)
	ops := []struct {
		name    string
		op, ref loop
		ulp     float64
	}{
		{"Add", Add, AddOf[float32], 0}, {"Sub", Sub, SubOf[float32], 0}, {"Mul", Mul, MulOf[float32], 0}, {"Div", Div, DivOf[float32], 0},
		{"Max", Max, MaxOf[float32], 0}, {"Min", Min, MinOf[float32], 0}, {"Pow", Pow, PowOf[float32], 1},
	}
	f.Fuzz(func(t *testing.T, op uint8, data []byte) {
		c := ops[int(op)%len(ops)]
		x := floats(data)
		a, b := x[:len(x)/2], x[len(x)/2:len(x)/2*2]
		want, got := make([]float32, len(a)), make([]float32, len(a))
		c.ref(want, a, b)
		for l := isa.Generic; l <= isa.Best(); l++ {
			restore := isa.Use(l)
			c.op(got, a, b)
			restore()
			for i := range got {
				if ulps(got[i], float64(want[i])) > c.ulp {
					t.Errorf("%s %s(%v, %v) = %v, want %v", l, c.name, a[i], b[i], got[i], want[i])
				}
			}
		}
	})
}
