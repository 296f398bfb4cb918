package cli

import (
	"context"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// modelMetrics are the metrics of a model itself, on the images of v. Of none
// they can be named, not measured.
func modelMetrics(v *evaluation) []eval.Metric {
	return []eval.Metric{
		{Name: "elbo", About: "bound on the negative log-likelihood of a chain (ddpm), in both derivations: bits a dimension of 8-bit images, nats too of points", Kind: eval.ModelOnly, Measure: v.elbo},
		{Name: "vlb", About: "that of continuous time, for every process with a score", Kind: eval.ModelOnly, Measure: v.vlb},
		{Name: "likelihood", About: "negative log-likelihood by the probability flow", Kind: eval.ModelOnly, Measure: v.likelihood},
	}
}

// modelNames are the names of the metrics of a model.
func modelNames() []string {
	var names []string
	for _, m := range modelMetrics(nil) {
		names = append(names, m.Name)
	}
	return names
}

// likelihoodOptions say how the model is measured.
func (v *evaluation) likelihoodOptions() model.LikelihoodOptions {
	o := model.LikelihoodOptions{
		Mode: v.p.Mode, Batch: v.batch, Seed: v.seed, Clamp: v.p.Clamp == "x0", Process: v.p.Process,
		Times: v.times, Probes: v.probes, Exact: v.exact, Tolerance: v.tolerance, Variance: v.chainVariance(),
	}
	if v.cmd.Flags().Changed("draws") {
		o.Draws = v.draws
	}
	return o
}

// chainVariance is that of the reverse steps whose bound elbo is: --variance,
// else the run's, which may be the learned one.
func (v *evaluation) chainVariance() reverie.Variance {
	name := v.model.Defaults.Variance
	if f := v.cmd.Flags().Lookup("variance"); f.Changed {
		name = f.Value.String()
	}
	row, _ := sample.Variances.Find(name) // a known name: see table.Field
	return row.Variance
}

// judged are the samples of a set on which the model is judged, drawn at random.
func (v *evaluation) judged(s *eval.Set) (eval.Images, kind.Kind, []float64) {
	m := s.Images
	if m.N > v.images {
		m = m.Take(random.Stream{Seed: v.seed, Domain: random.Evaluation, Sample: 1 << 41}.Perm(m.N)[:v.images])
	}
	return m, m.Kind, m.Rows().X
}

// elbo takes the bound of a chain.
func (v *evaluation) elbo(ctx context.Context, c *eval.Case) ([]eval.Value, error) {
	m, k, x := v.judged(c.Reference)
	b, err := v.model.Bound(ctx, k, x, v.likelihoodOptions())
	if err != nil {
		return nil, err
	}
	if c.Reference == v.firstSet() {
		if err := v.writeTerms(b.Named()); err != nil {
			return nil, err
		}
	}
	noteErrors(c, "elbo", b.Matching.Total())
	noteDensity(c, "elbo", m)
	out := evidenceValues("elbo", &b.Matching, m.Levels)
	return append(out, bits("elbo by consistency", b.Consistency.Total(), b.Consistency.Dim), bits("as consistency is printed", b.Printed.Total(), b.Printed.Dim)), nil
}

// vlb takes the bound of continuous time.
func (v *evaluation) vlb(ctx context.Context, c *eval.Case) ([]eval.Value, error) {
	m, k, x := v.judged(c.Reference)
	e, err := v.model.ContinuousBound(ctx, k, x, v.likelihoodOptions())
	if err != nil {
		return nil, err
	}
	if c.Reference == v.firstSet() && !slices.Contains(v.metrics, "elbo") {
		if err := v.writeTerms([]likelihood.Named{{Name: "continuous", Bound: e}}); err != nil {
			return nil, err
		}
	}
	noteErrors(c, "vlb", e.Total())
	noteDensity(c, "vlb", m)
	return evidenceValues("vlb", e, m.Levels), nil
}

// firstSet is the set whose terms --terms writes.
func (v *evaluation) firstSet() *eval.Set {
	if v.data.heldOut != nil {
		return v.data.heldOut
	}
	return v.data.training
}

// writeTerms writes --terms.
func (v *evaluation) writeTerms(bounds []likelihood.Named) error {
	if v.terms == "" {
		return nil
	}
	return writeTerms(v.terms, bounds)
}

// likelihood integrates the probability flow.
func (v *evaluation) likelihood(ctx context.Context, c *eval.Case) ([]eval.Value, error) {
	m, k, x := v.judged(c.Reference)
	l, err := v.model.Likelihood(ctx, k, x, v.likelihoodOptions())
	if err != nil {
		return nil, err
	}
	e := l.Negative()
	if l.Probes == 0 && !v.exact {
		c.Note("likelihood: the divergence is exact, as it is by default below %d dimensions; --probes would estimate it", model.ExactBelow)
	}
	noteErrors(c, "likelihood", e)
	noteDensity(c, "likelihood", m)
	noteDiverged(c, e.Bits(l.Dim).Value)
	numerical, failed := l.Numerical()
	if failed != nil {
		c.Note("likelihood to %s: the numerical error is not known, for at a tenth of the tolerance the integral failed: %v", c.Reference.Name, failed)
	}
	if failed == nil {
		e = withNumerical(e, numerical)
	}
	out := []eval.Value{bits("-log p", e, l.Dim)}
	if m.Levels == 0 {
		out = append(out, valueOf("-log p, nats", e))
	}
	if failed == nil {
		out = append(out, bits("-log p: numerical error", likelihood.Estimate{Value: numerical, SE: math.NaN(), Noise: math.NaN()}, l.Dim))
	}
	return out, nil
}

// noteDensity says that images of more than 8 bits have a density, whose bits do not compare with those of levels.
func noteDensity(c *eval.Case, name string, m eval.Images) {
	if m.Ranged && m.Levels == 0 {
		c.Note("%s on %s images: some files hold more than 8 bits, so it is that of a density on [-1,1], not of 8-bit levels (to compare, subtract from the latter log2 127.5, 6.99 bits)", name, c.Reference.Name)
	}
}

// withNumerical is an estimate whose errors hold the numerical one.
func withNumerical(e likelihood.Estimate, numerical float64) likelihood.Estimate {
	if math.IsNaN(e.SE) && math.IsNaN(e.Noise) { // of one image, exactly
		e.Noise = 0
	}
	e.SE, e.Noise = math.Hypot(e.SE, numerical), math.Hypot(e.Noise, numerical)
	return e
}

// noteErrors says which error is printed of a single image.
func noteErrors(c *eval.Case, name string, e likelihood.Estimate) {
	if math.IsNaN(e.SE) && !math.IsNaN(e.Noise) {
		c.Note("%s on one %s image: ± is the estimator's own noise alone, for nothing shows how images differ", name, c.Reference.Name)
	}
}

// divergedBits is a number of bits a dimension beyond what a density means: the
// normal prior gives it 37 deviations out.
const divergedBits = 1000

// noteDiverged says that a likelihood is no statement about the images.
func noteDiverged(c *eval.Case, bits float64) {
	if math.Abs(bits) > divergedBits {
		c.Note("likelihood on %s images: %.3g bits a dimension is no property of the images: the flow of this network diverges; train it longer, or measure vlb", c.Reference.Name, bits)
	}
}

// evidenceValues are a bound and its terms in bits a dimension, of a density in
// nats too.
func evidenceValues(name string, e *likelihood.Evidence, levels int) []eval.Value {
	out := []eval.Value{
		bits(name, e.Total(), e.Dim), bits(name+": reconstruction", e.Reconstruction(), e.Dim),
		bits(name+": prior", e.Prior(), e.Dim), bits(name+": steps", e.Steps(), e.Dim),
	}
	if levels == 0 {
		out = append(out, valueOf(name+", nats", e.Total()))
	}
	return out
}

// bits is an estimate in nats an image as bits a dimension.
func bits(name string, e likelihood.Estimate, dim int) eval.Value {
	return valueOf(name+", bits/dim", e.Bits(dim))
}

// valueOf is an estimate as a value. Of one image its error is the estimator's.
func valueOf(name string, e likelihood.Estimate) eval.Value {
	v := eval.Value{Name: name, X: e.Value, Error: e.SE, Better: eval.Less}
	if math.IsNaN(v.Error) {
		v.Error = e.Noise
	}
	if math.IsNaN(v.Error) {
		v.Error = 0 // of one image and one draw
	}
	return v
}

// checkTerms reports a file for the terms whose ending is neither .csv nor .svg.
func checkTerms(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); path == "" || ext == ".csv" || ext == ".svg" {
		return nil
	}
	return usagef("--terms %s: expected a name that ends in .csv (a table) or .svg (a picture)", path)
}

// writeTerms writes the bounds term by term.
func writeTerms(path string, bounds []likelihood.Named) error {
	content := eval.TermsCSV(bounds)
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		var err error
		if content, err = eval.TermsSVG(bounds); err != nil {
			return err
		}
	}
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
