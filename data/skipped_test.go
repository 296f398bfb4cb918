package data

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// Files beyond those that are named are summed up by their reason, the commonest first.
func TestSkipLines(t *testing.T) {
	var skips []Skip
	for i := range 7 {
		skips = append(skips, Skip{fmt.Sprintf("%d.heic", i), errors.New("unsupported")})
	}
	skips = append(skips, Skip{"7.png", errors.New("damaged")}, Skip{"8.heic", errors.New("unsupported")}, Skip{"9.jpg", errors.New("empty")}, Skip{"a.jpg", errors.New("empty")})
	want := []string{"0.heic: unsupported", "1.heic: unsupported", "and 6 more, such as 2.heic: unsupported", "and 2 more, such as 9.jpg: empty", "and for 1 other reason"}
	if got := SkipLines(skips[6:9], 1); !slices.Equal(got, []string{"6.heic: unsupported", "7.png: damaged", "and for 1 other reason"}) {
		t.Errorf("%q", got)
	}
	if got := SkipLines(skips, 2); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := SkipLines(skips[:2], 2); !slices.Equal(got, want[:2]) {
		t.Errorf("%q", got)
	}
	if got := SkipLines(nil, 2); got != nil {
		t.Errorf("%q", got)
	}
}
