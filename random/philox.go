package random

// philox is Philox4x32-10: a bijection of the 128-bit counter for each 64-bit key, whose outputs
// pass as independent random bits (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
// 3").
func philox(c0, c1, c2, c3, k0, k1 uint32) (uint32, uint32, uint32, uint32) {
	for range 10 {
		p, q := uint64(c0)*0xD2511F53, uint64(c2)*0xCD9E8D57
		c0, c1, c2, c3 = uint32(q>>32)^c1^k0, uint32(q), uint32(p>>32)^c3^k1, uint32(p)
		k0, k1 = k0+0x9E3779B9, k1+0xBB67AE85
	}
	return c0, c1, c2, c3
}
