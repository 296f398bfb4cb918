package data

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/kind"
)

// compareClasses orders the names of classes: whole numbers first, by their value, so that 2 comes
// before 10, and all other names by their bytes.
func compareClasses(a, b string) int {
	x, y := wholeNumber(a), wholeNumber(b)
	switch {
	case x != nil && y != nil:
		return cmp.Or(x.Cmp(y), cmp.Compare(a, b))
	case x != nil:
		return -1
	case y != nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// wholeNumber is the number that a name is in decimal digits, nil of other names.
func wholeNumber(name string) *big.Int {
	digits := strings.TrimPrefix(name, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	n, _ := new(big.Int).SetString(name, 10)
	return n
}

// byBytes are the names of classes sorted by their bytes, and the place of each class among them.
func byBytes(classes []string) (sorted []string, place []int) {
	sorted, place = slices.Sorted(slices.Values(classes)), make([]int, len(classes))
	for i, name := range classes {
		place[i], _ = slices.BinarySearch(sorted, name)
	}
	return sorted, place
}

// ClassCounts returns the classes with how many of the set's images are of each; nil of a set
// without any. Those of Train are what kind.Kind.Labelled takes.
func (s *Set) ClassCounts() []kind.Class {
	var all []kind.Class
	for _, name := range s.st.classes {
		all = append(all, kind.Class{Name: name})
	}
	for _, i := range s.index {
		if k := s.st.items[i].Class; k >= 0 {
			all[k].Samples++
		}
	}
	return all
}
