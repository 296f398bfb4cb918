package eval

import (
	"bytes"
	"encoding/csv"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/likelihood"
)

// checkTerms is nil if a file of that name can hold terms, else a *table.Error.
func checkTerms(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); path == "" || ext == ".csv" || ext == ".svg" {
		return nil
	}
	return refused("terms", "%s: expected a name that ends in .csv (a table) or .svg (a picture)", path)
}

// WriteTerms writes the bounds term by term into a file: TermsSVG where its name ends in .svg, else
// TermsCSV.
func WriteTerms(path string, bounds []likelihood.Named) error {
	content := TermsCSV(bounds)
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		var err error
		if content, err = TermsSVG(bounds); err != nil {
			return err
		}
	}
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// TermsCSV is a table of the bounds term by term, in bits a dimension with standard errors over
// images and draws (empty where there are too few):
//
//	bound,term,t,lambda,bits_per_dim,standard_error
//
// with a row for each step that was visited (its index or time t, and lambda = log(a/s) there), and
// the sums: reconstruction, prior, steps and total.
func TermsCSV(bounds []likelihood.Named) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	number := func(v float64) string {
		if math.IsNaN(v) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', 7, 64)
	}
	row := func(name, term, t, lambda string, e likelihood.Estimate) {
		_ = w.Write([]string{name, term, t, lambda, number(e.Value), number(e.SE)}) // a buffer takes all
	}
	_ = w.Write([]string{"bound", "term", "t", "lambda", "bits_per_dim", "standard_error"})
	for _, n := range bounds {
		dim := n.Bound.Dim
		row(n.Name, "reconstruction", "", "", n.Bound.Reconstruction().Bits(dim))
		for _, s := range n.Bound.Terms() {
			row(n.Name, "step", number(s.T), number(s.Lambda), likelihood.Estimate{Value: s.Value, SE: s.SE}.Bits(dim))
		}
		row(n.Name, "prior", "", "", n.Bound.Prior().Bits(dim))
		row(n.Name, "steps", "", "", n.Bound.Steps().Bits(dim))
		row(n.Name, "total", "", "", n.Bound.Total().Bits(dim))
	}
	w.Flush()
	return b.Bytes()
}

// TermsSVG is a picture of the bounds' steps, in bits a dimension over t, each in a band of two
// standard errors either way; the first bound, which varies least, above the others.
func TermsSVG(bounds []likelihood.Named) ([]byte, error) {
	c := chart.New("", "t", "bits a dimension, of each step")
	for i, n := range slices.Backward(bounds) {
		k := chart.Curve{Name: n.Name, Color: chart.Lines[i%len(chart.Lines)], Width: .9}
		for _, s := range n.Bound.Terms() {
			e := likelihood.Estimate{Value: s.Value, SE: s.SE}.Bits(n.Bound.Dim)
			k.X, k.Y, k.Error = append(k.X, s.T), append(k.Y, e.Value), append(k.Error, e.SE)
		}
		c.Add(k)
	}
	return chart.SVG(&chart.Figure{Title: "Terms of the bound", Charts: []*chart.Chart{c}, Width: 500, Height: 290}, false)
}
