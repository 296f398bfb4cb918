package random_test

import (
	"fmt"

	"github.com/reverie-go/reverie/random"
)

// A stream's numbers depend on its name alone.
func ExampleStream() {
	z := make([]float32, 3)
	random.Stream{Seed: 42, Domain: random.Sampling, Sample: 7, Step: 1}.Normal32(z)
	fmt.Println(z)
	// Output: [-0.028016297 -0.041802034 -0.19255522]
}
