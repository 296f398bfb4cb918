package reverie

import (
	"strings"
	"testing"
)

// What is given beside x is one batch, which the query wants, or nothing.
func TestBeside(t *testing.T) {
	y := Batch[float64]{{1, 2}}
	for _, c := range []struct {
		given []Batch[float64]
		want  Want
		ok    bool
		err   string
	}{
		{nil, 0, false, ""},
		{nil, WantGiven, false, ""},
		{[]Batch[float64]{y}, WantGiven, true, ""},
		{[]Batch[float64]{y}, WantClass, false, "set WantGiven"},
		{[]Batch[float64]{y, y}, WantGiven, false, "2 batches given"},
	} {
		got, ok, err := Query[Batch[float64]]{Given: c.given, Want: c.want}.Beside()
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v, %v: %v, want %q", c.given, c.want, err, c.err)
		}
		if ok != c.ok || ok && got[0][1] != 2 {
			t.Errorf("%v, %v: %v, %v", c.given, c.want, got, ok)
		}
	}
}
