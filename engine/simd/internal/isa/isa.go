// Package isa chooses the instruction set that the kernels run on: once at start, or by a test that
// walks through all of them.
//
// A kernel package keeps its entry points in package variables and sets them in a function
// registered with OnChange:
//
//	func init() { isa.OnChange(choose) }
//	func choose(l isa.Level) { if l >= isa.AVX2 { dot = dotAVX2 } else { dot = dotGeneric } }
package isa

import "fmt"

// Level is a family of instructions. A higher level includes the lower ones.
type Level int

const (
	// Generic is portable Go.
	Generic Level = iota
	// AVX2 is AVX2 with FMA: 8 floats at a time.
	AVX2
	// AVX512 is AVX-512 F, BW, DQ and VL: 16 floats at a time.
	AVX512
)

// String returns the level's name.
func (l Level) String() string {
	switch l {
	case Generic:
		return "generic"
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
	}
	return fmt.Sprintf("Level(%d)", int(l))
}

var (
	best      = detect()
	current   = best
	listeners []func(Level)
)

// Best returns the highest level of this machine; Generic under build tag purego and on other
// architectures.
func Best() Level { return best }

// Current returns the level in use.
func Current() Level { return current }

// OnChange calls f with the current level now and with the new one after every Use. For package
// initialisation only.
func OnChange(f func(Level)) {
	listeners = append(listeners, f)
	f(current)
}

// Use switches every kernel to level l, and back when restore is called. It is for tests,
// benchmarks and the backend's option level=: no kernel may run meanwhile. It panics if the machine
// lacks l.
func Use(l Level) (restore func()) {
	if l < Generic || l > best {
		panic(fmt.Sprintf("isa: this machine's best level is %v, not %v", best, l))
	}
	old := current
	set(l)
	return func() { set(old) }
}

func set(l Level) {
	current = l
	for _, f := range listeners {
		f(l)
	}
}

// Runner is a *testing.T or *testing.B.
type Runner[T any] interface {
	Run(name string, f func(T)) bool
}

// Each runs f as a subtest (or sub-benchmark) at every level that the machine has.
func Each[T Runner[T]](t T, f func(t T)) {
	for l := Generic; l <= best; l++ {
		t.Run(l.String(), func(t T) {
			defer Use(l)()
			f(t)
		})
	}
}
