package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/data/source"
	"github.com/spf13/cobra"
)

// examineNumbers prints data that are no images channel by channel.
func examineNumbers(cmd *cobra.Command, row source.Source, args []string) error {
	names, err := source.Resolve(args)
	if err != nil {
		return err
	}
	set, err := row.Open(cmd.Context(), names, source.Options{})
	if err != nil {
		return err
	}
	defer set.Close()
	k := set.Kind()
	if err := refuseUnused(cmd.Flags(), []string{"out", "data-class", "strict", "copies", "max-pixels"}, "images", args[0]+" holds "+k.Noun(2)); err != nil {
		return err
	}
	cloud, err := cloudOf(row, args[0], set)
	if err != nil {
		return err
	}
	writeNotes(cmd.ErrOrStderr(), cloud.Notes)
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%v\n\n", set)
	if err := writeColumns(tabwriter.NewWriter(w, 0, 0, 3, ' ', 0), cloud); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nreverie train %s\n", quoted(args[0]))
	return err
}

// cloudOf are the numbers of a set in their units, a column for each channel.
func cloudOf(row source.Source, name string, set *data.Set) (*points.Cloud, error) {
	if r, ok := row.(interface {
		Cloud(name string, o source.Options) (*points.Cloud, error)
	}); ok { // which knows the columns' names
		return r.Cloud(name, source.Options{})
	}
	_, _, c := set.Shape()
	cloud := &points.Cloud{Notes: set.Remarks()}
	for x := range slices.Chunk(set.InUnits(), c) {
		cloud.X = append(cloud.X, x)
	}
	return cloud, nil
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
