package picture

import (
	"image/color"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// Channels that are no colours are shown side by side, each grey from its least to its most number.
func TestPanels(t *testing.T) {
	k := kind.OfFields(1, 2, 2)
	imgs := Each([]float32{0, -5, 10, 5, 20, 5, 10, 5}, k) // channel 0: 0, 10 | 20, 10; channel 1: -5, 5 | 5, 5
	if len(imgs) != 2 {
		t.Fatalf("%d pictures of 2 fields", len(imgs))
	}
	want := [][]uint8{{0, 128, 255, 0, 255}, {255, 128, 255, 255, 255}} // the two channels with a border between
	for i, img := range imgs {
		b := img.Bounds()
		if b.Dx() != 5 || b.Dy() != 1 {
			t.Fatalf("%v", b)
		}
		for x, v := range want[i] {
			if got := color.GrayModel.Convert(img.At(b.Min.X+x, b.Min.Y)).(color.Gray).Y; got != v {
				t.Errorf("field %d, column %d: %d, want %d", i, x, got, v)
			}
		}
	}
	if s := Sheet(make([]float32, 8), k, Layout{}).Bounds(); s.Empty() {
		t.Error("a sheet of constant fields is empty")
	}
	if a, b := One([]float32{-1, 1}, kind.OfImages(1, 2, 1)), FromFloat([]float32{-1, 1}, 1, 2, 1); a.At(1, 0) != b.At(1, 0) {
		t.Error("an image is not shown as it is")
	}
}
