package reverie_test

import (
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

// A stream's numbers depend on its name alone.
func ExampleStream() {
	z := make([]float32, 3)
	reverie.Stream{Seed: 42, Domain: reverie.Sampling, Sample: 7, Step: 1}.Normal32(z)
	fmt.Println(z)
	// Output: [-0.028016297 -0.041802034 -0.19255522]
}
