package data

import "testing"

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{"64": {64, 64}, "64x48": {64, 48}, "1": {1, 1}} {
		if got, err := ParseSize(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "64x", "x64", "0", "0x64", "64x0", "-1", "+64", " 64", "64\n", "64x 48", "5000", "64x4097", "99999999999999999999", "64x48x3", "64 48", "64px"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}
