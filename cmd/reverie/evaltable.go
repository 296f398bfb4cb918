package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/eval"
)

// writeReport prints a report as an aligned table with its notes.
func writeReport(w io.Writer, name string, r *eval.Report) error {
	fmt.Fprintf(w, "%s: ", name)
	if r.Draws > 0 {
		fmt.Fprintf(w, "%s of %s; ", english.Plural(r.Draws, "draw", ""), english.Plural(r.Samples, "sample", ""))
	}
	fmt.Fprintf(w, "%d held out, %d trained on\n", r.HeldOut, r.Training)
	if r.Features != "" {
		fmt.Fprintf(w, "features: %s\n", r.Features)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "\tto held-out\tto training\ttraining to held-out")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", row.Name, cellText(row.HeldOut), cellText(row.Training), cellText(row.Real))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	spread := "the standard error, where it is known"
	if r.Draws > 1 {
		spread = fmt.Sprintf("the deviation over %d draws, of elbo, vlb and likelihood the standard error", r.Draws)
	}
	_, err := fmt.Fprintf(w, "\n± is %s.\n", spread)
	for _, n := range r.Notes {
		if err == nil {
			_, err = fmt.Fprintf(w, "note: %s\n", n)
		}
	}
	return err
}

// roundingError is the share of a number below which its error is what float64
// rounds away, as of draws that are all the same.
const roundingError = 1e-12

// cellText is a number with two digits of its error, or four of itself. The very
// large and the very small have an exponent.
func cellText(c *eval.Cell) string {
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
