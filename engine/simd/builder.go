package simd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/notimplemented"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// Builder records a computation. Equal nodes are shared, and data movement that strides can express
// becomes a view of the node that it moves.
type Builder struct {
	notimplemented.Builder
	backend  *Backend
	name     string
	compiled bool
	nodes    []*node
	params   []*node
	shared   map[string]*node
}

var _ backends.Builder = (*Builder)(nil)

// node is a value of the computation.
type node struct {
	b     *Builder
	id    int // the index in the builder's nodes; inputs have lower ids
	op    backends.OpType
	shape shapes.Shape
	in    []*node
	attr  any // what else the operation needs; a comparable description of the operation by %+v

	// A view has the elements of base, which is no view, under lay.
	base *node
	lay  layout
}

// constant is the attribute of a constant: its elements as bytes.
type constant struct{ data []byte }

// parameter is the attribute of a parameter.
type parameter struct {
	name  string
	index int
}

// kernel is the attribute of a node that runs as a step of its own.
// The inputs come as they were recorded, views included; out is contiguous.
type kernel interface {
	// run computes out from in.
	run(r *run, out array, in []array)
	// kind names the kernel in profiles.
	kind() string
}

func newBuilder(b *Backend, name string) *Builder {
	bld := &Builder{backend: b, name: name, shared: map[string]*node{}}
	bld.ErrFn = func(op backends.OpType) error {
		return fmt.Errorf("simd: operation %s in %q: %w", op, name, notimplemented.NotImplementedError)
	}
	return bld
}

// Name returns the name of the computation.
func (b *Builder) Name() string { return b.name }

// resolve returns the node whose memory n reads and how.
func (n *node) resolve() (*node, layout) {
	if n.base != nil {
		return n.base, n.lay
	}
	return n, rowMajor(n.shape.Dimensions)
}

// nodesOf checks that the operands belong to this builder.
func (b *Builder) nodesOf(op backends.OpType, xs ...backends.Op) ([]*node, error) {
	if b.compiled {
		return nil, fmt.Errorf("simd: %s: the computation %q is compiled already", op, b.name)
	}
	nodes := make([]*node, len(xs))
	for i, x := range xs {
		n, ok := x.(*node)
		if !ok || n == nil {
			return nil, fmt.Errorf("simd: %s: operand %d is a %T, not a node of this backend", op, i, x)
		}
		if n.b != b {
			return nil, fmt.Errorf("simd: %s: operand %d belongs to the computation %q, not to %q", op, i, n.b.name, b.name)
		}
		nodes[i] = n
	}
	return nodes, nil
}

// add records a node, or returns the equal one recorded before.
func (b *Builder) add(op backends.OpType, shape shapes.Shape, attr any, in ...*node) *node {
	return b.share(&node{op: op, shape: shape, attr: attr, in: in})
}

func (b *Builder) share(n *node) *node {
	key := n.key()
	if key != "" {
		if old := b.shared[key]; old != nil {
			return old
		}
	}
	n.b, n.id = b, len(b.nodes)
	b.nodes = append(b.nodes, n)
	if key != "" {
		b.shared[key] = n
	}
	return n
}

// key describes the node so that equal descriptions mean equal values; "" is never shared.
func (n *node) key() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d %d %v", n.op, n.shape.DType, n.shape.Dimensions)
	for _, x := range n.in {
		fmt.Fprintf(&s, " %d", x.id)
	}
	switch a := n.attr.(type) {
	case parameter:
		return ""
	case constant:
		if len(a.data) > 1024 {
			return ""
		}
		s.Write(a.data)
	case nil:
	default:
		fmt.Fprintf(&s, " %T%+v", a, a)
	}
	if n.base != nil {
		fmt.Fprintf(&s, " view %d %+v", n.base.id, n.lay)
	}
	return s.String()
}

// viewOf returns base under lay; lay is relative to base's memory.
func (b *Builder) viewOf(base *node, lay layout) *node {
	if lay.contiguous() && slices.Equal(lay.dims, base.shape.Dimensions) {
		return base
	}
	shape := shapes.Make(base.shape.DType, lay.dims...)
	return b.share(&node{op: backends.OpTypeReshape, shape: shape, in: []*node{base}, base: base, lay: lay})
}

