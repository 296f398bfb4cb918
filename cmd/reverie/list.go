package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/sample"
	"github.com/spf13/cobra"
)

func newList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List processes, predictions, objectives, solvers, spacings",
		Long:    `List what the flags of train and sample may name, with a line each.`,
		Example: `  reverie list`,
		Args:    exactly(0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return writeList(cmd.OutOrStdout()) },
	}
}

func writeList(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	section := func(title string, rows []config.Named) {
		fmt.Fprintf(t, "%s\n", title)
		for _, r := range rows {
			fmt.Fprintf(t, "  %s\t%s\n", r.Name, r.Text)
		}
		fmt.Fprintln(t)
	}
	for _, s := range config.Catalogue() {
		section(s.Title, s.Rows)
	}
	section("solvers (--solver)", described(sample.Solvers()))
	section("spacings (--spacing)", described(sample.SpacingInfos()))
	return t.Flush()
}

// described are the rows of a registry of package sample.
func described(infos []sample.Info) (rows []config.Named) {
	for _, i := range infos {
		text := i.Text
		if i.Refuses != "" {
			text += "; not for " + i.Refuses
		}
		rows = append(rows, config.Named{Name: i.Name, Text: text})
	}
	return rows
}
