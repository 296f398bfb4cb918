package sample

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
)

// agree reports a relative difference above tol, of numbers whose scale is at least floor.
func agree(t *testing.T, what string, got, want, tol, floor float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(math.Abs(want), floor)) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// k-diffusion's noise levels: Karras', geometric ones, and those of VP at even times.
func TestGridsAgainstKDiffusion(t *testing.T) {
	g := readJSON[struct {
		Grids []struct {
			Name        string
			N           int
			Lo, Hi, Rho float64
			Sigmas      []float64
		}
	}](t, "kdiffusion.json")
	seen := map[string]int{}
	for _, g := range g.Grids {
		var p reverie.Process = reverie.EDM{SigmaMin: g.Lo, SigmaMax: g.Hi}
		spacing := g.Name
		switch {
		case g.Name == "vp":
			p, spacing = reverie.VP{Lo: g.Lo}, "linear"
		case g.Name == "karras" && g.Rho != 7: // ours is the paper's
			continue
		}
		seen[g.Name]++
		times, err := Grid(spacing, p, g.N)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range times {
			c := reverie.At(p, s)
			agree(t, g.Name, c.Sigma/c.Alpha, g.Sigmas[i], 1e-11, 0)
		}
	}
	if seen["karras"] != 2 || seen["logsnr"] != 1 || seen["vp"] != 1 {
		t.Errorf("grids seen: %v", seen)
	}
}

// A grid of Karras' levels for another process and for EDM is the same levels.
func TestKarrasGridOfVP(t *testing.T) {
	vp := reverie.VP{}
	lo, hi := vp.Span()
	a, b := vp.At(lo), vp.At(hi)
	edm := reverie.EDM{SigmaMin: a.Sigma / a.Alpha, SigmaMax: b.Sigma / b.Alpha}
	want, err := Karras(edm, 12)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Karras(vp, 12)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		c := vp.At(got[i])
		agree(t, "level", c.Sigma/c.Alpha, want[i], 1e-10, 0)
	}
}

// get_ancestral_step: the noise it steps down to, and the noise that it adds.
func TestAncestralStepAgainstKDiffusion(t *testing.T) {
	g := readJSON[struct{ Ancestral [][5]float64 }](t, "kdiffusion.json")
	for _, v := range g.Ancestral {
		from, to, eta, down, up := v[0], v[1], v[2], v[3], v[4]
		m := reverie.Move(reverie.Coef{Alpha: 1, Sigma: from}, reverie.Coef{Alpha: 1, Sigma: to}, eta)
		agree(t, "down", m.X*from, down, 1e-11, 0)
		agree(t, "up", m.Noise, up, 1e-11, 0)
	}
	if len(g.Ancestral) == 0 {
		t.Error("no steps")
	}
}

// Karras et al.'s preconditioning.
func TestScalingsAgainstKDiffusion(t *testing.T) {
	g := readJSON[struct{ Scalings [][5]float64 }](t, "kdiffusion.json")
	for _, v := range g.Scalings {
		skip, far, out, in := reverie.EDMParam(v[0])(reverie.EDM{}.At(v[1]))
		agree(t, "skip", skip, v[2], 1e-11, 0)
		agree(t, "out", out, v[3], 1e-11, 0)
		agree(t, "in", in, v[4], 1e-11, 0)
		agree(t, "far", far, 0, 0, 0)
	}
	if len(g.Scalings) == 0 {
		t.Error("no scalings")
	}
}
