package points

import (
	"strings"
	"testing"
)

// TestWriteText: a line a column, of its numbers in their units; a constant has no deviation; what
// is left out is counted.
func TestWriteText(t *testing.T) {
	write := func(c Cloud) string {
		var b strings.Builder
		if err := c.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	c := Cloud{X: [][]float64{{1, 7}, {3, 7}, {8, 7}, {8, 7}}, Columns: []string{"x", "y"}}
	want := `column   least   mean   deviation   most
"x"      1       5      3.082       8
"y"      7       7      0           7
` // the deviation of x is sqrt((16+4+9+9)/4)
	if got := write(c); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	wide := Cloud{X: [][]float64{make([]float64, 40)}}
	if got := write(wide); strings.Count(got, "\n") != 34 || !strings.HasSuffix(got, "and 8 more\n") {
		t.Error(got)
	}
}
