package reverie_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
)

// The three formulations are one: what a network predicts as noise is, up to a factor, the score.
func ExampleConvert() {
	c := reverie.VP{}.At(0.5)
	x, _, f := reverie.Convert(c, reverie.Eps, reverie.Score)
	fmt.Printf("score = %.0f x %+.4f eps; -1/sigma = %.4f\n", x, f, -1/c.Sigma)
	// Output: score = 0 x -1.0420 eps; -1/sigma = -1.0420
}

// One step of DDIM on rectified flow is Euler's method on the velocity.
func ExampleMove() {
	p := reverie.Flow{}
	m := reverie.Move(p.At(0.8), p.At(0.6), 0)
	x, x0 := 1.0, 0.5
	fmt.Printf("%.4f %.4f\n", m.X*x+m.X0*x0, x+(0.6-0.8)*(x-x0)/0.8)
	// Output: 0.8750 0.8750
}

// The lecture's chain ends at sqrt(abar) = .219: there is some signal left at its noisiest index.
func ExampleNewDDPM() {
	p, err := reverie.NewDDPM(reverie.LinearBetas(300, 1e-4, 0.02))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", p.At(299).Alpha)
	// Output: 0.219
}

// A network trained on DDPM's chain denoises on EDM's scale: at sigma = 1 it is shown the input
// over sqrt(2), and an index between two of its own.
func ExampleTransfer() {
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		panic(err)
	}
	net := func(_ context.Context, x reverie.Batch[float64], cond float64) (reverie.Batch[float64], error) {
		fmt.Printf("x = %.4f at index %.2f\n", x[0][0], cond)
		return x, nil
	}
	sp := &reverie.Host[float64]{}
	d := reverie.Transfer(sp, chain, reverie.EDM{}, reverie.Wrap(sp, chain, reverie.Eps, net))
	if _, err := reverie.Denoise(context.Background(), d, reverie.Batch[float64]{{1}}, 1); err != nil {
		panic(err)
	}
	// EDM's own span begins below the least noise that the chain has seen.
	part, err := reverie.Within(reverie.EDM{}, chain)
	if err != nil {
		panic(err)
	}
	lo, hi := part.Span()
	fmt.Printf("sigma from %.4f to %.1f\n", lo, hi)
	// Output:
	// x = 0.7071 at index 258.09
	// sigma from 0.0100 to 80.0
}

// Minibatch optimal transport: every sample of noise goes to the data that the batch as a whole has
// nearest.
func ExampleCouple() {
	data := reverie.Batch[float64]{{-1, 0}, {1, 0}, {0, 2}}
	noise := reverie.Batch[float64]{{0.2, 1.1}, {-0.7, -0.4}, {0.9, 0.3}}
	order := reverie.Couple(data, noise)
	fmt.Println(order)
	// Output: [1 2 0]
}

// EDM's preconditioning: near the data the input is the answer, far from it the output is.
func ExampleEDMParam() {
	for _, sigma := range []float64{0.01, 0.5, 50} {
		skip, _, out, in := reverie.EDMParam(0.5)(reverie.EDM{}.At(sigma))
		fmt.Printf("%5.2f: x0hat = %.4f x + %.4f F(%.4f x)\n", sigma, skip, out, in)
	}
	// Output:
	//  0.01: x0hat = 0.9996 x + 0.0100 F(1.9996 x)
	//  0.50: x0hat = 0.5000 x + 0.3536 F(1.4142 x)
	// 50.00: x0hat = 0.0001 x + 0.5000 F(0.0200 x)
}
