package score

import (
	"testing"

	"github.com/reverie-go/reverie/random"
)

// large returns n images of 256 x 256, of which half have a lesion of 32 x 32 that is brighter by
// one deviation of the noise.
func large(n int) []Image {
	images := make([]Image, n)
	for i := range images {
		z := make([]float32, 256*256)
		random.Stream{Sample: uint64(i)}.Normal32(z)
		images[i] = Image{H: 256, W: 256, Map: z}
		if i%2 > 0 {
			images[i].Mask = make([]bool, len(z))
			for p := range z {
				if p/256 < 32 && p%256 < 32 {
					images[i].Mask[p] = true
					z[p]++
				}
			}
		}
	}
	return images
}

// New, the order and a metric; the findings of FROC; and eight replicates of an interval.
func BenchmarkSet(b *testing.B) {
	images := large(100)
	size := int64(len(images) * 256 * 256)
	s, err := New(images)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("order", func(b *testing.B) {
		b.SetBytes(size) // MB/s are millions of pixels a second
		for b.Loop() {
			s.sorted()
		}
	})
	b.Run("findings", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			s.found()
		}
	})
	r := Bootstrap{}.draw(0, len(images))
	for _, m := range []Metric{AUPRC(), AUROC(), OracleDice(), AUPRO(.3), FROC()} {
		b.Run(m.Name, func(b *testing.B) {
			b.SetBytes(size)
			f := m.of(s)
			for b.Loop() {
				f(r)
			}
		})
	}
}
