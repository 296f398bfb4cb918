package guide

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// CFG++ in a step of DDIM, with fresh noise and without: x0hat is guided, and the noise in x is
// that of the weak estimate. A clamp is of x0hat alone.
func TestPlusPlusStep(t *testing.T) {
	m, x := classes(t, 2, 5, 0, 1, 1), batch{{0.7, -0.4}, {-1, 2}}
	for _, p := range []reverie.Process{reverie.VP{}, reverie.EDM{}, reverie.Flow{}} {
		for _, s := range []float64{0.3, reverie.Clean} {
			for _, eta := range []float64{0, 0.6, 1} {
				const at, lambda = 0.7, 0.4
				class := []int{1, 0}
				d := reverie.OfClass(PlusPlus(host, denoiser(m.Denoiser(p)), reverie.NullClass, lambda), class)
				d, err := reverie.Clamp(host, d, -0.5, 0.5)
				if err != nil {
					t.Fatal(err)
				}
				sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 3}}
				z := (&reverie.Host[float64]{Stream: sp.Stream}).Noise(x)
				got, err := sample.Sample(t.Context(), &sample.Run[batch]{Space: sp, Process: p, Denoiser: d}, sample.DDIM[batch]{Eta: eta}, x, []float64{at, s}, nil)
				if err != nil {
					t.Fatal(err)
				}
				ct, cs := p.At(at), reverie.At(p, s)
				rho := ct.Alpha * cs.Sigma / (cs.Alpha * ct.Sigma)
				u := eta * cs.Sigma * math.Sqrt(1-rho*rho)
				for n := range x {
					null, own := m.Denoise(ct, x[n]), m.Class(class[n]).Denoise(ct, x[n])
					for j := range x[n] {
						x0 := min(max(null[j]+lambda*(own[j]-null[j]), -0.5), 0.5)
						eps := (x[n][j] - ct.Alpha*null[j]) / ct.Sigma
						want := cs.Alpha*x0 + math.Sqrt(cs.Sigma*cs.Sigma-u*u)*eps + u*z[n][j]
						if !(math.Abs(got[n][j]-want) <= 1e-12*(1+math.Abs(want))) {
							t.Errorf("%T, eta %v, to %v: %v, want %v", p, eta, s, got[n][j], want)
						}
					}
				}
			}
		}
	}
}

// Guidance by the variance in a step of DDPM: the mean is shifted by the variance times the
// gradient, for each of the variances, a learned one element by element.
func TestShiftedStep(t *testing.T) {
	m, x, class := classes(t, 2, 5, 0, 1, 1), batch{{0.7, -0.4}, {-1, 2}}, []int{1, 0}
	p, at, s, scale := reverie.VP{}, 0.7, 0.65, 2.5
	law := m.At(p.At(at))
	for _, variance := range []string{"posterior", "beta", "learned"} {
		asked := new([]query)
		inner := full{m.Denoiser(p), asked}
		walk := func(d denoiser) batch {
			run := &sample.Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: reverie.OfClass(d, class)}
			y, err := sample.Sample(t.Context(), run, sample.DDPM[batch]{Variance: variance}, x, []float64{at, s}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return y
		}
		plain, shifted := walk(inner), walk(Shifted(host, denoiser(inner), exactClassifier(m, p), scale))
		lo, hi := math.Log(reverie.PosteriorVariance.Of(p.At(at), p.At(s))), math.Log(reverie.BetaVariance.Of(p.At(at), p.At(s)))
		for n := range x {
			g := law.ClassScore(class[n], x[n])
			for j := range g {
				v := map[string]float64{"posterior": -1, "beta": 1, "learned": x[n][j]/2 + at + float64(class[n])}[variance]
				want := plain[n][j] + scale*g[j]*math.Exp(lo+(hi-lo)*(v+1)/2)
				if !(math.Abs(shifted[n][j]-want) <= 1e-12*(1+math.Abs(want))) {
					t.Errorf("%s: %v, want %v", variance, shifted[n][j], want)
				}
			}
		}
	}
}

// A solver that takes all of a step from one x0hat is refused by the guides that are more than
// that.
func TestSolversRefused(t *testing.T) {
	m, p, x := classes(t, 2, 5, 0, 1), reverie.VP{}, batch{{0.7, -0.4}}
	for want, d := range map[string]denoiser{
		"use ddim or ddpm": PlusPlus(host, denoiser(m.Denoiser(p)), reverie.NullClass, 0.5),
		"use solver ddpm":  Shifted(host, denoiser(m.Denoiser(p)), exactClassifier(m, p), 1),
	} {
		for _, row := range sample.Solvers.Rows() {
			solver, err := sample.For[batch](row)
			if err != nil {
				t.Fatal(err)
			}
			run := &sample.Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: reverie.OfClass(d, []int{1})}
			_, err = sample.Sample(t.Context(), run, solver, x, []float64{0.7, 0.6, 0.5}, nil)
			_, asks := sample.Asks(solver, run.Denoiser)
			name := row.Row().Name
			if good := name == "ddpm" || name == "ddim" && want == "use ddim or ddpm"; good {
				if err != nil || asks != nil {
					t.Errorf("%s: %v, %v", name, err, asks)
				}
			} else if name != "lecture-sde" && (err == nil || asks == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, %v, want %q", name, err, asks, want)
			}
		}
	}
}

// still is the zero estimate: noise alone moves what it guides.
var still = reverie.DenoiserFunc[batch](func(_ context.Context, x batch, _ float64) (batch, error) {
	return host.Sum([]float64{0}, x), nil
})

