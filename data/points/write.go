package points

import (
	"encoding/csv"
	"io"
	"strconv"
)

// WriteCSV writes points of d numbers, one a line, with as many digits as tell them from all
// others.
func WriteCSV(w io.Writer, x []float64, d int) error {
	out := csv.NewWriter(w)
	row := make([]string, d)
	for i := 0; i < len(x); i += d {
		for k := range row {
			row[k] = strconv.FormatFloat(x[i+k], 'g', -1, 64)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
