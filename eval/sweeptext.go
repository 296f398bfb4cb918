package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/internal/terminal"
)

// sweepColumns is how many numbers a table of a sweep has side by side.
const sweepColumns = 4

// WriteText prints the sweep as aligned tables of 80 columns, a line for each value.
func (s *Sweep) WriteText(w io.Writer) error {
	if len(s.Points) == 0 {
		_, err := fmt.Fprintf(w, "%s: nothing was measured\n", s.Model)
		return err
	}
	r := s.Points[0].Report
	fmt.Fprintf(w, "%s: %s of %s at each %s; %s held out\n", s.Model, english.Plural(r.Draws, "draw", ""), english.Plural(r.Samples, "sample", ""),
		s.Setting, humanize.Comma(int64(r.HeldOut)))
	if r.Features != "" {
		fmt.Fprintf(w, "features: %s\n", r.Features)
	}
	for names := range slices.Chunk(s.names(), sweepColumns) {
		if err := writeTable(w, s.table(names)); err != nil {
			return err
		}
	}
	legend := "↓: less is better, ↑: more. ± is the deviation over the draws. data: as many training samples in their place, of accuracy the held-out ones."
	_, err := fmt.Fprintf(w, "\n%s\n", terminal.Fold(legend, 0))
	for _, n := range s.notes() {
		if err == nil {
			_, err = fmt.Fprintln(w, terminal.Fold("note: "+n, len("note: ")))
		}
	}
	return err
}

// table are the lines of some of the numbers.
func (s *Sweep) table(names []string) [][]string {
	head, data := []string{s.Setting}, []string{"data"}
	for _, name := range names {
		head = append(head, s.title(name))
		data = append(data, cellText(s.real(name)))
	}
	lines := [][]string{append(head, "s/sample")}
	for _, p := range s.Points {
		line := []string{fmt.Sprint(p.Value)}
		for _, name := range names {
			line = append(line, cellText(p.cell(name)))
		}
		lines = append(lines, append(line, fmt.Sprintf("%.2g", p.Seconds)))
	}
	return append(lines, append(data, ""))
}

// title is the name of a number with the way that is better.
func (s *Sweep) title(name string) string {
	for _, p := range s.Points {
		if row := p.row(name); row != nil {
			return arrows[row.Better] + name
		}
	}
	return name
}

// notes are those of the points, each once, with the values where that is not all of them.
func (s *Sweep) notes() (all []string) {
	at := map[string][]string{}
	var texts []string
	for _, p := range s.Points {
		for _, n := range p.Notes {
			if at[n] == nil {
				texts = append(texts, n)
			}
			at[n] = append(at[n], fmt.Sprint(p.Value))
		}
	}
	for _, n := range texts {
		if len(at[n]) < len(s.Points) {
			n = fmt.Sprintf("%s %s: %s", s.Setting, strings.Join(at[n], ", "), n)
		}
		all = append(all, n)
	}
	return all
}

// WriteJSON prints the sweep as JSON, at each point the whole report.
func (s *Sweep) WriteJSON(w io.Writer) error {
	whole := *s
	whole.Points = slices.Clone(s.Points)
	for i, p := range whole.Points {
		r := *p.Report
		r.Notes = append(slices.Clip(r.Warnings), r.Notes...)
		whole.Points[i].Report = &r
	}
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// CSV is the sweep as a table with a line for each value, and of each number a column and one of
// its error; one that is not known is empty. The last line, whose value is data, is of data in the
// samples' place.
func (s *Sweep) CSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }
	line := func(first, seconds string, cell func(name string) *Cell) {
		record := []string{first, seconds}
		for _, name := range s.names() {
			if c := cell(name); c != nil {
				record = append(record, number(c.Value), number(c.Error))
			} else {
				record = append(record, "", "")
			}
		}
		_ = w.Write(record) // a buffer takes all
	}
	head := []string{s.Setting, "seconds_per_sample"}
	for _, name := range s.names() {
		head = append(head, name, name+" error")
	}
	_ = w.Write(head)
	for _, p := range s.Points {
		line(number(p.Value), number(p.Seconds), p.cell)
	}
	line("data", "", s.real)
	w.Flush()
	return b.Bytes()
}
