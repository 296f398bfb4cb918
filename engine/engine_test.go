package engine

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"golang.org/x/sync/errgroup"
)

// backend is what the tests of this package run on; with -tags xla the environment may name
// another.
var backend = cmp.Or(os.Getenv(EnvVar), Default)

func open(t *testing.T) *Engine {
	t.Helper()
	e, err := Open(backend)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func flat[T Element](t *testing.T, x *tensors.Tensor) []T {
	t.Helper()
	v, err := tensors.CopyFlatData[T](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOpenUnknown(t *testing.T) {
	_, err := Open("nosuch:threads=1")
	if err == nil || !strings.Contains(err.Error(), `"nosuch"`) || !strings.Contains(err.Error(), ", simd") && !strings.Contains(err.Error(), ": simd") {
		t.Fatalf("got %v; want an error that names nosuch and lists the backends", err)
	}
}

func TestOpenEnvironment(t *testing.T) {
	t.Setenv(EnvVar, backend)
	e, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Config() != backend {
		t.Fatalf("config %q, want %q", e.Config(), backend)
	}
}

// sumAndProduct counts how often it is built.
func sumAndProduct(built *int) func(*graph.Graph, []*graph.Node) []*graph.Node {
	return func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		*built++
		return []*graph.Node{graph.Add(in[0], in[1]), graph.Mul(in[0], in[1])}
	}
}

func TestCall(t *testing.T) {
	e := open(t)
	var built int
	f := e.Func("sum and product", sumAndProduct(&built))
	for range 3 {
		out, err := f.Call(New(e, []float32{1, 2, 3}, 3), New(e, []float32{4, 5, 6}, 3))
		if err != nil {
			t.Fatal(err)
		}
		if got := flat[float32](t, out[0]); !slices.Equal(got, []float32{5, 7, 9}) {
			t.Errorf("sum = %v", got)
		}
		if got := flat[float32](t, out[1]); !slices.Equal(got, []float32{4, 10, 18}) {
			t.Errorf("product = %v", got)
		}
	}
	if built != 1 {
		t.Errorf("built %d times for one list of shapes", built)
	}
}

func TestCacheLimit(t *testing.T) {
	e := open(t)
	var built int
	f := e.Func("sum and product", sumAndProduct(&built)).SetCache(2)
	for _, n := range []int{1, 2, 1, 3, 1, 2} { // 3 evicts 2, not 1; 2 is built again
		x := Fill(e, func([]float32) {}, n)
		if _, err := f.Call(x, x); err != nil {
			t.Fatal(err)
		}
	}
	if built != 4 || len(f.cache) != 2 {
		t.Errorf("built %d times, %d kept; want 4 and 2", built, len(f.cache))
	}
}

func TestBorder(t *testing.T) {
	e := open(t)
	cases := map[string]struct {
		build func(*graph.Graph, []*graph.Node) []*graph.Node
		want  string
	}{
		"shapes":  {func(_ *graph.Graph, in []*graph.Node) []*graph.Node { return []*graph.Node{graph.Add(in[0], in[1])} }, "compile shapes for (Float32)[2](Float32)[3]"},
		"text":    {func(*graph.Graph, []*graph.Node) []*graph.Node { panic("net: text") }, "net: text"},
		"runtime": {func(_ *graph.Graph, in []*graph.Node) []*graph.Node { return in[:9] }, "engine_test.go"},
		"none":    {func(*graph.Graph, []*graph.Node) []*graph.Node { return nil }, "no output"},
		"nil":     {func(*graph.Graph, []*graph.Node) []*graph.Node { return []*graph.Node{nil} }, "nil one"},
	}
	for name, c := range cases {
		_, err := e.Func(name, c.build).Call(New(e, []float32{1, 2}, 2), New(e, []float32{1, 2, 3}, 3))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v; want an error with %q", name, err, c.want)
		}
	}
}

func TestFinalizedInput(t *testing.T) {
	e := open(t)
	var built int
	x := New(e, []float32{1}, 1)
	Free(x, nil, x)
	_, err := e.Func("f", sumAndProduct(&built)).Call(x, x)
	if err == nil || !strings.Contains(err.Error(), "input 0 of 2") {
		t.Fatalf("got %v", err)
	}
}

// count is state -> state + in, and in squared.
func count(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	return []*graph.Node{graph.Add(in[0], in[2]), graph.Add(in[1], in[2]), graph.Mul(in[2], in[2])}
}

func TestUpdate(t *testing.T) {
	e := open(t)
	f := e.Func("count", count)
	state := []*tensors.Tensor{New(e, []float64{0, 10}, 2), New(e, []float64{100}, 1)}
	old := state[0]
	one := New(e, []float64{1}, 1)
	for range 3 {
		out, err := f.Update(state, one)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) != 1 || flat[float64](t, out[0])[0] != 1 {
			t.Fatalf("outputs %v", out)
		}
	}
	if got := flat[float64](t, state[0]); !slices.Equal(got, []float64{3, 13}) {
		t.Errorf("state 0 = %v", got)
	}
	if got := flat[float64](t, state[1]); !slices.Equal(got, []float64{103}) {
		t.Errorf("state 1 = %v", got)
	}
	if old.Ok() {
		t.Error("the donated tensor still holds memory")
	}
}

