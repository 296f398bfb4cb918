package gemm

// axis is one spatial direction of a correlation: output i of n lies at out + i*outStep and reads,
// for each tap, the input at i*inStep + tap.offset, if that is inside.
type axis struct {
	n, out, outStep int
	inStep          int
	taps            []tap // by rising offset
}

// tap is one position of the kernel.
type tap struct{ offset, k int }

// forward sets the axis of a convolution with n outputs, of an input of the given size.
func (a *axis) forward(n, stride, pad, kernel, dil, size int) {
	a.n, a.out, a.outStep, a.inStep, a.taps = n, 0, 1, stride, a.taps[:0]
	for k := range kernel {
		a.add(k*dil-pad, k, size)
	}
}

// backward sets the axis of phase r of the adjoint: the positions r, r+stride, ... of n, which read
//
//	dy[(r + i*stride + pad - k*dil)/stride]   for each tap k for which that is whole
func (a *axis) backward(n, r, stride, pad, kernel, dil, size int) {
	a.n, a.out, a.outStep, a.inStep, a.taps = divUp(n-r, stride), r, stride, 1, a.taps[:0]
	for k := kernel - 1; k >= 0; k-- {
		if at := r + pad - k*dil; at%stride == 0 {
			a.add(at/stride, k, size)
		}
	}
}

// add adds a tap unless all that it reads is outside.
func (a *axis) add(offset, k, size int) {
	if offset < size && offset+(a.n-1)*a.inStep >= 0 {
		a.taps = append(a.taps, tap{offset, k})
	}
}

// adjacent says whether the taps read neighbours.
func (a *axis) adjacent() bool {
	for i := 1; i < len(a.taps); i++ {
		if a.taps[i].offset != a.taps[i-1].offset+1 {
			return false
		}
	}
	return true
}

// region is the range of offsets that several axes of the same inStep read, and how many outputs
// the longest has.
type region struct{ low, high, n int }

func (r *region) include(a *axis) {
	r.n = max(r.n, a.n)
	if len(a.taps) == 0 {
		return
	}
	low, high := a.taps[0].offset, a.taps[len(a.taps)-1].offset
	if r.low > r.high {
		r.low, r.high = low, high
	}
	r.low, r.high = min(r.low, low), max(r.high, high)
}

// span returns how many inputs n outputs reach over.
func (r *region) span(n, inStep int) int {
	if r.low > r.high || n == 0 {
		return 0
	}
	return (n-1)*inStep + r.high - r.low + 1
}
