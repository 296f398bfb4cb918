package recordings

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound/mix"
)

// Tests are of held-out recordings that last, in held-out noise at each ratio, always the same.
func TestEachTest(t *testing.T) {
	clean, noises := t.TempDir(), t.TempDir()
	for i := range 12 {
		write(t, clean, fmt.Sprintf("%02d.wav", i), 1000, tone(1100, float64(20+30*i)))
		write(t, noises, fmt.Sprintf("%02d.wav", i), 1000, noise(700, uint64(i)))
	}
	write(t, clean, "short.wav", 1000, tone(900, 10))
	o := Options{Kind: form, Mix: []string{noises}, Ratios: mix.Decibels{Lo: -5, Hi: 15}, Val: .4, Seed: 3}
	s, _, _, err := open(t.Context(), []string{clean}, o)
	if err != nil {
		t.Fatal(err)
	}
	side := map[string]bool{}
	for _, list := range [][]*recording{s.clean, s.noises[0], s.noises[1]} {
		for _, r := range list {
			side[r.Path] = data.HeldOut(r.hash, .4)
		}
	}
	tests := func(all bool, most int) (list []Test) {
		t.Helper()
		if err := EachTest(t.Context(), []string{clean}, o, all, []float64{-5, 10}, most, func(x Test) error {
			list = append(list, x)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return list
	}
	held := tests(false, 100)
	for i, x := range held {
		if !side[x.Path] || !side[x.Noise] || x.SNR != []float64{-5, 10}[i%2] {
			t.Errorf("%s in %s at %v dB", x.Path, x.Noise, x.SNR)
		}
		ss, nn := 0., 0.
		for k := range x.Clean {
			d := x.Noisy[k] - x.Clean[k]
			ss, nn = ss+x.Clean[k]*x.Clean[k], nn+d*d
		}
		if dB := 10 * math.Log10(ss/nn); math.Abs(dB-x.SNR) > 1e-6 || len(x.Clean) != 1100 {
			t.Errorf("%v dB of %d samples, want %v", dB, len(x.Clean), x.SNR)
		}
	}
	if all := tests(true, 100); len(all) != 24 || len(held) == 0 || len(held) >= 24 {
		t.Errorf("%d tests, %d of held-out recordings", len(all), len(held))
	}
	if a, b := tests(false, 2), tests(false, 2); len(a) != 4 || fmt.Sprint(a[1].Noisy) != fmt.Sprint(b[1].Noisy) {
		t.Error("tests are not repeated")
	}
	pairs := o
	pairs.Mix, pairs.Noisy = nil, []string{clean}
	n := 0
	if err := EachTest(t.Context(), []string{clean}, pairs, true, nil, 100, func(x Test) error {
		if n++; x.Noise != "" || fmt.Sprint(x.Noisy) != fmt.Sprint(x.Clean) {
			t.Errorf("%s is no pair with itself", x.Path)
		}
		return nil
	}); err != nil || n != 12 {
		t.Errorf("%d pairs, %v", n, err)
	}
	for want, c := range map[string]Options{"no pairs": {Kind: form}, "lasts for 1 s": {Kind: form, Mix: []string{noises}, Ratios: o.Ratios}} {
		if err := EachTest(t.Context(), []string{filepath.Join(clean, "short.wav")}, c, true, nil, 3, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
