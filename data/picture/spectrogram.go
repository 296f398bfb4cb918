package picture

import (
	"image"
	"math"

	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/kind"
)

// dynamic is how many dB below the loudest number of a batch a spectrogram is dark.
const dynamic = 60

// spectrograms shows the loudness of each spectrum [bins,frames,2], 20 log10 |X|, over time from
// left to right and frequency upwards.
func spectrograms(x []float32, k kind.Kind) []image.Image {
	dB := make([]float64, len(x)/2)
	loudest := math.Inf(-1)
	for i := range dB {
		r := math.Hypot(float64(x[2*i]), float64(x[2*i+1])) / k.Spectrum.Scale
		if dB[i] = 20 / k.Spectrum.Power * math.Log10(r); !math.IsNaN(dB[i]) && !math.IsInf(dB[i], 1) {
			loudest = max(loudest, dB[i])
		}
	}
	imgs := make([]image.Image, len(x)/k.Size())
	for i := range imgs {
		img := image.NewNRGBA(image.Rect(0, 0, k.W, k.H))
		for b := range k.H {
			for f := range k.W {
				u := 1 + (dB[(i*k.H+b)*k.W+f]-loudest)/dynamic
				if !(u > 0) { // silence and what is no number, too
					u = 0
				}
				img.SetNRGBA(f, k.H-1-b, chart.Night(min(u, 1)))
			}
		}
		imgs[i] = img
	}
	return imgs
}
