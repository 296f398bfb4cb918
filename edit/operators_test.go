package edit

import (
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

// shapes are those that the operators are tried on.
var shapes = []Shape{{8, 8, 1}, {8, 12, 3}, {4, 4, 3}, {1, 5, 3}, {16, 4, 4}}

// checkered keeps a part of the pixels.
func checkered(s Shape) []bool {
	known := make([]bool, s.H*s.W)
	for i := range known {
		known[i] = i%3 != 1
	}
	return known
}

// each operator that goes with a shape.
func eachOperator(t *testing.T, f func(t *testing.T, name string, a Linear, s Shape)) {
	n := 0
	for _, m := range Operators.Rows() {
		for _, s := range shapes {
			var known []bool
			if m.Masked {
				known = checkered(s)
			}
			if a, err := m.Of(s, known); err == nil {
				f(t, m.Name+" of "+s.String(), a, s)
				n++
			}
		}
	}
	if n != 5+4+5+3 {
		t.Errorf("%d operators tried", n)
	}
}

// TestAdjoints: <A x, y> = <x, A'y>, and the shape is that of A x; on batches too, in both types.
func TestAdjoints(t *testing.T) {
	eachOperator(t, func(t *testing.T, name string, a Linear, s Shape) {
		x, y := noise(1, 3, s.Size()), noise(2, 3, a.Shape().Size())
		lift := Lift[batch](host(0), a, x, y)
		ax, ay := lift.Apply(x), lift.Adjoint(y)
		for n := range x {
			near(t, name, dotOf(ax[n], y[n]), dotOf(x[n], ay[n]), 1e-12)
			nearAll(t, name+" of a batch", ax[n], a.Apply(x[n]), 0)
		}
		narrow := &reverie.Host[float32]{}
		half := narrow.FromRows(nil, x)
		got := Lift[reverie.Batch[float32]](narrow, a, half, nil).Apply(half)
		for i, v := range got[2] {
			near(t, name+" of float32", float64(v), ax[2][i], 1e-6)
		}
	})
}

func dotOf(x, y []float64) float64 {
	sum := 0.
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// TestOperatorsOfConstants: means, blur and luminance leave what is the same everywhere.
func TestOperatorsOfConstants(t *testing.T) {
	eachOperator(t, func(t *testing.T, name string, a Linear, s Shape) {
		for i, v := range a.Apply(repeat(0.7, s.Size())) {
			want := 0.7
			if m, ok := a.(mask); ok && !m.known[i/s.C] {
				want = 0
			}
			near(t, name, v, want, 1e-12)
		}
	})
}

// TestDown4: a mean is that of its own block and channel.
func TestDown4(t *testing.T) {
	s := Shape{8, 8, 3}
	x := make([]float64, s.Size())
	for i := 4; i < 8; i++ {
		for j := range 4 {
			x[(i*8+j)*3+1] = float64(i*8 + j)
		}
	}
	a, err := newDown4(s)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 12)
	want[2*3+1] = 5.5*8 + 1.5 // the second row's first block, green
	nearAll(t, "means", a.Apply(x), want, 1e-12)
}

// TestBlur: a point far from the edges becomes a Gaussian of variance 4 in both directions, but for
// what lies beyond 6 pixels (a share of 4 e-3 of the variance is 2 sum over d > 6 of d^2 k(d)/4).
func TestBlur(t *testing.T) {
	s := Shape{31, 31, 1}
	x := make([]float64, s.Size())
	x[15*31+15] = 1
	a, err := newBlur(s)
	if err != nil {
		t.Fatal(err)
	}
	y := a.Apply(x)
	var total, vx, vy float64
	for i, v := range y {
		dy, dx := float64(i/31-15), float64(i%31-15)
		total, vx, vy = total+v, vx+v*dx*dx, vy+v*dy*dy
	}
	near(t, "sum", total, 1, 1e-12)
	near(t, "variance along a row", vx, 4, 0.02)
	near(t, "variance along a column", vy, vx, 1e-12)
	near(t, "two pixels away", y[15*31+17]/y[15*31+15], math.Exp(-0.5), 1e-12)
}

// TestOperatorErrors: what does not go with a shape is refused by what it needs.
func TestOperatorErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		s     Shape
		known []bool
		want  string
	}{
		{"mask", Shape{4, 4, 1}, make([]bool, 9), "a mask of 9 pixels for images of 4x4"},
		{"mask", Shape{4, 4, 1}, nil, "a mask of 0 pixels"},
		{"down4", Shape{8, 6, 3}, nil, "images of 8x6 are not made of blocks of 4x4"},
		{"grey", Shape{8, 8, 4}, nil, "images of 4 channels have no luminance"},
		{"blur", Shape{8, 8, 3}, make([]bool, 64), "for an operator that takes none"},
	} {
		m, err := Operators.Find(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Of(c.s, c.known); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %v: %v", c.name, c.s, err)
		}
	}
}
