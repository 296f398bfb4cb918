package simd

import (
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/shapes"

	"github.com/reverie-go/reverie/engine/simd/internal/par"
)

// Executable is a compiled computation. It may be executed concurrently; executions wait for each
// other.
type Executable struct {
	backend *Backend
	name    string
	params  []*node
	outputs []*node
	plan    plan
	steps   []step
	scratch []scratch // by thread
	profile *profile
}

var _ backends.Executable = (*Executable)(nil)

// step is one entry of the fixed list that an execution walks.
type step struct {
	kind  string
	nodes []*node
	loop  *loop // nil for a kernel
	run   func(r *run)
}

// run is one execution.
type run struct {
	exe     *Executable
	threads *par.Pool
	ptrs    []unsafe.Pointer // the memory of nodes, by id
	arena   unsafe.Pointer
}

// scratch is the private memory of one thread.
type scratch struct {
	mem  []byte
	ptrs []unsafe.Pointer
	last []int
	rows []int // that each reduction's accumulator holds
}

// arenaPool lends the one arena of a backend.
type arenaPool struct {
	mu   sync.Mutex
	free []byte
}

func (p *arenaPool) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = nil
}

// compile turns the nodes that outputs need into steps.
func compile(b *Builder, outputs []*node) (*Executable, error) {
	exe := &Executable{backend: b.backend, name: b.name, params: b.params}
	seen := map[*node]bool{}
	for _, n := range outputs {
		if n.base != nil || n.isSource() || seen[n] {
			c := &node{b: b, id: len(b.nodes), op: backends.OpTypeIdentity, shape: n.shape, in: []*node{n}}
			b.nodes = append(b.nodes, c)
			n = c
		}
		seen[n] = true
		exe.outputs = append(exe.outputs, n)
	}
	nodes := live(b.nodes, exe.outputs)
	if !b.backend.options.nofuse && absorb(nodes, exe.outputs, len(b.nodes)) {
		nodes = live(b.nodes, exe.outputs)
	}
	f := fuse(nodes, len(b.nodes), b.backend.options.nofuse)
	if !b.backend.options.nofuse {
		recompute(f, b, exe.outputs)
	}
	p := plan{outputs: exe.outputs, values: f.materialize(exe.outputs, len(b.nodes))}
	p.order = f.schedule(p.values)
	once := p.constants(f)
	p.lifetimes(f)
	exe.lower(f, &p)
	exe.plan = p
	exe.runOnce(f, once)
	b.backend.lastArena.Store(int64(p.arena))
	if b.backend.options.profile {
		exe.profile = newProfile(exe)
	}
	return exe, nil
}

// live returns the nodes that outputs depend on, in order.
func live(nodes, outputs []*node) []*node {
	need := make([]bool, len(nodes))
	for _, n := range outputs {
		need[n.id] = true
	}
	var l []*node
	for i := len(nodes) - 1; i >= 0; i-- {
		if need[i] {
			l = append(l, nodes[i])
			for _, x := range nodes[i].in {
				need[x.id] = true
			}
		}
	}
	slices.Reverse(l)
	return l
}

// lower makes the steps and places all values.
func (e *Executable) lower(f *fuser, p *plan) {
	var spans []span
	loops := make([]*loop, len(p.order))
	p.donated = slices.Repeat([]int{-1}, len(p.outputs))
	for i, u := range p.order {
		if u.loop {
			loops[i] = newLoop(f, u, p.values)
			shareMemory(loops[i], i, p)
		}
	}
	for _, v := range p.values {
		if v != nil && v.place == inArena && v.shares == nil {
			spans = append(spans, span{roundUp(v.bytes, align), v.first, v.last, &v.index})
		}
	}
	e.scratch = make([]scratch, e.backend.threads.Threads())
	for i, u := range p.order {
		if !u.loop {
			e.steps = append(e.steps, kernelStep(u.nodes[0]))
			continue
		}
		l := loops[i]
		if l.partialBytes > 0 {
			spans = append(spans, span{roundUp(l.partialBytes, align), i, i, &l.partialAt})
		}
		e.reserve(l)
		e.steps = append(e.steps, step{kind: l.kind(), nodes: u.nodes, loop: l, run: l.run})
	}
	p.arena = pack(spans)
	for _, v := range p.values {
		if v != nil && v.place == inArena && v.shares != nil {
			v.index = v.shares.root().index
		}
	}
}

