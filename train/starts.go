package train

import (
	"context"
	"errors"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
)

// Starts opens the far ends from which the samples of a flow between two data sets begin, for
// model.Options: those of from, or where that is empty of the second set that the run of m was
// trained with. They are the held-out ones, or all where none are held out, in an order that the
// seed shuffles, over again where they do not suffice. Close the set once nothing is sampled any
// more.
func Starts(ctx context.Context, m *model.Loaded, from []string, seed uint64) (start func(first, n int) ([]float32, error), set *data.Set, err error) {
	if m.Found.Run == "" {
		return nil, nil, errors.New("a flow between two data sets is sampled from its run folder, whose configuration names the second set")
	}
	c, err := ReadConfig(m.Found.Run)
	if err != nil {
		return nil, nil, err
	}
	if len(from) > 0 {
		c.From = from
	}
	if set, err = OpenFrom(ctx, c, nil); err != nil {
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
