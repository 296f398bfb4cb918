package score

import (
	"fmt"
	"math"
	"slices"
)

// BySize splits a set by the areas of its lesions in pixels, at bounds that rise: into lesions
// smaller than the first, those from it on that are smaller than the second, and so on, one part
// more than bounds. In a part the other lesions are neither found nor false: their pixels are left
// out, and images that have only them are no images with lesions. Normal pixels and images are the
// same in all parts. The parts share all that was computed of the set.
func (s *Set) BySize(bounds ...int) ([]*Set, error) {
	from := s.from
	var parts []*Set
	for _, b := range append(slices.Clone(bounds), s.below) {
		if b <= from {
			return nil, fmt.Errorf("score: bounds %v of the areas of lesions: expected numbers that rise, over %d and below %d", bounds, s.from, s.below)
		}
		parts = append(parts, s.part(from, b))
		from = b
	}
	return parts, nil
}

// SizeBounds returns bounds for BySize by which the lesions are split into so many parts of about
// equal numbers: bound j is the area of lesion jn/parts of n, in ascending order. Bounds that would
// leave a part empty are left out, as when most lesions are of one area: then there are fewer.
func (s *Set) SizeBounds(parts int) []int {
	var areas, bounds []int
	for l, keep := range s.keep {
		if keep {
			areas = append(areas, len(s.lesions[l].pixels))
		}
	}
	slices.Sort(areas)
	for j := 1; j < parts && len(areas) > 0; j++ {
		if b := areas[j*len(areas)/parts]; b > areas[0] && !slices.Contains(bounds, b) {
			bounds = append(bounds, b)
		}
	}
	return bounds
}

// Size says which areas of lesions count: "under 20", "20 to 99", "100 and more", or "all".
func (s *Set) Size() string {
	switch {
	case s.from > 0 && s.below < math.MaxInt:
		return fmt.Sprintf("%d to %d", s.from, s.below-1)
	case s.from > 0:
		return fmt.Sprintf("%d and more", s.from)
	case s.below < math.MaxInt:
		return fmt.Sprintf("under %d", s.below)
	}
	return "all"
}
