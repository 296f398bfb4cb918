package formulation

import (
	"strings"
	"testing"
)

// TestBadBetas: tables that are none are refused, and so is a schedule of the other kind of
// process.
func TestBadBetas(t *testing.T) {
	for _, c := range []struct {
		schedule Schedule
		T        int
		want     string
	}{
		{&Sigmoid{BetaRange{0, 0.02}}, 10, "expected 0 < start <= end < 1"}, {NewLinear(1e-4, 0.02), 0, "expected at least 1"}, {Cosine, 0, "expected at least 1"},
		{NewLinear(0, 0.02), 10, "betas from 0 to 0.02"}, {&ScaledLinear{BetaRange{0.1, 1}}, 10, "betas from"}, {NewLinear(0.2, 0.1), 10, "betas from"}, {Learned, 10, "give --process vp"},
	} {
		if b, err := c.schedule.Betas(c.T); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, %v", c.schedule, b, err)
		}
	}
	for _, s := range Schedules.Rows() {
		b, err := s.Betas(20)
		if (err == nil) == is(s, "learned") || err == nil && len(b) != 20 {
			t.Errorf("%v: %d betas, %v", s, len(b), err)
		}
		if _, err := s.VP(); (err == nil) == is(s, "scaled-linear") {
			t.Errorf("%v: %v", s, err)
		}
	}
	if b, err := NewLinear(0.1, 0.2).Betas(1); err != nil || b[0] != 0.1 {
		t.Error(b, err)
	}
	if err := (BetaRange{0.2, 0.1}).Validate(); err == nil || err.Error() != "--beta-start 0.2 is above --beta-end 0.1" {
		t.Error(err)
	}
}
