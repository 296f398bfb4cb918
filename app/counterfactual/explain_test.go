package counterfactual

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// own is a method whose change is known: x + scale.
type own struct{ table.Info }

func (own) Try(_ context.Context, p Problem[batch], scale []float64) (t Trial[batch], err error) {
	for n, row := range p.X {
		t.X = append(t.X, []float64{row[0] + scale[n]})
		t.Mask = append(t.Mask, []bool{true})
	}
	t.Calls = 3
	return t, nil
}

// logistic is a classifier of one number: log odds x.
type logistic struct{}

func (logistic) LogProbabilities(_ context.Context, x batch) (all [][]float64, err error) {
	for _, row := range x {
		all = append(all, []float64{-math.Log1p(math.Exp(row[0])), -math.Log1p(math.Exp(-row[0]))})
	}
	return all, nil
}

func (logistic) Gradient(context.Context, batch, []int) (batch, error) {
	return nil, errors.New("the method asks for no gradient")
}

// TestSearch: where the scale at which the class changes is known, what is found is above it by at
// most the share 2^-Halvings of the interval between the last doubling and the one before. A sample
// that does not change is a failure, with what the largest scale made; one that is of its target
// already is left as it is.
func TestSearch(t *testing.T) {
	p := reverie.VP{}
	none := reverie.DenoiserFunc[batch](nil)
	for _, halvings := range []int{0, 1, 4, 9} {
		for _, first := range []float64{1, 0.3} {
			x := batch{{-5.2}, {-0.04}, {-1}, {-0.3}, {-63.9 * first}, {-64.1 * first}, {-1e9}, {0.5}, {0}}
			target := []int{1, 1, 1, 1, 1, 1, 1, 1, 0}
			pr := problem(p, none, logistic{}, &sample.DDIM[batch]{}, []float64{1, reverie.Clean}, x, target)
			e, err := Explain(t.Context(), Method[batch](own{}), pr, Search{First: first, Doublings: 6, Halvings: halvings})
			if err != nil {
				t.Fatal(err)
			}
			for n, row := range x[:5] {
				least := -row[0]
				doublings := max(0, math.Floor(math.Log2(least/first))+1)
				interval := math.Ldexp(first, int(doublings)-1)
				if doublings == 0 {
					interval = first
				}
				got, tol := e.Scale[n], math.Ldexp(interval, -halvings)
				if !e.Flipped[n] || !(got > least && got <= least+tol) {
					t.Errorf("%d halvings: scale %v of sample %d, flipped %v: expected above %v by at most %v", halvings, got, n, e.Flipped[n], least, tol)
				}
				near(t, "what the scale makes", e.X[n], []float64{row[0] + got}, 0)
				if want := 3 * (int(doublings) + 1 + halvings); e.Calls[n] != want {
					t.Errorf("%d calls of sample %d, want %d", e.Calls[n], n, want)
				}
			}
			for _, n := range []int{5, 6} {
				if e.Flipped[n] || e.Scale[n] != 64*first || e.X[n][0] != x[n][0]+64*first || !(e.After[n][1] < 0.5) {
					t.Errorf("sample %d never changes: flipped %v at scale %v, %v, %v", n, e.Flipped[n], e.Scale[n], e.X[n], e.After[n])
				}
			}
			if e.Flipped[7] || e.Scale[7] != 0 || e.Calls[7] != 0 || e.X[7][0] != 0.5 || !slices.Equal(e.Before[7], e.After[7]) {
				t.Errorf("a sample of its target is changed: %v, scale %v", e.X[7], e.Scale[7])
			}
			if e.Flipped[8] { // the classifier is undecided, whatever the scale: only at 0 and above
				t.Error("as probable as another class is not taken for it")
			}
		}
	}
}

// TestAlone: what comes of a sample does not depend on its batch.
func TestAlone(t *testing.T) {
	m, p := twoClasses(t), reverie.VP{}
	x, target := batch{{-1, -0.6}, {1.4, 1}, {-1.5, 0.3}}, []int{1, 0, 1}
	all := methods()
	all["translate"] = &Translate[batch]{Redraw: Redraw{1}, Inversion: edit.FixedPoint[batch]{Tolerance: 1e-9, Calls: 100}}
	for name, of := range all {
		solve := func(x batch, target []int, first uint64) Explanation[batch] {
			pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{Eta: 1}, levels(p, 0.4, 5), x, target)
			pr.Run = func() (*sample.Run[batch], error) {
				return &sample.Run[batch]{Space: host(first), Process: p, Denoiser: m.Denoiser(p)}, nil
			}
			pr.Toward = TowardClass[batch](m.Denoiser(p), target)
			e, err := Explain(t.Context(), of, pr, DefaultSearch)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		whole := solve(x, target, 0)
		for n := range x {
			one := solve(x[n:n+1], target[n:n+1], uint64(n))
			tol := 0.
			if name == "translate" {
				tol = 1e-7 // its equations are solved to a tolerance
			}
			near(t, name+": alone", one.X[0], whole.X[n], tol)
			if one.Scale[0] != whole.Scale[n] || name != "translate" && one.Calls[0] != whole.Calls[n] {
				t.Errorf("%s: scale %v of %d calls alone, %v of %d in a batch", name, one.Scale[0], one.Calls[0], whole.Scale[n], whole.Calls[n])
			}
		}
	}
}

