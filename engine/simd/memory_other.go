//go:build !linux

package simd

// hugePages does nothing where pages cannot be chosen.
func hugePages([]byte) {}
