// Package explain explains a classifier of images by a trained model: an [Explainer] asks the
// classifier of which class images are, has a method of package counterfactual search the least
// change that makes it take them for another, in batches, and measures what changed:
//
//	row, err := counterfactual.Methods.New("fast")
//	e, err := explain.New(m.Model, classifier, row, explain.Options{Target: "boot", Judge: second})
//	sorted, err := e.Sort(ctx, x)
//	err = e.Each(ctx, x, sorted, func(f explain.Finding) error { ... })
//
// What becomes of an image depends on it, on the seed, and on its number among those that are
// explained, which the noise goes by; not on the size of the batches.
package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/app/counterfactual/score"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

// Levels is the change of a value, in levels of 255, above which a pixel counts as changed.
const Levels = 2

// Sorted says of which class images are, before anything is changed.
type Sorted struct {
	Class  []int       // that the classifier takes each for
	Before [][]float64 // p(y | x) of every class
	Judged [][]float64 // by the judge; nil without one
	Chosen []int       // the numbers of the images that are explained
	Target int         // how many are of the target already, and are left as they are
	Others int         // how many are of another class than Options.From, or to the judge, and are left out
}

// A Finding is what is found of an image that is explained.
type Finding struct {
	Image   int    // its number
	Draws   []Draw // one for each seed
	Seconds float64
}

// A Draw is an image as it is to be for the classifier to take it for the target.
type Draw struct {
	X       []float32 // [H,W,C]; where the search failed the change at the largest scale
	Mask    []bool    // [H,W], outside of which X is the image
	Flipped bool      // the classifier takes X for the target; where not the search failed
	Unsure  bool      // it flipped with less than the confidence that was asked for
	Scale   float64
	After   []float64 // p(y | X) of every class
	Judged  []float64 // by the judge; nil without one
	// Confirmed says that it flipped, and that the judge takes X for the target too.
	Confirmed bool
	score.Change
	COUT      float64 // see score.Transition
	Elsewhere float64 // see score.Elsewhere, by the judge where there is one
	Calls     int     // of the model
}

// Walk is how the model goes through the noise levels, with all that was left open.
func (e *Explainer) Walk() model.Options { return e.o.Walk }

// Target and Judged are the numbers of the target among the classes of the classifier and of the
// judge, -1 without one.
func (e *Explainer) Target() (own, judged int) { return e.target, e.judges(e.target) }

// judges is the judge's number of a class of the classifier, -1 where it has none.
func (e *Explainer) judges(class int) int {
	if e.judged == nil {
		return -1
	}
	return e.judged[class]
}

// Sort asks the classifier, and the judge, of which class images x [N,H,W,C] are.
func (e *Explainer) Sort(ctx context.Context, x []float32) (s Sorted, err error) {
	if s.Before, err = e.probabilities(ctx, e.c, x); err != nil {
		return s, err
	}
	if e.o.Judge != nil {
		if s.Judged, err = e.probabilities(ctx, e.o.Judge, x); err != nil {
			return s, err
		}
	}
	likeliest := func(p []float64) int { return slices.Index(p, slices.Max(p)) }
	for n, p := range s.Before {
		class := likeliest(p)
		s.Class = append(s.Class, class)
		switch {
		case class == e.target:
			s.Target++
		case e.from >= 0 && (class != e.from || e.judges(e.from) >= 0 && likeliest(s.Judged[n]) != e.judges(e.from)):
			s.Others++
		default:
			s.Chosen = append(s.Chosen, n)
		}
	}
	return s, nil
}