// reserve makes the threads' scratch memory large enough for a loop.
func (e *Executable) reserve(l *loop) {
	for i := range e.scratch {
		s := &e.scratch[i]
		if n := l.registerBytes(); n > len(s.mem) {
			s.mem = alignedBytes(n)
		}
		if n := l.operands(); n > len(s.ptrs) {
			s.ptrs = make([]unsafe.Pointer, n)
		}
		if n := len(l.loads) + len(l.reds); n > len(s.last) {
			s.last = make([]int, n)
		}
		if n := len(l.reds); n > len(s.rows) {
			s.rows = make([]int, n)
		}
	}
}

// pointers returns the addresses of nodes, those of the program's own memory filled in.
func (e *Executable) pointers() []unsafe.Pointer {
	ptrs := make([]unsafe.Pointer, len(e.plan.values))
	for id, v := range e.plan.values {
		if v != nil && v.place == inProgram {
			mem := v.mem
			if c, ok := v.node.attr.(constant); ok {
				mem = c.data
			}
			ptrs[id] = unsafe.Pointer(unsafe.SliceData(mem))
		}
	}
	return ptrs
}

func (v *value) root() *value {
	for v.shares != nil {
		v = v.shares
	}
	return v
}

// shareMemory lets what a loop writes take over the memory of what it reads for the last time: a
// result preferably that of the parameter at its own position, which is how a state is updated.
func shareMemory(l *loop, at int, p *plan) {
	taken := map[*value]bool{}
	try := func(s store, fits func(v, x *value) bool) {
		v := p.values[s.node.id]
		if v.shares != nil || v.place == inOutput && p.donated[v.index] >= 0 {
			return
		}
		for _, in := range l.replaceable(s) {
			x := p.values[in.id]
			if x.last != at || taken[x] || x.bytes != v.bytes || !fits(v, x) {
				continue
			}
			taken[x] = true
			if v.place == inOutput {
				p.donated[v.index] = x.index
				return
			}
			v.shares = x
			x.root().last = max(x.root().last, v.last)
			return
		}
	}
	for _, s := range l.stores {
		try(s, func(v, x *value) bool { return v.place == inOutput && x.place == inInput && v.index == x.index })
	}
	for _, s := range l.stores {
		try(s, func(v, x *value) bool {
			return v.place == inOutput && x.place == inInput || v.place == inArena && x.place == inArena
		})
	}
}

// kernelStep runs a node that is a kernel.
func kernelStep(n *node) step {
	k := n.attr.(kernel)
	out := array{lay: rowMajor(n.shape.Dimensions), dt: n.shape.DType}
	in := make([]array, len(n.in))
	bases := make([]int, len(n.in))
	for i, x := range n.in {
		base, lay := x.resolve()
		bases[i] = base.id
		in[i] = array{lay: lay, dt: x.shape.DType}
	}
	return step{kind: k.kind(), nodes: []*node{n}, run: func(r *run) {
		out.p = r.ptrs[n.id]
		for i, id := range bases {
			in[i].p = r.ptrs[id]
		}
		k.run(r, out, in)
	}}
}

// Finalize releases the executable.
func (e *Executable) Finalize() {
	if e.profile != nil {
		e.profile.print()
		e.profile = nil
	}
	e.steps, e.scratch = nil, nil
}

// Inputs returns the names and shapes of the parameters.
func (e *Executable) Inputs() (names []string, inputs []shapes.Shape) {
	for _, n := range e.params {
		names = append(names, n.attr.(parameter).name)
		inputs = append(inputs, n.shape)
	}
	return names, inputs
}

// Outputs returns the shapes of the results.
func (e *Executable) Outputs() (outputs []shapes.Shape) {
	for _, n := range e.outputs {
		outputs = append(outputs, n.shape)
	}
	return outputs
}

