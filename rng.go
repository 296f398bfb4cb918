package reverie

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
)

// A Stream names a sequence of random numbers. Streams that differ in any field are independent, and a stream's numbers are the same on
// every machine: they come from Philox4x32-10 with key Seed and counter (block, Step, Sample, Domain), and the arithmetic
// that follows has no step that an architecture may round differently.
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
func (s Stream) block(i uint32) [4]uint32 {
	c := [4]uint32{i, s.Step, uint32(s.Sample), uint32(s.Domain)<<24 | uint32(s.Sample>>32)}
	return philox(c, uint32(s.Seed), uint32(s.Seed>>32))
}

// Uniform returns the stream's first number, uniform in [0, 1), a multiple of 2^-53.
func (s Stream) Uniform() float64 {
	b := s.block(0)
	return uniform(b[0], b[1])
}

// Uniforms fills dst with uniform numbers in [0, 1), of which the first is Uniform's.
func (s Stream) Uniforms(dst []float64) {
	for i := range dst {
		b := s.block(uint32(i / 2))
		dst[i] = uniform(b[i%2*2], b[i%2*2+1])
	}
}

func uniform(lo, hi uint32) float64 {
	return float64((uint64(hi)<<32|uint64(lo))>>11) * 0x1p-53
}

// Perm returns a permutation of 0..n-1, each equally likely (to 2^-32 n).
func (s Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		w := s.block(uint32(i / 2))
		u := uint64(w[i%2*2+1])<<32 | uint64(w[i%2*2])
		j, _ := bits.Mul64(u, uint64(i+1))
		p[i] = p[j]
		p[j] = i
	}
	return p
}
