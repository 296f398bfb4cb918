package simd

import (
	"slices"
)

// place says where the memory of a node is.
type place int

const (
	nowhere   place = iota // lives in registers only
	inArena                // at an offset of the arena
	inInput                // a parameter
	inOutput               // a result
	inProgram              // a constant
)

// value is a node that has memory.
type value struct {
	node        *node
	place       place
	index       int // of the parameter or result; the offset in the arena
	bytes       int
	first, last int // the steps that write it and read it last
	shares      *value
	mem         []byte // of what is in the program
}

// plan is the order of the steps and the place of every value.
type plan struct {
	order   []*unit
	values  []*value // by node id; nil without memory
	outputs []*node
	arena   int   // bytes
	donated []int // by output: the parameter whose memory it takes over if donated, or -1
}

// readsOf returns the nodes with memory that u reads, each once.
func (f *fuser) readsOf(u *unit) []*node {
	var in []*node
	for _, n := range u.nodes {
		for _, x := range n.in {
			base, _ := x.resolve()
			if f.of[base.id] != u && !slices.Contains(in, base) {
				in = append(in, base)
			}
		}
	}
	return in
}

// materialize decides which nodes need memory.
func (f *fuser) materialize(outputs []*node, total int) []*value {
	values := make([]*value, total)
	need := func(n *node, p place, index int) {
		if values[n.id] == nil {
			values[n.id] = &value{node: n, place: p, index: index, bytes: n.shape.Size() * sizeOf(n.shape.DType), first: -1, last: -1}
		}
	}
	for i, n := range outputs {
		need(n, inOutput, i)
	}
	for _, u := range f.units {
		for _, n := range f.readsOf(u) {
			switch a := n.attr.(type) {
			case parameter:
				need(n, inInput, a.index)
			case constant:
				need(n, inProgram, 0)
			default:
				need(n, inArena, 0)
			}
		}
		for _, n := range u.nodes {
			if !u.loop || n.isReduction() {
				need(n, inArena, 0)
			}
		}
	}
	return values
}

// schedule orders the units: as recorded, but what frees memory goes first as soon as it can run.
func (f *fuser) schedule(values []*value) []*unit {
	readers := map[*unit][]*unit{} // units that wait for a unit
	waits := map[*unit]int{}
	uses := make([]int, len(values)) // units still to read a value
	for _, u := range f.units {
		seen := map[*unit]bool{}
		for _, n := range f.readsOf(u) {
			uses[n.id]++
			if v := f.of[n.id]; v != nil && !seen[v] {
				seen[v] = true
				readers[v] = append(readers[v], u)
				waits[u]++
			}
		}
	}
	rank := func(u *unit) int { return u.nodes[len(u.nodes)-1].id }
	var ready, order []*unit
	for _, u := range f.units {
		if waits[u] == 0 {
			ready = append(ready, u)
		}
	}
	for len(ready) > 0 {
		best, bestGain := 0, 0
		for i, u := range ready {
			gain := max(f.gain(u, values, uses), 0)
			if i == 0 || gain > bestGain || gain == bestGain && rank(u) < rank(ready[best]) {
				best, bestGain = i, gain
			}
		}
		u := ready[best]
		ready = slices.Delete(ready, best, best+1)
		order = append(order, u)
		for _, n := range f.readsOf(u) {
			uses[n.id]--
		}
		for _, v := range readers[u] {
			if waits[v]--; waits[v] == 0 {
				ready = append(ready, v)
			}
		}
	}
	return order
}

// gain returns the bytes of the arena that running u now frees, less those it takes.
func (f *fuser) gain(u *unit, values []*value, uses []int) int {
	g := 0
	for _, n := range f.readsOf(u) {
		if values[n.id].place == inArena && uses[n.id] == 1 {
			g += values[n.id].bytes
		}
	}
	for _, n := range u.nodes {
		if v := values[n.id]; v != nil && v.place == inArena {
			g -= v.bytes
		}
	}
	return g
}

// lifetimes fills in when values are written and last read.
func (p *plan) lifetimes(f *fuser) {
	for i, u := range p.order {
		for _, n := range f.readsOf(u) {
			p.values[n.id].last = i
		}
		for _, n := range u.nodes {
			if v := p.values[n.id]; v != nil {
				v.first, v.last = i, max(v.last, i)
			}
		}
	}
}

// span is a piece of the arena that is needed from step first to step last.
type span struct {
	bytes, first, last int
	offset             *int
}

// pack gives every span an offset so that spans which are needed at one time do not overlap, the
// largest first, each at the lowest free place; it returns the size of the arena.
func pack(spans []span) int {
	slices.SortStableFunc(spans, func(a, b span) int { return b.bytes - a.bytes })
	var placed []span // by offset
	total := 0
	for _, s := range spans {
		at := 0
		for _, q := range placed {
			if q.last < s.first || s.last < q.first {
				continue
			}
			if *q.offset >= at+s.bytes {
				break
			}
			at = max(at, *q.offset+q.bytes)
		}
		*s.offset = at
		total = max(total, at+s.bytes)
		i, _ := slices.BinarySearchFunc(placed, at, func(q span, at int) int { return *q.offset - at })
		placed = slices.Insert(placed, i, s)
	}
	return total
}
