package sample_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// A network that has learnt one picture, (0.5, -0.25), dreams it whatever the noise.
func ExampleSample() {
	type X = reverie.Batch[float64]
	p, err := reverie.NewDDPM(reverie.LinearBetas(300, 1e-4, 0.02))
	if err != nil {
		panic(err)
	}
	sp := &reverie.Host[float64]{Stream: reverie.Stream{Seed: 1, Domain: reverie.Sampling}}
	picture := X{{0.5, -0.25}}
	net := func(_ context.Context, x X, t float64) (X, error) { // predicts eps, as a U-Net would
		cx, c0, _ := p.At(t).Eps()
		return sp.Sum([]float64{cx, c0}, x, picture), nil
	}
	run := &sample.Run[X]{Space: sp, Process: p, Denoiser: reverie.Wrap(sp, p, reverie.Eps, net)}
	grid, err := sample.Linear(p, 10)
	if err != nil {
		panic(err)
	}
	x, err := sample.Sample(context.Background(), run, sample.DDPM[X]{}, run.Prior(reverie.NewBatch[float64](1, 2)), grid, nil)
	fmt.Printf("%.4f %v\n", x, err)
	// Output: [[0.5000 -0.2500]] <nil>
}

// Any number of steps out of a chain's 300; the last one goes to Clean, the data.
func ExampleLinear() {
	p, err := reverie.NewDDPM(reverie.LinearBetas(300, 1e-4, 0.02))
	if err != nil {
		panic(err)
	}
	fmt.Println(sample.Linear(p, 4))
	fmt.Println(sample.Trailing(p, 4))
	// Output:
	// [299 199 100 0 -1] <nil>
	// [299 224 149 74 -1] <nil>
}
