package score

import (
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/random"
)

// A Bootstrap says how intervals are found: by drawing as many recordings as there are, with
// replacement, over and over. Recordings must not depend on each other: of those that share a voice
// or a noise the interval is too narrow for other voices and noises.
type Bootstrap struct {
	Replicates int    // how often; 0: 1000
	Seed       uint64 // of the draws: replicate i takes its own stream of random numbers
}

// maxReplicates bounds the replicates.
const maxReplicates = 1 << 20

// An Interval is a mean with its 95% interval: the range between the 2.5% and the 97.5% quantile of
// the replicates' means (the percentile method).
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Mean returns the mean of at least two numbers, one of each recording, with its interval. What one
// method gains over another is the mean of the differences.
func Mean(values []float64, b Bootstrap) (Interval, error) {
	n := b.Replicates
	if n == 0 {
		n = 1000
	}
	switch {
	case n < 0 || n > maxReplicates:
		return Interval{}, fmt.Errorf("score: mean: %d replicates: expected 1 to %d, or 0 for 1000", n, maxReplicates)
	case len(values) < 2:
		return Interval{}, fmt.Errorf("score: mean with its interval of %d recordings: expected at least 2", len(values))
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Interval{}, fmt.Errorf("score: mean: number %d is %v: expected finite ones", i, v)
		}
	}
	means, draws := make([]float64, n), make([]float64, len(values))
	for i := range means {
		random.Stream{Seed: b.Seed, Domain: random.Evaluation, Sample: uint64(i)}.Uniforms(draws)
		for _, u := range draws {
			means[i] += values[int(u*float64(len(values)))] / float64(len(values))
		}
	}
	slices.Sort(means)
	return Interval{mean(values), quantile(means, .025), quantile(means, .975)}, nil
}

// quantile is the q-quantile of sorted numbers, between two in proportion.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
