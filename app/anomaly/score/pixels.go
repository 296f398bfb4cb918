package score

import (
	"fmt"
	"math"
)

// Prevalence is the share of lesion among the pixels: the AUPRC of chance.
func Prevalence() Metric {
	return simple("prevalence", "pixels", func(s *Set, r resamples) lane {
		p, all := r.sum(s.area), r.sum(s.normal)
		for k := range all {
			all[k] += p[k]
		}
		return p.over(all)
	})
}

// AUPRC is the average precision over all pixels of the set together,
//
//	sum over thresholds of (recall - recall before) precision
//
// from the highest threshold down, without interpolation, as scikit-learn's
// average_precision_score. Chance has [Prevalence]. It is 1 where all pixels are lesion, and not
// defined without lesions.
func AUPRC() Metric {
	return simple("AUPRC", "lesions", func(s *Set, r resamples) (sum lane) {
		s.sweep(r, func(l *level) {
			for k := range lanes {
				if tp := l.tp1.of(k); tp > 0 {
					sum[k] += (tp - l.tp0.of(k)) * tp / (tp + l.fp1.of(k))
				}
			}
		})
		return sum.over(r.sum(s.area))
	})
}

// AUROC is the area under the ROC curve over all pixels together: the probability that a pixel of a
// lesion has a larger number than a normal pixel, ties counting one half.
func AUROC() Metric {
	return simple("AUROC", "lesions and normal pixels", func(s *Set, r resamples) (twice lane) {
		n := r.sum(s.normal)
		s.sweep(r, func(l *level) {
			for k := range lanes {
				below := 2*n[k] - l.fp0.of(k) - l.fp1.of(k) // twice: one half of those of the level
				twice[k] += (l.tp1.of(k) - l.tp0.of(k)) * below
			}
		})
		p := r.sum(s.area)
		for k := range p {
			p[k] *= 2 * n[k]
		}
		return twice.over(p)
	})
}

// OracleDice is the largest Dice of all thresholds over all pixels of the set together. Its
// threshold is chosen by the masks that it is then measured with: no method has it in use.
func OracleDice() Metric {
	return simple("oracle's Dice", "lesions", func(s *Set, r resamples) (best lane) {
		p := r.sum(s.area)
		s.sweep(r, func(l *level) {
			for k := range lanes {
				if tp := l.tp1.of(k); tp > 0 {
					best[k] = max(best[k], dice(tp, l.fp1.of(k), p[k]))
				}
			}
		})
		for k := range p {
			if p[k] == 0 {
				best[k] = math.NaN()
			}
		}
		return best
	})
}

// dice is the Dice of tp true and fp false positives where p are positive.
func dice(tp, fp, p float64) float64 { return 2 * tp / (tp + fp + p) }

// OracleThreshold returns the threshold of OracleDice, of several the highest.
func (s *Set) OracleThreshold() (float64, error) {
	if s.Lesions() == 0 {
		return 0, fmt.Errorf("score: oracle's threshold: %w: it needs lesions; there are %s", ErrUndefined, s.describe())
	}
	r := original(len(s.images))
	p := r.sum(s.area)[0]
	best, end := 0.0, 0
	s.sweep(r, func(l *level) {
		if d := dice(l.tp1.of(0), l.fp1.of(0), p); d > best {
			best, end = d, l.end
		}
	})
	return float64(justBelow(nthLargest(end-1, s.maps()))), nil
}

// justBelow is the largest threshold that marks v.
func justBelow(v float32) float32 { return math.Nextafter32(v, float32(math.Inf(-1))) }

// AUPRO is the area under the curve of the mean share found of a lesion (per-region overlap) over
// the false-positive rate of the pixels, from 0 to limit and divided by limit, so that it is 1 for
// perfect maps and limit/2 for chance. Small lesions weigh as much as large ones. The curve is
// straight between thresholds, and cut at the limit by interpolation (Bergmann et al. 2021,
// "The MVTec anomaly detection dataset", where the limit is .3). Limits are in (0, 1].
func AUPRO(limit float64) Metric {
	m := simple(fmt.Sprintf("AUPRO@%g", limit), "lesions and normal pixels", func(s *Set, r resamples) lane { return s.aupro(r, limit) })
	if !(limit > 0 && limit <= 1) {
		m.err = fmt.Errorf("limit %v: expected over 0 and at most 1", limit)
	}
	return m
}

func (s *Set) aupro(r resamples, limit float64) lane {
	var area, pro, x lane // up to now: the area below the curve, and where the curve is
	end, lesions := r.sum(s.normal), s.lesionsIn(r)
	for k := range end {
		end[k] *= limit
	}
	s.sweep(r, func(l *level) {
		for k := range lanes {
			x0, x1 := l.fp0.of(k), l.fp1.of(k)
			area[k] += max(0, min(x0, end[k])-x[k]) * pro[k]
			before := pro[k]
			for _, u := range l.lesions {
				pro[k] += r[s.lesions[u].image].of(k) / (lesions[k] * float64(len(s.lesions[u].pixels)))
			}
			if x[k] = x1; x0 < min(x1, end[k]) { // a tie: a straight line
				to := min(x1, end[k])
				mid := before + (pro[k]-before)*(to-x0)/(x1-x0)/2
				area[k] += (to - x0) * mid
			}
		}
	})
	for k := range area {
		if area[k] += max(0, end[k]-x[k]) * pro[k]; lesions[k] == 0 {
			area[k] = math.NaN()
		}
	}
	return area.over(end)
}

// lesionsIn returns how many lesions that count the resamples have.
func (s *Set) lesionsIn(r resamples) lane {
	n := make([]int, len(s.images))
	for l, keep := range s.keep {
		if keep {
			n[s.lesions[l].image]++
		}
	}
	return r.sum(n)
}
