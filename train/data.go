package train

import (
	"context"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
)

// OpenData opens the data that a configuration names. progress, if not nil, is told how many files
// are read of how many.
func OpenData(ctx context.Context, c *config.Run, progress func(done, total int)) (*data.Set, error) {
	return open(ctx, c, c.Data, nil, progress)
}

// OpenFrom opens the second data set of a flow between two, in the units of the first.
func OpenFrom(ctx context.Context, c *config.Run, progress func(done, total int)) (*data.Set, error) {
	if c.Kind().Pictorial() { // which has no units
		return open(ctx, c, c.From, nil, progress)
	}
	set, err := OpenData(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	like := set.Kind()
	if err := set.Close(); err != nil {
		return nil, err
	}
	return open(ctx, c, c.From, &like, progress)
}

func open(ctx context.Context, c *config.Run, names []string, like *kind.Kind, progress func(done, total int)) (*data.Set, error) {
	s, err := c.Source(names)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, names, source.Options{Seed: c.Seed, Val: c.Val, Like: like, Progress: progress})
}
