package sample

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
)

// full is a denoiser that knows all that there is: the exact one of a mixture, beside which it says
// v = x/2 + t and x1 = 1 - 3x. It remembers what it was asked.
type full struct {
	*mixture.Denoiser
	asked *reverie.Query[batch]
}

func (f full) Knows(w reverie.Want) error {
	return f.Denoiser.Knows(w &^ (reverie.WantVariance | reverie.WantFar | reverie.WantGiven))
}

func (f full) Denoise(ctx context.Context, q reverie.Query[batch]) (reverie.Estimate[batch], error) {
	*f.asked = q
	q.Want &^= reverie.WantVariance | reverie.WantFar | reverie.WantGiven
	if q.T > 1 { // the number that a network sees
		q.T /= 1000
	}
	e, err := f.Denoiser.Denoise(ctx, q)
	e.V = saidOf(*f.asked)
	e.X1 = expectedOf(*f.asked)
	return e, err
}

// saidOf is the v of a query.
func saidOf(q reverie.Query[batch]) batch {
	v := reverie.NewBatch[float64](len(q.X), len(q.X[0]))
	for n := range v {
		for j := range v[n] {
			v[n][j] = q.X[n][j]/2 + q.T
		}
	}
	return v
}

// expectedOf is the far end that is said of a query, 1 - 3x.
func expectedOf(q reverie.Query[batch]) batch {
	y := reverie.NewBatch[float64](len(q.X), len(q.X[0]))
	for n := range y {
		for j, x := range q.X[n] {
			y[n][j] = 1 - 3*x
		}
	}
	return y
}

// A wrapping is a way to make a denoiser of process p of the full one, and what it may lose.
type wrapping struct {
	of   func(p reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch]
	lost reverie.Want
	near bool // it refuses a far end
}

// A pull is guidance by the gradient of half the squared distance of x0hat to a target: x0hat +
// weight J'(target - x0hat), with J = d x0hat/dx. It asks what it guides for a product of its own,
// so that it cannot give one.
type pull struct {
	reverie.Denoiser[batch]
	space  reverie.Space[batch]
	weight float64
}

func (p pull) Knows(w reverie.Want) error {
	if err := w.Beyond(reverie.WantVariance|reverie.WantCondition|reverie.WantFar, "guidance by a gradient"); err != nil {
		return err
	}
	return p.Denoiser.Knows(w | reverie.WantVJP)
}

func (p pull) Denoise(ctx context.Context, q reverie.Query[batch]) (reverie.Estimate[batch], error) {
	if err := p.Knows(q.Want); err != nil {
		return reverie.Estimate[batch]{}, err
	}
	first := q
	first.Want &= reverie.WantCondition
	e, err := p.Denoiser.Denoise(ctx, first)
	if err != nil {
		return e, err
	}
	q.Want, q.U = q.Want|reverie.WantVJP, p.space.Sum([]float64{-1}, e.X0) // the target is 0
	if e, err = p.Denoiser.Denoise(ctx, q); err != nil {
		return e, err
	}
	var none batch
	e.X0, e.VJP = p.space.Sum([]float64{1, p.weight}, e.X0, e.VJP), none
	return e, nil
}

// beside is what is given beside x.
var beside = batch{{0.2, 0.1, 0, -1, 3}, {1, 1, -1, 0.5, 0}, {0, 2, 0.4, 1, -2}}

