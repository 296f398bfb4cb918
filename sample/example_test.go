package sample_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// A network that has learnt one picture, (0.5, -0.25), dreams it whatever the noise.
func ExampleSample() {
	type X = reverie.Batch[float64]
	p, err := reverie.NewDDPM(reverie.LinearBetas(300, 1e-4, 0.02))
	if err != nil {
		panic(err)
	}
	sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 1, Domain: random.Sampling}}
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

// A solver by its name, asked first whether it goes with the process. Its settings are its fields.
func ExampleNew() {
	solver, err := sample.New[reverie.Batch[float64]]("lecture-sde")
	fmt.Println(sample.Fits(solver, reverie.VP{}), err)
	fmt.Println(sample.Fits(sample.Heun[reverie.Batch[float64]]{Churn: 40}, reverie.VP{}))
	// Output:
	// lecture-sde walks every index of a DDPM, whose betas it reads, and this is reverie.VP: the nearest solver is reverse-diffusion <nil>
	// <nil>
}

// DDIM inversion: the noise from which (0.5, -0.25) would be sampled, and back. The data are N(0,
// 1/4), whose denoiser is exact.
func ExampleInvert() {
	type X = reverie.Batch[float64]
	p, sp := reverie.Flow{}, &reverie.Host[float64]{}
	run := &sample.Run[X]{Space: sp, Process: p, Denoiser: reverie.DenoiserFunc[X](func(_ context.Context, x X, t float64) (X, error) {
		c := p.At(t)
		return sp.Sum([]float64{c.Alpha / 4 / (c.Alpha*c.Alpha/4 + c.Sigma*c.Sigma)}, x), nil
	})}
	grid, err := sample.Linear(p, 2000)
	if err != nil {
		panic(err)
	}
	z, err := sample.Invert(context.Background(), run, sample.DDIM[X]{}, X{{0.5, -0.25}}, grid, nil)
	fmt.Printf("%.2f %v\n", z, err)
	x, err := sample.Sample(context.Background(), run, sample.DDIM[X]{}, z, grid, nil)
	fmt.Printf("%.2f %v\n", x, err)
	// Output:
	// [[1.00 -0.50]] <nil>
	// [[0.50 -0.25]] <nil>
}
