package mix

import "testing"

// A ratio and a range are read as they are written, and nothing else is.
func TestDecibels(t *testing.T) {
	for text, want := range map[string]Decibels{"5": {5, 5}, "-5:15": {-5, 15}, "0": {}, "-2.5": {-2.5, -2.5}, "-150:150": {-150, 150}} {
		var d Decibels
		if err := d.UnmarshalText([]byte(text)); err != nil || d != want || d.String() != text {
			t.Errorf("%s is %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", ":", "inf", "-inf:0", "nan", "5:-5", "1:2:3", "151", "x", "5:"} {
		d := Decibels{1, 2}
		if err := d.UnmarshalText([]byte(text)); err == nil || d != (Decibels{1, 2}) {
			t.Errorf("%q is %v", text, d)
		}
	}
	if d := (Decibels{-5, 15}); d.At(0) != -5 || d.At(.25) != 0 || d.At(1) != 15 {
		t.Error(d.At(0), d.At(.25), d.At(1))
	}
}