// The running update is advanced once a step, by the first time that a solver asks for in it,
// however often it asks.
func TestMomentum(t *testing.T) {
	const gamma, beta = 2.0, -0.5
	p := reverie.VP{}
	strong := reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		return batch{{1 + t, 0}}, nil // the update at t is (1 + t, 0)
	})
	grid := []float64{0.9, 0.6, 0.5, 0.2}
	for _, solver := range []sample.Solver[batch]{sample.DDIM[batch]{}, sample.Heun[batch]{}, &sample.DPM2M[batch]{}, sample.Heun[batch]{Churn: 0.1}} {
		rule, err := Projected[batch](host, gamma, APG{Eta: 1, Momentum: beta})
		if err != nil {
			t.Fatal(err)
		}
		var got, times []float64
		d := Autoguidance(host, denoiser(strong), denoiser(still), rule)
		seen := seen{d, func(q query, e estimate) { got, times = append(got, e.X0[0][0]), append(times, q.T) }}
		for range 2 { // a second walk begins anew
			got, times = nil, nil
			run := &sample.Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: seen}
			var firsts []int // of each step, in got
			if _, err := sample.Sample(t.Context(), run, solver, batch{{0.3, 0.1}}, grid, func(s sample.State[batch]) error {
				firsts = append(firsts, s.Calls)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			before, first := 0.0, 0
			for _, calls := range firsts {
				for i := first; i < calls; i++ {
					update := 1 + times[i] + beta*before
					if want := 1 + times[i] + (gamma-1)*update; !(math.Abs(got[i]-want) <= 1e-12) {
						t.Errorf("%T: x0hat at %v is %v, want %v", solver, times[i], got[i], want)
					}
				}
				before, first = 1+times[first]+beta*before, calls
			}
			if slices.Contains(firsts, 0) || first != len(got) {
				t.Errorf("%T: calls %v", solver, firsts)
			}
		}
	}
}

// seen shows what a denoiser was asked and said.
type seen struct {
	denoiser
	see func(query, estimate)
}

func (s seen) Denoise(ctx context.Context, q query) (estimate, error) {
	e, err := s.denoiser.Denoise(ctx, q)
	s.see(q, e)
	return e, err
}

// What guides alone give moves between processes: the shift by the chain rule's factor, and out of
// an interval a step is as if nothing were heeded.
func TestRenoiseAndShiftElsewhere(t *testing.T) {
	m, x, class := classes(t, 2, 5, 0, 1, 1), batch{{0.7, -0.4}, {-1, 2}}, []int{1, 0}
	p, edm := reverie.VP{}, reverie.EDM{}
	ask := func(d denoiser, want reverie.Want) estimate {
		t.Helper()
		e, err := d.Denoise(t.Context(), query{X: x, T: 0.4, Want: want | reverie.WantClass, Class: class})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	moved := ask(reverie.Transfer(host, edm, p, Shifted(host, denoiser(m.Denoiser(edm)), exactClassifier(m, edm), 2)), reverie.WantShift)
	own := ask(Shifted(host, denoiser(m.Denoiser(p)), exactClassifier(m, p), 2), reverie.WantShift)
	if gap := distance(moved.Shift, own.Shift); !(gap <= 1e-12) {
		t.Errorf("the transferred shift is off by %v", gap)
	}
	elsewhere := PlusPlus(host, reverie.Transfer(host, edm, p, denoiser(m.Denoiser(edm))), reverie.NullClass, 0.3)
	both := ask(reverie.Transfer(host, edm, p, PlusPlus(host, denoiser(m.Denoiser(edm)), reverie.NullClass, 0.3)), reverie.WantRenoise)
	if gap := distance(both.Renoise, ask(elsewhere, reverie.WantRenoise).Renoise); !(gap <= 1e-12) {
		t.Errorf("the transferred x0hat to noise by is off by %v", gap)
	}
	plain := denoiser(m.Denoiser(p))
	out := ask(Interval(host, p, plain, elsewhere, 100, 200), reverie.WantRenoise)
	if gap := max(distance(out.X0, ask(plain, 0).X0), distance(out.Renoise, out.X0)); gap != 0 {
		t.Errorf("out of the interval CFG++ moves x0hat by %v", gap)
	}
	out = ask(Interval(host, p, plain, Shifted(host, plain, exactClassifier(m, p), 2), 100, 200), reverie.WantShift)
	if gap := max(distance(out.X0, ask(plain, 0).X0), distance(out.Shift, reverie.NewBatch[float64](2, 2))); gap != 0 {
		t.Errorf("out of the interval the classifier shifts by %v", gap)
	}
}

// Where a = 0 the ratio of the classifier's gradient and a has a limit, within the 1e-3 at which it
// is taken: x0hat is that of the class.
func TestClassifierWithoutSignal(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1, 1), reverie.Flow{}
	x, class := batch{{0.7, -0.4}, {-1, 2}}, []int{1, 0}
	got, err := reverie.Denoise(t.Context(), reverie.OfClass(Classified(host, p, denoiser(m.Denoiser(p)), exactClassifier(m, p), 0), class), x, 1)
	if err != nil {
		t.Fatal(err)
	}
	guided, err := reverie.Denoise(t.Context(), reverie.OfClass(Classified(host, p, denoiser(blind{m.Denoiser(p)}), exactClassifier(m, p), 1), class), x, 1)
	if err != nil {
		t.Fatal(err)
	}
	if gap := distance(got, guided); !(gap <= 5e-3) {
		t.Errorf("x0hat is off the class's by %v", gap)
	}
}
