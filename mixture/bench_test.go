package mixture_test

import (
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

func BenchmarkDenoise(b *testing.B) {
	for _, name := range []string{"two-modes", "8gaussians", "gaussian-64", "mixture-64"} {
		b.Run(name, func(b *testing.B) {
			m, p := named(name), reverie.VP{}
			x := m.At(p.At(0.5)).Sample(random.Stream{Seed: 1, Domain: 128}, 1000)
			d := m.Denoiser(p)
			for b.Loop() {
				if _, err := reverie.Denoise(b.Context(), d, x, 0.5); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
