package picture

import (
	"image/color"
	"math"
	"testing"

	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/kind"
)

// A spectrogram has time to the right, frequency upwards and 60 dB between the loudest number and
// the dark.
func TestSpectrograms(t *testing.T) {
	k := kind.OfSpectra(4, 3, kind.Spectrum{Rate: 8000, Hop: 2, Power: .5, Scale: .33})
	x := make([]float32, 2*k.Size())
	set := func(i, bin, frame int, dB float64) {
		x[i*k.Size()+(bin*3+frame)*2+1] = float32(-.33 * math.Pow(10, dB/20*.5))
	}
	set(0, 0, 0, 20)
	set(0, 1, 2, -10)
	set(1, 3, 1, -50)
	x[k.Size()] = float32(math.NaN())
	imgs := Each(x, k)
	dark := chart.Night(0)
	for _, c := range []struct {
		i, x, y int
		want    color.NRGBA
	}{
		{0, 0, 3, chart.Night(1)}, {0, 2, 2, chart.Night(.5)}, {0, 1, 1, dark}, {1, 1, 0, dark}, {1, 0, 3, dark},
	} {
		got := color.NRGBAModel.Convert(imgs[c.i].At(c.x, c.y)).(color.NRGBA)
		if d := math.Abs(float64(got.R)-float64(c.want.R)) + math.Abs(float64(got.G)-float64(c.want.G)); d > 3 {
			t.Errorf("spectrum %d at %d,%d is %v, want %v", c.i, c.x, c.y, got, c.want)
		}
	}
	if b := One(x[:k.Size()], k).Bounds(); b.Dx() != 3 || b.Dy() != 4 {
		t.Errorf("a picture of %v", b)
	}
}