// Execute runs the computation. The memory of donated inputs is reused, for the results where that
// fits.
func (e *Executable) Execute(inputs []backends.Buffer, donate []bool, _ backends.DeviceNum) ([]backends.Buffer, error) {
	in, err := e.checkInputs(inputs, donate)
	if err != nil {
		return nil, err
	}
	arena := &e.backend.arenas
	arena.mu.Lock()
	defer arena.mu.Unlock()
	if e.steps == nil && len(e.outputs) > 0 || e.backend.IsFinalized() {
		return nil, fmt.Errorf("simd: %q: executable or backend was finalized", e.name)
	}
	if len(arena.free) < e.plan.arena {
		arena.free = nil
		arena.free = alignedBytes(e.plan.arena)
	}
	r := &run{exe: e, threads: e.backend.threads, ptrs: e.pointers(),
		arena: unsafe.Pointer(unsafe.SliceData(arena.free))}
	out := e.bind(r, in, donate)
	if e.profile != nil {
		e.profile.run(r)
	} else {
		for i := range e.steps {
			e.steps[i].run(r)
		}
	}
	e.release(in, donate)
	return out, nil
}

func (e *Executable) checkInputs(inputs []backends.Buffer, donate []bool) ([]*Buffer, error) {
	if len(inputs) != len(e.params) {
		return nil, fmt.Errorf("simd: %q: %d inputs, want %d", e.name, len(inputs), len(e.params))
	}
	if len(donate) != 0 && len(donate) != len(inputs) {
		return nil, fmt.Errorf("simd: %q: %d donation marks for %d inputs", e.name, len(donate), len(inputs))
	}
	in := make([]*Buffer, len(inputs))
	for i, x := range inputs {
		buf, err := e.backend.buffer(x)
		if err != nil {
			return nil, fmt.Errorf("%q: input %d: %w", e.name, i, err)
		}
		if p := e.params[i]; !buf.shape.Equal(p.shape) {
			return nil, fmt.Errorf("simd: %q: input %d (%q) has shape %s, want %s", e.name, i, p.attr.(parameter).name, buf.shape, p.shape)
		}
		in[i] = buf
	}
	return in, nil
}

// bind points every value at its memory and returns the results' buffers.
func (e *Executable) bind(r *run, in []*Buffer, donate []bool) []backends.Buffer {
	out := make([]backends.Buffer, len(e.outputs))
	for i, n := range e.outputs {
		if k := e.plan.donated[i]; k >= 0 && len(donate) > 0 && donate[k] && once(in, in[k]) {
			out[i] = bufferOf(n.shape, in[k].mem)
			continue
		}
		out[i] = e.backend.newBuffer(n.shape)
	}
	for id, v := range e.plan.values {
		if v == nil {
			continue
		}
		switch v.place {
		case inArena:
			r.ptrs[id] = unsafe.Add(r.arena, v.index)
		case inInput:
			r.ptrs[id] = unsafe.Pointer(unsafe.SliceData(in[v.index].mem))
		case inOutput:
			r.ptrs[id] = unsafe.Pointer(unsafe.SliceData(out[v.index].(*Buffer).mem))
		}
	}
	return out
}

// once reports whether a buffer is given for one input only.
func once(in []*Buffer, b *Buffer) bool {
	n := 0
	for _, x := range in {
		if x == b {
			n++
		}
	}
	return n == 1
}

// release invalidates donated inputs and reuses the memory that no result took over.
func (e *Executable) release(in []*Buffer, donate []bool) {
	if len(donate) == 0 {
		return
	}
	taken := make([]bool, len(in))
	for _, k := range e.plan.donated {
		if k >= 0 && donate[k] && once(in, in[k]) {
			taken[k] = true
		}
	}
	for k, b := range in {
		if donate[k] && b.mem != nil {
			if !taken[k] {
				e.backend.pool.put(b.mem)
			}
			b.mem, b.flat = nil, nil
		}
	}
}
