package score_test

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/app/speech/score"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/data/sound/stft"
	"github.com/reverie-go/reverie/random"
)

// Speech, here a tone, is mixed with noise at 5 dB and made clean by the best of all masks, which
// knows both.
func Example() {
	s, n := make([]float64, 8000), make([]float64, 20000)
	for i := range s {
		s[i] = 0.3 * math.Sin(2*math.Pi*440*float64(i)/8000)
	}
	random.Stream{Seed: 1, Domain: 200}.Normal(n)
	m, err := mix.Draw(s, n, 5, random.Stream{Seed: 2, Domain: 200})
	if err != nil {
		fmt.Println(err)
	}
	t, err := stft.New(254, 64, stft.Hann)
	if err != nil {
		fmt.Println(err)
	}
	spectra := make([][]complex128, 3)
	for i, x := range [][]float64{s, m.Noise, m.Noisy} {
		if spectra[i], err = t.Forward(x); err != nil {
			fmt.Println(err)
		}
	}
	power := func(x complex128) float64 { return real(x)*real(x) + imag(x)*imag(x) }
	for i, x := range spectra[2] {
		p, q := power(spectra[0][i]), power(spectra[1][i])
		spectra[2][i] = x * complex(p/(p+q), 0)
	}
	clean, err := t.Inverse(spectra[2], len(s))
	if err != nil {
		fmt.Println(err)
	}
	before, err := score.SISDR(s, m.Noisy)
	if err != nil {
		fmt.Println(err)
	}
	after, err := score.SISDR(s, clean)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.1f dB, then %.1f dB\n", before, after)
	// Output: 5.0 dB, then 21.9 dB
}
