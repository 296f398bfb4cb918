package config

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// Read reads the configuration of the run in dir.
func Read(dir string) (*Run, error) {
	const name = "config.json"
	text, err := checkpoint.ReadRunFile(dir, name, MaxJSON)
	if err != nil {
		return nil, err
	}
	c, err := Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	}
	return c, nil
}

// Open opens the data that the configuration names. progress, if not nil, is told how many files
// are read of how many.
func (r *Run) Open(ctx context.Context, progress func(done, total int)) (*data.Set, error) {
	return r.open(ctx, r.Data, nil, progress)
}

// OpenFrom opens the second data set of a flow between two, in the units of the first.
func (r *Run) OpenFrom(ctx context.Context, progress func(done, total int)) (*data.Set, error) {
	if r.Kind().Pictorial() { // which has no units
		return r.open(ctx, r.From, nil, progress)
	}
	set, err := r.Open(ctx, nil)
	if err != nil {
		return nil, err
	}
	like := set.Kind()
	if err := set.Close(); err != nil {
		return nil, err
	}
	return r.open(ctx, r.From, &like, progress)
}

func (r *Run) open(ctx context.Context, names []string, like *kind.Kind, progress func(done, total int)) (*data.Set, error) {
	s, err := r.Source(names)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, names, source.Options{Seed: r.Seed, Val: r.Val, Like: like, Progress: progress})
}

// Starts opens the second data set of a flow between two, and returns what gives its samples as the
// n far ends from number first on: the held-out ones, or all where none are held out, in an order
// that the seed shuffles, over again where they do not suffice. Close the set once nothing is
// sampled any more.
func (r *Run) Starts(ctx context.Context, seed uint64) (start func(first, n int) ([]float32, error), set *data.Set, err error) {
	if set, err = r.OpenFrom(ctx, nil); err != nil {
		return nil, nil, err
	}
	ends := set
	if set.Val().Len() > 0 {
		ends = set.Val()
	}
	order := random.Stream{Seed: seed, Domain: random.Sampling}.Perm(ends.Len())
	return func(first, n int) ([]float32, error) {
		at := make([]int, n)
		for i := range at {
			at[i] = order[(first+i)%len(order)]
		}
		b, err := ends.Load(ctx, at...)
		if err != nil {
			return nil, err
		}
		return b.X, nil
	}, set, nil
}