// wrappings are all wrappers, alone and around each other.
func wrappings(t *testing.T) map[string]wrapping {
	sp := &reverie.Host[float64]{}
	made := func(d reverie.Denoiser[batch], err error) reverie.Denoiser[batch] {
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	each := func(f func(x, u float64) float64) func(x0, u batch) batch {
		return func(x0, u batch) batch {
			y := reverie.NewBatch[float64](len(x0), len(x0[0]))
			for n := range y {
				for j := range y[n] {
					y[n][j] = f(x0[n][j], u[n][j])
				}
			}
			return y
		}
	}
	square := each(func(x, _ float64) float64 { return x * x })
	bent := each(func(x, u float64) float64 { return 2 * x * u })
	type of = func(p reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch]
	var bare of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] { return d }
	var mapped of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return reverie.Map(d, func(x0 batch) batch { return square(x0, x0) }, bent)
	}
	var blind of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return reverie.Map(d, func(x0 batch) batch { return square(x0, x0) }, nil)
	}
	var clamped of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return made(reverie.Clamp(sp, d, -0.5, 0.9))
	}
	var thresholded of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return made(Threshold(sp, d, 0.7))
	}
	var predicted of = func(p reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return reverie.FromPrediction(sp, p, reverie.EDMParam(0.5), d)
	}
	var moved of = func(p reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return reverie.Transfer(sp, p, reverie.EDM{}, d)
	}
	var drawn of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] { // a guide that is a map of x0hat
		draw := func(x batch) batch { return sp.Sum([]float64{0.7}, x) }
		return reverie.Map(d, draw, func(_, u batch) batch { return draw(u) })
	}
	var classed of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return reverie.OfClass(d, []int{0, 1, reverie.NullClass})
	}
	var told of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
		return reverie.OfGiven(d, beside)
	}
	var pulled of = func(_ reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] { return pull{d, sp, 0.3} }
	around := func(outer, inner of) of {
		return func(p reverie.Process, d reverie.Denoiser[batch]) reverie.Denoiser[batch] {
			return outer(p, inner(p, d))
		}
	}
	const moving = reverie.WantVariance | reverie.WantFar // what another process has none of
	return map[string]wrapping{
		"none":                            {bare, 0, false},
		"Map":                             {mapped, 0, false},
		"Map without a product":           {blind, reverie.WantVJP, false},
		"Clamp":                           {clamped, 0, false},
		"Threshold":                       {thresholded, 0, false},
		"FromPrediction":                  {predicted, 0, false},
		"Transfer":                        {moved, moving, true},
		"guide":                           {drawn, 0, false},
		"guide by a gradient":             {pulled, reverie.WantVJP, false},
		"OfClass":                         {classed, reverie.WantClass, false},
		"OfClass of guide of Transfer":    {around(classed, around(pulled, moved)), reverie.WantClass | reverie.WantVJP | moving, true},
		"Clamp of OfClass":                {around(clamped, classed), reverie.WantClass, false},
		"OfGiven":                         {told, reverie.WantGiven, false},
		"OfClass of OfGiven of guide":     {around(classed, around(told, pulled)), reverie.WantCondition | reverie.WantVJP, false},
		"Clamp of guide":                  {around(clamped, drawn), 0, false},
		"Clamp of guide of Transfer":      {around(clamped, around(drawn, moved)), moving, true},
		"guide by a gradient of Transfer": {around(pulled, moved), moving | reverie.WantVJP, true},
		"Threshold of guide by a gradient of Clamp of prediction": {around(thresholded, around(pulled, around(clamped, predicted))), reverie.WantVJP, false},
		"guide by a gradient of guide":                            {around(pulled, drawn), reverie.WantVJP, false},
		"Clamp of Threshold":                                      {around(clamped, thresholded), 0, false},
		"Threshold of Map":                                        {around(thresholded, mapped), 0, false},
		"Map of FromPrediction":                                   {around(mapped, predicted), 0, false},
		"Clamp of Transfer":                                       {around(clamped, moved), moving, true},
		"Threshold of Map of no product":                          {around(thresholded, blind), reverie.WantVJP, false},
		"Transfer of Clamp of prediction":                         {around(moved, around(clamped, predicted)), moving, true},
	}
}

