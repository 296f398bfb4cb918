package points

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// shownColumns is how many columns, and classes, WriteText writes.
const shownColumns = 32

// WriteText writes least, mean, deviation and most of each number of the points for people to read,
// a line a column, of the first 32, and how many points are of which class.
func (c *Cloud) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	units := Standardise(c.X)
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
	if err := t.Flush(); err != nil || c.Class == nil {
		return err
	}
	n, none := make([]int, len(c.Classes)), 0
	for _, k := range c.Class {
		if k < 0 {
			none++
		} else {
			n[k]++
		}
	}
	fmt.Fprintln(t, "\nclass\tpoints")
	for k := range min(len(n), shownColumns) {
		fmt.Fprintf(t, "%.40q\t%d\n", c.Classes[k], n[k])
	}
	if more := len(n) - shownColumns; more > 0 {
		fmt.Fprintf(t, "and %d more\n", more)
	}
	if none > 0 {
		fmt.Fprintf(t, "no class\t%d\n", none)
	}
	return t.Flush()
}
