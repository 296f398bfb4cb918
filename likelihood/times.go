package likelihood

import (
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// A visit is one time at which a bound is estimated: its value stands for weight of the whole.
type visit struct {
	term   int     // of Evidence.terms
	t      float64 // the time
	weight float64
	first  bool    // the first of two of a stretch, which follow each other
	free   float64 // the share of the pair's variance that the stretch leaves: drawing two of two tells all
}

// everyIndex visits the reverse steps 1..T-1 of a chain once each.
func everyIndex(steps int) []visit {
	v := make([]visit, 0, max(0, steps-1))
	for t := 1; t < steps; t++ {
		v = append(v, visit{term: t - 1, t: float64(t), weight: 1})
	}
	return v
}

// someIndices visits n of the steps 1..T-1 of a chain: two different ones of each of n/2 stretches,
// equal in Lambda = log(a/s) as far as whole steps allow, since in Lambda the terms differ little.
// Two show what differs within a stretch, and so the error.
func someIndices(s random.Stream, p *reverie.DDPM, n int) []visit {
	steps := p.Steps()
	if n >= steps-1 {
		return everyIndex(steps)
	}
	count := max(1, n/2)
	u := make([]float64, 2*count)
	s.Uniforms(u)
	v := make([]visit, 0, 2*count)
	lo := 1
	for i := range count {
		hi := stretchEnd(p, lo, count-i)
		size := hi - lo
		first := int(u[2*i] * float64(size))
		second := (first + 1 + int(u[2*i+1]*float64(size-1))) % size
		w := float64(size) / 2
		v = append(v, visit{lo + first - 1, float64(lo + first), w, true, 1 - 2/float64(size)},
			visit{lo + second - 1, float64(lo + second), w, false, 0})
		lo = hi
	}
	return v
}

// stretchEnd returns the index after the stretch from lo that is the first of count which share the
// rest of the chain: as long in Lambda as the others, of at least two steps, and leaving two for
// each of the others.
func stretchEnd(p *reverie.DDPM, lo, count int) int {
	if count == 1 {
		return p.Steps()
	}
	lambda := func(t int) float64 { return p.At(float64(t)).Lambda() }
	start := lambda(lo - 1)
	end := start + (lambda(p.Steps()-1)-start)/float64(count)
	hi := lo + 2
	for hi < p.Steps()-2*(count-1) && lambda(hi) >= end {
		hi++
	}
	return hi
}

// stretches visits the range from a to b of a continuous variable at n values, two in each of n/2
// equal stretches. The visits' t are the variable's.
func stretches(s random.Stream, a, b float64, n int) []visit {
	count := max(1, n/2)
	u := make([]float64, 2*count)
	s.Uniforms(u)
	v := make([]visit, 0, 2*count)
	w := (b - a) / float64(count)
	for i, u := range u {
		v = append(v, visit{i / 2, a + w*(float64(i/2)+u), w / 2, i%2 == 0, 1})
	}
	return v
}

// sharedVariance returns the variance of the sum of weight times mean that comes of the random
// times, from the means over samples at each visit: each stretch adds its width^2 (A1-A2)^2/4, less
// where two of few indices are drawn without repetition. It holds the draws' noise too, so it errs
// to the safe side.
func sharedVariance(v []visit, means []float64) float64 {
	sum := 0.0
	for k := range v {
		if v[k].first {
			d := v[k].weight * (means[k] - means[k+1])
			sum += v[k].free * d * d
		}
	}
	return sum
}

// meanOf returns the mean of v.
func meanOf(v []float64) float64 {
	sum := 0.0
	for _, v := range v {
		sum += v
	}
	return sum / math.Max(1, float64(len(v)))
}
