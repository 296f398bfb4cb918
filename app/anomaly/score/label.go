package score

// Components labels the 8-connected parts of a mask of h x w pixels: pixels that touch, if only by
// their corners, are of one part. It returns for each pixel the number of its part, from 1 on in
// the order of their first pixels, or 0 for what is not in the mask, and how many parts there are.
// The time is linear in the pixels, whatever the parts' form.
func Components(mask []bool, h, w int) (labels []int32, n int) {
	labels = make([]int32, h*w)
	var open []int32 // labelled pixels, whose neighbours are to be looked at
	for first, in := range mask {
		if !in || labels[first] != 0 {
			continue
		}
		n++
		labels[first] = int32(n)
		for open = append(open, int32(first)); len(open) > 0; {
			p := open[len(open)-1]
			open = open[:len(open)-1]
			eachNeighbour(int(p), h, w, func(q int) {
				if mask[q] && labels[q] == 0 {
					labels[q] = int32(n)
					open = append(open, int32(q))
				}
			})
		}
	}
	return labels, n
}

// eachNeighbour calls f for the up to eight pixels around pixel p of h x w.
func eachNeighbour(p, h, w int, f func(q int)) {
	y, x := p/w, p%w
	for v := max(0, y-1); v <= min(h-1, y+1); v++ {
		for u := max(0, x-1); u <= min(w-1, x+1); u++ {
			if q := v*w + u; q != p {
				f(q)
			}
		}
	}
}

// lesionsOf returns the pixels of an image's lesions.
func lesionsOf(m Image) [][]int32 {
	if m.Mask == nil {
		return nil
	}
	labels, n := Components(m.Mask, m.H, m.W)
	pixels := make([][]int32, n)
	for p, l := range labels {
		if l > 0 {
			pixels[l-1] = append(pixels[l-1], int32(p))
		}
	}
	return pixels
}
