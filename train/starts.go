package train

import (
	"context"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/model"
)

// Ends opens what the samples of a flow between two data sets or of pairs start from, as
// config.Run.Ends does: from, or where that is empty what the run of m was trained with; of the
// way forward of an unpaired bridge its data.
func Ends(ctx context.Context, m *model.Loaded, from []string, seed uint64, forward bool) (*config.Ends, error) {
	if m.Found.Run == "" {
		return nil, model.ErrNoRun
	}
	c, err := config.Read(m.Found.Run)
	if err != nil {
		return nil, err
	}
	if forward && len(from) == 0 { // in the units of the data
		c.From = c.Data
	}
	return c.Ends(ctx, seed, from)
}
