package train

import (
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
)

// TestOpenCoded: without names it is the run's own data, other images come in the size asked for,
// and an autoencoder without a run has none of its own.
func TestOpenCoded(t *testing.T) {
	tr := start(t, tinyVAE(images(t, 6, 8), "vae"))
	defer closed(t, tr)
	a := tr.autoencoder()
	defer a.Close()
	if _, err := OpenCoded(t.Context(), a, Coded{}); err == nil || !strings.Contains(err.Error(), "give DATA") {
		t.Errorf("without a run: %v", err)
	}
	a.Found.Run = tr.Dir
	open := func(o Coded) *data.Set {
		set, err := OpenCoded(t.Context(), a, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		return set
	}
	if own := open(Coded{Size: data.Size{H: 8, W: 8}}); own.Fingerprint() != tr.images.Fingerprint() || own.Val().Len() != tr.heldOut.Len() {
		t.Errorf("the run's own: %v", own)
	}
	read := 0
	other := open(Coded{Names: []string{images(t, 3, 5)}, Size: data.Size{H: 4, W: 6}, Progress: func(done, _ int) { read = max(read, done) }})
	if h, w, c := other.Shape(); !slices.Equal([]int{other.Len(), h, w, c, read}, []int{3, 4, 6, 3, 3}) {
		t.Errorf("others: %v, %d read", other, read)
	}
	if _, err := OpenCoded(t.Context(), a, Coded{Names: []string{images(t, 2, 9)}, Size: data.Size{H: 8, W: 8}, MaxPixels: 80}); err == nil || !strings.Contains(err.Error(), "81 pixels") {
		t.Errorf("images of 81 pixels: %v", err)
	}
}
