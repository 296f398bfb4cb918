package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/points"
	"github.com/spf13/cobra"
)

// examinePoints prints a set of points column by column.
func examinePoints(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("%d sets of points: give one", len(args))
	}
	if err := refuseUnused(cmd.Flags(), []string{"out", "data-class", "strict", "copies", "max-pixels"}, "images", args[0]+" holds points"); err != nil {
		return err
	}
	c, err := points.Open(config.PointsName(args[0]), points.Options{})
	if err != nil {
		return err
	}
	writeNotes(cmd.ErrOrStderr(), c.Notes)
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s points of %d numbers\n\n", humanize.Comma(int64(len(c.X))), c.Dim())
	if err := writeColumns(tabwriter.NewWriter(w, 0, 0, 3, ' ', 0), c); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nreverie train %s\n", quoted(args[0]))
	return err
}

// shownColumns is how many columns are printed.
const shownColumns = 32

// writeColumns writes least, mean, deviation and most of each column.
func writeColumns(t *tabwriter.Writer, c *points.Cloud) error {
	units := points.Standardise(c.X)
	fmt.Fprintln(t, "column\tleast\tmean\tdeviation\tmost")
	for j := range min(c.Dim(), shownColumns) {
		least, most := c.Extent(j)
		deviation := units.Scale[j]
		if least == most {
			deviation = 0
		}
		fmt.Fprintf(t, "%s\t%.10g\t%.10g\t%.4g\t%.10g\n", strings.TrimPrefix(c.Column(j), "column "), least, units.Shift[j], deviation, most)
	}
	if more := c.Dim() - shownColumns; more > 0 {
		fmt.Fprintf(t, "and %d more\n", more)
	}
	return t.Flush()
}