// TestCapabilities: what a denoiser knows survives every wrapper: the learned variance as the
// network said it, the expected far end likewise, the given one and the classes as they were given,
// and the vector-Jacobian product, which is the derivative by central differences. What a wrapper
// cannot keep is refused by name, in Denoise as in Knows.
func TestCapabilities(t *testing.T) {
	m, err := mixture.New(nil, [][]float64{{2, -1, 0.3, 1.7, -2}, {-1.5, 0.6, 1, -0.4, 2.4}, {0.2, -0.3, 0.4, 0.1, 0.5}}, []mixture.Cov{{Var: 0.3}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1, 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	x := batch{{1.1, -0.2, 0.4, 0.9, -1.2}, {0.1, 0.2, -0.1, 0.15, 0.25}, {-0.8, 0.5, 0.7, -0.1, 1.3}}
	u := batch{{0.3, -1, 0.7, 0.2, 0.9}, {1, 0.4, -0.6, 0.8, -0.5}, {-0.2, 0.9, 0.1, 1.1, 0.6}}
	far := []batch{{{0.5, -1, 0.2, 0.4, 1}, {-0.3, 0.6, 0.1, -0.2, 0.7}, {1.2, -0.4, 0.8, 0.3, -0.9}}}
	for name, w := range wrappings(t) {
		for _, p := range []reverie.Process{reverie.VP{}, reverie.Bridge{}} {
			_, bridge := p.(reverie.Bridge)
			asked := new(reverie.Query[batch])
			d := w.of(p, full{m.Denoiser(p), asked})
			q := reverie.Query[batch]{X: x, T: 0.4, U: u, Class: []int{1, reverie.NullClass, 0}}
			if bridge {
				q.Far = far
			}
			if bridge && w.near {
				q.Class = nil
				if _, err := d.Denoise(t.Context(), q); err == nil || !strings.Contains(err.Error(), "far end") {
					t.Errorf("%s under %T: %v", name, p, err)
				}
				continue
			}
			capable{t, name, d, asked}.check(q, w.lost)
		}
	}
}

// A run gives its far end to the query: it is told once, whatever wraps the denoiser.
func TestRunGivesItsFarEnd(t *testing.T) {
	m, err := mixture.New(nil, [][]float64{{1, -1}}, []mixture.Cov{{Var: 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	sp, p, asked := &reverie.Host[float64]{}, reverie.Bridge{}, new(reverie.Query[batch])
	d, err := reverie.Clamp(sp, reverie.Denoiser[batch](full{m.Denoiser(p), asked}), -3, 3)
	if err != nil {
		t.Fatal(err)
	}
	far := batch{{0.3, -0.2}, {1, 0.5}}
	run := &Run[batch]{Space: sp, Process: p, Denoiser: d, Far: []batch{far}}
	if _, err := Sample(t.Context(), run, DDIM[batch]{}, far, []float64{0.9, 0.5, reverie.Clean}, nil); err != nil {
		t.Fatal(err)
	}
	if len(asked.Far) != 1 || distance(asked.Far[0], far) != 0 {
		t.Errorf("the far end is lost: %v", asked.Far)
	}
}

// capable is a row of the table: a wrapped denoiser, and what the one within was asked.
type capable struct {
	t     *testing.T
	name  string
	d     reverie.Denoiser[batch]
	asked *reverie.Query[batch]
}

func (c capable) check(q reverie.Query[batch], lost reverie.Want) {
	c.t.Helper()
	classes := q.Class
	for want, name := range map[reverie.Want]string{reverie.WantVariance: "learned variance", reverie.WantVJP: "vector-Jacobian product", reverie.WantClass: "class-conditional estimate", reverie.WantFar: "expected far end", reverie.WantGiven: "estimate of what is given beside x"} {
		if q.Want, q.Class, q.Given = want, nil, nil; want == reverie.WantClass {
			q.Class = classes
		}
		if want == reverie.WantGiven {
			q.Given = []batch{beside}
		}
		e, err := c.d.Denoise(c.t.Context(), q)
		knows := c.d.Knows(want)
		if lost.Has(want) {
			if knows == nil || err == nil || err.Error() != knows.Error() || !strings.Contains(err.Error(), "no "+name) {
				c.t.Errorf("%s: the %s is not refused by name: %v, %v", c.name, name, knows, err)
			}
			continue
		}
		if knows != nil || err != nil {
			c.t.Fatalf("%s: the %s is lost: %v, %v", c.name, name, knows, err)
		}
		if want == reverie.WantClass && !slices.Equal(c.asked.Class, classes) {
			c.t.Errorf("%s: the classes are lost: %v", c.name, c.asked.Class)
		}
		if want == reverie.WantGiven && (len(c.asked.Given) != 1 || distance(c.asked.Given[0], beside) != 0) {
			c.t.Errorf("%s: what is given is lost: %v", c.name, c.asked.Given)
		}
		if d := distance(e.X0, c.x0(q)); d != 0 {
			c.t.Errorf("%s: x0hat beside the %s is off by %v", c.name, name, d)
		}
	}
	if len(q.Far) == 1 && (len(c.asked.Far) != 1 || distance(c.asked.Far[0], q.Far[0]) != 0) {
		c.t.Errorf("%s: the far end is lost: %v", c.name, c.asked.Far)
	}
	q.Want, q.Given = (reverie.WantVariance|reverie.WantVJP|reverie.WantCondition|reverie.WantFar)&^lost, nil
	if q.Want.Has(reverie.WantClass) {
		q.Class = classes
	}
	if q.Want.Has(reverie.WantGiven) {
		q.Given = []batch{beside}
	}
	e, err := c.d.Denoise(c.t.Context(), q)
	if err != nil {
		c.t.Fatalf("%s: %v", c.name, err)
	}
	if q.Want.Has(reverie.WantVariance) && distance(e.V, saidOf(*c.asked)) != 0 {
		c.t.Errorf("%s: the variance is not what the network said", c.name)
	}
	if q.Want.Has(reverie.WantFar) && distance(e.X1, expectedOf(*c.asked)) != 0 {
		c.t.Errorf("%s: the far end is not what the network expects", c.name)
	}
	if q.Want.Has(reverie.WantVJP) {
		c.derivative(q, e.VJP)
	}
}

// x0 is x0hat alone, of the query's classes.
func (c capable) x0(q reverie.Query[batch]) batch {
	c.t.Helper()
	q.Want, q.U = q.Want&reverie.WantCondition, nil
	e, err := c.d.Denoise(c.t.Context(), q)
	if err != nil {
		c.t.Fatalf("%s: %v", c.name, err)
	}
	return e.X0
}

// derivative compares u' d x0hat/dx with central differences along every axis. Differences of h =
// 1e-5 are good to about h^2 and 1e-16/h.
func (c capable) derivative(q reverie.Query[batch], got batch) {
	c.t.Helper()
	const h = 1e-5
	x, largest := q.X, 0.0
	for n := range x {
		for j := range x[n] {
			along := func(h float64) (sum float64) {
				q.X = (&reverie.Host[float64]{}).Sum([]float64{1}, x)
				q.X[n][j] += h
				for k, v := range c.x0(q)[n] {
					sum += q.U[n][k] * v
				}
				return sum
			}
			want := (along(h) - along(-h)) / (2 * h)
			largest = max(largest, math.Abs(want))
			if !(math.Abs(got[n][j]-want) <= 1e-7*max(1, math.Abs(want))) {
				c.t.Errorf("%s: product [%d][%d] = %v, by differences %v", c.name, n, j, got[n][j], want)
			}
		}
	}
	if !(largest > 1e-2) {
		c.t.Errorf("%s: no product is above %v: the test says nothing", c.name, largest)
	}
}
