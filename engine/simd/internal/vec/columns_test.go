package vec

import (
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

var columnShapes = func() (s [][2]int) {
	for _, c := range []int{1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 127, 128, 129, 200, 512, 1000} {
		for _, r := range []int{0, 1, 2, 5, 31, 32, 33, 100, 701} {
			if r*c < 200000 {
				s = append(s, [2]int{r, c})
			}
		}
	}
	return s
}()

// doubles64 is n float64 inside guards; ok checks the guards.
func doubles64(n int) (x []float64, ok func() bool) {
	all := make([]float64, n+32)
	Fill(all, float64(guard))
	x = all[16 : 16+n : 16+n]
	Fill(x, 1) // results are added
	return x, func() bool {
		for i, v := range all {
			if v != float64(guard) && (i < 16 || i >= 16+n) {
				return false
			}
		}
		return true
	}
}

// TestColumns checks all column sums against float64 loops, with errors measured against the sums of the terms' sizes.
func TestColumns(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(15)
		for _, shape := range columnShapes {
			rows, c := shape[0], shape[1]
			x, y, shift := newBuffer(rows*c, c%16), newBuffer(rows*c, rows%16), newBuffer(c, c%5)
			for i := range x.x {
				x.x[i], y.x[i] = float32(3+r.NormFloat64()), float32(r.NormFloat64())
			}
			for j := range shift.x {
				shift.x[j] = float32(3 + .1*r.NormFloat64())
			}
			term := map[string]func(i, j int) float64{
				"x":       func(i, j int) float64 { return float64(x.x[i]) },
				"y":       func(i, j int) float64 { return float64(y.x[i]) },
				"xy":      func(i, j int) float64 { return float64(x.x[i]) * float64(y.x[i]) },
				"x-s":     func(i, j int) float64 { return float64(x.x[i]) - float64(shift.x[j]) },
				"(x-s)^2": func(i, j int) float64 { return math.Pow(float64(x.x[i])-float64(shift.x[j]), 2) },
				"y(x-s)":  func(i, j int) float64 { return float64(y.x[i]) * (float64(x.x[i]) - float64(shift.x[j])) },
			}
			a, okA := doubles64(c)
			b, okB := doubles64(c)
			check := func(name string, got []float64, what string) {
				t.Helper()
				for j := range c {
					want, size := 1.0, 1.0
					for i := j; i < rows*c; i += c {
						v := term[what](i, j)
						want += v
						size += math.Abs(v)
					}
					if !(math.Abs(got[j]-want) <= 8*0x1p-24*size) {
						t.Fatalf("%s %d x %d, column %d: got %v, want %v", name, rows, c, j, got[j], want)
					}
				}
				Fill(got, 1)
			}
			ColumnSum(a, x.x)
			check("ColumnSum", a, "x")
			ColumnDot(a, x.x, y.x)
			check("ColumnDot", a, "xy")
			ColumnMoments(a, b, x.x, shift.x)
			check("ColumnMoments sum", a, "x-s")
			check("ColumnMoments sq", b, "(x-s)^2")
			ColumnSumDot(a, b, y.x, x.x, shift.x)
			check("ColumnSumDot sum", a, "y")
			check("ColumnSumDot dot", b, "y(x-s)")
			if !okA() || !okB() {
				t.Fatalf("%d x %d: wrote outside of the sums", rows, c)
			}
		}
	})
}

func TestScaleShift(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(16)
		for _, shape := range columnShapes {
			rows, c := shape[0], shape[1]
			a, dst := from(numbers(r, rows*c), c%16), newBuffer(rows*c, rows%16)
			scale, shift := numbers(r, c), numbers(r, c)
			ScaleShift(dst.x, a.x, scale, shift)
			for i, got := range dst.x {
				if x, s, b := a.x[i], scale[i%c], shift[i%c]; !fused(got, x, s, b) {
					t.Fatalf("%d x %d, element %d: %v*%v+%v = %v", rows, c, i, x, s, b, got)
				}
			}
			dst.intact(t, fmt.Sprint(shape))
			ScaleShift(a.x, a.x, scale, shift)
			if !equalBits(a.x, dst.x) {
				t.Fatalf("%d x %d: in place differs", rows, c)
			}
		}
	})
}

// fused tells whether got is a*b + c, rounded once or twice. (The oracle's own float64 rounding is the excess over half a unit.)
func fused(got, a, b, c float32) bool {
	return ulps(got, math.FMA(float64(a), float64(b), float64(c))) <= .5+1e-6 || same(got, float32(a*b)+c)
}

func TestRepeat(t *testing.T) {
	for n := range 20 {
		d := make([]int, n)
		Repeat(d, []int{4, 5, 6})
		for i, v := range d {
			if v != 4+i%3 {
				t.Fatalf("n=%d: %v", n, d)
			}
		}
	}
}

// TestNoAllocation: the scratch of narrow rows and of odd operands stays on the stack.
func TestNoAllocation(t *testing.T) {
	x, y := make([]float32, 300), make([]float32, 300)
	sum, sq := make([]float64, 3), make([]float64, 3)
	x[7] = float32(math.Inf(1))
	isa.Each(t, func(t *testing.T) {
		for name, f := range map[string]func(){
			"ColumnMoments": func() { ColumnMoments(sum, sq, x, y[:3]) },
			"ColumnSumDot":  func() { ColumnSumDot(sum, sq, x, y, y[:3]) },
			"ScaleShift":    func() { ScaleShift(y, x, x[:3], x[:3]) },
			"Sin":           func() { Sin(y, x) },
			"Pow":           func() { Pow(y, x, x) },
			"Sum":           func() { Sum(x) },
			"AdamUpdate":    func() { AdamUpdate(y, y, y, x, Adam{}) },
		} {
			if n := testing.AllocsPerRun(10, f); n != 0 {
				t.Errorf("%s allocates %v times", name, n)
			}
		}
	})
}
