package engine_test

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
)

func ExampleEngine_Func() {
	e, err := engine.Open("simd:threads=1")
	if err != nil {
		panic(err)
	}
	defer e.Close()
	affine := e.Func("affine", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		w, b, x := in[0], in[1], in[2]
		return []*graph.Node{graph.Add(graph.Dot(w, x), b)}
	})
	w := engine.New(e, []float32{1, 2, 3, 4}, 2, 2)
	b := engine.New(e, []float32{10, 20}, 2)
	y, err := affine.Call1(w, b, engine.New(e, []float32{1, -1}, 2))
	fmt.Println(y.Value(), err)
	// Output: [9 19] <nil>
}

// Gradient descent on (x - 3)^2: the state is donated, so that its memory is used again.
func ExampleFunc_Update() {
	e, err := engine.Open("simd:threads=1")
	if err != nil {
		panic(err)
	}
	defer e.Close()
	step := e.Func("step", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		x, rate := in[0], in[1]
		loss := graph.ReduceAllSum(graph.Square(graph.AddScalar(x, -3)))
		dx := graph.Gradient(loss, x)[0]
		return []*graph.Node{graph.Sub(x, graph.Mul(rate, dx)), loss}
	})
	state, rate := []*tensors.Tensor{engine.New(e, []float64{0, 7}, 2)}, engine.Scalar(e, 0.25)
	for range 3 {
		out, err := step.Update(state, rate)
		if err != nil {
			panic(err)
		}
		fmt.Println("loss", out[0].Value(), "x", state[0].Value())
	}
	// Output:
	// loss 25 x [1.5 5]
	// loss 6.25 x [2.25 4]
	// loss 1.5625 x [2.625 3.5]
}

func ExampleSpace() {
	e, err := engine.Open("simd:threads=1")
	if err != nil {
		panic(err)
	}
	defer e.Close()
	space := e.Space(random.Stream{Seed: 1})
	x := engine.New(e, []float32{1, 2, 3, 4}, 2, 2) // two samples of two numbers
	y := engine.New(e, []float32{1, 1, 1, 1}, 2, 2)
	fmt.Println(space.Sum([]float64{2, -1}, x, y).Value())
	fmt.Println(space.SumEach([][]float64{{1, 10}, {0, 0.5}}, x, y).Value())
	fmt.Println(space.Norm(x))
	// Output:
	// [[1 3] [5 7]]
	// [[1 2] [30.5 40.5]]
	// [2.23606797749979 5]
}
