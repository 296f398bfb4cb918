package score

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// An Image is the map of an image and what is true of it.
type Image struct {
	H, W int
	Map  []float32 // H*W finite numbers, row after row
	Mask []bool    // H*W: which pixels are lesion; nil: none
	// Score says how anomalous the image is as a whole, for ImageAUROC; nil: the largest number of
	// the map.
	Score *float64
}

// Rounded returns a map in float32.
func Rounded(m []float64) []float32 {
	rounded := make([]float32, len(m))
	for i, v := range m {
		rounded[i] = float32(v)
	}
	return rounded
}

// TopMean returns the mean of the largest numbers of a map, of the given share of them and at least
// of one: a score of an image that a single noisy pixel does not decide. The share is in [0, 1].
func TopMean(m []float32, share float64) (float64, error) {
	if len(m) == 0 || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("score: mean of the largest numbers: share %v of %d numbers: expected a share from 0 to 1 of at least one number", share, len(m))
	}
	n := max(1, int(math.Ceil(share*float64(len(m)))))
	sorted := slices.Sorted(slices.Values(m))
	sum := 0.0
	for _, v := range sorted[len(sorted)-n:] {
		sum += float64(v)
	}
	return sum / float64(n), nil
}

// A Set is images, or images of which only the lesions of some sizes count ([Set.BySize]).
type Set struct {
	*content
	from, below int    // the areas of the lesions that count
	keep        []bool // by lesion: it counts
	area        []int  // by image: the pixels of lesions that count
}

// content is what the parts of a split share.
type content struct {
	images  []Image
	lesions []lesion
	first   []int     // the lesions of image i are first[i] to first[i+1]-1
	normal  []int     // by image: the pixels of no lesion
	scores  []float64 // by image

	order    func() []uint32 // see sorted
	findings func() []finding
}

// A lesion is an 8-connected part of an image's mask.
type lesion struct {
	image  int
	pixels []int32 // ascending
}

// New returns the set of the images, of which it keeps maps and masks: they must not change. It
// refuses no images, sizes that do not agree and numbers that are not finite.
func New(images []Image) (*Set, error) {
	if err := checkSizes(images); err != nil {
		return nil, err
	}
	c := &content{images: images, first: make([]int, 1, len(images)+1)}
	for i, m := range images {
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("score: image %d: %w", i, err)
		}
		lesions := lesionsOf(m)
		normal := len(m.Map)
		for _, pixels := range lesions {
			c.lesions = append(c.lesions, lesion{i, pixels})
			normal -= len(pixels)
		}
		c.first = append(c.first, len(c.lesions))
		c.normal = append(c.normal, normal)
		c.scores = append(c.scores, m.score())
	}
	c.order = sync.OnceValue(c.sorted)
	c.findings = sync.OnceValue(c.found)
	return c.part(0, math.MaxInt), nil
}

// mostPixels bounds the pixels of a resample, so that 32 bits count them and name their units.
const mostPixels = 1 << 30

// checkSizes is nil if there are images, and not too many: a resample may hold the largest one in
// the place of every other.
func checkSizes(images []Image) error {
	if len(images) == 0 {
		return errors.New("score: no images: at least one is needed")
	}
	largest := 0
	for _, m := range images {
		largest = max(largest, len(m.Map))
	}
	if len(images)*largest > mostPixels {
		return fmt.Errorf("score: %d images of up to %d pixels: together at most %d can be scored; take fewer, or smaller ones", len(images), largest, mostPixels)
	}
	return nil
}

// check is nil if the parts of an image go together and are numbers.
func (m Image) check() error {
	switch {
	case m.H < 1 || m.W < 1:
		return fmt.Errorf("of %d x %d pixels: expected at least 1 x 1", m.H, m.W)
	case len(m.Map) != m.H*m.W:
		return fmt.Errorf("the map has %d numbers, expected %d x %d = %d", len(m.Map), m.H, m.W, m.H*m.W)
	case m.Mask != nil && len(m.Mask) != m.H*m.W:
		return fmt.Errorf("the mask has %d pixels and the map %d x %d = %d: scale the one to the other first", len(m.Mask), m.H, m.W, m.H*m.W)
	case m.Score != nil && math.IsNaN(*m.Score):
		return errors.New("its score is NaN")
	}
	return checkFinite(m.Map)
}

// checkFinite is nil if all numbers of a map are finite.
func checkFinite(m []float32) error {
	for i, v := range m {
		if v-v != 0 {
			return fmt.Errorf("the map's number %d is %v: only finite numbers can be scored", i, v)
		}
	}
	return nil
}

func (m Image) score() float64 {
	if m.Score != nil {
		return *m.Score
	}
	return float64(slices.Max(m.Map))
}

// part returns the set in which the lesions of areas in [from, below) count.
func (c *content) part(from, below int) *Set {
	s := &Set{c, from, below, make([]bool, len(c.lesions)), make([]int, len(c.images))}
	for i, l := range c.lesions {
		if n := len(l.pixels); from <= n && n < below {
			s.keep[i] = true
			s.area[l.image] += n
		}
	}
	return s
}

// isNormal says whether image i has no lesion, of whatever size.
func (c *content) isNormal(i int) bool { return c.first[i] == c.first[i+1] }

// Images returns how many images the set has, and how many of them are normal.
func (s *Set) Images() (all, normal int) {
	for i := range s.images {
		if s.isNormal(i) {
			normal++
		}
	}
	return len(s.images), normal
}

// Lesions returns how many lesions count.
func (s *Set) Lesions() (n int) {
	for _, k := range s.keep {
		if k {
			n++
		}
	}
	return n
}
