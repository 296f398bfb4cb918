package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// compile builds and compiles the function for the given input shapes.
func (f *Func) compile(in []shapes.Shape) (c *compiled, err error) {
	what := fmt.Sprintf("engine: compile %s for %s", f.name, describe(in))
	g := graph.NewGraph(f.engine.backend, f.name)
	defer func() {
		if err != nil {
			g.Finalize()
		}
	}()
	defer border(&err, what)
	params := make([]*graph.Node, len(in))
	for i, s := range in {
		params[i] = graph.Parameter(g, fmt.Sprintf("in%d", i), s)
	}
	out := f.build(g, params)
	if len(out) == 0 || slices.Contains(out, nil) {
		return nil, fmt.Errorf("%s: the build function returned no output, or a nil one", what)
	}
	c = &compiled{shapes: slices.Clone(in), graph: g}
	for _, n := range out {
		c.outputs = append(c.outputs, n.Shape())
	}
	f.engine.compiling.Lock()
	defer f.engine.compiling.Unlock()
	g.Compile(out...)
	if b, ok := f.engine.backend.(interface{ LastArena() int64 }); ok {
		c.arena = b.LastArena()
	}
	return c, nil
}

// checkState says whether the first n outputs can take the place of the first n inputs.
func (c *compiled) checkState(name string, n int) error {
	if len(c.outputs) < n {
		return fmt.Errorf("engine: %s has %d outputs, fewer than the %d tensors of its state", name, len(c.outputs), n)
	}
	for i := range n {
		if !c.outputs[i].Equal(c.shapes[i]) {
			return fmt.Errorf("engine: %s: state %d goes in as %s and comes out as %s", name, i, c.shapes[i], c.outputs[i])
		}
	}
	return nil
}

// describe lists shapes for an error message: the first few, and how many there are.
func describe(list []shapes.Shape) string {
	const most = 8
	var b strings.Builder
	for i, s := range list {
		if i == most {
			fmt.Fprintf(&b, " ... (%d inputs)", len(list))
			break
		}
		b.WriteString(s.String())
	}
	if len(list) == 0 {
		return "no inputs"
	}
	return b.String()
}