// broken is a classifier of whatever it is set to.
type broken struct {
	logs [][]float64
	err  error
}

func (b broken) LogProbabilities(context.Context, batch) ([][]float64, error) { return b.logs, b.err }
func (b broken) Gradient(context.Context, batch, []int) (batch, error)        { return nil, b.err }

// renoising is a denoiser that gives no estimate but to be noised by.
type renoising struct{ reverie.Denoiser[batch] }

func (renoising) Knows(w reverie.Want) error {
	if w.Has(reverie.WantRenoise) {
		return nil
	}
	return errors.New("take a solver that noises by another estimate")
}

// TestRefusals: what does not do is refused, and said what.
func TestRefusals(t *testing.T) {
	m, p := twoClasses(t), reverie.VP{}
	grid := levels(p, 0.4, 3)
	good := func() Problem[batch] {
		return problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, grid, batch{{-1, 0}}, []int{1})
	}
	with := func(change func(p *Problem[batch])) Problem[batch] {
		p := good()
		change(&p)
		return p
	}
	running := func(r sample.Run[batch]) Problem[batch] {
		return with(func(p *Problem[batch]) { p.Run = func() (*sample.Run[batch], error) { return &r, nil } })
	}
	fast := func(change func(f *Fast[batch])) *Fast[batch] {
		f := &Fast[batch]{Redraw: Redraw{1}, Masking: Masking{0.1, 1}, Gradient: "product"}
		change(f)
		return f
	}
	plain := fast(func(*Fast[batch]) {})
	dime, one := &DiME[batch]{Redraw: Redraw{1}}, DefaultSearch
	type bare struct{ reverie.Space[batch] }
	failed := errors.New("out of order")
	for _, c := range []struct {
		m    Method[batch]
		p    Problem[batch]
		s    Search
		want string
	}{
		{plain, Problem[batch]{}, one, "a Problem needs a Run, a Solver and a Classifier"},
		{plain, with(func(p *Problem[batch]) { p.Grid = grid[:3] }), one, "the last is Clean"},
		{plain, with(func(p *Problem[batch]) { p.Target = []int{1, 1} }), one, "1 samples, 2 targets"},
		{plain, with(func(p *Problem[batch]) { p.Target = []int{2} }), one, "target 2 of sample 0: the classifier knows 0 to 1"},
		{plain, with(func(p *Problem[batch]) { p.Target = []int{reverie.NullClass} }), one, "target -1 of sample 0"},
		{plain, with(func(p *Problem[batch]) { p.Shape = edit.Shape{H: 3, W: 1, C: 1} }), one, "samples of 2 numbers and the shape 3x1x1"},
		{plain, with(func(p *Problem[batch]) { p.Shape = edit.Shape{H: -1, W: 1, C: -2} }), one, "expected as many"},
		{plain, with(func(p *Problem[batch]) { p.Run = func() (*sample.Run[batch], error) { return nil, failed } }), one, "out of order"},
		{plain, with(func(p *Problem[batch]) { p.Classifier = broken{err: failed} }), one, "the classifier: out of order"},
		{plain, with(func(p *Problem[batch]) { p.Classifier = broken{logs: [][]float64{{-1, math.NaN()}}} }), one, "class 1 of sample 0 is no number"},
		{plain, with(func(p *Problem[batch]) { p.Classifier = broken{} }), one, "probabilities of 0 samples: expected those of 1"},
		{plain, running(sample.Run[batch]{Space: host(0), Process: p}), one, "a Run needs"},
		{plain, running(sample.Run[batch]{Space: bare{host(0)}, Process: p, Denoiser: m.Denoiser(p)}), one, "lacks Rows(x)"},
		{plain, running(sample.Run[batch]{Space: host(0), Process: reverie.Bridge{}, Denoiser: m.Denoiser(p)}), one, "a bridge"},
		{plain, running(sample.Run[batch]{Space: host(0), Process: p, Denoiser: reverie.DenoiserFunc[batch](nil)}), one, "method fast: a denoiser that is a function of x and t gives no vector-Jacobian product: choose --gradient plain"},
		{dime, with(func(p *Problem[batch]) {
			p.Solver = &sample.DDPM[batch]{}
			p.Run = func() (*sample.Run[batch], error) {
				return &sample.Run[batch]{Space: host(0), Process: reverie.VP{}, Denoiser: renoising{}}, nil
			}
		}), one, "method dime: take a solver that noises by another estimate"},
		{&ACE[batch]{Redraw: Redraw{1}, Iterations: 1, Step: 1, Masking: Masking{0, 1}}, running(sample.Run[batch]{Space: host(0), Process: p, Denoiser: reverie.DenoiserFunc[batch](nil)}), one, "method ace: a denoiser"},
		{fast(func(f *Fast[batch]) { f.Dilation = 4 }), good(), one, "method fast: --dilation 4: expected an odd number"},
		{fast(func(f *Fast[batch]) { f.Strength = 0 }), good(), one, "--strength"},
		{fast(func(f *Fast[batch]) { f.Threshold = 1 }), good(), one, "--mask-threshold"},
		{fast(func(f *Fast[batch]) { f.Warmup = 1 }), good(), one, "--warmup"},
		{fast(func(f *Fast[batch]) { f.Gradient = "" }), good(), one, "--gradient"},
		{fast(func(f *Fast[batch]) { f.L1 = -1 }), good(), one, "--l1"},
		{fast(func(f *Fast[batch]) { f.Features = 1 }), good(), one, "the Problem needs a Distance"},
		{&ACE[batch]{Redraw: Redraw{1}, Masking: Masking{0, 1}}, good(), one, "--iterations"},
		{&Translate[batch]{Redraw: Redraw{1}, Inversion: edit.FixedPoint[batch]{Tolerance: 1e-3, Calls: 1}}, good(), one, "needs a Toward"},
		{plain, good(), Search{Doublings: 1}, "--first-scale"},
		{plain, good(), Search{First: 1, Doublings: -1}, "--doublings"},
		{plain, good(), Search{First: 1, Halvings: 31}, "--halvings"},
		{plain, with(func(p *Problem[batch]) {
			p.Run = func() (*sample.Run[batch], error) {
				return &sample.Run[batch]{Space: host(0), Process: reverie.Flow{}, Denoiser: m.Denoiser(reverie.Flow{})}, nil
			}
			p.Grid = []float64{1, 0.5, reverie.Clean}
		}), one, "nothing is left of the data: give less strength"},
	} {
		if _, err := Explain(t.Context(), c.m, c.p, c.s); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "counterfactual: ") {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := plain.Try(t.Context(), good(), []float64{math.NaN()}); err == nil || !strings.Contains(err.Error(), "scale NaN of sample 0") {
		t.Errorf("scale NaN: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, of := range methods() {
		if _, err := Explain(ctx, of, good(), one); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConfidence: asked for a probability, the search goes on until it is reached; where it cannot
// be, what flips is kept, of several the one that the classifier is surest of, and is no failure.
func TestConfidence(t *testing.T) {
	p := reverie.VP{}
	none := reverie.DenoiserFunc[batch](nil)
	x, target := batch{{-2}, {-4}, {-7.5}, {-100}}, []int{1, 1, 1, 1}
	pr := problem(p, none, logistic{}, &sample.DDIM[batch]{}, []float64{1, reverie.Clean}, x, target)
	const confidence = 0.9 // of log odds 2.197
	e, err := Explain(t.Context(), Method[batch](own{}), pr, Search{First: 1, Doublings: 3, Halvings: 8, Confidence: confidence})
	if err != nil {
		t.Fatal(err)
	}
	odds := math.Log(confidence / (1 - confidence))
	for n, row := range x[:2] {
		least := odds - row[0]
		if got := e.Scale[n]; !e.Flipped[n] || !(got >= least && got <= least+4*math.Ldexp(1, -8)) || e.After[n][1] < confidence {
			t.Errorf("sample %d: flipped %v at scale %v, expected just above %v; p = %v", n, e.Flipped[n], got, least, e.After[n][1])
		}
	}
	if got := e.After[2][1]; !e.Flipped[2] || e.Scale[2] != 8 || !(got > 0.5 && got < confidence) { // at the largest scale, by 0.5
		t.Errorf("flipped %v at scale %v: p = %v", e.Flipped[2], e.Scale[2], got)
	}
	if e.Flipped[3] || e.Scale[3] != 8 {
		t.Errorf("flipped %v at scale %v", e.Flipped[3], e.Scale[3])
	}
	// What flips is not lost to what does not, nor the surer to the less sure.
	k := &seek{search: Search{First: 1, Doublings: 3, Confidence: confidence}, target: 1, best: found{after: []float64{1, 0}}}
	for i, p := range []float64{0.6, 0.55, 0.7, 0.3} {
		k.take(found{scale: math.Ldexp(1, i), after: []float64{1 - p, p}}, 1)
	}
	if !k.done || k.met || k.best.scale != 4 {
		t.Errorf("kept is that of scale %v", k.best.scale)
	}
}
