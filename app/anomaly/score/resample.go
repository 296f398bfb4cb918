package score

// lanes is how many resamples are measured at once.
const lanes = 8

// A lane is a number for each of the resamples.
type lane [lanes]float64

// packed holds a counter for each of the resamples, two in each word.
type packed [lanes / 2]uint64

// of returns the counter of resample k.
func (p *packed) of(k int) float64 { return float64(uint32(p[k/2] >> (32 * (k % 2)))) }

// add adds n to the counter of resample k.
func (p *packed) add(k int, n uint32) { p[k/2] += uint64(n) << (32 * (k % 2)) }

// resamples say how often each image is taken, in each of the resamples.
type resamples []packed

// original is the resample that takes every image once, in the first of the lanes. The others are
// empty.
func original(images int) resamples {
	r := make(resamples, images)
	for i := range r {
		r[i].add(0, 1)
	}
	return r
}

// sum returns the sum of n over the images that are taken.
func (r resamples) sum(n []int) (sum lane) {
	for i, n := range n {
		for k := range lanes {
			sum[k] += r[i].of(k) * float64(n)
		}
	}
	return sum
}

// over returns a/b of each resample, NaN where b is 0.
func (a lane) over(b lane) lane {
	for k := range a {
		a[k] /= b[k]
	}
	return a
}