// probabilities are those of every class of images, a batch at a time.
func (e *Explainer) probabilities(ctx context.Context, c Classifier, x []float32) (all [][]float64, err error) {
	for part := range slices.Chunk(x, e.o.Walk.Batch*e.shape.Size()) {
		rows, err := e.ask(ctx, c, part)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// ask asks a classifier for the probabilities of images at once.
func (e *Explainer) ask(ctx context.Context, c Classifier, x []float32) ([][]float64, error) {
	in := engine.New(e.m.Engine, x, len(x)/e.shape.Size(), e.shape.H, e.shape.W, e.shape.C)
	defer engine.Free(in)
	rows, err := c.LogProbabilities(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("explain: %s: %w", c.Name(), err)
	}
	for _, row := range rows {
		for k, l := range row {
			row[k] = math.Exp(l)
		}
	}
	return rows, nil
}

// Each explains the images of x that were chosen, in their order, and calls f with what is found of
// each; an error of f ends it.
func (e *Explainer) Each(ctx context.Context, x []float32, s Sorted, f func(Finding) error) error {
	size := e.shape.Size()
	for done := 0; done < len(s.Chosen); done += e.o.Walk.Batch {
		p := part{number: s.Chosen[done:min(done+e.o.Walk.Batch, len(s.Chosen))], first: done, sorted: s}
		for _, n := range p.number {
			p.x = append(p.x, x[n*size:(n+1)*size]...)
			p.source = append(p.source, s.Class[n])
		}
		all := make([]Finding, len(p.number))
		began := time.Now()
		for k := range e.o.Seeds {
			draws, err := e.explain(ctx, p, uint64(k))
			if err != nil {
				return err
			}
			for n, d := range draws {
				all[n].Draws = append(all[n].Draws, d)
			}
		}
		each := time.Since(began).Seconds() / float64(len(all))
		for n, found := range all {
			found.Image, found.Seconds = p.number[n], each
			if err := f(found); err != nil {
				return err
			}
		}
	}
	return nil
}

// A part is a batch of images that are explained together.
type part struct {
	number []int // of the images
	first  int   // the number of the first among those that are explained
	x      []float32
	source []int // the classifier's numbers of their classes
	sorted Sorted
}

// explain explains a part by the noise of a seed after the first.
func (e *Explainer) explain(ctx context.Context, p part, after uint64) (draws []Draw, err error) {
	o := e.o.Walk
	o.First, o.Seed, o.N = o.First+p.first, o.Seed+after, len(p.number)
	if e.own != nil {
		o.Class = e.sources(p.source)
	}
	err = e.m.OnParts(ctx, o, p.x, func(walk model.Part) error {
		draws, err = e.search(ctx, p, o.Solver, walk)
		return err
	})
	if err == nil {
		err = e.measure(ctx, p, draws)
	}
	return draws, err
}

// sources are the model's numbers of the classes as which images go back to noise.
func (e *Explainer) sources(class []int) []int {
	all := make([]int, len(class))
	for n, k := range class {
		if all[n] = e.own[k]; e.source != ofEach {
			all[n] = e.source
		}
	}
	return all
}

// search searches the changes of a part.
func (e *Explainer) search(ctx context.Context, p part, solver model.Solver, walk model.Part) (draws []Draw, err error) {
	space := walk.Run.Space.(*engine.Recycler) // every model's is
	target := slices.Repeat([]int{e.target}, len(p.number))
	problem := counterfactual.Problem[X]{
		Run:    func() (*sample.Run[X], error) { return walk.Again(), nil },
		Solver: solver, Grid: walk.Grid, Clamp: walk.Clamp, Shape: e.shape, Hook: walk.Hook,
		Classifier: owned{e.c, space}, X: walk.X, Target: target,
	}
	if problem.Toward, err = e.toward(walk, len(p.number)); err != nil {
		return nil, err
	}
	found, err := counterfactual.Explain(ctx, e.method, problem, e.o.Search)
	if err != nil {
		return nil, err
	}
	defer engine.Free(found.X)
	for n, row := range space.Rows(found.X) {
		d := Draw{Mask: found.Mask[n], Flipped: found.Flipped[n], Scale: found.Scale[n], After: found.After[n], Calls: found.Calls[n]}
		d.Unsure = d.Flipped && d.After[e.target] < e.o.Search.Confidence
		for _, v := range row {
			d.X = append(d.X, float32(v))
		}
		draws = append(draws, d)
	}
	return draws, nil
}

// toward is what translate goes by; nil for other methods.
func (e *Explainer) toward(walk model.Part, n int) (counterfactual.Toward[X], error) {
	switch {
	case e.o.Toward != "":
		by, err := walk.Classifier(e.o.Toward, labels(e.c))
		if err != nil {
			return nil, err
		}
		return counterfactual.TowardClassifier(walk.Unasked(), by, slices.Repeat([]int{e.target}, n)), nil
	case e.own != nil:
		return counterfactual.TowardClass(walk.Unasked(), slices.Repeat([]int{e.own[e.target]}, n)), nil
	}
	return nil, nil
}

// measure measures what changed in a part.
func (e *Explainer) measure(ctx context.Context, p part, draws []Draw) error {
	before, after := rows(p.x, e.shape.Size()), make([][]float64, len(draws))
	var made []float32
	for n, d := range draws {
		made, after[n] = append(made, d.X...), rows(d.X, e.shape.Size())[0]
	}
	changes, err := score.Changes(before, after, e.shape.C, Levels/127.5)
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	classify := func(ctx context.Context, x [][]float64) ([][]float64, error) {
		var flat []float32
		for _, row := range x {
			for _, v := range row {
				flat = append(flat, float32(v))
			}
		}
		return e.ask(ctx, e.c, flat)
	}
	target := slices.Repeat([]int{e.target}, len(draws))
	cout, err := score.Transitions(ctx, classify, before, after, p.source, target, score.Swap{Channels: e.shape.C})
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	if e.o.Judge != nil {
		if err := e.judge(ctx, made, draws); err != nil {
			return err
		}
	}
	elsewhere, err := e.elsewhere(p, draws)
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	for n := range draws {
		draws[n].Change, draws[n].COUT, draws[n].Elsewhere = changes[n], cout[n].COUT(), elsewhere[n]
	}
	return nil
}

// judge asks the judge.
func (e *Explainer) judge(ctx context.Context, made []float32, draws []Draw) error {
	all, err := e.ask(ctx, e.o.Judge, made)
	if err != nil {
		return err
	}
	for n := range draws {
		d := &draws[n]
		d.Judged = all[n]
		rate, err := score.FlipRate(all[n:n+1], []int{e.judges(e.target)})
		if err != nil {
			return fmt.Errorf("explain: %s: %w", e.o.Judge.Name(), err)
		}
		d.Confirmed = d.Flipped && rate.Hits == 1
	}
	return nil
}

// elsewhere is what changed otherwise than from the images' classes to the target.
func (e *Explainer) elsewhere(p part, draws []Draw) ([]float64, error) {
	var before, after [][]float64
	source, target := p.source, e.target
	for n, d := range draws {
		if d.Judged == nil {
			before, after = append(before, p.sorted.Before[p.number[n]]), append(after, d.After)
		} else {
			before, after = append(before, p.sorted.Judged[p.number[n]]), append(after, d.Judged)
		}
	}
	if e.o.Judge != nil {
		source, target = nil, e.judges(e.target)
		for _, k := range p.source {
			source = append(source, e.judges(k))
		}
	}
	return score.Elsewhere(before, after, source, slices.Repeat([]int{target}, len(draws)))
}

// rows are samples of a size.
func rows(x []float32, size int) (all [][]float64) {
	for one := range slices.Chunk(x, size) {
		row := make([]float64, size)
		for i, v := range one {
			row[i] = float64(v)
		}
		all = append(all, row)
	}
	return all
}
