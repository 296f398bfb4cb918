package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/internal/terminal"
)

// WriteText prints what ways found in 80 columns: of one its metrics by the size of the lesions,
// with their intervals; of several a table of a line each. Without masks it is the scores and what
// is marked.
func WriteText(w io.Writer, all []*Result) error {
	for _, r := range all {
		for _, line := range r.lines() {
			fmt.Fprintln(w, terminal.Fold(line, 2))
		}
	}
	if len(all) == 0 || all[0].Metrics == nil {
		return nil
	}
	fmt.Fprintln(w)
	if len(all) == 1 {
		if err := writeTable(w, all[0].bySize()); err != nil {
			return err
		}
		for _, line := range all[0].undefined() {
			fmt.Fprintln(w, terminal.Fold(line, 2))
		}
		return nil
	}
	fmt.Fprintf(w, "prevalence %.3g: the AUPRC of chance\n", all[0].Value(score.Prevalence().Name))
	if err := writeTable(w, summary(all)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, terminal.Fold(fmt.Sprintf("image: AUROC of the images' scores; AUPRO up to a false-positive rate of %g; best: Dice at the threshold that the masks themselves choose; px, img: share of the pixels of normal images, and of these images, that is marked", proLimit), 0))
	return err
}

// lines are what is said of a way before its metrics.
func (r *Result) lines() []string {
	marked, images := 0., 0
	for _, line := range r.Images {
		marked += line.Marked / float64(len(r.Images))
		if line.Marked > 0 {
			images++
		}
	}
	said := fmt.Sprintf("%s: threshold %.4g (%s) marks %s of the pixels, in %d of %s", r.Name, r.Threshold, r.By, percent(marked), images, english.Plural(len(r.Images), "image", ""))
	if m := r.Means; m.Mean != nil && m.With != nil {
		said += fmt.Sprintf("; mean score of %s images: %.4g of %d healthy ones, %.4g of %d with lesions", m.Of, *m.Mean, m.Healthy, *m.With, m.Lesions)
	}
	lines := []string{said}
	if n := len(r.Levels); n > 0 {
		at := fmt.Sprintf("%s: noised to %s", r.Name, level(r.Levels[0]))
		if n > 1 {
			at += fmt.Sprintf(", and on to %s in %d", level(r.Levels[n-1]), n)
		}
		lines = append(lines, at)
	}
	return lines
}

// percent is a share of 1.
func percent(share float64) string {
	if share >= 0.1 {
		return fmt.Sprintf("%.0f%%", 100*share)
	}
	return fmt.Sprintf("%.2g%%", 100*share)
}

// level is a level in words.
func level(l anomaly.Level) string {
	return fmt.Sprintf("time %.4g (sigma/alpha %.3g)", l.T, l.Ratio)
}

// writeTable writes lines of cells.
func writeTable(w io.Writer, lines [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cells := range lines {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return t.Flush()
}

// bySize is a line for each metric, and a column for the lesions of each size.
func (r *Result) bySize() [][]string {
	head, count := []string{"lesions of pixels"}, []string{"how many"}
	lines := [][]string{nil, nil}
	at := map[string]int{}
	for _, row := range r.Metrics {
		if _, ok := at[row.Metric]; !ok {
			at[row.Metric] = len(lines)
			lines = append(lines, []string{row.Metric})
		}
		if at[row.Metric] == 2 {
			head, count = append(head, row.Lesions), append(count, fmt.Sprint(row.Count))
		}
		lines[at[row.Metric]] = append(lines[at[row.Metric]], row.text())
	}
	lines[0], lines[1] = head, count
	return lines
}

// undefined says which metrics of all lesions are not defined, those together that lack the same.
func (r *Result) undefined() (lines []string) {
	var reasons []string
	names := map[string][]string{}
	for _, row := range r.Metrics {
		if row.Lesions != anySize || row.Why == "" {
			continue
		}
		_, why, _ := strings.Cut(row.Why, score.ErrUndefined.Error()+": ")
		if names[why] == nil {
			reasons = append(reasons, why)
		}
		names[why] = append(names[why], row.Metric)
	}
	for _, why := range reasons {
		lines = append(lines, fmt.Sprintf("%s: %v: %s", english.WordSeries(names[why], "and"), score.ErrUndefined, why))
	}
	return lines
}

// text is a number with its interval.
func (r Row) text() string {
	switch {
	case r.Why != "":
		return "-"
	case r.Low == r.High:
		return fmt.Sprintf("%.3g", r.Interval.Value)
	}
	return fmt.Sprintf("%s (%s to %s)", Short(r.Interval.Value), Short(r.Low), Short(r.High))
}

// Short is a number of three digits after the point, where the one before it is 0 without that.
func Short(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.3f", v), "0")
}

// summary is a line for each way.
func summary(all []*Result) [][]string {
	names := map[string]string{ // of columns that have no room for the metric's own
		score.ImageAUROC().Name: "image", score.AUPRO(proLimit).Name: "AUPRO", score.OracleDice().Name: "best",
		score.FalsePixels(0).Name: "px", score.FalseImages(0).Name: "img",
	}
	head := []string{""}
	lines := [][]string{nil}
	metrics := protocol(0)[1:] // the prevalence is the same for all
	for _, m := range metrics {
		name, ok := names[m.Name]
		if !ok {
			name = m.Name
		}
		head = append(head, name)
	}
	lines[0] = head
	for _, r := range all {
		line := []string{r.Name}
		for _, m := range metrics {
			line = append(line, Short(r.Value(m.Name)))
		}
		lines = append(lines, line)
	}
	return lines
}
