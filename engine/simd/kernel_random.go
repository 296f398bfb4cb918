package simd

import (
	"encoding/binary"
	"math/bits"
)

// philox is Philox 4x32-10 (Salmon et al., SC 2011): four random words from a counter and a key.
func philox(c [4]uint32, k [2]uint32) [4]uint32 {
	for range 10 {
		h0, l0 := bits.Mul32(0xD2511F53, c[0])
		h1, l1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{h1 ^ c[1] ^ k[0], l1, h0 ^ c[3] ^ k[1], l0}
		k[0] += 0x9E3779B9
		k[1] += 0xBB67AE85
	}
	return c
}

// philoxBits fills its output with random bits, keyed by state[0], at the counter state[1],
// state[2].
type philoxBits struct{}

func (philoxBits) kind() string { return "random bits" }

func (philoxBits) run(r *run, out array, in []array) {
	state := randomState(in[0])
	mem := view[byte](out.start(), out.lay.size()*sizeOf(out.dt))
	key := [2]uint32{uint32(state[0]), uint32(state[0] >> 32)}
	blocks := (len(mem) + 15) / 16
	parts := min(blocks, 32)
	r.threads.For(parts, func(_, part int) {
		for i := part * blocks / parts; i < (part+1)*blocks/parts; i++ {
			lo, carry := bits.Add64(state[1], uint64(i), 0)
			hi := state[2] + carry
			words := philox([4]uint32{uint32(lo), uint32(lo >> 32), uint32(hi), uint32(hi >> 32)}, key)
			var block [16]byte
			for j, w := range words {
				binary.LittleEndian.PutUint32(block[4*j:], w)
			}
			copy(mem[16*i:], block[:])
		}
	})
}

// philoxState is the state after so many random bytes were drawn.
type philoxState struct{ bytes int }

func (philoxState) kind() string { return "random state" }

func (p philoxState) run(_ *run, out array, in []array) {
	state := randomState(in[0])
	var carry uint64
	state[1], carry = bits.Add64(state[1], uint64((p.bytes+15)/16), 0)
	state[2] += carry
	copy(flat[uint64](out), state[:])
}

func randomState(x array) (s [3]uint64) {
	for i := range s {
		s[i] = *(*uint64)(x.at(x.lay.off + i*x.lay.strides[0]))
	}
	return s
}
