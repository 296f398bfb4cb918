package score

import (
	"fmt"
	"math"
)

// Dice is the overlap of what a threshold marks with the lesions, over all pixels of the set
// together:
//
//	2 TP/(2 TP + FP + FN)
//
// It is not defined without lesions. Of a part of the lesions, the pixels of the others are left
// out.
func Dice(threshold float64) Metric {
	return atThreshold("Dice", threshold, "lesions", func(s *Set) func(resamples) lane {
		tp, fp := s.marked(threshold)
		return func(r resamples) lane {
			t, f, p := r.sum(tp), r.sum(fp), r.sum(s.area)
			for k := range t {
				t[k] = dice(t[k], f[k], p[k])
				if p[k] == 0 {
					t[k] = math.NaN()
				}
			}
			return t
		}
	})
}

// MeanDice is the mean of the images' own Dice, over those with lesions.
func MeanDice(threshold float64) Metric {
	return atThreshold("mean Dice", threshold, "lesions", func(s *Set) func(resamples) lane {
		tp, fp := s.marked(threshold)
		return func(r resamples) (sum lane) {
			var n lane
			for i, p := range s.area {
				if p == 0 {
					continue
				}
				d := dice(float64(tp[i]), float64(fp[i]), float64(p))
				for k := range lanes {
					sum[k] += r[i].of(k) * d
					n[k] += r[i].of(k)
				}
			}
			return sum.over(n)
		}
	})
}

// FalsePixels is the share of the pixels of normal images that a threshold marks.
func FalsePixels(threshold float64) Metric {
	return onNormal("false pixels", threshold, func(marked, pixels int) (int, int) { return marked, pixels })
}

// FalseImages is the share of the normal images of which a threshold marks a pixel.
func FalseImages(threshold float64) Metric {
	return onNormal("false images", threshold, func(marked, _ int) (int, int) { return min(marked, 1), 1 })
}

// onNormal is the share of the first count in the second over the normal images, of their marked
// and of all their pixels.
func onNormal(name string, threshold float64, count func(marked, pixels int) (part, whole int)) Metric {
	return atThreshold(name, threshold, "normal images", func(s *Set) func(resamples) lane {
		_, fp := s.marked(threshold)
		part, whole := make([]int, len(fp)), make([]int, len(fp))
		for i := range s.images {
			if s.isNormal(i) {
				part[i], whole[i] = count(fp[i], len(s.images[i].Map))
			}
		}
		return func(r resamples) lane { return r.sum(part).over(r.sum(whole)) }
	})
}

// atThreshold is a metric of what a threshold marks.
func atThreshold(name string, threshold float64, needs string, of func(s *Set) func(resamples) lane) Metric {
	m := Metric{Name: name, needs: needs, of: of}
	if math.IsNaN(threshold) {
		m.err = fmt.Errorf("threshold %v: expected a number", threshold)
	}
	return m
}

// marked returns for each image how many pixels a threshold marks: of lesions that count, and
// normal ones.
func (s *Set) marked(threshold float64) (tp, fp []int) {
	tp, fp = make([]int, len(s.images)), make([]int, len(s.images))
	for i, m := range s.images {
		for _, v := range m.Map {
			if float64(v) > threshold {
				fp[i]++
			}
		}
	}
	for l, lesion := range s.lesions {
		m := s.images[lesion.image].Map
		for _, p := range lesion.pixels {
			if float64(m[p]) > threshold {
				fp[lesion.image]--
				if s.keep[l] {
					tp[lesion.image]++
				}
			}
		}
	}
	return tp, fp
}
