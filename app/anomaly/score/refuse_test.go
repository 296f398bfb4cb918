package score

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// gray is an image of 2 x 2 with what is changed of it.
func gray(change func(m *Image)) []Image {
	m := Image{H: 2, W: 2, Map: []float32{1, 2, 3, 4}, Mask: []bool{false, false, false, true}}
	change(&m)
	return []Image{{H: 1, W: 1, Map: []float32{0}}, m}
}

// What is no map, or not of one size with its mask, is refused by what it says.
func TestRefusedImages(t *testing.T) {
	nan := math.NaN()
	for want, images := range map[string][]Image{
		"no images":                 nil,
		"expected at least 1 x 1":   gray(func(m *Image) { m.H, m.Map, m.Mask = 0, nil, nil }),
		"image 1: the map has 3":    gray(func(m *Image) { m.Map = m.Map[:3] }),
		"the mask has 3 pixels":     gray(func(m *Image) { m.Mask = m.Mask[:3] }),
		"the mask has 0 pixels":     gray(func(m *Image) { m.Mask = m.Mask[:0] }),
		"the map's number 2 is NaN": gray(func(m *Image) { m.Map[2] = float32(nan) }),
		"number 0 is +Inf":          gray(func(m *Image) { m.Map[0] = float32(math.Inf(1)) }),
		"its score is NaN":          gray(func(m *Image) { m.Score = &nan }),
	} {
		if _, err := New(images); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %q", err, want)
		}
	}
	large := make([]Image, 1<<12+1)
	for i := range large {
		large[i].Map = make([]float32, 0)
	}
	large[3].Map = make([]float32, 1<<18)
	if _, err := New(large); err == nil || !strings.Contains(err.Error(), "at most 1073741824") {
		t.Errorf("too many pixels: %v", err)
	}
}

// undefined are the metrics that a set lacks, of those of fast.
func undefined(t *testing.T, s *Set) (names []string) {
	t.Helper()
	for name, m := range fast(0, .3) {
		if _, err := s.Measure(m); errors.Is(err, ErrUndefined) {
			names = append(names, name)
		} else if err != nil {
			t.Error(err)
		}
	}
	return names
}

// What a set lacks is said by the metrics that need it, and by no others.
func TestDegenerateSets(t *testing.T) {
	all := []bool{true, true, true, true}
	for name, v := range map[string]struct {
		images []Image
		lacks  string
	}{
		"no lesions":       {gray(func(m *Image) { m.Mask = nil }), "AUPRC, AUROC, image AUROC, oracle's Dice, AUPRO, Dice, mean Dice, FROC, found"},
		"empty mask":       {gray(func(m *Image) { m.Mask = make([]bool, 4) }), "AUPRC, AUROC, image AUROC, oracle's Dice, AUPRO, Dice, mean Dice, FROC, found"},
		"no normal image":  {gray(func(m *Image) {})[1:], "image AUROC, false pixels, false images"},
		"no normal pixel":  {gray(func(m *Image) { m.Mask = all })[1:], "AUROC, image AUROC, AUPRO, false pixels, false images"},
		"one all lesion":   {gray(func(m *Image) { m.Mask = all }), ""},
		"one normal image": {gray(func(m *Image) {})[:1], "AUPRC, AUROC, image AUROC, oracle's Dice, AUPRO, Dice, mean Dice, FROC, found"},
	} {
		got := undefined(t, set(t, v.images))
		for _, n := range got {
			if !strings.Contains(", "+v.lacks+",", ", "+n+",") {
				t.Errorf("%s: %s is not defined", name, n)
			}
		}
		if want := strings.Count(v.lacks, ",") + min(len(v.lacks), 1); len(got) != want {
			t.Errorf("%s: %d metrics are not defined, want %d", name, len(got), want)
		}
	}
	s := set(t, gray(func(m *Image) { m.Mask = all })[1:])
	near(t, "AUPRC of nothing but lesion", measure(t, s, AUPRC()), 1)
	near(t, "prevalence of nothing but lesion", measure(t, s, Prevalence()), 1)
	s = set(t, gray(func(m *Image) { m.Mask = nil }))
	near(t, "prevalence of nothing", measure(t, s, Prevalence()), 0)
	if _, err := s.OracleThreshold(); !errors.Is(err, ErrUndefined) {
		t.Errorf("oracle's threshold of nothing: %v", err)
	}
	_, err := s.Measure(AUPRC())
	if want := "score: AUPRC: not defined: it needs lesions; there are 2 images, of which 2 are normal, 0 lesions and 5 normal pixels"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Settings that make no sense are refused.
func TestRefusedSettings(t *testing.T) {
	s := set(t, gray(func(m *Image) {}))
	for want, m := range map[string]Metric{
		"limit 0:":          AUPRO(0),
		"limit 1.5:":        AUPRO(1.5),
		"limit NaN:":        AUPRO(math.NaN()),
		"rates of at least": FROC(2, -1),
		"at least 0 false":  FROC(math.NaN()),
		"threshold NaN":     Dice(math.NaN()),
	} {
		if _, err := s.Measure(m); err == nil || errors.Is(err, ErrUndefined) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %q", err, want)
		}
	}
	for _, bounds := range [][]int{{0}, {3, 3}, {4, 2}} {
		if _, err := s.BySize(bounds...); err == nil {
			t.Errorf("bounds %v", bounds)
		}
	}
	for _, share := range []float64{-.1, 1, math.NaN()} {
		if _, err := FalsePositiveThreshold(share, []float32{1, 2}); err == nil {
			t.Errorf("share %v", share)
		}
	}
	for _, maps := range [][][]float32{nil, {{}}, {{1, float32(math.NaN())}}} {
		_, err := FalsePositiveThreshold(.1, maps...)
		_, other := Otsu(maps...)
		if err == nil || other == nil {
			t.Errorf("maps %v: %v, %v", maps, err, other)
		}
	}
	if _, err := TopMean([]float32{1}, 2); err == nil {
		t.Error("mean of twice the numbers")
	}
	if _, err := TopMean(nil, .5); err == nil {
		t.Error("mean of no numbers")
	}
}
