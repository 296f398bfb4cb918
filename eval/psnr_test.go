package eval

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// An error of 2/255 in each number, a level of 255, is 48.13 dB, as everyone has it of 8 bits; half
// of the numbers off by that 3.01 more; equal images have 100; and the mean of errors counts, not
// that of an image's decibels.
func TestPSNR(t *testing.T) {
	k := kind.OfImages(2, 2, 1)
	y := Images{Kind: k, N: 3, Pix: make([]float32, 12)}
	x := Images{Kind: k, N: 3, Pix: make([]float32, 12)}
	const level = 2.0 / 255
	for i := range 4 {
		x.Pix[i] = level
	}
	x.Pix[4], x.Pix[6] = level, -level
	got, err := PSNR(x, y)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{48.1308, 48.1308 + 3.0103, 100} {
		if math.Abs(got[i]-want) > 1e-3 {
			t.Errorf("image %d: %v dB, want %v", i, got[i], want)
		}
	}
	if _, err := PSNR(x, Images{Kind: k, N: 2, Pix: make([]float32, 8)}); err == nil {
		t.Error("three images beside two")
	}
	if _, err := PSNR(x, Images{Kind: kind.OfImages(1, 4, 1), N: 3, Pix: make([]float32, 12)}); err == nil {
		t.Error("images of other shapes")
	}
}
