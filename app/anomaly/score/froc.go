package score

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/internal/parallel"
)

// hitPart is how many pixels of a region there may be for each one that is lesion in a hit.
const hitPart = 10

// FROC is the share of the lesions found at a number of false positives an image, the mean over
// such rates; of none given over 1/4, 1/2, 1, 2, 4 and 8. One rate gives a point of the
// free-response ROC curve.
//
// At a threshold the 8-connected regions of marked pixels are the findings. A region is a hit of
// every lesion that it touches if at least a tenth of its pixels is lesion, else a false
// positive: a map that marks everything finds nothing. As the threshold falls regions grow and
// merge. A lesion that was hit stays found, and an image has as many false positives as it had at
// the threshold, or any higher one, at which it had most. So both only rise, and the share found at
// a rate is that at the lowest threshold at which the false positives, as the mean over all images,
// are at most the rate. Lesions that do not count make hits, but are not found.
//
// All thresholds are looked at. The time is that of sorting each image's pixels, once for a set.
func FROC(rates ...float64) Metric {
	m := Metric{Name: "FROC", needs: "lesions"}
	if len(rates) == 1 {
		m.Name = fmt.Sprintf("found at %g false positives an image", rates[0])
	} else if len(rates) == 0 {
		rates = []float64{0.25, 0.5, 1, 2, 4, 8}
	}
	rates = slices.Sorted(slices.Values(rates))
	if !(rates[0] >= 0) {
		m.err = errors.New("expected rates of at least 0 false positives an image")
	}
	m.of = func(s *Set) func(resamples) lane {
		all := s.findings()
		return func(r resamples) lane { return s.froc(r, all, rates) }
	}
	return m
}

// A finding is a number of the maps at which, from there down, an image has one false positive more
// or a lesion is found. The unit is as in content.sorted.
type finding struct {
	value float32
	unit  int32
}

// froc returns the mean share found over rates, which ascend.
func (s *Set) froc(r resamples, all []finding, rates []float64) (mean lane) {
	lesions := s.lesionsIn(r)
	for k := range lanes {
		images := 0.0
		for i := range r {
			images += r[i].of(k)
		}
		mean[k] = s.foundAt(r, k, all, rates, images) / (lesions[k] * float64(len(rates)))
	}
	return mean
}

// foundAt returns the lesions found in resample k, summed over rates.
func (s *Set) foundAt(r resamples, k int, all []finding, rates []float64, images float64) (sum float64) {
	wrong, found := 0.0, 0.0
	for i := 0; i < len(all) && len(rates) > 0; {
		hits := 0.0
		for v := all[i].value; i < len(all) && all[i].value == v; i++ {
			if u := int(all[i].unit); u >= len(s.lesions) {
				wrong += r[u-len(s.lesions)].of(k)
			} else if s.keep[u] {
				hits += r[s.lesions[u].image].of(k)
			}
		}
		for len(rates) > 0 && wrong > rates[0]*images {
			sum += found
			rates = rates[1:]
		}
		found += hits
	}
	return sum + found*float64(len(rates))
}

// found returns the findings of all images, from the highest number down.
func (c *content) found() []finding {
	of := make([][]finding, len(c.images))
	parallel.For(len(c.images), func(i int) { of[i] = c.findingsOf(i) })
	all := slices.Concat(of...)
	slices.SortFunc(all, func(a, b finding) int { return cmp.Compare(b.value, a.value) })
	return all
}

// findingsOf lowers the threshold over image i.
func (c *content) findingsOf(i int) (all []finding) {
	g := newRegions(c, i)
	keys := make([]uint64, len(g.up))
	for p, v := range g.image.Map {
		keys[p] = uint64(descending(v))<<32 | uint64(p)
	}
	slices.Sort(keys)
	most := 0
	for first, k := range keys {
		g.mark(int32(uint32(k)))
		if first+1 < len(keys) && keys[first+1]>>32 == k>>32 {
			continue
		}
		v := ascended(uint32(k >> 32))
		for ; most < g.wrong; most++ {
			all = append(all, finding{v, int32(len(c.lesions) + i)})
		}
		for j := first; j >= 0 && keys[j]>>32 == k>>32; j-- {
			for _, l := range g.hits(int32(uint32(keys[j]))) {
				all = append(all, finding{v, l})
			}
		}
	}
	return all
}

// regions are the 8-connected regions of the marked pixels of an image: trees of pixels, whose
// roots know of the whole region.
type regions struct {
	image  Image
	lesion []int32        // of each pixel, -1: none
	up     []int32        // towards the root, a root's own; -1: not marked
	size   []int32        // of roots: pixels of the region
	inside []int32        // of roots: pixels of lesions
	ring   []int32        // of roots: one of the region's pixels of lesions that hits has not told of, -1: none
	next   []int32        // from there to the next of them, in a ring
	told   map[int32]bool // the lesions that hits has told of
	wrong  int            // regions that are false positives
}

func newRegions(c *content, i int) *regions {
	n := len(c.images[i].Map)
	g := &regions{image: c.images[i], told: map[int32]bool{}}
	for _, s := range []*[]int32{&g.lesion, &g.up, &g.size, &g.inside, &g.ring, &g.next} {
		*s = slices.Repeat([]int32{-1}, n)
	}
	for l := c.first[i]; l < c.first[i+1]; l++ {
		for _, p := range c.lesions[l].pixels {
			g.lesion[p] = int32(l)
		}
	}
	return g
}

// root returns the root of the region of a marked pixel.
func (g *regions) root(p int32) int32 {
	for g.up[p] != p {
		g.up[p] = g.up[g.up[p]] // halve the way
		p = g.up[p]
	}
	return p
}

// isFalse is 1 if the region of a root is a false positive, else 0.
func (g *regions) isFalse(root int32) int {
	if hitPart*int(g.inside[root]) < int(g.size[root]) {
		return 1
	}
	return 0
}

// mark adds a pixel.
func (g *regions) mark(p int32) {
	g.up[p], g.size[p], g.inside[p] = p, 1, 0
	if g.lesion[p] >= 0 {
		g.inside[p], g.ring[p], g.next[p] = 1, p, p
	}
	g.wrong += g.isFalse(p)
	eachNeighbour(int(p), g.image.H, g.image.W, func(q int) {
		if g.up[q] >= 0 {
			g.join(g.root(p), g.root(int32(q)))
		}
	})
}

// join makes one region of those of two roots.
func (g *regions) join(a, b int32) {
	if a == b {
		return
	}
	if g.size[a] < g.size[b] {
		a, b = b, a
	}
	g.wrong -= g.isFalse(a) + g.isFalse(b)
	g.up[b] = a
	g.size[a] += g.size[b]
	g.inside[a] += g.inside[b]
	switch x, y := g.ring[a], g.ring[b]; {
	case x < 0:
		g.ring[a] = y
	case y >= 0: // two rings become one
		g.next[x], g.next[y] = g.next[y], g.next[x]
	}
	g.wrong += g.isFalse(a)
}

// hits returns the lesions that the region of a marked pixel is a hit of, and that were not told of
// before.
func (g *regions) hits(p int32) (lesions []int32) {
	root := g.root(p)
	first := g.ring[root]
	if first < 0 || g.isFalse(root) > 0 {
		return nil
	}
	g.ring[root] = -1
	for q := first; ; {
		if l := g.lesion[q]; !g.told[l] {
			g.told[l] = true
			lesions = append(lesions, l)
		}
		if q = g.next[q]; q == first {
			return lesions
		}
	}
}
