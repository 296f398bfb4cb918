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
		flag := " (--" + s.Flag + ")"
		if s.Flag == ofArgument {
			flag = ""
		}
		fmt.Fprintf(t, "%s%s%s\n", s.Title, flag, s.Note)
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

// ofArgument is the table of what an argument, DATA, is; no flag chooses from it.
const ofArgument = "source"

// sections are all names that a flag takes, or that stand for data: those of tables by the order of
// train's flags, then the rest.
func sections() []table.Section {
	flags := config.Flags()
	at := func(s table.Section) int {
		if i := slices.IndexFunc(flags, func(f *table.Field) bool { return f.Name == s.Flag }); i >= 0 {
			return i
		}
		return len(flags)
	}
	all := slices.DeleteFunc(table.Sections(), func(s table.Section) bool { return len(s.Rows) == 0 })
	slices.SortStableFunc(all, func(a, b table.Section) int { return at(a) - at(b) })
	return append(all,
		table.Section{Flag: "batchnorm", Title: "statistics", Note: " of BatchNorm while sampling", Rows: []table.Info{
			{Name: running, Text: "the running ones of the training"}, {Name: perImage, Text: "each image's own"},
		}},
		table.Section{Flag: "only", Title: "figures", Note: " of lab", Rows: figureRows()},
		table.Section{Flag: "format", Title: "formats", Note: " of lab's pictures", Rows: []table.Info{
			{Name: lab.PNG, Text: "pixels"}, {Name: lab.SVG, Text: "lines, to be enlarged"},
		}},
		table.Section{Flag: "data", Title: "points", Note: " of lab; as DATA of train points:NAME", Rows: pointRows()},
	)
}

func figureRows() (rows []table.Info) {
	for _, f := range lab.Figures() {
		rows = append(rows, table.Info{Name: f.Name, Text: f.Shows})
	}
	return rows
}

func pointRows() (rows []table.Info) {
	for _, name := range points.Names() {
		rows = append(rows, table.Info{Name: name, Text: points.Doc(name)})
	}
	return rows
}
