package train

import (
	"context"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
)

// OpenData opens the data that a configuration names: the embedded emoji, folders of images, or points. progress, if not nil, is told
// how many files are read of how many.
func OpenData(ctx context.Context, c *config.Run, progress func(done, total int)) (*data.Set, error) {
	return openData(ctx, c, c.Data, progress)
}

// OpenFrom opens the second data set of a flow between two.
func OpenFrom(ctx context.Context, c *config.Run, progress func(done, total int)) (*data.Set, error) {
	return openData(ctx, c, c.From, progress)
}

func openData(ctx context.Context, c *config.Run, roots []string, progress func(done, total int)) (*data.Set, error) {
	o := DataOptions(c)
	o.Progress = progress
	if len(roots) == 0 {
		return data.Embedded(ctx, o)
	}
	return data.Open(ctx, roots, o)
}
