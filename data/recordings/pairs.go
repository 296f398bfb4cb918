package recordings

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/data"
)

// paired are the files of two lists that have one name, in the order of the names, and what is said
// of the others.
func paired(clean, noisy []File) (a, b []File, remarks []string, err error) {
	for _, list := range [][]File{clean, noisy} {
		slices.SortFunc(list, compareNames)
		for i := range list {
			if i > 0 && list[i].Name == list[i-1].Name {
				return nil, nil, nil, fmt.Errorf("recordings: pairs: %s and %s have one name, and which is meant is not known: rename one", list[i-1].Path, list[i].Path)
			}
		}
	}
	for _, f := range clean {
		if i, ok := slices.BinarySearchFunc(noisy, f, compareNames); ok {
			a, b = append(a, f), append(b, noisy[i])
		}
	}
	if a == nil {
		return nil, nil, nil, fmt.Errorf("recordings: pairs: no recording goes with another: %s has none of its name, and %s neither; expected the same names in both, such as a/1.wav and a/1.flac", clean[0].Path, noisy[0].Path)
	}
	if n := len(clean) - len(a); n > 0 {
		remarks = append(remarks, fmt.Sprintf("left out %s without a pair", english.Plural(n, "recording", "")))
	}
	if n := len(noisy) - len(b); n > 0 {
		remarks = append(remarks, fmt.Sprintf("left out %s of the pairs that nothing goes with", english.Plural(n, "recording", "")))
	}
	return a, b, remarks, nil
}

// match keeps of the clean recordings those whose noisy ones were read and are as long.
func (s *set) match(noisy []*recording) (bad []data.Skip, err error) {
	of := map[string]*recording{}
	for _, r := range noisy {
		of[r.Name] = r
	}
	var clean []*recording
	for _, r := range s.clean {
		other, ok := of[r.Name]
		if !ok { // which was skipped
			continue
		}
		if r.channels != other.channels || r.samples != other.samples {
			err = fmt.Errorf("it has %s, at the model's rate %d of each, and its pair %s %s, %d: expected as many", formatOf(r.format), r.samples, other.Path, formatOf(other.format), other.samples)
			if s.Strict {
				return nil, fmt.Errorf("recordings: %s: %w", r.Path, err)
			}
			bad = append(bad, data.Skip{Path: r.Path, Err: err})
			continue
		}
		clean, s.noisy = append(clean, r), append(s.noisy, other)
	}
	if s.clean = clean; clean == nil {
		if bad != nil {
			return nil, fmt.Errorf("recordings: pairs: none is left; the first is %s: %w", bad[0].Path, bad[0].Err)
		}
		return nil, fmt.Errorf("recordings: pairs: none is left of those that can be read")
	}
	return bad, nil
}
