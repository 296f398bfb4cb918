package guide

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

type (
	batch    = reverie.Batch[float64]
	query    = reverie.Query[batch]
	estimate = reverie.Estimate[batch]
	denoiser = reverie.Denoiser[batch]
)

var host = &reverie.Host[float64]{}

// classes is a mixture in dim dimensions of Gaussians of the given classes.
func classes(t *testing.T, dim int, seed uint64, of ...int) *mixture.Mixture {
	t.Helper()
	m, err := mixture.Random(dim, len(of), seed).WithClasses(of)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// exactClassifier is the posterior of a mixture's classes under a process.
func exactClassifier(m *mixture.Mixture, p reverie.Process) Classifier[batch] {
	return ClassifierFunc[batch](func(_ context.Context, x batch, t float64, class []int) (batch, error) {
		law, g := m.At(reverie.At(p, t)), make(batch, len(x))
		for n := range x {
			g[n] = law.ClassScore(class[n], x[n])
		}
		return g, nil
	})
}

// full knows all that there is: the exact denoiser of a mixture with classes, beside which it says
// v = x/2 + t + class. It remembers what it was asked.
type full struct {
	*mixture.Denoiser
	asked *[]query
}

func (f full) Knows(w reverie.Want) error { return f.Denoiser.Knows(w &^ reverie.WantVariance) }

func (f full) Denoise(ctx context.Context, q query) (estimate, error) {
	*f.asked = append(*f.asked, q)
	e, err := f.Denoiser.Denoise(ctx, query{X: q.X, T: q.T, Far: q.Far, U: q.U, Class: q.Class, Want: q.Want &^ reverie.WantVariance})
	e.V = host.Sum([]float64{0.5}, q.X)
	for n, v := range e.V {
		for j := range v {
			if v[j] += q.T; q.Class != nil {
				v[j] += float64(q.Class[n])
			}
		}
	}
	return e, err
}

// A wrapped is a guide around the full denoiser of process p, or another wrapper, and what it
// cannot keep.
type wrapped struct {
	of   func(p reverie.Process, d denoiser) denoiser
	lost reverie.Want
}

// guides are all guides of mixture m, alone, and around and within other wrappers.
func guides(t *testing.T, m *mixture.Mixture) map[string]wrapped {
	made := func(d denoiser, err error) denoiser {
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	rule := func(r Rule[batch], err error) Rule[batch] {
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	type of = func(p reverie.Process, d denoiser) denoiser
	free := func(from int, r func() Rule[batch]) of {
		return func(_ reverie.Process, d denoiser) denoiser { return ClassifierFree(host, d, from, r()) }
	}
	linear := func() Rule[batch] { return Linear(host, 2.5) }
	apg := func(s APG) func() Rule[batch] {
		return func() Rule[batch] { return rule(Projected(host, 3, s)) }
	}
	auto := func(p reverie.Process, d denoiser) denoiser {
		weak, err := mixture.Random(5, 3, 17).WithClasses([]int{0, 1, 1})
		if err != nil {
			t.Fatal(err)
		}
		return Autoguidance(host, d, weak.Denoiser(p), Linear(host, 1.7))
	}
	classifier := func(p reverie.Process, d denoiser) denoiser {
		return Classified(host, p, d, exactClassifier(m, p), 1.5)
	}
	within := func(lo, hi float64, g of) of {
		return func(p reverie.Process, d denoiser) denoiser { return Interval(host, p, d, g(p, d), lo, hi) }
	}
	clamp := func(_ reverie.Process, d denoiser) denoiser { return made(reverie.Clamp(host, d, -0.5, 0.9)) }
	threshold := func(_ reverie.Process, d denoiser) denoiser { return made(sample.Threshold(host, d, 0.7)) }
	moved := func(g of) of { // g goes around a transfer
		return func(p reverie.Process, d denoiser) denoiser {
			return g(p, reverie.Transfer(host, reverie.EDM{}, p, m.Denoiser(reverie.EDM{})))
		}
	}
	move := func(g of) of { // a transfer goes around g
		return func(p reverie.Process, _ denoiser) denoiser {
			return reverie.Transfer(host, reverie.EDM{}, p, g(reverie.EDM{}, m.Denoiser(reverie.EDM{})))
		}
	}
	around := func(outer, inner of) of {
		return func(p reverie.Process, d denoiser) denoiser { return outer(p, inner(p, d)) }
	}
	rescaled := func() Rule[batch] { return rule(Rescale(host, 2, 0.7)) }
	v, j := reverie.WantVariance, reverie.WantVJP
	return map[string]wrapped{
		"classifier-free":                      {free(reverie.NullClass, linear), 0},
		"classifier-free of gamma 0":           {free(reverie.NullClass, func() Rule[batch] { return Linear(host, 0) }), 0},
		"classifier-free of gamma 1":           {free(reverie.NullClass, func() Rule[batch] { return Linear(host, 1) }), 0},
		"away from a class":                    {free(1, linear), 0},
		"rescaled":                             {free(reverie.NullClass, rescaled), 0},
		"APG":                                  {free(reverie.NullClass, apg(APG{})), 0},
		"APG of short updates":                 {free(reverie.NullClass, apg(APG{Eta: 0.3, Norm: 0.4})), 0},
		"APG with momentum":                    {free(reverie.NullClass, apg(APG{Eta: 0.3, Norm: 2.4, Momentum: -0.5})), 0},
		"autoguidance":                         {auto, 0},
		"within an interval":                   {within(0.1, 100, free(reverie.NullClass, linear)), 0},
		"out of an interval":                   {within(10, 100, free(reverie.NullClass, linear)), 0},
		"classifier":                           {classifier, j},
		"classifier of classifier-free":        {around(classifier, free(reverie.NullClass, linear)), j},
		"classifier of autoguidance":           {around(classifier, auto), j},
		"clamped":                              {around(clamp, free(reverie.NullClass, linear)), 0},
		"thresholded APG":                      {around(threshold, free(reverie.NullClass, apg(APG{}))), 0},
		"classifier-free of a clamp":           {around(free(reverie.NullClass, linear), clamp), 0},
		"classifier-free of autoguidance":      {around(free(reverie.NullClass, linear), auto), 0},
		"clamp of all":                         {around(clamp, around(classifier, free(reverie.NullClass, rescaled))), j},
		"classifier-free of a transfer":        {moved(free(reverie.NullClass, linear)), v},
		"transfer of classifier-free":          {move(free(reverie.NullClass, linear)), v},
		"transfer of a classifier":             {move(classifier), v | j},
		"transfer of an interval of a guide":   {move(within(0.1, 100, free(2, rescaled))), v},
		"classifier of a transfer, in a clamp": {around(clamp, moved(classifier)), v | j},
	}
}

// TestWrappers: what a denoiser knows survives every guide, alone and composed: the variance as the
// conditional branch said it, the classes as they were given, and the product, which is the
// derivative by central differences. What a guide cannot keep is refused by name.
func TestWrappers(t *testing.T) {
	m := classes(t, 5, 11, 0, 1, 1, 2)
	x := batch{{1.1, -0.2, 0.4, 0.9, -1.2}, {0.1, 0.2, -0.1, 0.15, 0.25}, {-0.8, 0.5, 0.7, -0.1, 1.3}}
	u := batch{{0.3, -1, 0.7, 0.2, 0.9}, {1, 0.4, -0.6, 0.8, -0.5}, {-0.2, 0.9, 0.1, 1.1, 0.6}}
	p, class := reverie.VP{}, []int{1, reverie.NullClass, 0}
	for name, w := range guides(t, m) {
		asked := new([]query)
		d := w.of(p, full{m.Denoiser(p), asked})
		q := query{X: x, T: 0.3, U: u, Class: class, Step: 2}
		for want, what := range map[reverie.Want]string{reverie.WantVariance: "learned variance", reverie.WantVJP: "vector-Jacobian product"} {
			q.Want = want | reverie.WantClass
			_, err := d.Denoise(t.Context(), q)
			knows := d.Knows(q.Want)
			switch {
			case !w.lost.Has(want):
				if knows != nil || err != nil {
					t.Errorf("%s: the %s is lost: %v, %v", name, what, knows, err)
				}
			case knows == nil || err == nil || err.Error() != knows.Error() || !strings.Contains(err.Error(), "no "+what):
				t.Errorf("%s: the %s is not refused by name: %v, %v", name, what, knows, err)
			}
		}
		q.Want = (reverie.WantVariance|reverie.WantVJP)&^w.lost | reverie.WantClass
		*asked = nil
		e, err := d.Denoise(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !w.lost.Has(reverie.WantVariance) {
			for n := range x {
				if want := x[n][1]/2 + 0.3 + float64(class[n]); e.V[n][1] != want {
					t.Errorf("%s: v[%d] = %v, want the conditional branch's %v", name, n, e.V[n][1], want)
				}
			}
		}
		if !w.lost.Has(reverie.WantVJP) {
			derivative(t, name, d, q, e)
		}
		for _, a := range *asked {
			if a.Step != 2 {
				t.Errorf("%s: the step is lost", name)
			}
		}
	}
}

// derivative compares x0hat and the product of an estimate with those of x0hat alone, by central
// differences of h = 1e-5, good to about h^2 and 1e-16/h.
func derivative(t *testing.T, name string, d denoiser, q query, e estimate) {
	t.Helper()
	const h = 1e-5
	u := q.U
	q.Want, q.U = reverie.WantClass, nil
	x0 := func(x batch) batch {
		q.X = x
		e, err := d.Denoise(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return e.X0
	}
	x, largest := q.X, 0.0
	if gap := distance(x0(x), e.X0); !(gap <= 1e-14) {
		t.Errorf("%s: x0hat beside its product is off by %v", name, gap)
	}
	for n := range x {
		for j := range x[n] {
			along := func(h float64) (sum float64) {
				y := host.Sum([]float64{1}, x)
				y[n][j] += h
				return dot(u[n], x0(y)[n])
			}
			want := (along(h) - along(-h)) / (2 * h)
			largest = max(largest, math.Abs(want))
			if !(math.Abs(e.VJP[n][j]-want) <= 1e-7*max(1, math.Abs(want))) {
				t.Errorf("%s: product [%d][%d] = %v, by differences %v", name, n, j, e.VJP[n][j], want)
			}
		}
	}
	if !(largest > 1e-2) {
		t.Errorf("%s: no product is above %v: the test says nothing", name, largest)
	}
}

// distance returns the largest difference.
func distance(a, b batch) float64 {
	d := 0.0
	for n := range a {
		for j := range a[n] {
			if gap := math.Abs(a[n][j] - b[n][j]); !(gap <= d) { // or NaN
				d = gap
			}
		}
	}
	return d
}

// counted is a denoiser of classes that counts the samples it was asked for, of a class and of
// null, and the calls.
type counted struct {
	denoiser
	class, null, calls int
}

func (c *counted) Denoise(ctx context.Context, q query) (estimate, error) {
	c.calls++
	for n := range q.X {
		if q.Class == nil || q.Class[n] == reverie.NullClass {
			c.null++
		} else {
			c.class++
		}
	}
	return c.denoiser.Denoise(ctx, q)
}

// noStack is a Space that cannot put batches together.
type noStack struct{ reverie.Space[batch] }

// Gamma 1 and what lies out of the interval never ask for null, gamma 0 never for the class; both
// branches are one call where the Space can stack, and two where it cannot, with the same result.
func TestShortCuts(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1), reverie.VP{}
	x, class := batch{{0.3, -0.2}, {1, 0.5}, {0.1, 0.1}}, []int{1, 0, 1}
	level := p.At(0.3).Sigma / p.At(0.3).Alpha
	free := func(sp reverie.Space[batch], gamma float64) func(denoiser) denoiser {
		return func(d denoiser) denoiser { return ClassifierFree(sp, d, reverie.NullClass, Linear(sp, gamma)) }
	}
	within := func(lo, hi float64) func(denoiser) denoiser {
		return func(d denoiser) denoiser { return Interval(host, p, d, free(host, 2)(d), lo, hi) }
	}
	results := map[string]batch{}
	for name, c := range map[string]struct {
		guide              func(denoiser) denoiser
		class, null, calls int
	}{
		"gamma 1":                {free(host, 1), 3, 0, 1},
		"gamma 0":                {free(host, 0), 0, 3, 1},
		"gamma 2":                {free(host, 2), 3, 3, 1},
		"gamma 2, not stacked":   {free(noStack{host}, 2), 3, 3, 2},
		"below the interval":     {within(level*1.01, 100), 3, 0, 1},
		"above the interval":     {within(0, level*0.99), 3, 0, 1},
		"at its upper end":       {within(0, level), 3, 3, 1},
		"at its lower end":       {within(level, 100), 3, 0, 1},
		"within it":              {within(level*0.99, level*1.01), 3, 3, 1},
		"CFG++ of lambda 0":      {func(d denoiser) denoiser { return PlusPlus(host, d, reverie.NullClass, 0) }, 0, 3, 1},
		"CFG++ of lambda 1":      {func(d denoiser) denoiser { return PlusPlus(host, d, reverie.NullClass, 1) }, 3, 3, 1},
		"away from class 0":      {func(d denoiser) denoiser { return ClassifierFree(host, d, 0, Linear(host, 2)) }, 6, 0, 1},
		"classifier of weight 0": {func(d denoiser) denoiser { return Classified[batch](host, p, d, nil, 0) }, 3, 0, 1},
	} {
		counter := &counted{denoiser: m.Denoiser(p)}
		q := query{X: x, T: 0.3, Class: class, Want: reverie.WantClass}
		if strings.HasPrefix(name, "CFG++") {
			q.Want |= reverie.WantRenoise
		}
		e, err := c.guide(counter).Denoise(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if counter.class != c.class || counter.null != c.null || counter.calls != c.calls {
			t.Errorf("%s: %d samples of a class and %d of null in %d calls, want %d, %d, %d", name, counter.class, counter.null, counter.calls, c.class, c.null, c.calls)
		}
		results[name] = e.X0
	}
	for _, pair := range [][2]string{{"gamma 2", "gamma 2, not stacked"}, {"gamma 1", "below the interval"}, {"gamma 2", "within it"}, {"gamma 0", "CFG++ of lambda 0"}, {"gamma 1", "CFG++ of lambda 1"}} {
		if gap := distance(results[pair[0]], results[pair[1]]); gap > 1e-15 {
			t.Errorf("%s and %s are %v apart", pair[0], pair[1], gap)
		}
	}
	if gap := distance(results["gamma 0"], results["gamma 2"]); !(gap > 0.1) {
		t.Errorf("gamma 0 and 2 are %v apart: the test says nothing", gap)
	}
}

// A sample of no class is left as it is by every guide to a class.
func TestNullIsLeft(t *testing.T) {
	m, p := classes(t, 5, 11, 0, 1, 1, 2), reverie.VP{}
	q := query{X: batch{{1, -0.2, 0.4, 0.9, -1.2}, {0.1, 0.2, -0.1, 0.15, 0.25}}, T: 0.3, Class: []int{2, reverie.NullClass}, Want: reverie.WantClass}
	for _, class := range [][]int{q.Class, nil} {
		q.Class = class
		want, err := reverie.Denoise(t.Context(), denoiser(m.Denoiser(p)), q.X, q.T)
		if err != nil {
			t.Fatal(err)
		}
		for name, w := range guides(t, m) {
			if strings.Contains(name, "auto") || strings.Contains(name, "clamp") || strings.Contains(name, "threshold") {
				continue
			}
			e, err := w.of(p, m.Denoiser(p)).Denoise(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if gap := distance(e.X0[1:], want[1:]); !(gap <= 1e-13) {
				t.Errorf("%s: the sample of no class is moved by %v", name, gap)
			}
		}
	}
}

// What does not go is refused with the reason, before a network runs and when it is asked.
func TestRefusals(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1), reverie.VP{}
	plain := mixture.Random(2, 2, 5).Denoiser(p)
	var d denoiser = m.Denoiser(p)
	for _, c := range []struct {
		d    denoiser
		want reverie.Want
		err  string
	}{
		{ClassifierFree(host, d, reverie.NullClass, Linear(host, 2)), 0, "classifier-free guidance gives no unconditional estimate"},
		{ClassifierFree[batch](host, plain, reverie.NullClass, Linear(host, 2)), reverie.WantClass, "classifier-free guidance: the exact denoiser gives no class-conditional estimate"},
		{ClassifierFree[batch](host, labelled{d}, reverie.NullClass, Linear(host, 2)), reverie.WantClass, "the weaker estimate: no null class was trained"},
		{Autoguidance(host, d, denoiser(plain), Linear(host, 2)), reverie.WantClass, "autoguidance, the weaker estimate: the exact denoiser gives no class-conditional estimate"},
		{Autoguidance(host, d, denoiser(plain), Linear(host, 2)), 0, "autoguidance, the weaker estimate: the exact denoiser gives no class-conditional estimate"},
		{Classified(host, p, Autoguidance(host, d, denoiser(plain), Linear(host, 2)), exactClassifier(m, p), 1), reverie.WantClass, "the weaker estimate: the exact denoiser gives no class-conditional estimate"},
		{PlusPlus(host, d, reverie.NullClass, 0.5), reverie.WantClass, "use ddim or ddpm"},
		{Classified(host, p, d, exactClassifier(m, p), 1), 0, "classifier guidance gives no unconditional estimate"},
		{Shifted(host, d, exactClassifier(m, p), 1), reverie.WantClass, "use solver ddpm"},
		{ClassifierFree(host, d, reverie.NullClass, Linear(host, 2)), reverie.WantClass | reverie.WantShift, "gives no shift of the mean"},
		{ClassifierFree(host, d, reverie.NullClass, Linear(host, 2)), reverie.WantClass | reverie.WantRenoise, "gives no x0hat to noise by"},
	} {
		knows := c.d.Knows(c.want)
		_, err := c.d.Denoise(t.Context(), query{X: batch{{1, 2}}, T: 0.5, Want: c.want, Class: []int{0}})
		if knows == nil || err == nil || err.Error() != knows.Error() || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v, %v: expected %q", knows, err, c.err)
		}
	}
	if err := ClassifierFree[batch](host, labelled{d}, 0, Linear(host, 2)).Knows(reverie.WantClass); err != nil {
		t.Errorf("a negative class takes no null: %v", err)
	}
	if err := ClassifierFree[batch](host, labelled{d}, reverie.NullClass, Linear(host, 1)).Knows(reverie.WantClass); err != nil {
		t.Errorf("gamma 1 takes no null: %v", err)
	}
	for _, err := range []error{second(Rescale[batch](noStack{host}, 2, 0.7)), second(Projected[batch](noStack{host}, 2, APG{}))} {
		if err == nil || !strings.Contains(err.Error(), "lacks Rows(x)") {
			t.Error(err)
		}
	}
}

var errNoNull = errors.New("no null class was trained")

// second returns the error.
func second(_ any, err error) error { return err }

// labelled was trained on classes alone.
type labelled struct{ denoiser }

func (l labelled) Knows(w reverie.Want) error {
	if !w.Has(reverie.WantClass) {
		return errNoNull
	}
	return l.denoiser.Knows(w)
}

// A class list of another length than the batch's is an error through every guide.
func TestClassesOfTheBatch(t *testing.T) {
	m, p := classes(t, 5, 11, 0, 1, 1, 2), reverie.VP{}
	for name, w := range guides(t, m) {
		for _, class := range [][]int{{1}, {1, 0, 2}} {
			q := query{X: batch{{1, -0.2, 0.4, 0.9, -1.2}, {0.1, 0.2, -0.1, 0.15, 0.25}}, T: 0.3, Class: class, Want: reverie.WantClass}
			if _, err := w.of(p, m.Denoiser(p)).Denoise(t.Context(), q); err == nil || !strings.Contains(err.Error(), "classes for") {
				t.Errorf("%s: %d classes for 2 samples: %v", name, len(class), err)
			}
		}
	}
}

// A process with a far end is guided too: both branches see it, in one batch as in two.
func TestFarEnd(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1), reverie.Bridge{}
	q := query{
		X: batch{{0.3, -0.2}, {1, 0.5}}, Far: []batch{{{2, 1}, {-1, 0.4}}}, T: 0.4, Step: 1,
		U: batch{{1, 0.5}, {-0.3, 2}}, Class: []int{1, 0}, Want: reverie.WantClass | reverie.WantVJP,
	}
	d := ClassifierFree(host, denoiser(m.Denoiser(p)), reverie.NullClass, Linear(host, 2.5))
	one, err := d.Denoise(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	two, err := ClassifierFree[batch](noStack{host}, m.Denoiser(p), reverie.NullClass, Linear(host, 2.5)).Denoise(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if gap := max(distance(one.X0, two.X0), distance(one.VJP, two.VJP)); gap > 1e-15 {
		t.Errorf("one batch and two are %v apart", gap)
	}
	derivative(t, "a bridge", d, q, one)
	for n, y := range q.Class {
		c := p.At(q.T)
		null, own := m.Denoise(c, q.X[n], q.Far[0][n]), m.Class(y).Denoise(c, q.X[n], q.Far[0][n])
		for j := range null {
			if want := null[j] + 2.5*(own[j]-null[j]); !(math.Abs(one.X0[n][j]-want) <= 1e-13) {
				t.Errorf("x0hat [%d][%d] is %v, want %v", n, j, one.X0[n][j], want)
			}
		}
	}
}

// A classifier's error is the guide's, and names it.
func TestClassifierFails(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1), reverie.VP{}
	broken := ClassifierFunc[batch](func(context.Context, batch, float64, []int) (batch, error) { return nil, errNoNull })
	for name, d := range map[string]denoiser{"x0": Classified(host, p, denoiser(m.Denoiser(p)), Classifier[batch](broken), 1), "variance": Shifted(host, denoiser(m.Denoiser(p)), Classifier[batch](broken), 1)} {
		q := query{X: batch{{1, 2}}, T: 0.5, Want: reverie.WantClass, Class: []int{1}}
		if name == "variance" {
			q.Want |= reverie.WantShift
		}
		if _, err := d.Denoise(t.Context(), q); !errors.Is(err, errNoNull) || !strings.HasPrefix(err.Error(), "classifier guidance: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A classifier is asked of no class that nobody asks for, also for the samples that are left as
// they are.
func TestClassifierIsAskedOfAskedClasses(t *testing.T) {
	p := reverie.VP{}
	knows1 := ClassifierFunc[batch](func(_ context.Context, x batch, _ float64, class []int) (batch, error) {
		if slices.ContainsFunc(class, func(k int) bool { return k != 1 }) {
			return nil, fmt.Errorf("asked of classes %v", class)
		}
		return x, nil
	})
	x := batch{{1}, {2}, {3}}
	plain := reverie.DenoiserFunc[batch](func(_ context.Context, x batch, _ float64) (batch, error) { return x, nil })
	d := reverie.OfClass(Classified(host, p, reverie.Denoiser[batch](plain), Classifier[batch](knows1), 2), []int{reverie.NullClass, 1, reverie.NullClass})
	got, err := reverie.Denoise(t.Context(), d, x, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	if got[0][0] != 1 || got[2][0] != 3 || got[1][0] == 2 {
		t.Errorf("x0hat %v", got)
	}
}
