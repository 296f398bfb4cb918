package grad_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
)

// randomConv draws settings; ok says whether the output has elements. One to two spatial axes,
// kernels 1 to 5, strides and dilations 1 to 3, paddings -2 to 4, any groups.
func randomConv(r *rand.Rand) (c convCase, ok bool) {
	rank := 1 + r.IntN(2)
	groups := 1 + r.IntN(3)
	c = convCase{x: []int{1 + r.IntN(2)}, groups: 1, batch: 1}
	in, out := 1+r.IntN(2), (1+r.IntN(2))*groups
	ok = true
	for range rank {
		n, k := 1+r.IntN(8), 1+r.IntN(5)
		s, d, u := 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(3)
		p := [2]int{r.IntN(7) - 2, r.IntN(7) - 2}
		c.x, c.w = append(c.x, n), append(c.w, k)
		c.stride, c.dilation, c.spread, c.pad = append(c.stride, s), append(c.dilation, d), append(c.spread, u), append(c.pad, p)
		ok = ok && (n-1)*u+1+p[0]+p[1] >= (k-1)*d+1 && (n-1)*u+1+min(0, p[0])+min(0, p[1]) > 0
	}
	c.w = append(c.w, in, out)
	if r.IntN(4) == 0 {
		c.batch, c.x[0] = groups, c.x[0]*groups
		c.x = append(c.x, in)
	} else {
		c.groups = groups
		c.x = append(c.x, in*groups)
	}
	return c, ok
}

// TestConvAdjoint: a convolution is linear in its input and in its kernel, so for every v
//
//	<conv(x, w), v> = <x, dx> = <w, dw>
//
// for settings drawn at random. Numbers that look random make a wrong element of dx or dw show in
// the sum.
func TestConvAdjoint(t *testing.T) {
	e, r := open(t), rand.New(rand.NewPCG(1, 2))
	for done := 0; done < 150; {
		c, ok := randomConv(r)
		if !ok {
			continue
		}
		done++
		t.Run(fmt.Sprint(done), func(t *testing.T) { checkAdjoint(t, e, c) })
	}
}

func checkAdjoint(t *testing.T, e *engine.Engine, c convCase) {
	dot := func(a, b *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(a, b)) }
	f := e.Func("adjoint", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		loss := weighted(c.build(in), 3)
		d := graph.Gradient(loss, in...)
		return []*graph.Node{loss, dot(in[0], d[0]), dot(in[1], d[1])}
	})
	out, err := f.Call(engine.New(e, values(product(c.x), 0), c.x...), engine.New(e, values(product(c.w), 1), c.w...))
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	want := tensors.ToScalar[float64](out[0])
	for i, name := range []string{"input", "kernel"} {
		got := tensors.ToScalar[float64](out[i+1])
		if !(math.Abs(got-want) <= 1e-10*max(1, math.Abs(want))) {
			t.Errorf("%+v: <%s, its gradient> = %v, want %v", c, name, got, want)
		}
	}
}
