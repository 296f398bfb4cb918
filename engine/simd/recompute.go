package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
)

// Recomputing: what one loop would write only for another loop to read, the second one computes
// again from what it came from, if that takes no more reads. A gradient then reads the output of a
// convolution instead of the mask, the sigmoid and the normalised values that the forward pass made
// of it.

// maxRecompute bounds the work that a loop takes over, in simple operations an element.
const maxRecompute = 12

// costOf returns the work of an operation, relative to an addition.
func costOf(op backends.OpType) int {
	switch op {
	case backends.OpTypeExp, backends.OpTypeLogistic, backends.OpTypeTanh, backends.OpTypeLog, backends.OpTypeLog1p, backends.OpTypeExpm1:
		return 4
	case backends.OpTypeErf, backends.OpTypePow, backends.OpTypeSin, backends.OpTypeCos, backends.OpTypeRem:
		return 12
	case backends.OpTypeDiv, backends.OpTypeSqrt, backends.OpTypeRsqrt:
		return 2
	}
	return 1
}

// recomputer rewrites units so that fewer nodes need memory.
type recomputer struct {
	*fuser
	b      *Builder
	forced []bool // by node id: has memory whatever the loops do
}

// recompute rewrites the units; it may add nodes to the builder.
func recompute(f *fuser, b *Builder, outputs []*node) {
	r := &recomputer{fuser: f, b: b, forced: make([]bool, len(b.nodes))}
	for _, n := range outputs {
		r.forced[n.id] = true
	}
	for _, u := range f.units {
		for _, n := range u.nodes {
			for _, x := range n.in {
				base, _ := x.resolve()
				if !u.loop || !r.sameIndex(n, x) {
					r.forced[base.id] = true
				}
			}
		}
	}
	for _, u := range f.units {
		if u.loop && u.size >= largeLoop {
			r.unit(u)
		}
	}
	r.prune(outputs)
}

// sameIndex reports whether n reads x element by element.
func (r *recomputer) sameIndex(n, x *node) bool {
	base, lay := x.resolve()
	return lay.contiguous() && base.shape.Size() == product(n.domain())
}

// derived reports whether the node is computed from others element by element and needs no memory
// of its own.
func (r *recomputer) derived(n *node) bool {
	return n.isLoop() && !n.isReduction() && !r.forced[n.id]
}

// origin is what a set of nodes comes from.
type origin struct {
	inner  []*node // derived nodes, inputs first
	leaves []*node // nodes of full size that have memory
	cost   int
}

// trace adds n and what it comes from to o, except what unit u computes itself.
func (r *recomputer) trace(u *unit, n *node, o *origin) {
	if slices.Contains(o.inner, n) || slices.Contains(o.leaves, n) {
		return
	}
	if !r.derived(n) || r.of[n.id] == u {
		o.leaves = append(o.leaves, n)
		return
	}
	o.cost += costOf(n.op)
	if o.cost > maxRecompute {
		return
	}
	for _, x := range n.in {
		if base, _ := x.resolve(); r.sameIndex(n, x) {
			r.trace(u, base, o)
		}
	}
	o.inner = append(o.inner, n)
}

// unit decides what u computes again: all that it can, or what costs no further reads.
func (r *recomputer) unit(u *unit) {
	var reads, candidates []*node
	for _, base := range identityInputs(r.fuser, u) {
		if r.derived(base) {
			candidates = append(candidates, base)
		} else {
			reads = append(reads, base)
		}
	}
	if len(candidates) == 0 || r.take(u, candidates, reads) {
		return
	}
	for _, x := range candidates {
		rest := slices.Clone(reads)
		for _, y := range candidates {
			if y != x {
				rest = append(rest, y)
			}
		}
		r.take(u, []*node{x}, rest)
	}
}

// take makes u compute xs again if it then needs no more full-size reads than before, beside reads.
func (r *recomputer) take(u *unit, xs, reads []*node) bool {
	var o origin
	for _, x := range xs {
		r.trace(u, x, &o)
	}
	if o.cost > maxRecompute || len(u.nodes)+len(o.inner) > maxMembers {
		return false
	}
	further := 0
	for _, l := range o.leaves {
		if r.of[l.id] == u {
			return false
		}
		if !slices.Contains(reads, l) {
			further++
		}
	}
	if further > len(xs) {
		return false
	}
	c := u.cuts
	ok := true
	for _, n := range o.inner {
		if c, ok = mergeCuts(c, nodeCuts(n)); !ok {
			return false
		}
	}
	u.cuts = c
	r.clone(u, o.inner)
	return true
}

// clone adds copies of inner to u and makes its members read them.
func (r *recomputer) clone(u *unit, inner []*node) {
	copies := map[*node]*node{}
	renew := func(n *node) {
		n.in = slices.Clone(n.in)
		for i, x := range n.in {
			base, _ := x.resolve()
			c := copies[base]
			if c == nil || !r.sameIndex(n, x) {
				continue
			}
			if x == base {
				n.in[i] = c
			} else {
				n.in[i] = &node{b: r.b, id: -1, op: x.op, shape: x.shape, in: []*node{c}, base: c, lay: x.lay}
			}
		}
	}
	var added []*node
	for _, n := range inner {
		c := *n
		c.id = len(r.b.nodes)
		r.b.nodes = append(r.b.nodes, &c)
		r.forced = append(r.forced, false)
		r.of = append(r.of, u)
		renew(&c)
		copies[n] = &c
		added = append(added, &c)
	}
	for _, n := range u.nodes {
		renew(n)
	}
	u.nodes = slices.Concat(added, u.nodes)
}

// prune drops members that nothing reads any more, and empty units.
func (r *recomputer) prune(outputs []*node) {
	used := make([]bool, len(r.b.nodes))
	for _, n := range outputs {
		used[n.id] = true
	}
	// Units are not sorted now: repeat until nothing changes.
	for changed := true; changed; {
		clear(used)
		for _, n := range outputs {
			used[n.id] = true
		}
		for _, u := range r.units {
			for _, n := range u.nodes {
				for _, x := range n.in {
					base, _ := x.resolve()
					used[base.id] = true
				}
			}
		}
		changed = false
		for _, u := range r.units {
			before := len(u.nodes)
			u.nodes = slices.DeleteFunc(u.nodes, func(n *node) bool { return !used[n.id] })
			changed = changed || len(u.nodes) != before
		}
	}
	r.units = slices.DeleteFunc(r.units, func(u *unit) bool { return len(u.nodes) == 0 })
}
