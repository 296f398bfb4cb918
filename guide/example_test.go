package guide_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

type batch = reverie.Batch[float64]

// Two points are drawn to the right one of two Gaussians: not at all, as the class has them, and
// harder than that.
func ExampleClassifierFree() {
	ctx, sp, p := context.Background(), &reverie.Host[float64]{}, reverie.VP{}
	m, err := mixture.New(nil, [][]float64{{-1}, {1}}, []mixture.Cov{{Var: 0.3}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, gamma := range []float64{0, 1, 3} {
		var d reverie.Denoiser[batch] = m.Denoiser(p)
		d = guide.ClassifierFree(sp, d, reverie.NullClass, guide.Linear(sp, gamma))
		d = reverie.OfClass(d, []int{1, 1})
		grid, err := sample.Grid("logsnr", p, 30)
		if err != nil {
			fmt.Println(err)
			return
		}
		run := &sample.Run[batch]{Space: sp, Process: p, Denoiser: d}
		x, err := sample.Sample(ctx, run, &sample.DPM2M[batch]{}, batch{{-0.5}, {0.5}}, grid, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("gamma %v: %.2f\n", gamma, x)
	}
	// Output:
	// gamma 0: [[-0.84] [0.84]]
	// gamma 1: [[0.72] [1.27]]
	// gamma 3: [[1.34] [1.70]]
}

// A guide of one's own is a function: here one that draws x0hat a tenth of the way to 0.
func Example() {
	sp, p := &reverie.Host[float64]{}, reverie.VP{}
	towards := func(d reverie.Denoiser[batch], share float64) reverie.Denoiser[batch] {
		draw := func(x batch) batch { return sp.Sum([]float64{1 - share}, x) }
		return reverie.Map(d, draw, func(_, u batch) batch { return draw(u) })
	}
	m, err := mixture.Named("gaussian")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range []reverie.Denoiser[batch]{m.Denoiser(p), towards(m.Denoiser(p), 0.1)} {
		x0, err := reverie.Denoise(context.Background(), d, batch{{1}}, 0.5)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f\n", x0)
	}
	// Output:
	// [[0.623]]
	// [[0.561]]
}
