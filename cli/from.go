package cli

import (
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

// start gives the far ends from which a flow between two data sets begins: those of --from, or else
// of the run.
func (o *sampleOptions) start(cmd *cobra.Command, p *model.Options, m *model.Loaded) (err error) {
	if !m.Spec.Between() {
		if o.from != "" {
			return usagef("--from belongs to a flow between two data sets, and %s starts from noise", m.Found.Model)
		}
		return nil
	}
	var from []string
	if o.from != "" {
		if from, err = source.Resolve([]string{o.from}); err != nil {
			return err
		}
	}
	p.Start, o.far, err = train.Starts(cmd.Context(), m, from, p.Seed)
	return err
}

// close closes what start opened.
func (o *sampleOptions) close() {
	if o.far != nil {
		o.far.Close()
	}
}
