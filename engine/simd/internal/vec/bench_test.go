package vec

import (
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

const tile = 1024

// BenchmarkTile measures each instruction on a tile that stays in the first-level cache; the bytes are those read and written.
func BenchmarkTile(b *testing.B) {
	r := seeded(1)
	var x [5][]float32
	for i := range x {
		x[i] = make([]float32, tile)
		for j := range x[i] {
			x[i][j] = float32(r.Float64() + .1)
		}
	}
	d, mask := make([]float32, tile), make([]bool, tile)
	sums, sums2 := make([]float64, 64), make([]float64, 64)
	ints := make([]int32, tile)
	for _, c := range []struct {
		name  string
		bytes int // per element
		f     func()
	}{
		{"Add", 12, func() { Add(d, x[0], x[1]) }},
		{"Mul", 12, func() { Mul(d, x[0], x[1]) }},
		{"Div", 12, func() { Div(d, x[0], x[1]) }},
		{"Max", 12, func() { Max(d, x[0], x[1]) }},
		{"AddScalar", 8, func() { AddScalar(d, x[0], 3) }},
		{"ReLU", 8, func() { ReLU(d, x[0]) }},
		{"Clamp", 8, func() { Clamp(d, x[0], .2, .7) }},
		{"MulAdd", 16, func() { MulAdd(d, x[0], x[1], x[2]) }},
		{"Sqrt", 8, func() { Sqrt(d, x[0]) }},
		{"Rsqrt", 8, func() { Rsqrt(d, x[0]) }},
		{"Round", 8, func() { Round(d, x[0]) }},
		{"Exp", 8, func() { Exp(d, x[0]) }},
		{"Expm1", 8, func() { Expm1(d, x[0]) }},
		{"Log", 8, func() { Log(d, x[0]) }},
		{"Log1p", 8, func() { Log1p(d, x[0]) }},
		{"Tanh", 8, func() { Tanh(d, x[0]) }},
		{"Logistic", 8, func() { Logistic(d, x[0]) }},
		{"SiLU", 8, func() { SiLU(d, x[0]) }},
		{"SiLUGrad", 12, func() { SiLUGrad(d, x[0], x[1]) }},
		{"Erf", 8, func() { Erf(d, x[0]) }},
		{"Sin", 8, func() { Sin(d, x[0]) }},
		{"Pow", 12, func() { Pow(d, x[0], x[1]) }},
		{"Less", 9, func() { Less(mask, x[0], x[1]) }},
		{"Select", 13, func() { Select(d, mask, x[0], x[1]) }},
		{"Sum", 4, func() { Sum(x[0]) }},
		{"Dot", 8, func() { Dot(x[0], x[1]) }},
		{"ReduceMax", 4, func() { ReduceMax(x[0]) }},
		{"ColumnSum/64", 4, func() { ColumnSum(sums, x[0]) }},
		{"ColumnMoments/64", 4, func() { ColumnMoments(sums, sums2, x[0], x[1][:64]) }},
		{"ColumnSum/8", 4, func() { ColumnSum(sums[:8], x[0]) }},
		{"ScaleShift/64", 8, func() { ScaleShift(d, x[0], x[1][:64], x[2][:64]) }},
		{"ScaleShift/8", 8, func() { ScaleShift(d, x[0], x[1][:8], x[2][:8]) }},
		{"AdamUpdate", 28, func() { AdamUpdate(x[0], x[1], x[2], x[3], Adam{Step: 1e-9, Beta1: .9, Beta2: .999, Eps: 1e-3}) }},
		{"Lerp", 12, func() { Lerp(d, x[0], x[1], .1) }},
		{"Transpose", 8, func() { Transpose(d, x[0], 32, 32, 32, 32) }},
		{"ToInt32", 8, func() { ToInt32(ints, x[0]) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			isa.Each(b, func(b *testing.B) {
				b.SetBytes(int64(c.bytes * tile))
				for b.Loop() {
					c.f()
				}
				b.ReportMetric(float64(tile)*float64(b.N)/b.Elapsed().Seconds()/1e9, "elem/ns")
			})
		})
	}
}

// BenchmarkStream measures what runs at the speed of the memory: an optimiser step over a large parameter, and a copy beside it.
func BenchmarkStream(b *testing.B) {
	const n = 1 << 22
	var x [4][]float32
	for i := range x {
		x[i] = make([]float32, n)
		Fill(x[i], 1)
	}
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(8 * n)
		for b.Loop() {
			copy(x[0], x[1])
		}
	})
	for _, c := range []struct {
		name  string
		bytes int64
		f     func()
	}{
		{"AdamUpdate", 28, func() { AdamUpdate(x[0], x[1], x[2], x[3], Adam{Step: 1e-9, Beta1: .9, Beta2: .999, Eps: 1e-8}) }},
		{"Lerp", 12, func() { Lerp(x[0], x[0], x[1], .01) }},
		{"ReLU", 8, func() { ReLU(x[0], x[1]) }},
		{"ColumnMoments/256", 4, func() { ColumnMoments(make([]float64, 256), make([]float64, 256), x[0], x[1][:256]) }},
		{"ColumnMoments/3", 4, func() { ColumnMoments(make([]float64, 3), make([]float64, 3), x[0][:n/3*3], x[1][:3]) }},
		{"ScaleShift/256", 8, func() { ScaleShift(x[0], x[0], x[1][:256], x[2][:256]) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			isa.Each(b, func(b *testing.B) {
				b.SetBytes(c.bytes * n)
				for b.Loop() {
					c.f()
				}
			})
		})
	}
}
