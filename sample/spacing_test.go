package sample

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
)

// The spacings as their papers print them.
func TestSpacings(t *testing.T) {
	for _, c := range []struct {
		name string
		grid func(reverie.Process, int) ([]float64, error)
		p    reverie.Process
		n    int
		want func(i int) float64 // of the n times
	}{
		{"quadratic flow", Quadratic, reverie.Flow{Lo: 0.2}, 5, func(i int) float64 { return 0.2 + 0.8*float64((4-i)*(4-i))/16 }},
		{"logsnr ve", LogSNR, reverie.VE{}, 9, func(i int) float64 { return 1 - float64(i)/8 }}, // geometric levels are even in time
		{"logsnr edm", LogSNR, reverie.EDM{}, 6, func(i int) float64 { return 80 * math.Pow(0.002/80, float64(i)/5) }},
		{"karras edm", Karras, reverie.EDM{}, 7, func(i int) float64 { // eq. 5
			a, b := math.Pow(80, 1./7), math.Pow(0.002, 1./7)
			return math.Pow(a+float64(i)/6*(b-a), 7)
		}},
		{"karras vp", Karras, reverie.VP{}, 5, func(i int) float64 {
			level := func(t float64) float64 { return math.Sqrt(1/abarVP(t) - 1) }
			a, b := math.Pow(level(1), 1./7), math.Pow(level(1e-3), 1./7)
			S := math.Pow(a+float64(i)/4*(b-a), 7)
			B := math.Log1p(S * S) // abar = 1/(1+S^2) = e^-B, B = 0.1 t + 19.9 t^2/2
			return (-0.1 + math.Sqrt(0.01+2*19.9*B)) / 19.9
		}},
		{"karras flow", Karras, reverie.Flow{}, 4, func(i int) float64 { // from 80 on, since Sigma/Alpha is infinite at 1
			a, b := math.Pow(80, 1./7), math.Pow(1e-3/(1-1e-3), 1./7)
			S := math.Pow(a+float64(i)/3*(b-a), 7)
			if i == 0 {
				return 1
			}
			return S / (1 + S)
		}},
		{"logsnr flow", LogSNR, reverie.Flow{}, 3, func(i int) float64 {
			S := math.Sqrt(80 * 1e-3 / (1 - 1e-3))
			return []float64{1, S / (1 + S), 1e-3}[i]
		}},
	} {
		got, err := c.grid(c.p, c.n)
		if err != nil || len(got) != c.n+1 || got[c.n] != reverie.Clean {
			t.Errorf("%s: %v, %v", c.name, got, err)
			continue
		}
		for i, at := range got[:c.n] {
			if want := c.want(i); !(math.Abs(at-want) <= 1e-9*(1+math.Abs(want))) {
				t.Errorf("%s: time %d is %v, want %v", c.name, i, at, want)
			}
		}
	}
}

// Every spacing is a grid of n steps under every process, which starts at hi and ends at Clean.
func TestEverySpacingIsAGrid(t *testing.T) {
	for _, p := range []reverie.Process{reverie.VP{}, reverie.SubVP{}, reverie.VE{}, reverie.EDM{}, reverie.Flow{}, reverie.Flow{Hi: 0.9}, reverie.Bridge{}} {
		_, hi := p.Span()
		for _, spacing := range Spacings.Names() {
			for _, n := range []int{1, 2, 3, 10, 77, 1000} {
				g, err := Grid(spacing, p, n)
				if err == nil {
					err = checkGrid(p, g)
				}
				if err != nil || len(g) != n+1 || g[0] != hi || g[n] != reverie.Clean {
					t.Errorf("%T, %s, %d: %v, %v", p, spacing, n, g, err)
				}
			}
		}
	}
}

// A law that is noise alone long before hi starts where sigma/alpha is at most 164, of a table at
// that index, unless all of its indices are asked for. A law that has another deviation there than
// at hi starts at hi.
func TestStart(t *testing.T) {
	for _, T := range []int{300, 1000} {
		p := mustDDPM(t, reverie.CosineBetas(T))
		level := func(i float64) float64 { c := p.At(i); return c.Sigma / c.Alpha }
		at := Start(p)
		if bound := math.Exp(5.1); at != math.Trunc(at) || level(at) > bound || level(at+1) <= bound {
			t.Errorf("a cosine chain of %d starts at %v, whose level is %v; that of the next is %v", T, at, level(at), level(at+1))
		}
		for _, spacing := range Spacings.Names() {
			for _, n := range []int{1, 25, int(at) + 1, T - 1, T} {
				g, err := Grid(spacing, p, n)
				if err == nil {
					err = checkGrid(p, g)
				}
				if err != nil || g[0] != max(at, float64(n-1)) {
					t.Errorf("%s, %d steps of %d: from %v, %v", spacing, n, T, g[0], err)
				}
			}
		}
	}
	linear := mustDDPM(t, reverie.LinearBetas(1000, 1e-4, 0.02))
	for _, p := range []reverie.Process{linear, reverie.VP{}, reverie.SubVP{}, reverie.CosineVP{}, reverie.VE{SigmaMax: 1000}, reverie.EDM{SigmaMax: 500}, reverie.Flow{},
		reverie.Bridge{}, reverie.Part{Process: reverie.VE{SigmaMax: 1000}, Lo: 0.1, Hi: 0.99}} {
		if _, hi := p.Span(); Start(p) != hi {
			t.Errorf("%T starts at %v, not at %v", p, Start(p), hi)
		}
	}
	if steep := (reverie.VP{BetaMax: 60}); !(math.Abs(steep.At(Start(steep)).Lambda()+5.1) <= 1e-9) {
		t.Errorf("a steep VP starts at %v", Start(steep))
	}
}

// What rounding makes alike moves to the next free index, and no other time moves.
func TestRound(t *testing.T) {
	for _, c := range []struct {
		g, want []float64
		T       int
	}{
		{[]float64{9, 4.4, 0.2}, []float64{9, 4, 0}, 10},
		{[]float64{9, 0.4, 0.3, 0.2}, []float64{9, 2, 1, 0}, 10},
		{[]float64{9, 5, 4.9, 4.8, 1}, []float64{9, 7, 6, 5, 1}, 10},
		{[]float64{3, 3, 2.9, 2.8}, []float64{3, 2, 1, 0}, 4},
		{[]float64{9, 8.9, 8.8, 0}, []float64{9, 8, 7, 0}, 10},
	} {
		got := slices.Clone(c.g)
		round(got, float64(c.T-1))
		if !slices.Equal(got, c.want) {
			t.Errorf("%v of %d: %v, want %v", c.g, c.T, got, c.want)
		}
	}
}
