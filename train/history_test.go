package train

import (
	"math"
	"testing"
)

// TestHistory: the loss of a run is the mean of its last hundred steps, and the least is that of
// the best hundred: of the losses |i-199|, i = 0 .. 299, the last are 0 .. 100 without 0, and the
// least 0 .. 50 on one side and 1 .. 49 on the other.
func TestHistory(t *testing.T) {
	var records []Record
	val := []float64{3, 1, 2}
	for i := range 300 {
		r := Record{Step: i + 1, Loss: math.Abs(float64(i - 199))}
		if i%100 == 99 {
			r.Val = &val[i/100]
		}
		records = append(records, r)
	}
	h := history(records)
	if h.Steps != 300 || h.Mean != 100 || h.Loss != (Validated{Step: 300, Loss: 50.5}) {
		t.Errorf("last: %+v", h)
	}
	if want := (50*51/2.0 + 49*50/2.0) / 100; h.Least.Loss != want || h.Least.Step != 249 && h.Least.Step != 250 {
		t.Errorf("least: %+v, want %v", h.Least, want)
	}
	if *h.Last != (Validated{Step: 300, Loss: 2}) || *h.Best != (Validated{Step: 200, Loss: 1}) {
		t.Errorf("validation: %+v %+v", *h.Last, *h.Best)
	}
	if h := history(records[:3]); h.Mean != 3 || h.Loss != (Validated{Step: 3, Loss: 198}) || h.Least != h.Loss || h.Best != nil {
		t.Errorf("of three records: %+v", h)
	}
	if h := history(nil); h != (History{}) {
		t.Errorf("of none: %+v", h)
	}
}
