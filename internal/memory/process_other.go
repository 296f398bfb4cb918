//go:build !linux

package memory

// ofProcess are the limits of the process, which this system either has not or does not keep to.
func ofProcess() []Limit { return nil }
