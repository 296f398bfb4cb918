package edit_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// Of two numbers that agree to a tenth the first is known: the second is drawn near it.
func Example() {
	law, _ := mixture.New(nil, [][]float64{{0, 0}}, []mixture.Cov{{Full: [][]float64{{1, 0.99}, {0.99, 1}}}})
	p := reverie.VP{}
	space := &reverie.Host[float64]{}
	first, _ := edit.Operators.Find("mask")
	known, _ := first.Of(edit.Shape{H: 1, W: 2, C: 1}, []bool{true, false})
	grid, _ := sample.Grid("logsnr", p, 20)
	clamp, _ := sample.Clamps.Find("none")
	y := reverie.Batch[float64]{{1.5, 0}}
	problem := edit.Problem[reverie.Batch[float64]]{
		Run:    &sample.Run[reverie.Batch[float64]]{Space: space, Process: p, Denoiser: law.Denoiser(p)},
		Solver: &sample.DPM2M[reverie.Batch[float64]]{}, Grid: grid, Clamp: clamp,
		A: edit.Lift(space, known, y, y), Y: y,
	}
	method := &edit.MMPS[reverie.Batch[float64]]{Noise: edit.Noise{Sigma: 0.01}, Rounds: 5}
	drawn, err := method.Draw(context.Background(), problem, space.Noise(y))
	fmt.Printf("%.1f %v\n", drawn.X[0], err)
	// Output: [1.5 1.4] <nil>
}
