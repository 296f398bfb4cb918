package model

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// gamma is classifier-free guidance of that scale.
func gamma(g float64) *guide.ClassifierFreeGuide[X] {
	return &guide.ClassifierFreeGuide[X]{Strength: guide.Strength{Guidance: g}}
}

// TestGuidance: in one step of ddim, which is x0hat, a guided sample is null + gamma (class - null)
// of the models that know this class, and none, alone: both branches of several classes run as one
// batch. Away from a class it is that class in place of null.
func TestGuidance(t *testing.T) {
	e := openEngine(t, "")
	m, plain := conditional(t, e)
	class := []int{2, reverie.NullClass, 0}
	o := Options{N: 3, Solver: sample.DDIM[X]{}, Steps: 1, Clamp: "none", Seed: 3}
	draw := func(m *Model, o Options) []float32 {
		x, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	away := gamma(2.5)
	away.Negative = "b"
	for name, c := range map[string]struct {
		guide Guide
		from  int
		gamma float64
	}{
		"from null":    {gamma(2.5), reverie.NullClass, 2.5},
		"of gamma 0":   {gamma(0), reverie.NullClass, 0},
		"from class b": {away, 1, 2.5},
		"of CFG++":     {&guide.PlusPlusGuide[X]{Lambda: 0.4}, reverie.NullClass, 0.4},
	} {
		guided := o
		guided.Class, guided.Guides = class, []Guide{c.guide}
		got, weak, null := draw(m, guided), draw(plain(c.from), o), draw(plain(reverie.NullClass), o)
		for i, k := range class {
			strong := draw(plain(k), o)
			for j := 2 * i; j < 2*i+2; j++ {
				want := float64(weak[j]) + c.gamma*float64(strong[j]-weak[j])
				if k == reverie.NullClass {
					want = float64(null[j])
				}
				if !(math.Abs(float64(got[j])-want) <= 1e-4*(1+math.Abs(want))) {
					t.Errorf("%s: sample %d of class %d is %v, want %v", name, i, k, got[j], want)
				}
			}
		}
	}
}

// TestGuidanceWalks: guides that remember a step, and those that ask for more than x0hat, go with
// the engine's recycled tensors under solvers of many calls a step; a walk repeats to the bit.
func TestGuidanceWalks(t *testing.T) {
	m, _ := conditional(t, openEngine(t, ""))
	apg := gamma(3)
	apg.APG, apg.Momentum, apg.Interval = true, -0.5, guide.Levels{Lo: 0.1, Hi: 10}
	for _, solver := range []string{"ddim", "heun", "rk45", "unipc"} {
		o := Options{N: 3, Solver: named(solver), Steps: 6, Clamp: "none", Class: []int{2}, Guides: []Guide{apg}}
		a, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", solver, err)
		}
		b, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", solver, err)
		}
		o.Guides = nil
		plain, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", solver, err)
		}
		moved := 0.0
		for i := range a {
			if a[i] != b[i] {
				t.Errorf("%s: number %d is %v, and again %v", solver, i, a[i], b[i])
			}
			moved = max(moved, math.Abs(float64(a[i]-plain[i])))
		}
		if !(moved > 1e-3) {
			t.Errorf("%s: guidance moved nothing by more than %v", solver, moved)
		}
	}
}

// mute is a guide that knows nothing, which no solver helps.
type mute struct{}

func (mute) Row() table.Info { return table.Info{Name: "mute", Text: "nothing"} }

func (mute) Guide(_ guide.Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	return silent{d}, nil
}

// freed is a program's own guide to a class.
type freed struct{ mute }

func (freed) Guide(s guide.Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	return guide.ClassifierFree(s.Space, d, reverie.NullClass, guide.Linear(s.Space, 2)), nil
}

type silent struct{ reverie.Denoiser[X] }

func (silent) Knows(reverie.Want) error { return errors.New("gives no estimate") }

// TestGuidanceRefused: what does not go with the model or the solver is refused before a network
// runs, with the reason.
func TestGuidanceRefused(t *testing.T) {
	e := openEngine(t, "")
	m, plain := conditional(t, e)
	alone, _ := conditional(t, e)
	alone.Null = false
	unknown := gamma(2)
	unknown.Negative = "z"
	for want, c := range map[string]struct {
		m      *Model
		solver string
		guide  Guide
	}{
		"use ddim or ddpm":                      {m, "dpm++2m", &guide.PlusPlusGuide[X]{Lambda: 0.4}},
		ErrNoNull.Error():                       {alone, "ddim", gamma(2)},
		`no class "z"`:                          {m, "ddim", unknown},
		"gives no estimate":                     {m, "ddim", mute{}},
		"; the model was trained without":       {plain(0), "ddim", freed{}},
		"the model was trained without classes": {plain(0), "ddim", gamma(2)},
	} {
		if err := c.m.Fits(Options{N: 1, Solver: named(c.solver), Guides: []Guide{c.guide}}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "another solver") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, g := range []Guide{gamma(3), &guide.PlusPlusGuide[X]{Lambda: 0.4}} {
		o := Options{N: 2, Solver: named("ddim"), Class: []int{reverie.NullClass}, Guides: []Guide{g}}
		if err := m.Fits(o); !errors.Is(err, ErrAimless) || !strings.Contains(err.Error(), g.Row().Name) {
			t.Errorf("of none: %v", err)
		}
		if o.Class = append(o.Class, 1); m.Fits(o) != nil {
			t.Errorf("of none and of b: %v", m.Fits(o))
		}
	}
	away := gamma(2)
	away.Negative = "b"
	for _, g := range []Guide{gamma(1), away} {
		if err := alone.Fits(Options{N: 1, Class: []int{0}, Guides: []Guide{g}}); err != nil {
			t.Errorf("without a null class: %v", err)
		}
	}
}
