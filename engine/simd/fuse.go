package simd

import (
	"math/bits"
	"slices"

	"github.com/gomlx/gomlx/backends"
)

// A unit is what one step runs: a kernel node by itself, or a loop of elementwise nodes and
// reductions over one index range.
type unit struct {
	id    int
	loop  bool
	nodes []*node
	size  int   // elements of the index range of a loop
	cuts  []int // where the accesses of the loop divide it
	dead  bool  // merged into another unit
}

// maxMembers bounds the nodes of one loop.
const maxMembers = 160

// bitset is a set of small integers.
type bitset []uint64

func (s bitset) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }
func (s bitset) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s bitset) or(t bitset) {
	for i, w := range t {
		s[i] |= w
	}
}
func (s bitset) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// fuser groups live nodes into units.
type fuser struct {
	units     []*unit
	of        []*unit  // by node id
	ancestors []bitset // by unit id: the units that must run before
	alone     bool     // do not fuse
}

// isLoop reports whether the node runs inside a loop.
func (n *node) isLoop() bool {
	if n.base != nil {
		return false
	}
	switch n.attr.(type) {
	case constant, parameter, kernel:
		return false
	}
	return true
}

// isSource reports whether the node's memory is there before the first step.
func (n *node) isSource() bool {
	switch n.attr.(type) {
	case constant, parameter:
		return true
	}
	return false
}

func (n *node) isReduction() bool { _, ok := n.attr.(reduction); return ok }

// domain returns the dimensions that a loop over n runs over.
func (n *node) domain() []int {
	if n.isReduction() {
		return n.in[0].shape.Dimensions
	}
	return n.shape.Dimensions
}

// accesses returns the layouts of all that n reads and, for a reduction, writes.
func (n *node) accesses() []layout {
	var l []layout
	for _, x := range n.in {
		_, lay := x.resolve()
		l = append(l, lay.simplify())
	}
	if r, ok := n.attr.(reduction); ok {
		l = append(l, r.output(n.domain()).simplify())
	}
	if axis, ok := n.attr.(int); ok { // iota
		l = append(l, iotaLayout(n.shape.Dimensions, axis).simplify())
	}
	return l
}

func iotaLayout(dims []int, axis int) layout {
	l := layout{dims: dims, strides: make([]int, len(dims))}
	l.strides[axis] = 1
	return l
}

// nodeCuts returns where the accesses of n divide its index range.
func nodeCuts(n *node) []int {
	if product(n.domain()) == 0 {
		return nil // there is nothing to divide
	}
	var c []int
	for _, l := range n.accesses() {
		c, _ = mergeCuts(c, cuts(l.dims)) // all divide at axes of one array: a refinement exists
	}
	return c
}

// fuse groups the live nodes, which are in topological order.
func fuse(nodes []*node, total int, alone bool) *fuser {
	f := &fuser{of: make([]*unit, total), alone: alone}
	for _, n := range nodes {
		if n.base != nil || n.isSource() {
			continue
		}
		f.place(n, len(nodes))
	}
	if !alone {
		f.mergeSiblings()
	}
	f.units = slices.DeleteFunc(f.units, func(u *unit) bool { return u.dead })
	return f
}

// place puts n in the unit of one of its inputs, or in a new one.
func (f *fuser) place(n *node, maxUnits int) {
	if n.isLoop() && !f.alone {
		// Merge first: once n has joined one of its producers, that one runs after the others.
		var homes []*unit
		for _, x := range n.in {
			u := f.producer(n, x)
			if u == nil || slices.Contains(homes, u) {
				continue
			}
			if len(homes) == 0 || !f.merge(homes[0], u) {
				homes = append(homes, u)
			}
		}
		for _, u := range homes {
			if f.join(u, n) {
				return
			}
		}
	}
	u := &unit{id: len(f.units), loop: n.isLoop(), size: product(n.domain())}
	f.units = append(f.units, u)
	f.ancestors = append(f.ancestors, make(bitset, (maxUnits+63)/64))
	u.nodes = []*node{n}
	if u.loop {
		u.cuts = nodeCuts(n)
	}
	f.of[n.id] = u
	f.depend(u, n)
}

