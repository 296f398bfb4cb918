package mixture_test

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
)

// The exact denoiser goes from mode to mode as the noise falls.
func Example() {
	m, _ := mixture.New(nil, [][]float64{{-1}, {1}}, []mixture.Cov{{Var: 0.01}})
	for _, s := range []float64{2, 1, 0.5} {
		fmt.Printf("%.3f\n", m.Denoise(reverie.Coef{Alpha: 1, Sigma: s}, []float64{0.3}))
	}
	// Output:
	// [0.075]
	// [0.289]
	// [0.799]
}
