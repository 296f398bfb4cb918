package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/internal/terminal"
)

// WriteText prints the report as an aligned table with its notes, in 80 columns; name is that of
// what was judged.
func (r *Report) WriteText(w io.Writer, name string) error {
	fmt.Fprintf(w, "%s: ", name)
	if r.Draws > 0 {
		fmt.Fprintf(w, "%s of %s; ", english.Plural(r.Draws, "draw", ""), english.Plural(r.Samples, "sample", ""))
	}
	fmt.Fprintf(w, "%s held out, %s trained on\n", humanize.Comma(int64(r.HeldOut)), humanize.Comma(int64(r.Training)))
	if r.Features != "" {
		fmt.Fprintf(w, "features: %s\n", r.Features)
	}
	if err := writeTables(w, r); err != nil {
		return err
	}
	spread := "the standard error, where it is known"
	if r.Draws > 1 {
		spread = fmt.Sprintf("the deviation over %d draws, of %s the standard error", r.Draws, english.WordSeries(OfModel(), "and"))
	}
	_, err := fmt.Fprintf(w, "\n%s\n", terminal.Fold("↓: less is better, ↑: more. ± is "+spread+".", 0))
	for _, n := range r.Notes {
		if err == nil {
			_, err = fmt.Fprintln(w, terminal.Fold("note: "+n, len("note: ")))
		}
	}
	return err
}

// WriteJSON prints the report as JSON; name is that of what was judged.
func (r *Report) WriteJSON(w io.Writer, name string) error {
	whole := *r
	whole.Notes = append(slices.Clip(r.Warnings), r.Notes...)
	text, err := json.MarshalIndent(struct {
		Model string `json:"model"`
		*Report
	}{name, &whole}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// writeTables writes the rows of samples, which have a third column, and those of a model.
func writeTables(w io.Writer, r *Report) error {
	var samples, model [][]string
	for _, row := range r.Rows {
		name := arrows[row.Better] + row.Name
		if row.Most > 0 {
			name += fmt.Sprintf(" (%s of each)", humanize.Comma(int64(row.Most)))
		}
		line := []string{name, cellText(row.HeldOut), cellText(row.Training)}
		if row.OfModel {
			model = append(model, line)
		} else {
			samples = append(samples, append(line, cellText(row.Real)))
		}
	}
	if len(samples) > 0 {
		count := func(samples, references int) string {
			if samples == 0 || references == 0 {
				return "-"
			}
			return humanize.Comma(int64(samples)) + " to " + humanize.Comma(int64(references))
		}
		head := [][]string{
			{"", "", "", "training"}, {"", "to held-out", "to training", "to held-out"},
			{"compared", count(r.Samples, r.HeldOut), count(r.Samples, r.Training), count(min(r.Samples, r.Training), r.HeldOut)},
		}
		if err := writeTable(w, append(head, samples...)); err != nil {
			return err
		}
	}
	if len(model) == 0 {
		return nil
	}
	return writeTable(w, append([][]string{{"", "on held-out", "on training"}}, model...))
}

// arrows show before a name which way its number is better, so that the number follows the name.
var arrows = map[Better]string{Less: "↓ ", More: "↑ "}

// narrower shortens the cells of a table.
var narrower = strings.NewReplacer(" ± ", "±", " to ", "/")

// writeTable writes lines of cells below each other, in 80 columns: where they are too wide for
// that, with fewer spaces.
func writeTable(w io.Writer, lines [][]string) error {
	text, err := aligned(lines, strings.NewReplacer())
	if err == nil && widest(text) > terminal.Width {
		text, err = aligned(lines, narrower)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(w, "\n", text)
	return err
}

// aligned is the text of lines of cells.
func aligned(lines [][]string, shorten *strings.Replacer) (string, error) {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, cells := range lines {
		fmt.Fprintln(t, shorten.Replace(strings.Join(cells, "\t")))
	}
	err := t.Flush()
	return b.String(), err
}

// widest is the number of characters of the longest line.
func widest(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		n = max(n, utf8.RuneCountInString(line))
	}
	return n
}

// roundingError is the share of a number below which its error is what float64 rounds away, as of
// draws that are all the same.
const roundingError = 1e-12

// cellText is a number with two digits of its error, or four of itself. The very large and the very
// small have an exponent.
func cellText(c *Cell) string {
	switch {
	case c == nil:
		return "-"
	case !(c.Error > roundingError*math.Abs(c.Value)):
		return fmt.Sprintf("%.4g", c.Value)
	case max(math.Abs(c.Value), c.Error) >= 1e6:
		return fmt.Sprintf("%.4g ± %.2g", c.Value, c.Error)
	}
	digits := max(0, 1-int(math.Floor(math.Log10(c.Error))))
	if digits > 6 {
		return fmt.Sprintf("%.3g ± %.1g", c.Value, c.Error)
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, c.Value, digits, c.Error)
}
