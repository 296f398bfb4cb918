package score

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// The threshold of a false-positive rate marks at most the share, and a lower one, at the next
// smaller number, more than that.
func TestFalsePositiveThreshold(t *testing.T) {
	z, maps := make([]float32, 500), [][]float32{}
	random.Stream{Seed: 1}.Normal32(z)
	for i := range z {
		if i%2 == 0 {
			z[i] = float32(math.Round(float64(z[i]))) // ties, 0 and -0 among them
		}
	}
	maps = append(maps, z[:100], z[100:])
	above := func(t float64) (n float64) {
		for _, v := range z {
			if float64(v) > t {
				n++
			}
		}
		return n / 500
	}
	sorted := slices.Sorted(slices.Values(z))
	for _, share := range []float64{0, .001, .01, .1, .5, .998, .9999} {
		at, err := FalsePositiveThreshold(share, maps...)
		if err != nil {
			t.Fatal(err)
		}
		if above(at) > share {
			t.Errorf("share %v: %v is marked above %v", share, above(at), at)
		}
		if i, ok := slices.BinarySearch(sorted, float32(at)); !ok {
			t.Errorf("share %v: threshold %v is none of the numbers", share, at)
		} else if i > 0 && above(float64(sorted[i-1])) <= share {
			t.Errorf("share %v: %v is lower than %v and marks %v", share, sorted[i-1], at, above(float64(sorted[i-1])))
		}
	}
}

// The n-th number by counting is the n-th of the sorted ones, and the integers that sort numbers
// lead back to them.
func TestNthLargest(t *testing.T) {
	z := make([]float32, 300)
	random.Stream{Seed: 3}.Normal32(z)
	z = append(z, 0, float32(math.Copysign(0, -1)), math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, z[0], z[1])
	sorted := slices.Sorted(slices.Values(z))
	slices.Reverse(sorted)
	for n, want := range sorted {
		if got := nthLargest(n, [][]float32{z[:7], z[7:]}); got != want {
			t.Errorf("number %d is %v, want %v", n, got, want)
		}
		if n > 0 && (descending(sorted[n-1]) < descending(want)) != (sorted[n-1] > want) {
			t.Errorf("%v before %v", sorted[n-1], want)
		}
	}
}

// Two clusters are parted between them, by whatever unequal sizes.
func TestOtsuPartsClusters(t *testing.T) {
	z := make([]float32, 400)
	random.Stream{Seed: 4}.Normal32(z)
	for i := range z {
		z[i] /= 8
		if i%10 == 0 {
			z[i] += 10
		}
	}
	at, err := Otsu(z[:30], z[30:])
	if err != nil || at < 0 || at > 5 {
		t.Errorf("threshold %v, %v", at, err)
	}
}

func TestTopMean(t *testing.T) {
	m := []float32{1, 5, 2, 4, 3}
	for share, want := range map[float64]float64{0: 5, .2: 5, .3: 4.5, .4: 4.5, 1: 3} {
		if got, err := TopMean(m, share); err != nil || got != want {
			t.Errorf("share %v: %v, %v, want %v", share, got, err, want)
		}
	}
}

func TestRounded(t *testing.T) {
	if got := Rounded([]float64{.1, 1, -3}); !slices.Equal(got, []float32{.1, 1, -3}) {
		t.Errorf("%v", got)
	}
}

func TestSizeBounds(t *testing.T) {
	var images []Image
	for _, area := range []int{3, 1, 2, 1, 8, 5, 4, 1, 1} {
		m := Image{H: 1, W: 10, Map: make([]float32, 10), Mask: make([]bool, 10)}
		for p := range area {
			m.Mask[p] = true
		}
		images = append(images, m)
	}
	s := set(t, images)
	for parts, want := range map[int][]int{1: nil, 2: {2}, 3: {4}, 9: {2, 3, 4, 5, 8}} {
		bounds := s.SizeBounds(parts)
		if !slices.Equal(bounds, want) {
			t.Errorf("bounds of %d parts: %v, want %v", parts, bounds, want)
		}
		of, err := s.BySize(bounds...)
		if err != nil {
			t.Fatal(err)
		}
		lesions := 0
		for _, p := range of {
			lesions += p.Lesions()
			if p.Lesions() == 0 {
				t.Errorf("no lesion of %s", p.Size())
			}
		}
		if lesions != 9 {
			t.Errorf("%d lesions in all parts", lesions)
		}
	}
	parts, err := s.BySize(2, 5)
	if err != nil || parts[0].Size() != "under 2" || parts[1].Size() != "2 to 4" || parts[2].Size() != "5 and more" || s.Size() != "all" {
		t.Errorf("%v, %v", parts, err)
	}
}
