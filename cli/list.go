package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/lab"
	"github.com/reverie-go/reverie/table"
)

func newList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the names that flags take",
		Long:    `List every name that a flag takes, with a line each.`,
		Example: `  reverie list`,
		Args:    exactly(0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return writeList(cmd.OutOrStdout()) },
	}
}

func writeList(w io.Writer) error {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range sections() {
		fmt.Fprintf(t, "%s (--%s)%s\n", s.Title, s.Flag, s.Note)
		for _, r := range s.Rows {
			fmt.Fprintf(t, "  %s\t%s\n", r.Name, r.Text)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, strings.TrimSpace(wrap(text.String())))
	return err
}

// sections are all names that a flag takes, or that stand for data.
func sections() []config.Section {
	return slices.Concat(config.Catalogue(), tables(), []config.Section{
		{Flag: "batchnorm", Title: "statistics", Note: " of BatchNorm while sampling", Rows: []config.Named{
			{Name: running, Text: "the running ones of the training"}, {Name: perImage, Text: "each image's own"},
		}},
		{Flag: "only", Title: "figures", Note: " of lab", Rows: figureRows()},
		{Flag: "format", Title: "formats", Note: " of lab's pictures", Rows: []config.Named{
			{Name: lab.PNG, Text: "pixels"}, {Name: lab.SVG, Text: "lines, to be enlarged"},
		}},
		{Flag: "data", Title: "points", Note: " of lab; as DATA of train points:NAME", Rows: pointRows()},
	})
}

func figureRows() (rows []config.Named) {
	for _, f := range lab.Figures() {
		rows = append(rows, config.Named{Name: f.Name, Text: f.Shows})
	}
	return rows
}

func pointRows() (rows []config.Named) {
	for _, name := range points.Names() {
		rows = append(rows, config.Named{Name: name, Text: points.Doc(name)})
	}
	return rows
}

// tables are the sections of the tables of rows that have any, but for those that the catalogue describes.
func tables() (all []config.Section) {
	described := config.Catalogue()
	for _, t := range table.Sections() {
		if slices.ContainsFunc(described, func(s config.Section) bool { return s.Flag == t.Flag }) {
			continue
		}
		s := config.Section{Flag: t.Flag, Title: t.Title, Note: t.Note}
		for _, r := range t.Rows {
			s.Rows = append(s.Rows, config.Named(r))
		}
		if s.Rows != nil {
			all = append(all, s)
		}
	}
	return all
}
