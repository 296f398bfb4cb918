package score

// A level is where the curves over all thresholds move up: pixels of lesions that share a number,
// with the normal ones that share it. Counted are the pixels of at least that number, with and
// without those of it.
type level struct {
	fp0, fp1 packed // normal pixels above the level, and with it
	tp0, tp1 packed // pixels of lesions that count, likewise
	lesions  []int  // the lesion of each of its pixels that count
	end      int    // pixels of all kinds with it
}

// sweep calls f for each level, from the highest number down. Between two levels only false
// positives are added: there a curve moves along the axis of the false positives alone, Dice and
// precision fall.
func (s *Set) sweep(r resamples, f func(l *level)) {
	var l level
	var a, b, c, d uint64 // l.fp1, in registers
	order, first := s.order(), len(s.lesions)
	for i, e := range order {
		if u := int(e >> 1); u >= first {
			n := &r[u-first]
			a, b, c, d = a+n[0], b+n[1], c+n[2], d+n[3]
		} else if s.keep[u] {
			if len(l.lesions) == 0 {
				l.fp0, l.tp0 = packed{a, b, c, d}, l.tp1
			}
			l.lesions = append(l.lesions, u)
			for k, n := range r[s.lesions[u].image] {
				l.tp1[k] += n
			}
		}
		if e&1 != 0 && len(l.lesions) > 0 {
			l.fp1, l.end = packed{a, b, c, d}, i+1
			f(&l)
			l.lesions = l.lesions[:0]
		}
	}
}
