package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/train"
)

// writeChoices names choices, a line each.
func writeChoices(w io.Writer, all []train.Choice) {
	head, wide := "chosen: ", 0
	for _, c := range all {
		wide = max(wide, len(c.Flag))
	}
	for i, c := range all {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		fmt.Fprintf(w, "%s %-*s   (%s)\n", head, wide, c.Flag, c.Reason)
	}
}

// surveys says whether data that can may decide settings of a run: unless a preset was chosen that
// is an experiment of its own.
func surveys(c *config.Run, given func(flag string) bool) bool {
	all := given("resolution") && given("image-channels") && given("flip")
	return c.Preset == config.Presets.Names()[0] && !all
}

// fit lets the images decide what the command line leaves open, and says so.
func fit(cmd *cobra.Command, c *config.Run, given func(flag string) bool) error {
	row, err := c.Source(c.Data)
	if err != nil {
		return err
	}
	surveyor, ok := row.(source.Surveyor)
	if !ok || !surveys(c, given) {
		return nil
	}
	bar := newBar(cmd.ErrOrStderr(), -1, "looking at the images")
	v, err := surveyor.Survey(cmd.Context(), c.Data, bar.set)
	bar.done()
	if err != nil {
		return err
	}
	writeChoices(cmd.ErrOrStderr(), train.FitSurvey(c, v, given))
	return usage(checkNew(c, given))
}
