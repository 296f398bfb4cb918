package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

// start opens what the samples of a flow between two data sets or of pairs start from: those of
// --from, or else of the run.
func (o *sampleOptions) start(cmd *cobra.Command, p *model.Options, m *model.Loaded) (err error) {
	if p.Forward && !m.Spec.Unpaired {
		return usagef("--forward: %s: %w", m.Found.Model, model.ErrOneWay)
	}
	if !m.Spec.Between() && !m.Spec.Paired {
		if o.from != "" {
			return usagef("--from belongs to a flow between two data sets, or a model of pairs, and %s starts from noise", m.Found.Model)
		}
		return nil
	}
	var from []string
	if o.from != "" {
		if from, err = source.Resolve([]string{o.from}); err != nil {
			return err
		}
	}
	if o.far, err = train.Ends(cmd.Context(), m, from, p.Seed, p.Forward); err != nil {
		return err
	}
	p.Start = o.far.Start
	if m.Spec.Paired {
		writeSkipped(cmd.ErrOrStderr(), o.far.Skipped())
		writeNotes(cmd.ErrOrStderr(), o.far.Remarks())
		o.stems = stemsOf(o.far)
		if p.N == 0 && o.from != "" {
			p.N = o.far.Len()
		}
	}
	return nil
}

// stemsOf are the names of what pairs are known by, without folders and endings; of two that are
// called the same the second has its number before.
func stemsOf(e *config.Ends) []string {
	stems, seen := make([]string, e.Len()), map[string]bool{}
	for i := range stems {
		path := e.Source(i).Path
		stems[i] = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if seen[strings.ToLower(stems[i])] {
			stems[i] = fmt.Sprintf("%06d-%s", i, stems[i])
		}
		seen[strings.ToLower(stems[i])] = true
	}
	return stems
}

// names are what the files of n samples are called, from number first on: of pairs as what they are
// drawn for, and else, or where that is used over again, by their numbers.
func (o *sampleOptions) names(first, n int) []string {
	names := make([]string, n)
	for i := range names {
		number := first + i
		if names[i] = fmt.Sprintf("%06d", number); number < len(o.stems) {
			names[i] = o.stems[number]
		}
	}
	return names
}

// close closes what start opened.
func (o *sampleOptions) close() {
	if o.far != nil {
		o.far.Close()
	}
}
