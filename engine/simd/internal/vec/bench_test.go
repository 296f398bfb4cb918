package vec

import (
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

const tile = 1024

// BenchmarkTile measures each instruction on a tile that stays in the first-level cache; the bytes
// are those read and written.
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
		{"Sqrt", 8, func() { Sqrt(d, x[0]) }},
		{"Rsqrt", 8, func() { Rsqrt(d, x[0]) }},
		{"Round", 8, func() { Round(d, x[0]) }},
		{"Exp", 8, func() { Exp(d, x[0]) }},
		{"Expm1", 8, func() { Expm1(d, x[0]) }},
		{"Log", 8, func() { Log(d, x[0]) }},
		{"Log1p", 8, func() { Log1p(d, x[0]) }},
		{"Tanh", 8, func() { Tanh(d, x[0]) }},
		{"Logistic", 8, func() { Logistic(d, x[0]) }},
		{"Erf", 8, func() { Erf(d, x[0]) }},
		{"Sin", 8, func() { Sin(d, x[0]) }},
		{"Pow", 12, func() { Pow(d, x[0], x[1]) }},
		{"Less", 9, func() { Less(mask, x[0], x[1]) }},
		{"Select", 13, func() { Select(d, mask, x[0], x[1]) }},
		{"Sum", 4, func() { Sum(x[0]) }},
		{"ReduceMax", 4, func() { ReduceMax(x[0]) }},
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
