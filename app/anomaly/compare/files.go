package compare

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
)

// WriteFiles writes what ways found into a folder, and returns the paths:
//
//	images.csv   a line for each image and way: its score, what is marked
//	metrics.csv  a line for each metric, way and size of lesions, where masks are known
//	report.json  all of it, beside what about says of the whole
func WriteFiles(dir string, all []*Result, about any) (paths []string, err error) {
	type file struct {
		name  string
		write func(w io.Writer) error
	}
	files := []file{{"images.csv", func(w io.Writer) error { return writeImages(w, all) }}}
	if len(all) > 0 && all[0].Metrics != nil {
		files = append(files, file{"metrics.csv", func(w io.Writer) error { return writeMetrics(w, all) }})
	}
	files = append(files, file{"report.json", func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			About any       `json:"about"`
			Ways  []*Result `json:"ways"`
		}{about, all})
	}})
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := checkpoint.WriteFileAtomic(nil, path, f.write); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// number is one in a cell, nothing where it is not known.
func number[T int | float64](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

func writeImages(w io.Writer, all []*Result) error {
	lines := [][]string{{"way", "image", "height", "width", "score", "threshold", "marked", "lesion", "dice"}}
	for _, r := range all {
		for _, m := range r.Images {
			lines = append(lines, []string{r.Name, m.Image, fmt.Sprint(m.Height), fmt.Sprint(m.Width), fmt.Sprint(m.Score), fmt.Sprint(r.Threshold),
				fmt.Sprint(m.Marked), number(m.Lesion), number(m.Dice)})
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}

func writeMetrics(w io.Writer, all []*Result) error {
	lines := [][]string{{"way", "lesions", "count", "metric", "value", "low", "high"}}
	for _, r := range all {
		for _, m := range r.Metrics {
			value := []string{"", "", ""}
			if m.Why == "" {
				value = []string{fmt.Sprint(m.Interval.Value), fmt.Sprint(m.Low), fmt.Sprint(m.High)}
			}
			lines = append(lines, append([]string{r.Name, m.Lesions, fmt.Sprint(m.Count), m.Metric}, value...))
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}
