package edit

import (
	"errors"
	"testing"
)

// identity is A = I.
type identity struct{}

func (identity) Apply(x batch) batch   { return x }
func (identity) Adjoint(y batch) batch { return y }

// product returns the products of a matrix with each sample.
func product(a [][]float64) func(u batch) (batch, error) {
	return func(u batch) (batch, error) { return each(u, func(u []float64) []float64 { return times(a, u) }), nil }
}

// TestSolve: of a symmetric C in as many rounds as there are numbers, each sample as if alone; with
// fewer, the residual is what is left.
func TestSolve(t *testing.T) {
	const vy = 0.3
	c := [][]float64{{2, 0.5, 0}, {0.5, 1, -0.4}, {0, -0.4, 3}}
	b := batch{{1, -2, 0.5}, {1e-3, 0, 1e-4}, {0, 0, 0}}
	p, sp := Problem[batch]{A: identity{}}, host(0)
	inv := matrix(3)
	for i := range inv {
		copy(inv[i], c[i])
		inv[i][i] += vy
	}
	inv = inverse(inv)
	for _, rounds := range []int{3, 20} {
		w, residual, err := p.solve(sp, product(c), b, vy, rounds)
		if err != nil || most(residual) > 1e-9 {
			t.Fatalf("residuals %v, %v", residual, err)
		}
		for n := range b {
			nearAll(t, "C (C + v I)^-1 b", w[n], times(c, times(inv, b[n])), 1e-9)
		}
	}
	w, residual, err := p.solve(sp, product(c), b, vy, 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 { // w = C v, so that v, and what it leaves, follow
		v := times(inverse(c), w[n])
		r := make([]float64, 3)
		for i, q := range times(c, v) {
			r[i] = b[n][i] - q - vy*v[i]
		}
		near(t, "residual after one round", residual[n], lengths([]float64{dotOf(r, r)}, []float64{dotOf(b[n], b[n])})[0], 1e-9)
	}
}

// TestSolveKeepsTheBest: of a C that is far from symmetric the rounds grow worse; the best is kept,
// and more of them do no harm. One that is negative moves nothing.
func TestSolveKeepsTheBest(t *testing.T) {
	p, sp, b := Problem[batch]{A: identity{}}, host(0), batch{{1, 1}}
	turning := [][]float64{{0.2, 3}, {-3, 0.1}}
	before := 1.
	for rounds := 1; rounds < 30; rounds++ {
		w, residual, err := p.solve(sp, product(turning), b, 0.1, rounds)
		if err != nil || residual[0] > before {
			t.Fatalf("residual %v after %v, %v", residual, before, err)
		}
		before = residual[0]
		v := times(inverse(turning), w[0])
		r := []float64{1 - w[0][0] - 0.1*v[0], 1 - w[0][1] - 0.1*v[1]}
		near(t, "residual of what is returned", residual[0], lengths([]float64{dotOf(r, r)}, []float64{2})[0], 1e-9)
	}
	w, residual, err := p.solve(sp, product([][]float64{{-1, 0}, {0, -1}}), b, 0.1, 5)
	if err != nil || residual[0] != 1 || w[0][0] != 0 || w[0][1] != 0 {
		t.Errorf("of a negative C: %v, residual %v, %v", w, residual, err)
	}
	failed := errors.New("no product")
	if _, _, err := p.solve(sp, func(u batch) (batch, error) { return nil, failed }, b, 0.1, 5); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}
