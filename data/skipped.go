package data

import (
	"fmt"
	"slices"

	humanize "github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// SkipLines says of files that were left out which they are and why: of so many a line each, and of
// the others how many there are of each reason, the most first.
func SkipLines(skips []Skip, shown int) []string {
	var lines []string
	for _, s := range skips[:min(shown, len(skips))] {
		lines = append(lines, fmt.Sprintf("%s: %v", s.Path, s.Err))
	}
	if len(skips) <= shown {
		return lines
	}
	counts, first := map[string]int{}, map[string]string{}
	var reasons []string
	for _, s := range skips[shown:] {
		why := s.Err.Error()
		if counts[why]++; counts[why] == 1 {
			reasons, first[why] = append(reasons, why), s.Path
		}
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return counts[b] - counts[a] })
	for i, why := range reasons {
		if i == shown {
			return append(lines, "and for "+english.Plural(len(reasons)-i, "other reason", ""))
		}
		if counts[why] == 1 {
			lines = append(lines, first[why]+": "+why)
			continue
		}
		lines = append(lines, fmt.Sprintf("and %s more, such as %s: %s", humanize.Comma(int64(counts[why])), first[why], why))
	}
	return lines
}
