package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
)

// Absorbing: what only follows or precedes a convolution or product becomes a part of it: a bias, a
// residual and a ReLU its epilogue, a concatenation of its inputs a list of inputs.

// absorber rewrites the live nodes before they are fused.
type absorber struct {
	uses []int // by node id: how many inputs of live nodes read it; an output counts once more
}

// absorb rewrites nodes in place; it returns true if some became dead.
func absorb(nodes, outputs []*node, total int) bool {
	a := absorber{uses: make([]int, total)}
	for _, n := range outputs {
		a.uses[n.id]++
	}
	for _, n := range nodes {
		if n.base != nil {
			continue
		}
		for _, x := range n.in {
			base, _ := x.resolve()
			a.uses[base.id]++
		}
	}
	changed := a.concatenations(nodes)
	for _, n := range nodes {
		switch {
		case n.base != nil:
		case n.op == backends.OpTypeAdd:
			changed = a.add(n, 0) || a.add(n, 1) || changed
		case n.op == backends.OpTypeMax:
			changed = a.relu(n, 0) || a.relu(n, 1) || changed
		}
	}
	return changed
}

// epilogueOf returns the epilogue of a float32 convolution or product.
func epilogueOf(n *node) (epilogue, bool) {
	switch k := n.attr.(type) {
	case convForward:
		return k.epilogue, true
	case convInputGrad:
		return k.epilogue, true
	case matmul:
		return k.epilogue, n.shape.DType.IsFloat() && sizeOf(n.shape.DType) == 4
	}
	return epilogue{}, false
}

// withEpilogue returns the attribute of the same kernel with another epilogue.
func withEpilogue(attr any, e epilogue) any {
	switch k := attr.(type) {
	case convForward:
		k.epilogue = e
		return k
	case convInputGrad:
		k.epilogue = e
		return k
	case matmul:
		k.epilogue = e
		return k
	}
	return attr
}

// product returns the convolution or product that input i of n is, if nothing else reads it and
// nothing was clipped yet.
func (a *absorber) product(n *node, i int) (*node, epilogue, bool) {
	base, lay := n.in[i].resolve()
	e, ok := epilogueOf(base)
	if !ok || e.relu || a.uses[base.id] != 1 || !lay.contiguous() || base.shape.Size() != n.shape.Size() {
		return nil, e, false
	}
	return base, e, true
}

// add turns the sum n of a product, its input i, and a bias or residual into the product.
func (a *absorber) add(n *node, i int) bool {
	c, e, ok := a.product(n, i)
	if !ok {
		return false
	}
	other, lay := n.in[1-i].resolve()
	columns := c.shape.Dimensions[c.shape.Rank()-1]
	switch s := lay.simplify(); {
	case !e.bias && !e.residual && isColumns(s, columns) && other.shape.Size() == columns:
		e.bias = true
	case !e.residual && lay.contiguous() && other.shape.Size() == n.shape.Size() && other != c && !other.isLoop():
		e.residual = true
	default:
		return false
	}
	n.op, n.attr, n.in = c.op, withEpilogue(c.attr, e), append(slices.Clone(c.in), other)
	return true
}

// isColumns reports whether a layout repeats a vector of n elements along rows.
func isColumns(l layout, n int) bool {
	return l.off == 0 && len(l.dims) == 2 && l.dims[1] == n && l.strides[0] == 0 && l.strides[1] == 1
}

// relu turns the maximum n of a product, its input i, and zero into the product.
func (a *absorber) relu(n *node, i int) bool {
	c, e, ok := a.product(n, i)
	if !ok {
		return false
	}
	other, lay := n.in[1-i].resolve()
	k, isConstant := other.attr.(constant)
	if !isConstant || !lay.uniform() || other.shape.Size() != 1 || slices.Max(k.data[:4]) != 0 {
		return false
	}
	e.relu = true
	n.op, n.attr, n.in = c.op, withEpilogue(c.attr, e), slices.Clone(c.in)
	return true
}

// concatenations lets convolutions read the parts of a concatenation along channels that nothing
// else reads.
func (a *absorber) concatenations(nodes []*node) (changed bool) {
	readers := map[*node][]*node{}
	for _, n := range nodes {
		c, ok := n.attr.(convForward)
		if !ok || c.parts != 1 || c.conv.Groups > 1 {
			continue
		}
		x, lay := n.in[0].resolve()
		if k, ok := x.attr.(concatenate); ok && k.axis == 3 && x.shape.Rank() == 4 && lay.contiguous() && slices.Equal(lay.dims, x.shape.Dimensions) {
			readers[x] = append(readers[x], n)
		}
	}
	for x, convs := range readers {
		if len(convs) != a.uses[x.id] || !allContiguous(x.in) {
			continue
		}
		for _, n := range convs {
			c := n.attr.(convForward)
			c.parts = len(x.in)
			n.attr, n.in = c, slices.Concat(x.in, n.in[1:])
		}
		changed = true
	}
	return changed
}

func allContiguous(nodes []*node) bool {
	return !slices.ContainsFunc(nodes, func(n *node) bool { return !isContiguous(n) })
}
