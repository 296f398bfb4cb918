package score

import (
	"math"
	"slices"

	"github.com/reverie-go/reverie/internal/parallel"
)

// descending maps numbers to integers in the opposite order; equal numbers, such as 0 and -0, to
// equal ones.
func descending(v float32) uint32 {
	b := math.Float32bits(v)
	switch {
	case v == 0:
		b = 1 << 31
	case b>>31 == 0:
		b |= 1 << 31
	default:
		b = ^b
	}
	return ^b
}

// ascended is the inverse of descending.
func ascended(k uint32) float32 {
	b := ^k
	if b>>31 == 0 {
		return math.Float32frombits(^b)
	}
	return math.Float32frombits(b &^ (1 << 31))
}

// sorted returns all pixels, from the largest number of the maps down. An entry is 2u, or 2u+1 for
// the last one of equal numbers, where u is the pixel's unit: the lesion it is of, or behind the
// lesions the image of which it is a normal pixel. Of equal numbers lesions come first.
func (c *content) sorted() []uint32 {
	start := make([]int, len(c.images)+1)
	for i, m := range c.images {
		start[i+1] = start[i] + len(m.Map)
	}
	keys := make([]uint64, start[len(c.images)])
	parallel.For(len(c.images), func(i int) { c.keysOf(i, keys[start[i]:start[i+1]]) })
	slices.Sort(keys)
	order := make([]uint32, len(keys))
	for i, k := range keys {
		order[i] = uint32(k) << 1
		if i+1 == len(keys) || keys[i+1]>>32 != k>>32 {
			order[i]++
		}
	}
	return order
}

// keysOf fills dst with the pixels of image i: what sorts them, and in the lower half their units.
func (c *content) keysOf(i int, dst []uint64) {
	for p, v := range c.images[i].Map {
		dst[p] = uint64(descending(v))<<32 | uint64(len(c.lesions)+i)
	}
	for l := c.first[i]; l < c.first[i+1]; l++ {
		for _, p := range c.lesions[l].pixels {
			dst[p] = dst[p]>>32<<32 | uint64(l)
		}
	}
}

// nthLargest returns the number of the maps before which n come when they are sorted downward. It
// counts in two passes, by the upper and by the lower half of the bits.
func nthLargest(n int, maps [][]float32) float32 {
	place := func(prefix uint32, shift int) (digit uint32) {
		count := make([]int, 1<<16)
		for _, m := range maps {
			for _, v := range m {
				if k := descending(v); shift == 16 || k>>16 == prefix {
					count[k>>shift&0xffff]++
				}
			}
		}
		for n >= count[digit] {
			n -= count[digit]
			digit++
		}
		return digit
	}
	upper := place(0, 16)
	return ascended(upper<<16 | place(upper, 0))
}

// maps are the maps of the images.
func (c *content) maps() [][]float32 {
	all := make([][]float32, len(c.images))
	for i, m := range c.images {
		all[i] = m.Map
	}
	return all
}
