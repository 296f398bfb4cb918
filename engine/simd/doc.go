// Package simd is a GoMLX backend in pure Go and assembly, registered under the name "simd".
//
// A graph is recorded by [Builder], compiled once and executed many times:
//
//	build  records nodes with their shapes, shares equal ones, turns data movement into strided views
//	absorb gives convolutions and products their bias, residual, ReLU and the parts of a concatenated input
//	fuse   grows elementwise nodes and reductions into loops that run over cache-sized tiles,
//	       and computes again in a loop what another one would only store for it
//	plan   orders the steps for low memory and gives every value its place in one arena
//	run    walks the fixed list of steps over a persistent pool of threads
//
// Images are expected as NHWC with HWIO kernels; other layouts work, at the price of a copy.
//
// The configuration string is a comma-separated list, "simd:threads=2,profile":
//
//	threads=N  threads to use (default: GOMAXPROCS)
//	profile    print the shortest time of each step, by kind, to standard error when an executable is finalized,
//	           on its eighth and on every hundredth execution; the environment variable REVERIE_SIMD_PROFILE=1 does the same
//	level=L    use the kernels of level generic, avx2 or avx512, or the best that the machine has; this holds for all
//	           backends of the process until the next level=, and none of them may be executing (for tests)
//	nofuse     run every node by itself (for tests)
//
// Results are bit-identical for any number of threads.
// An operation that the backend lacks is an error that names it, never a wrong answer.
package simd
