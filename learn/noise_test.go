package learn_test

import (
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
)

// What a denoiser learns from is noised by the setup's law: of a network that predicts eps the
// target of sample i is that of the stream's i-th sample after the place's, whatever the batch, and
// the input alpha x0 + sigma eps.
func TestNoiseOfALaw(t *testing.T) {
	const h, w, c = 4, 8, 3
	e, m, size := testEngine(t), pointsNet(t, c, c), h*w*c
	for _, law := range append(noise.Noises.Rows(), nil) {
		o := reverie.Objective{Process: reverie.VP{BetaMin: 0.1, BetaMax: 20}, Param: reverie.Eps}
		how, err := learn.Denoising{}.Method(learn.Setup{Engine: e, Net: m, Objective: o, Kind: kind.OfImages(h, w, c), Noise: law})
		if err != nil {
			t.Fatal(err)
		}
		b := &data.Batch{Kind: kind.OfImages(h, w, c), N: 3, X: make([]float32, 3*size)}
		at := learn.Place{Step: 5, Noise: random.Stream{Seed: 2, Domain: random.Training, Sample: 7, Step: 5}, Times: random.Stream{Seed: 2, Domain: random.Times, Step: 5}}
		in, times, err := how.Inputs(b, at)
		if err != nil {
			t.Fatal(err)
		}
		x, target := tensors.MustCopyFlatData[float32](in[0]), tensors.MustCopyFlatData[float32](in[2])
		for n := range 3 {
			sigma := reverie.At(o.Process, times[n]).Sigma
			for i, want := range noise.Single(law, at.Noise.Plus(n), size, h, w, c) {
				if got := target[n*size+i]; got != want {
					t.Fatalf("%s: number %d of the noise of sample %d is %v, want %v", noise.Name(law), i, n, got, want)
				}
				near(t, noise.Name(law)+": the input", float64(x[n*size+i]), sigma*float64(want), 1e-5)
			}
		}
	}
}
