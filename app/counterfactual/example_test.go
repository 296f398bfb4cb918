package counterfactual_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

type batch = reverie.Batch[float64]

// posterior is the classifier of a mixture that makes no mistake.
type posterior struct{ m *mixture.Mixture }

func (p posterior) LogProbabilities(_ context.Context, x batch) (all [][]float64, err error) {
	for _, row := range x {
		all = append(all, p.m.ClassPosterior(row))
	}
	return all, nil
}

func (p posterior) Gradient(_ context.Context, x batch, class []int) (g batch, err error) {
	for n, row := range x {
		g = append(g, p.m.ClassScore(class[n], row))
	}
	return g, nil
}

// Two classes differ in the first of two numbers: that is what changes in a point of the first
// class until it is taken for one of the second.
func Example() {
	law, err := mixture.New(nil, [][]float64{{-1, 0}, {1, 0}}, []mixture.Cov{{Var: 0.3}})
	if err == nil {
		law, err = law.WithClasses([]int{0, 1})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	p := reverie.VP{}
	grid, err := sample.Grid("logsnr", p, 30)
	if err != nil {
		fmt.Println(err)
		return
	}
	method, err := counterfactual.For[batch](counterfactual.Methods.Rows()[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := counterfactual.Explain(context.Background(), method, counterfactual.Problem[batch]{
		Run: func() (*sample.Run[batch], error) {
			space := &reverie.Host[float64]{Stream: random.Stream{Seed: 1}}
			return &sample.Run[batch]{Space: space, Process: p, Denoiser: law.Denoiser(p)}, nil
		},
		Solver: &sample.DDIM[batch]{}, Grid: grid, Shape: edit.Shape{H: 1, W: 1, C: 2},
		Classifier: posterior{law}, X: batch{{-1, 0.5}}, Target: []int{1},
	}, counterfactual.DefaultSearch)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f, flipped %v: p(1) was %.3f, is %.3f\n", e.X[0], e.Flipped[0], e.Before[0][1], e.After[0][1])
	// Output: [1.0 0.5], flipped true: p(1) was 0.001, is 0.998
}
