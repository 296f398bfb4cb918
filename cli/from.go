package cli

import (
	"context"
	"errors"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

// start gives the far ends from which a flow between two data sets begins: the held-out images of --from or of the data set that the
// run was trained from, or all of them where none are held out.
func (o *sampleOptions) start(cmd *cobra.Command, p *model.Options, m *model.Loaded) error {
	if !m.Spec.Between() {
		if o.from != "" {
			return usagef("--from belongs to a flow between two data sets, and %s starts from noise", m.Found.Model)
		}
		return nil
	}
	if m.Found.Run == "" {
		return errors.New("a flow between two data sets is sampled from its run folder, whose configuration names the second set")
	}
	c, err := train.ReadConfig(m.Found.Run)
	if err != nil {
		return err
	}
	if o.from != "" {
		if c.From, err = source.Resolve([]string{o.from}); err != nil {
			return err
		}
	}
	set, err := train.OpenFrom(cmd.Context(), c, nil)
	if err != nil {
		return err
	}
	o.far = set
	if set.Val().Len() > 0 {
		set = set.Val()
	}
	order := random.Stream{Seed: p.Seed, Domain: random.Sampling}.Perm(set.Len())
	p.Start = func(first, n int) ([]float32, error) { return far(cmd.Context(), set, order, first, n) }
	return nil
}

// close closes what start opened.
func (o *sampleOptions) close() {
	if o.far != nil {
		o.far.Close()
	}
}

// far loads n images from number first on, in that order, over again where they do not suffice.
func far(ctx context.Context, set *data.Set, order []int, first, n int) ([]float32, error) {
	at := make([]int, n)
	for i := range at {
		at[i] = order[(first+i)%len(order)]
	}
	b, err := set.Load(ctx, at...)
	if err != nil {
		return nil, err
	}
	return b.X, nil
}
