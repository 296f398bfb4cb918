package data

import (
	"slices"

	"github.com/reverie-go/reverie/kind"
)

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
