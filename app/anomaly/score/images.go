package score

import (
	"cmp"
	"slices"
)

// ImageAUROC is the probability that an image with a lesion has a higher score than a normal image,
// ties counting one half. Images whose lesions do not count are left out.
func ImageAUROC() Metric {
	return Metric{Name: "image AUROC", needs: "images with lesions and normal images", of: func(s *Set) func(resamples) lane {
		var images []int // from the highest score down
		for i := range s.images {
			if s.area[i] > 0 || s.isNormal(i) {
				images = append(images, i)
			}
		}
		slices.SortStableFunc(images, func(i, j int) int { return cmp.Compare(s.scores[j], s.scores[i]) })
		return func(r resamples) lane { return s.imageAUROC(r, images) }
	}}
}

func (s *Set) imageAUROC(r resamples, images []int) (twice lane) {
	var p, n lane // taken up to now, with lesions and normal
	for len(images) > 0 {
		var tp, tn lane // taken of those that share a score
		for v := s.scores[images[0]]; len(images) > 0 && s.scores[images[0]] == v; images = images[1:] {
			into := &tp
			if s.isNormal(images[0]) {
				into = &tn
			}
			for k := range lanes {
				into[k] += r[images[0]].of(k)
			}
		}
		for k := range lanes {
			twice[k] += tn[k] * (2*p[k] + tp[k])
			p[k], n[k] = p[k]+tp[k], n[k]+tn[k]
		}
	}
	for k := range p {
		p[k] *= 2 * n[k]
	}
	return twice.over(p)
}