func TestUpdateRefusals(t *testing.T) {
	e := open(t)
	one := New(e, []float64{1}, 1)
	state := []*tensors.Tensor{one, New(e, []float64{1}, 1)}
	if _, err := e.Func("count", count).Update(state, one); err == nil || !strings.Contains(err.Error(), "donated") {
		t.Errorf("an input that is part of the state: got %v", err)
	}
	wide := New(e, []float64{1, 2}, 2)
	if _, err := e.Func("count", count).Update(state, wide); err == nil || !strings.Contains(err.Error(), "state 0 goes in as (Float64)[1]") {
		t.Errorf("a state that changes shape: got %v", err)
	}
	bad := e.Func("bad", func(*graph.Graph, []*graph.Node) []*graph.Node { panic("bad") })
	if _, err := bad.Update(state); err == nil {
		t.Error("a graph that does not build: no error")
	}
	if got := flat[float64](t, state[1]); !slices.Equal(got, []float64{1}) {
		t.Errorf("state after refusals = %v, want it as it was", got)
	}
}

func TestTensors(t *testing.T) {
	e := open(t)
	if s := Scalar(e, int64(7)); s.Rank() != 0 || tensors.ToScalar[int64](s) != 7 {
		t.Errorf("scalar = %v", s)
	}
	x := New(e, []bool{true, false, true, true}, 2, 2)
	Free(x)
	if got := flat[uint8](t, Fill(e, func(f []uint8) { f[1] = 3 }, 2, 2)); !slices.Equal(got, []uint8{0, 3, 0, 0}) {
		t.Errorf("fill = %v", got)
	}
	if got := flat[float32](t, Fill(e, func([]float32) {}, 0, 3)); len(got) != 0 {
		t.Errorf("empty = %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("3 values in a tensor of 4: no panic")
		}
	}()
	New(e, []float32{1, 2, 3}, 2, 2)
}

// TestUpdateInPlace: on simd the new state is in the old one's memory.
func TestUpdateInPlace(t *testing.T) {
	e := open(t)
	if !strings.HasPrefix(e.Config(), "simd") {
		t.Skipf("backend %s", e.Config())
	}
	address := func(x *tensors.Tensor) (p *float32) {
		if err := tensors.ConstFlatData(x, func(f []float32) { p = &f[0] }); err != nil {
			t.Fatal(err)
		}
		return p
	}
	f := e.Func("count", count)
	state := []*tensors.Tensor{New(e, make([]float32, 1000), 1000), New(e, []float32{1}, 1)}
	one := New(e, []float32{1}, 1)
	for range 3 {
		before := address(state[0])
		if _, err := f.Update(state, one); err != nil {
			t.Fatal(err)
		}
		if address(state[0]) != before {
			t.Error("the state has moved")
		}
	}
}

// TestConcurrentCalls calls one function from many goroutines, with more shapes than it keeps.
func TestConcurrentCalls(t *testing.T) {
	e := open(t)
	var built int
	f := e.Func("sum and product", sumAndProduct(&built)).SetCache(2)
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			for k := range 20 {
				n := 1 + (i+k)%5
				x := Fill(e, func(f []float32) { f[n-1] = float32(n) }, n)
				out, err := f.Call(x, x)
				if err != nil {
					return err
				}
				if got, err := tensors.CopyFlatData[float32](out[1]); err != nil || got[n-1] != float32(n*n) {
					return fmt.Errorf("product of %d = %v, %v", n, got, err)
				}
				Free(append(out, x)...)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// TestUpdateSwap: outputs that are donated inputs themselves, in other places, and twice.
func TestUpdateSwap(t *testing.T) {
	e := open(t)
	f := e.Func("swap", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{in[1], in[0], in[0], in[2], graph.Add(in[0], in[1])}
	})
	state, z := []*tensors.Tensor{New(e, []float32{1, 2}, 2), New(e, []float32{3, 4}, 2)}, New(e, []float32{5}, 1)
	for i := range 4 {
		out, err := f.Update(state, z)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Concat(flat[float32](t, state[0]), flat[float32](t, state[1]), flat[float32](t, out[0]),
			flat[float32](t, out[1]), flat[float32](t, out[2]), flat[float32](t, z))
		want := []float32{3, 4, 1, 2, 1, 2, 5, 4, 6, 5}
		if i%2 == 1 {
			want = []float32{1, 2, 3, 4, 3, 4, 5, 4, 6, 5}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("call %d: %v, want %v", i, got, want)
		}
	}
}

// An empty batch goes through a function: its results are empty, its sum is 0, and so is the sum's
// gradient.
func TestEmptyBatch(t *testing.T) {
	e := open(t)
	f := e.Func("empty", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		y := graph.Tanh(graph.Dot(in[0], in[1]))
		sum := graph.ReduceAllSum(y)
		return []*graph.Node{y, sum, graph.Gradient(sum, in[1])[0]}
	})
	defer f.Free()
	out, err := f.Call(New(e, []float32{}, 0, 3), New(e, make([]float32, 6), 3, 2))
	if err != nil {
		t.Fatal(err)
	}
	if got := flat[float32](t, out[0]); len(got) != 0 || !slices.Equal(out[0].Shape().Dimensions, []int{0, 2}) {
		t.Errorf("the result is %v of shape %v", got, out[0].Shape())
	}
	if sum, grad := flat[float32](t, out[1]), flat[float32](t, out[2]); sum[0] != 0 || !slices.Equal(grad, make([]float32, 6)) {
		t.Errorf("the sum is %v, its gradient %v", sum, grad)
	}
}
