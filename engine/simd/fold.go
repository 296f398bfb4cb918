package simd

import (
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// Folding: what depends on constants only is computed once.

// constantOf returns the bytes of the single element that n repeats, if n is a constant.
func constantOf(n *node) ([]byte, bool) {
	base, lay := n.resolve()
	c, ok := base.attr.(constant)
	if !ok || base.shape.Size() != 1 || lay.size() == 0 {
		return nil, false
	}
	return c.data, true
}

// fold computes an elementwise operation on repeated constants as one element, repeated; nil if it
// is not that.
func (b *Builder) fold(op backends.OpType, shape shapes.Shape, in []*node) *node {
	var p [3]unsafe.Pointer
	for i, x := range in {
		data, ok := constantOf(x)
		if !ok {
			return nil
		}
		p[i] = unsafe.Pointer(unsafe.SliceData(data))
	}
	data := alignedBytes(sizeOf(shape.DType))
	lookup(op, in[0].shape.DType, shape.DType)(1, unsafe.Pointer(unsafe.SliceData(data)), p[0], p[1], p[2])
	c := b.add(backends.OpTypeConstant, shapes.Make(shape.DType), constant{data})
	return b.broadcast(c, shape.Dimensions, nil)
}

// isNeutral reports whether x op y is x, to the bit, because y is a constant: x * 1, x / 1, x - 0.
func isNeutral(op backends.OpType, y *node) bool {
	data, ok := constantOf(y)
	if !ok {
		return false
	}
	want := 0.0
	switch op {
	case backends.OpTypeMul, backends.OpTypeDiv:
		want = 1
	case backends.OpTypeSub:
	default:
		return false
	}
	neutral := make([]byte, len(data))
	putNumber(y.shape.DType, neutral, want)
	return string(neutral) == string(data[:len(neutral)])
}

// maxOnce bounds the bytes of a value that is kept because it never changes.
const maxOnce = 1 << 20

// constants takes the units that depend on constants only out of the order; their values become
// part of the program.
func (p *plan) constants(f *fuser) (once []*unit) {
	isOnce := map[*unit]bool{}
	var rest []*unit
	for _, u := range p.order {
		ok := true
		for _, n := range f.readsOf(u) {
			v := f.of[n.id]
			_, isParameter := n.attr.(parameter)
			ok = ok && !isParameter && (v == nil || isOnce[v])
		}
		for _, n := range u.nodes {
			v := p.values[n.id]
			ok = ok && !n.isReduction() && (v == nil || v.place == inArena && v.bytes <= maxOnce)
			if _, random := n.attr.(philoxBits); random {
				ok = false
			}
		}
		if !ok {
			rest = append(rest, u)
			continue
		}
		isOnce[u] = true
		once = append(once, u)
		for _, n := range u.nodes {
			if v := p.values[n.id]; v != nil {
				v.place, v.mem = inProgram, alignedBytes(v.bytes)
			}
		}
	}
	p.order = rest
	return once
}

// runOnce executes the units that never change.
func (e *Executable) runOnce(f *fuser, once []*unit) {
	if len(once) == 0 {
		return
	}
	r := &run{exe: e, threads: e.backend.threads, ptrs: e.pointers()}
	var steps []step
	for _, u := range once {
		if u.loop {
			l := newLoop(f, u, e.plan.values)
			e.reserve(l)
			steps = append(steps, step{run: l.run})
		} else {
			steps = append(steps, kernelStep(u.nodes[0]))
		}
	}
	arena := &e.backend.arenas
	arena.mu.Lock() // one execution at a time uses the threads
	defer arena.mu.Unlock()
	for _, s := range steps {
		s.run(r)
	}
}
