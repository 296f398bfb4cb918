package lab

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// points are points of the plane.
type points = reverie.Batch[float64]

// A walk is a sampler's run: what it is called, and how to start it.
type walk struct {
	title    string
	process  reverie.Process
	denoiser reverie.Denoiser[points]
	solver   sample.Solver[points]
	grid     []float64
}

// A trail is what a walk left.
type trail struct {
	paths []points // of the first points, one row a step, the start included
	end   points
	calls int // of the network
}

// watched is how many points' paths are kept.
const watched = 6

// carry walks x along, with noise of its own number.
func (l *lab) carry(ctx context.Context, w walk, x points, number uint64) (trail, error) {
	t := trail{paths: make([]points, min(watched, len(x)))}
	keep := func(x points) {
		for i := range t.paths {
			t.paths[i] = append(t.paths[i], x[i])
		}
	}
	run := &sample.Run[points]{
		Space:   &reverie.Host[float64]{Stream: stream(l.Seed, streamSampling+number<<32)},
		Process: w.process, Denoiser: w.denoiser,
	}
	keep(x)
	end, err := sample.Sample(ctx, run, w.solver, x, w.grid, func(s sample.State[points]) error {
		keep(s.X)
		t.calls = s.Calls
		l.progress("sampling: "+w.title, float64(s.Step)/float64(s.Steps))
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("%s: %w", w.title, err)
	}
	t.end = end
	return t, nil
}

// noise draws n points of N(0, I).
func (l *lab) noise(n int) points {
	sp := &reverie.Host[float64]{Stream: stream(l.Seed, streamSampling)}
	return sp.Noise(reverie.NewBatch[float64](n, 2))
}

// distance is the sliced Wasserstein distance of order 2 between two sets of points.
func distance(a, b points) (float64, error) {
	return eval.Sliced{Directions: 64}.Measure(context.Background(), rowsOf(a), rowsOf(b))
}

func rowsOf(x points) eval.Rows {
	r := eval.NewRows(len(x), len(x[0]))
	for i, p := range x {
		copy(r.X[i*r.D:], p)
	}
	return r
}

// judge measures the distance of points from as many fresh ones of the data's law.
func (l *lab) judge(x points) (float64, error) {
	return distance(x, l.data.fresh(l.Seed, 1, len(x)))
}

// floor is the distance between two sets of n points of a law, the mean over 5 pairs: what is left
// for a perfect sampler.
func (l *lab) floor(law *mixture.Mixture, n int) (float64, error) {
	const pairs = 5
	mean := 0.0
	for i := range uint64(pairs) {
		x, y := law.Sample(stream(l.Seed, streamShow+(20+2*i)<<32), n), law.Sample(stream(l.Seed, streamShow+(21+2*i)<<32), n)
		d, err := distance(x, y)
		if err != nil {
			return 0, err
		}
		mean += d / pairs
	}
	return mean, nil
}

// fresh draws n points of the data's law, apart from those that networks learn from.
func (d Data) fresh(seed, number uint64, n int) points {
	return d.Law.Sample(stream(seed, streamShow+number<<32), n)
}
