package counterfactual

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// exact is the classifier of noised samples that makes no mistake.
func exact(m *mixture.Mixture, p reverie.Process) guide.Classifier[batch] {
	return guide.ClassifierFunc[batch](func(_ context.Context, x batch, t float64, class []int) (g batch, err error) {
		law := m.At(reverie.At(p, t))
		for n, row := range x {
			g = append(g, law.ClassScore(class[n], row))
		}
		return g, nil
	})
}

// TestTranslate: of Gaussian classes N(mu_y, v I) the data move by (mu_target - mu_source)(1 - a
// P), P what DDIM down multiplies by, to the tolerance of the inversion; P is sqrt(v)/sqrt(a^2 v +
// s^2) but for the cosines of its steps, which many of them bring near 1. So it is by the class as
// by the exact classifier on the model without classes, both at scale 1; at scale 0 all comes back.
func TestTranslate(t *testing.T) {
	const v = 0.5
	mu := [][]float64{{-0.7, 0.2}, {0.9, 0.5}}
	m := classes(t, mu, mixture.Cov{Var: v})
	x, source, target := batch{{-0.5, 0.6}, {1.2, 0.1}}, []int{0, 1}, []int{1, 0}
	method := &Translate[batch]{Redraw: Redraw{1}, Inversion: edit.FixedPoint[batch]{Tolerance: 1e-11, Calls: 300}}
	for name, p := range processes(t) {
		for _, n := range []int{20, 150} {
			grid := between(p, 4, 0.02, n)
			pr := problem(p, reverie.OfClass[batch](m.Denoiser(p), source), bayes{m}, &sample.DDIM[batch]{}, grid, x, target)
			c, factor := reverie.At(p, grid[0]), down(p, grid, v)
			if limit := math.Sqrt(v / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)); n == 150 && !(factor > 0.98*limit) {
				t.Errorf("%s: %d steps multiply by %v, the flow by %v", name, n, factor, limit)
			}
			pr.Toward = TowardClass[batch](m.Denoiser(p), target)
			got := try(t, method, pr, 1, 1)
			for i := range x {
				var want []float64
				for k := range x[i] {
					want = append(want, x[i][k]+(mu[target[i]][k]-mu[source[i]][k])*(1-c.Alpha*factor))
				}
				near(t, fmt.Sprintf("%s, %d steps", name, n), got.X[i], want, 1e-8)
			}
		}
		grid := levels(p, 4, 10)
		pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, grid, x, target)
		tries := map[string]Trial[batch]{}
		for by, to := range map[string]Toward[batch]{
			"class": TowardClass[batch](m.Denoiser(p), target), "classifier": TowardClassifier[batch](reverie.Denoiser[batch](classless{m.Denoiser(p)}), exact(m, p), target),
		} {
			pr.Toward = to
			tries[by] = try(t, method, pr, 1, 2.5)
			none := try(t, method, pr, 0, 0)
			near(t, name+": at scale 0 by "+by, none.X[0], x[0], 1e-8)
			near(t, name+": at scale 0 by "+by, none.X[1], x[1], 1e-8)
		}
		for i := range x {
			near(t, name+": by class and by classifier", tries["class"].X[i], tries["classifier"].X[i], 1e-8)
		}
	}
}

// classless is a denoiser that knows no classes.
type classless struct{ reverie.Denoiser[batch] }

func (c classless) Knows(w reverie.Want) error {
	if err := w.Beyond(^reverie.WantClass, "a model without classes"); err != nil {
		return err
	}
	return c.Denoiser.Knows(w)
}

// TestTranslateFlips: a class that noise leaves of the data is one to translate from: the search
// finds the least gamma.
func TestTranslateFlips(t *testing.T) {
	m := twoClasses(t)
	for name, p := range processes(t) {
		x, target := batch{{-1, -0.6}, {1.4, 1}}, []int{1, 0}
		pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, levels(p, 4, 12), x, target)
		pr.Toward = TowardClass[batch](m.Denoiser(p), target)
		method := &Translate[batch]{Redraw: Redraw{1}, Inversion: edit.FixedPoint[batch]{Tolerance: 1e-6, Calls: 50}}
		e, err := Explain(t.Context(), Method[batch](method), pr, DefaultSearch)
		if err != nil {
			t.Fatal(err)
		}
		for n := range x {
			if !e.Flipped[n] || !(e.After[n][target[n]] > 0.5) {
				t.Errorf("%s: sample %d at scale %v: %v", name, n, e.Scale[n], e.After[n])
			}
		}
	}
}

// TestRule: guidance with a gamma of each sample is guide.Linear's at that gamma, with its
// products.
func TestRule(t *testing.T) {
	m, p, sp := threeClasses(t), reverie.VP{}, host(0)
	x, u, class := batch{{0.2, -0.4, 0.1, 0.7}, {1, 0.3, -0.5, 0}, {1, 1, 0, 0}}, batch{{1, 0, 2, 0}, {0, 1, 1, 0}, {1, 2, 3, 4}}, []int{2, 0, 1}
	gamma := []float64{0, 1, 2.5}
	for _, all := range [][]float64{gamma, {1, 1, 1}} {
		d, err := TowardClass[batch](m.Denoiser(p), class)(&sample.Run[batch]{Space: sp, Process: p}, all)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Denoise(t.Context(), reverie.Query[batch]{X: x, T: 0.4, Want: reverie.WantVJP, U: u})
		if err != nil {
			t.Fatal(err)
		}
		for n, g := range all {
			of := reverie.OfClass(guide.ClassifierFree[batch](sp, m.Denoiser(p), reverie.NullClass, guide.Linear(sp, g)), class[n:n+1])
			want, err := of.Denoise(t.Context(), reverie.Query[batch]{X: x[n : n+1], T: 0.4, Want: reverie.WantVJP, U: u[n : n+1]})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "x0hat", got.X0[n], want.X0[0], 1e-12)
			near(t, "product", got.VJP[n], want.VJP[0], 1e-12)
		}
	}
}
