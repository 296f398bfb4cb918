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
	set, err := r.openBy(ctx, r.Data, source.Options{Pairs: r.Pairs, Mix: r.Mix, Progress: progress})
	if err != nil || len(r.Pairs) == 0 || set.Paired() {
		return set, err
	}
	if err := r.pair(ctx, set, progress); err != nil {
		set.Close()
		return nil, fmt.Errorf("--pairs: %w", err)
	}
	return set, nil
}

// pair gives each sample of a set what it goes with.
func (r *Run) pair(ctx context.Context, set *data.Set, progress func(done, total int)) error {
	other, err := r.byName().openLike(ctx, r.Pairs, set.Kind(), progress)
	if err != nil {
		return err
	}
	return set.Pair(other)
}

// byName is the run with the settings by which what goes with its samples is opened: which is known
// by its name alone, of no class, and none of it held out.
func (r *Run) byName() *Run {
	own := *r
	own.Val, own.DataClass, own.LabelColumn = 0, nil, ""
	if r.Kind().Pictorial() {
		own.Labels = string(data.LabelsNone)
	}
	return &own
}

// openLike opens names in the units of a kind, where it has any.
func (r *Run) openLike(ctx context.Context, names []string, k kind.Kind, progress func(done, total int)) (*data.Set, error) {
	if r.Kind().Pictorial() {
		return r.open(ctx, names, nil, progress)
	}
	return r.open(ctx, names, &k, progress)
}

// OpenFrom opens the second data set of a flow between two, in the units of the first.
func (r *Run) OpenFrom(ctx context.Context, progress func(done, total int)) (*data.Set, error) {
	if r.Kind().Pictorial() { // which has no units
		return r.open(ctx, r.From, nil, progress)
	}
	set, err := r.open(ctx, r.Data, nil, nil)
	if err != nil {
		return nil, err
	}
	like := set.Kind()
	if err := set.Close(); err != nil {
		return nil, err
	}
	return r.openLike(ctx, r.From, like, progress)
}

func (r *Run) open(ctx context.Context, names []string, like *kind.Kind, progress func(done, total int)) (*data.Set, error) {
	return r.openBy(ctx, names, source.Options{Like: like, Progress: progress})
}

// openBy opens names with the run's settings.
func (r *Run) openBy(ctx context.Context, names []string, o source.Options) (*data.Set, error) {
	s, err := r.Source(names)
	if err != nil {
		return nil, err
	}
	o.Seed, o.Val = r.Seed, r.Val
	return s.Open(ctx, names, o)
}

// Ends are samples that others start from: the far ends of a flow or a bridge, or what of pairs is
// given. Close lets go of them, once nothing is sampled any more.
type Ends struct {
	*data.Set
	order []int // of those that start something
	pair  bool  // they are what the set's samples go with
}

// Ends opens them: of a run of two data sets the samples of the second, held out where any are, in
// an order that the seed shuffles; of a run of pairs what the held-out samples go with, or else
// all, in their order. From, if not empty, names others, of which all are taken, those of pairs in
// their order.
func (r *Run) Ends(ctx context.Context, seed uint64, from []string) (e *Ends, err error) {
	own, paired := *r, r.HasPairs()
	if e = new(Ends); len(from) > 0 || !paired {
		if paired {
			own = *r.byName()
		}
		if len(from) > 0 {
			own.From = from
		}
		e.Set, err = own.OpenFrom(ctx, nil)
	} else {
		e.pair = true
		e.Set, err = r.Open(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	if held := e.Val(); held.Len() > 0 {
		e.Set = held
	}
	if e.order = make([]int, e.Len()); !paired {
		e.order = random.Stream{Seed: seed, Domain: random.Sampling}.Perm(e.Len())
		return e, nil
	}
	for i := range e.order {
		e.order[i] = i
	}
	return e, nil
}

// Start gives the n ends from number first on, over again where they do not suffice: see
// model.Options.
func (e *Ends) Start(first, n int) ([]float32, error) {
	b, err := e.batch(first, n)
	if err != nil {
		return nil, err
	}
	if e.pair {
		return b.Pair, nil
	}
	return b.X, nil
}

// batch are the samples that start n from number first on.
func (e *Ends) batch(first, n int) (*data.Batch, error) {
	at := make([]int, n)
	for i := range at {
		at[i] = e.order[(first+i)%len(e.order)]
	}
	return e.Load(context.Background(), at...)
}

// Pairs gives n ends from number first on, y, and what they go with, x; both are nil where that is
// not known.
func (e *Ends) Pairs(first, n int) (x, y []float32, err error) {
	if !e.pair {
		return nil, nil, nil
	}
	b, err := e.batch(first, n)
	if err != nil {
		return nil, nil, err
	}
	return b.X, b.Pair, nil
}

// Source is what is known of the end from which sample i starts.
func (e *Ends) Source(i int) data.Info { return e.Info(e.order[i%len(e.order)]) }
