package cli

import (
	"encoding/json"

	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// speech judges a model that makes recordings clean.
func (v *evaluation) speech(m *model.Loaded, names []string) error {
	if err := refuseUnused(v.cmd.Flags(), []string{"draws", "features", "judge", "per-class", "terms", "nearest", "npz", "sweep", "data-class", "from"}, "samples that are drawn", m.Found.Model+" makes recordings clean"); err != nil {
		return err
	}
	r, err := eval.Speech(v.cmd.Context(), m, names, v.Options)
	v.clear()
	if refusal, ok := err.(*table.Error); ok {
		return usage(refusal)
	}
	if err != nil {
		return err
	}
	if v.json {
		e := json.NewEncoder(v.cmd.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.WriteText(v.cmd.OutOrStdout())
}
