package cli

import (
	"fmt"
	"io"

	"github.com/reverie-go/reverie/internal/terminal"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

func newInfo() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "info RUN",
		Short: "Describe a trained model",
		Long: `Describe a run folder (its newest complete checkpoint), a checkpoint folder or an
imported model: its data, losses and checkpoints, its network and what it
learned, and of a run what it is doing now.`,
		Example: `  reverie info runs/emoji-1
  reverie info runs/emoji-1/checkpoints/step-000500`,
		Args: exactly(1, "a run, checkpoint or model folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			facts, err := train.Describe(args[0], raw, func(run string) string { return command("train --resume", run) })
			if err != nil {
				return err
			}
			return writeFacts(cmd.OutOrStdout(), facts)
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "speak of the last weights, not of their average")
	return cmd
}

// writeFacts writes the texts of facts below each other and folded.
func writeFacts(w io.Writer, facts []train.Fact) error {
	wide := 0
	for _, f := range facts {
		wide = max(wide, len(f.Name))
	}
	for _, f := range facts {
		if _, err := fmt.Fprintln(w, terminal.Fold(fmt.Sprintf("%-*s  %s", wide, f.Name, f.Text), wide+2)); err != nil {
			return err
		}
	}
	return nil
}
