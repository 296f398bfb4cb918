//go:build !unix

package regular

// nonblock: a pipe has no name in a folder here.
const nonblock = 0
