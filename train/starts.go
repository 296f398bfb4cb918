package train

import (
	"context"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/model"
)

// Starts opens the far ends from which the samples of a flow between two data sets begin, for
// model.Options, as config.Run.Starts does: those of from, or where that is empty of the second set
// that the run of m was trained with.
func Starts(ctx context.Context, m *model.Loaded, from []string, seed uint64) (start func(first, n int) ([]float32, error), set *data.Set, err error) {
	if m.Found.Run == "" {
		return nil, nil, model.ErrNoRun
	}
	c, err := config.Read(m.Found.Run)
	if err != nil {
		return nil, nil, err
	}
	if len(from) > 0 {
		c.From = from
	}
	return c.Starts(ctx, seed)
}
