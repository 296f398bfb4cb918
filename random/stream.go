// Package random gives the random numbers of everything: streams of Philox's numbers, uniform or
// normal, each named by a seed, a purpose, a sample and a step, and the same on every machine.
package random

import "math/bits"

// Domain keeps apart the uses of randomness under one seed.
type Domain uint8

// The domains of this module. Others may use numbers from 128 on.
const (
	Sampling   Domain = iota // a sampler's noise: Sample is the sample's number, Step counts the draws
	Training                 // eps of a training step: Sample is the place in the batch, Step the training step
	Times                    // t of a training step, likewise
	Validation               // eps and t at which the validation loss is taken
	Init                     // initial weights: Sample is the parameter's number
	Shuffle                  // the order of an epoch: Step is the epoch
	Augment                  // flips and crops: Sample is the image's number, Step the epoch
	Evaluation               // projections and subsets of evaluators
	BoundTimes               // the times at which a bound is estimated: Sample is the number of the batch's first image, Step the draw
	ClassDrop                // which samples of a training step are told to be of no class, as Training
	ClassDraw                // the class of a sampled image where none is asked for: Sample is its number
	Place                    // which part of a sample of a training step is noised, as Training
	Walks                    // what the walks of a round of training start from: Sample is the direction, Step the stage; and the reference's own
	Drawn                    // which of the walks a training step takes, as Training
)

// A Stream names a sequence of random numbers. Streams that differ in any field are independent,
// and a stream's numbers are the same on every machine: they come from Philox4x32-10 with key Seed
// and counter (block, Step, Sample, Domain), and the arithmetic that follows has no step that an
// architecture may round differently.
type Stream struct {
	Seed   uint64
	Domain Domain
	Sample uint64 // below 2^56
	Step   uint32
}

// Plus returns the stream of the i-th sample after s's.
func (s Stream) Plus(i int) Stream {
	s.Sample += uint64(i)
	return s
}

// block returns the i-th four words of the stream.
func (s Stream) block(i uint32) (w0, w1, w2, w3 uint32) {
	return philox(i, s.Step, uint32(s.Sample), uint32(s.Domain)<<24|uint32(s.Sample>>32), uint32(s.Seed), uint32(s.Seed>>32))
}

// pair returns the i-th 64 bits of the stream.
func (s Stream) pair(i int) uint64 {
	w0, w1, w2, w3 := s.block(uint32(i / 2))
	if i%2 == 0 {
		return uint64(w1)<<32 | uint64(w0)
	}
	return uint64(w3)<<32 | uint64(w2)
}

// Uniform returns the stream's first number, uniform in [0, 1), a multiple of 2^-53.
func (s Stream) Uniform() float64 { return s.uniform(0) }

// Uniforms fills dst with uniform numbers in [0, 1), of which the first is Uniform's.
func (s Stream) Uniforms(dst []float64) {
	for i := range dst {
		dst[i] = s.uniform(i)
	}
}

func (s Stream) uniform(i int) float64 { return float64(s.pair(i)>>11) * 0x1p-53 }

// Perm returns a permutation of 0..n-1, each as likely as another (to n 2^-64).
func (s Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j, _ := bits.Mul64(s.pair(i), uint64(i+1)) // uniform in 0..i
		p[i] = p[j]
		p[j] = i
	}
	return p
}