// contiguous returns n, copied if it is a view with gaps or another order.
func (b *Builder) contiguous(n *node) *node {
	if n.base == nil || (n.lay.contiguous() && n.lay.size() == n.base.shape.Size()) {
		return n
	}
	return b.add(backends.OpTypeIdentity, n.shape, nil, n)
}

func (b *Builder) reshape(n *node, dims ...int) *node {
	base, lay := n.resolve()
	if r, ok := lay.reshape(dims); ok {
		return b.viewOf(base, r)
	}
	c := b.add(backends.OpTypeIdentity, n.shape, nil, n)
	return b.viewOf(c, rowMajor(dims))
}

func (b *Builder) transpose(n *node, perm ...int) *node {
	base, lay := n.resolve()
	return b.viewOf(base, lay.transpose(perm))
}

func (b *Builder) reverse(n *node, axes ...int) *node {
	base, lay := n.resolve()
	return b.viewOf(base, lay.reverse(axes))
}

func (b *Builder) broadcast(n *node, dims, axes []int) *node {
	base, lay := n.resolve()
	return b.viewOf(base, lay.broadcast(dims, axes))
}

// broadcastTo applies the implicit broadcasting of binary operations: scalars and axes of size 1.
func (b *Builder) broadcastTo(n *node, dims []int) *node {
	if slices.Equal(n.shape.Dimensions, dims) {
		return n
	}
	if n.shape.Rank() == 0 {
		return b.broadcast(n, dims, nil)
	}
	axes := make([]int, len(dims))
	for i := range axes {
		axes[i] = i
	}
	return b.broadcast(n, dims, axes)
}

// scalar records a constant scalar.
func (b *Builder) scalar(dt dtypes.DType, v float64) *node {
	data := make([]byte, sizeOf(dt))
	putNumber(dt, data, v)
	return b.add(backends.OpTypeConstant, shapes.Make(dt), constant{data})
}

// OpShape returns the shape of a node.
func (b *Builder) OpShape(x backends.Op) (shapes.Shape, error) {
	n, err := b.nodesOf(backends.OpTypeInvalid, x)
	if err != nil {
		return shapes.Invalid(), err
	}
	return n[0].shape, nil
}

// Parameter records the next input.
func (b *Builder) Parameter(name string, shape shapes.Shape, sharding *backends.ShardingSpec) (backends.Op, error) {
	if err := checkDType(shape.DType); err != nil {
		return nil, fmt.Errorf("parameter %q: %w", name, err)
	}
	if sharding != nil {
		return nil, fmt.Errorf("simd: parameter %q: sharding: %w", name, notimplemented.NotImplementedError)
	}
	if b.compiled {
		return nil, fmt.Errorf("simd: parameter %q: the computation %q is compiled already", name, b.name)
	}
	n := b.add(backends.OpTypeParameter, shape.Clone(), parameter{name, len(b.params)})
	b.params = append(b.params, n)
	return n, nil
}

// Constant records a constant; its values are copied.
func (b *Builder) Constant(flat any, dims ...int) (backends.Op, error) {
	mem, dt, size := bytesOf(flat)
	if err := checkDType(dt); err != nil {
		return nil, fmt.Errorf("constant of a %T: %w", flat, err)
	}
	shape := shapes.Make(dt, dims...)
	if size != shape.Size() {
		return nil, fmt.Errorf("simd: constant of shape %s has %d values", shape, size)
	}
	data := alignedBytes(len(mem))
	copy(data, mem)
	return b.add(backends.OpTypeConstant, shape, constant{data}), nil
}

// Compile turns the recorded computation into an executable.
func (b *Builder) Compile(outputs []backends.Op, shardings []*backends.ShardingSpec) (backends.Executable, error) {
	for _, s := range shardings {
		if s != nil {
			return nil, fmt.Errorf("simd: %q: sharding: %w", b.name, notimplemented.NotImplementedError)
		}
	}
	outs, err := b.nodesOf(backends.OpTypeInvalid, outputs...)
	if err != nil {
		return nil, err
	}
	exe, err := compile(b, outs)
	if err != nil {
		return nil, fmt.Errorf("simd: compile %q: %w", b.name, err)
	}
	b.compiled = true
	b.shared = nil
	return exe, nil
}
