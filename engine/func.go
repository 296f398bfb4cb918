package engine

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
)

// DefaultCache is how many input shapes a new [Func] keeps compiled.
const DefaultCache = 16

// A Func is a graph function, compiled when it is first called with inputs of some shapes and kept
// for the next call with the same. It may be called from several goroutines.
//
// It stands on graph.Graph and not on graph.Exec, which consumes donated tensors before it knows
// that the graph compiles, and which fails, rather than forgets, when its cache is full.
type Func struct {
	engine *Engine
	name   string
	build  func(g *graph.Graph, in []*graph.Node) []*graph.Node

	mu    sync.Mutex
	limit int
	cache []*compiled // most recently used first
}

// compiled is a graph for one list of input shapes.
type compiled struct {
	shapes  []shapes.Shape // of the inputs
	outputs []shapes.Shape
	graph   *graph.Graph
	arena   int64 // bytes of intermediate values, where the backend tells
	users   int   // calls in flight: such a graph is not evicted
}

// Func returns a function that computes what build builds. The name appears in errors. build is
// called once for each list of input shapes, with one parameter node for each input, and returns at
// least one node; it may panic.
func (e *Engine) Func(name string, build func(g *graph.Graph, in []*graph.Node) []*graph.Node) *Func {
	return &Func{engine: e, name: name, build: build, limit: DefaultCache}
}

// SetCache sets how many input shapes stay compiled, at least 1: past it the one unused for longest
// is forgotten.
func (f *Func) SetCache(limit int) *Func {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = max(limit, 1)
	return f
}

// Call computes the outputs for the inputs, which it leaves as they are.
func (f *Func) Call(in ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	return f.run(nil, in)
}

// Call1 is [Func.Call] for a function with one output.
func (f *Func) Call1(in ...*tensors.Tensor) (*tensors.Tensor, error) {
	out, err := f.run(nil, in)
	if err != nil {
		return nil, err
	}
	if len(out) != 1 {
		Free(out...)
		return nil, fmt.Errorf("engine: %s has %d outputs, not 1", f.name, len(out))
	}
	return out[0], nil
}

// Update moves a state a step forward: the function's inputs are state and then in, and its first
// len(state) outputs are the new state, each of the shape of the old. The old tensors are donated
// to the backend, which may compute the new ones in their memory; they are finalized and replaced
// in the slice. The other outputs are returned.
//
// A graph that does not build or compile leaves the state as it was. An error after that, while it
// runs, loses it: the slice then holds finalized tensors.
func (f *Func) Update(state []*tensors.Tensor, in ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	out, err := f.run(state, in)
	if err != nil {
		return nil, err
	}
	copy(state, out)
	return out[len(state):], nil
}

// Compile builds and compiles the function for inputs of the given shapes, if it has not been yet.
func (f *Func) Compile(in ...shapes.Shape) error {
	c, err := f.acquire(in, 0)
	if err == nil {
		f.release(c)
	}
	return err
}

// Memory compiles the function for inputs of the given shapes and returns the bytes that a call
// takes beside them and its outputs; 0 where the backend does not tell.
func (f *Func) Memory(in ...shapes.Shape) (int64, error) {
	c, err := f.acquire(in, 0)
	if err != nil {
		return 0, err
	}
	defer f.release(c)
	return c.arena, nil
}

// Free forgets the compiled graphs that are not in use; the function can still be called.
func (f *Func) Free() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.evict(0)
}

// run executes the function on state and in, and donates state.
func (f *Func) run(state, in []*tensors.Tensor) (out []*tensors.Tensor, err error) {
	all := slices.Concat(state, in)
	sh := make([]shapes.Shape, len(all))
	for i, t := range all {
		if err := t.CheckValid(); err != nil {
			return nil, fmt.Errorf("engine: %s: input %d of %d: %w", f.name, i, len(all), err)
		}
		sh[i] = t.Shape()
	}
	for i, t := range in {
		if slices.Contains(state, t) {
			return nil, fmt.Errorf("engine: %s: input %d is also part of the state, which is donated", f.name, i)
		}
	}
	c, err := f.acquire(sh, len(state))
	if err != nil {
		return nil, err
	}
	defer f.release(c)
	defer border(&err, "engine: run "+f.name)
	buffers, donate, err := f.buffers(state, in)
	if err != nil {
		return nil, err
	}
	return c.graph.RunWithBuffers(buffers, donate, 0), nil
}

// buffers moves the tensors to the backend where they are not there yet, and takes the state's from
// its tensors.
func (f *Func) buffers(state, in []*tensors.Tensor) ([]backends.Buffer, []bool, error) {
	buffers := make([]backends.Buffer, 0, len(state)+len(in))
	donate := make([]bool, len(state)+len(in))
	for i, t := range in {
		if _, err := t.Buffer(f.engine.backend, 0); err != nil {
			return nil, nil, fmt.Errorf("engine: %s: input %d: %w", f.name, i, err)
		}
	}
	for i, t := range state {
		b, err := t.DonateBuffer(f.engine.backend, 0)
		if err != nil {
			return nil, nil, fmt.Errorf("engine: %s: state %d: %w", f.name, i, err)
		}
		Free(t) // a copy in host memory, if there was one
		buffers = append(buffers, b)
		donate[i] = true
	}
	for _, t := range in {
		b, err := t.Buffer(f.engine.backend, 0)
		if err != nil {
			return nil, nil, err
		}
		buffers = append(buffers, b)
	}
	return buffers, donate, nil
}

// acquire returns the graph for the input shapes, compiled now if need be, and marks it used. Its
// first state outputs must have the shapes of the first state inputs.
func (f *Func) acquire(in []shapes.Shape, state int) (*compiled, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.cache, func(c *compiled) bool {
		return slices.EqualFunc(c.shapes, in, shapes.Shape.Equal)
	})
	if i < 0 {
		c, err := f.compile(in)
		if err != nil {
			return nil, err
		}
		f.evict(f.limit - 1)
		f.cache = append(f.cache, c)
		i = len(f.cache) - 1
	}
	c := f.cache[i]
	if err := c.checkState(f.name, state); err != nil {
		return nil, err
	}
	copy(f.cache[1:i+1], f.cache[:i])
	f.cache[0] = c
	c.users++
	return c, nil
}

// release ends a use of c.
func (f *Func) release(c *compiled) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.users--
}

// evict forgets the graphs unused for longest until at most keep are left, passing over those in
// use.
func (f *Func) evict(keep int) {
	for i := len(f.cache) - 1; i >= 0 && len(f.cache) > keep; i-- {
		if c := f.cache[i]; c.users == 0 {
			c.graph.Finalize()
			f.cache = slices.Delete(f.cache, i, i+1)
		}
	}
}
