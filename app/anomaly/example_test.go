package anomaly_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// Healthy pairs of numbers are alike, to a tenth. Of a pair that is not, both numbers are as odd;
// of one that is large, but alike, neither is.
func Example() {
	law, _ := mixture.New(nil, [][]float64{{0, 0}}, []mixture.Cov{{Full: [][]float64{{1, 0.995}, {0.995, 1}}}})
	p := reverie.EDM{}
	grid, _ := sample.Grid("logsnr", p, 40)
	setup := anomaly.Setup[reverie.Batch[float64]]{
		Run:    &sample.Run[reverie.Batch[float64]]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: law.Denoiser(p)},
		Solver: &sample.DPM2M[reverie.Batch[float64]]{}, Grid: grid,
	}
	method := &anomaly.OneStep[reverie.Batch[float64]]{High: 0.5, Low: 0.25, Repeat: 50}
	found, err := method.Find(context.Background(), setup, reverie.Batch[float64]{{0.5, -0.5}, {1, 1}})
	fmt.Printf("%.1f %.1f %v\n", found.Map[0], found.Map[1], err)
	// Output: [0.5 0.5] [0.1 0.1] <nil>
}
