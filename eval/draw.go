package eval

import (
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/random"
)

// A use keeps apart what evaluators draw at random under one seed.
type use uint32

const (
	usePatchesA use = iota
	usePatchesB
	useDirections
	useGaussian
	useNoise
	useSubsets
	useShuffle
	useBandwidth
	useBatches
	useFlips
)

// stream is the randomness of number i of a use.
func stream(seed uint64, u use, i int) random.Stream {
	return random.Stream{Seed: seed, Domain: random.Evaluation, Sample: uint64(i), Step: uint32(u)}
}

// choose draws k of n places without replacement, in random order.
func choose(s random.Stream, k, n int) []int { return s.Perm(n)[:k] }

// directions draws n unit vectors of d numbers, one after another.
func directions(seed uint64, level, n, d int) []float64 {
	out := make([]float64, n*d)
	parallel.For(n, func(i int) {
		v := out[i*d : (i+1)*d]
		stream(seed, useDirections, level<<32|i).Normal(v)
		norm := blas64.Nrm2(blas64.Vector{N: d, Inc: 1, Data: v})
		blas64.Scal(1/norm, blas64.Vector{N: d, Inc: 1, Data: v})
	})
	return out
}