// producer returns the loop that computes x if n reads x element by element as the loop writes it.
func (f *fuser) producer(n, x *node) *unit {
	base, lay := x.resolve()
	u := f.of[base.id]
	if u == nil || !u.loop || base.isReduction() || !lay.contiguous() {
		return nil
	}
	if s := product(n.domain()); s != u.size || base.shape.Size() != s {
		return nil
	}
	return u
}

// join adds n to u if no path leads from u through another unit to n, and n's accesses fit.
func (f *fuser) join(u *unit, n *node) bool {
	if len(u.nodes) >= maxMembers {
		return false
	}
	for _, x := range n.in {
		base, _ := x.resolve()
		v := f.of[base.id]
		if v == nil {
			continue
		}
		if v == u {
			if f.producer(n, x) != u {
				return false
			}
			continue
		}
		if f.ancestors[v.id].has(u.id) {
			return false
		}
	}
	c, ok := mergeCuts(u.cuts, nodeCuts(n))
	if !ok {
		return false
	}
	u.cuts = c
	u.nodes = append(u.nodes, n)
	f.of[n.id] = u
	f.depend(u, n)
	return true
}

// depend records that u runs after what n reads.
func (f *fuser) depend(u *unit, n *node) {
	more := make(bitset, len(f.ancestors[u.id]))
	for _, x := range n.in {
		base, _ := x.resolve()
		if v := f.of[base.id]; v != nil && v != u {
			more.add(v.id)
			more.or(f.ancestors[v.id])
		}
	}
	f.grow(u, more)
}

// grow adds ancestors to u and to all that run after it.
func (f *fuser) grow(u *unit, more bitset) {
	before := f.ancestors[u.id].count()
	f.ancestors[u.id].or(more)
	if f.ancestors[u.id].count() == before {
		return
	}
	for _, v := range f.units {
		if !v.dead && f.ancestors[v.id].has(u.id) {
			f.ancestors[v.id].or(f.ancestors[u.id])
		}
	}
}

// merge moves the nodes of v to u if neither runs after the other and their accesses fit.
func (f *fuser) merge(u, v *unit) bool {
	if u == v || !u.loop || !v.loop || u.size != v.size || len(u.nodes)+len(v.nodes) > maxMembers ||
		f.ancestors[u.id].has(v.id) || f.ancestors[v.id].has(u.id) {
		return false
	}
	c, ok := mergeCuts(u.cuts, v.cuts)
	if !ok {
		return false
	}
	u.cuts = c
	u.nodes = append(u.nodes, v.nodes...)
	slices.SortFunc(u.nodes, func(a, b *node) int { return a.id - b.id })
	for _, n := range v.nodes {
		f.of[n.id] = u
	}
	v.dead = true
	more := slices.Clone(f.ancestors[v.id])
	for _, w := range f.units {
		if !w.dead && f.ancestors[w.id].has(v.id) {
			f.ancestors[w.id].add(u.id)
			f.ancestors[w.id].or(f.ancestors[u.id])
		}
	}
	f.grow(u, more)
	return true
}

// largeLoop is the number of elements from which memory traffic counts for more than the number of
// loops.
var largeLoop = 1 << 14

// mergeSiblings merges loops that read the same large array element by element.
func (f *fuser) mergeSiblings() {
	readers := map[*node][]*unit{}
	for _, u := range f.units {
		if u.dead || !u.loop || u.size < largeLoop {
			continue
		}
		for _, base := range identityInputs(f, u) {
			readers[base] = append(readers[base], u)
		}
	}
	var shared []*node
	for base, us := range readers {
		if len(us) > 1 {
			shared = append(shared, base)
		}
	}
	slices.SortFunc(shared, func(a, b *node) int { return a.id - b.id })
	for _, base := range shared {
		us := readers[base]
		for i, u := range us {
			for _, v := range us[i+1:] {
				if !u.dead && !v.dead {
					f.merge(u, v)
				}
			}
		}
	}
}

// identityInputs returns what u reads element by element from outside, each once.
func identityInputs(f *fuser, u *unit) []*node {
	var in []*node
	for _, n := range u.nodes {
		for _, x := range n.in {
			base, lay := x.resolve()
			if f.of[base.id] != u && lay.contiguous() && base.shape.Size() == u.size && !slices.Contains(in, base) {
				in = append(in, base)
			}
		}
	}
	return in
}

// isIota reports whether the node counts along an axis.
func (n *node) isIota() bool { return n.op == backends.OpTypeIota }
