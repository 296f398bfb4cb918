package score

import (
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// checkered returns n images of 32 x 32 with maps of standard normal numbers, those of lesions, one
// pixel in sixteen, scaled and shifted. Every third image is normal. Lesions are single pixels, or
// blocks of 2 x 2.
func checkered(seed uint64, n int, blocks bool, shift, scale float64) []Image {
	images := make([]Image, n)
	for i := range images {
		z := make([]float32, 32*32)
		random.Stream{Seed: seed, Sample: uint64(i)}.Normal32(z)
		images[i] = Image{H: 32, W: 32, Map: z}
		if i%3 == 0 {
			continue
		}
		images[i].Mask = make([]bool, len(z))
		for p := range z {
			y, x := p/32, p%32
			if blocks && y%8 < 2 && x%8 < 2 || !blocks && y%4 == 1 && x%4 == 1 {
				images[i].Mask[p] = true
				z[p] = float32(shift + scale*float64(z[p]))
			}
		}
	}
	return images
}

// Gaussians N(delta, s^2) against N(0, 1): AUROC = Phi(delta/sqrt(1 + s^2)). Its variance is at
// most A(1-A)/min(P, N) (Birnbaum and Klose 1957).
func TestAUROCOfGaussians(t *testing.T) {
	for _, v := range [][2]float64{{0, 1}, {0.7, 1}, {1.5, 0.5}, {2, 3}} {
		s := set(t, checkered(1, 300, false, v[0], v[1]))
		want := 0.5 * math.Erfc(-v[0]/math.Sqrt(2*(1+v[1]*v[1])))
		got := measure(t, s, AUROC())
		if e := 4 * math.Sqrt(want*(1-want)/(200*64)); !(math.Abs(got-want) <= e) {
			t.Errorf("shift %v, scale %v: AUROC %v, want %v +- %v", v[0], v[1], got, want, e)
		}
	}
}

// Maps of nothing but noise. P of n ranks at random have the average precision
//
//	E = ((P-1)/(n-1) (n - H) + H)/n,   H = 1 + 1/2 + .. + 1/n:
//
// a rank k is a lesion's in one of n/P cases, and then the mean precision there is
// (1 + (k-1)(P-1)/(n-1))/k. It is the prevalence to H/n. The share found rises as the
// false-positive rate, so that AUPRO is half of its limit, to 1/N. Means over 40 sets are within
// four standard errors, taken from the sets' spread.
func TestChance(t *testing.T) {
	const sets = 40
	want := map[string]float64{"AUROC": .5, "AUPRO@0.3": .15, "AUPRO@1": .5}
	values := map[string][]float64{}
	for k := range sets {
		s := set(t, checkered(uint64(100+k), 9, true, 0, 1))
		for _, m := range []Metric{AUPRC(), AUROC(), AUPRO(.3), AUPRO(1)} {
			values[m.Name] = append(values[m.Name], measure(t, s, m))
		}
		n, h, p := 9*32*32, 0.0, measure(t, s, Prevalence())*9*32*32
		for i := range n {
			h += 1 / float64(i+1)
		}
		want["AUPRC"] = ((p-1)/float64(n-1)*(float64(n)-h) + h) / float64(n)
		if prevalence := p / float64(n); math.Abs(want["AUPRC"]-prevalence) > h/float64(n) {
			t.Fatalf("expected AUPRC %v of prevalence %v", want["AUPRC"], prevalence)
		}
	}
	for name, v := range values {
		mean, spread := 0.0, 0.0
		for _, x := range v {
			mean += x / sets
		}
		for _, x := range v {
			spread += (x - mean) * (x - mean) / (sets - 1)
		}
		e := 4*math.Sqrt(spread/sets) + 1.0/8000
		if !(math.Abs(mean-want[name]) <= e) || e > .02 {
			t.Errorf("%s: mean %v, want %v +- %v", name, mean, want[name], e)
		}
	}
}

// perfect are maps that are their masks.
func perfect() []Image {
	images := checkered(1, 12, true, 0, 0)
	for _, m := range images {
		for p := range m.Map {
			m.Map[p] = 0
			if m.Mask != nil && m.Mask[p] {
				m.Map[p] = 1
			}
		}
	}
	return images
}

// Perfect maps have 1 of all that is better the more, and no false positives; turned round they
// have the least.
func TestPerfectAndWorst(t *testing.T) {
	images := perfect()
	s := set(t, images)
	for _, m := range []Metric{AUPRC(), AUROC(), ImageAUROC(), OracleDice(), AUPRO(.3), AUPRO(1), FROC(), FROC(0), Dice(.5), MeanDice(0)} {
		near(t, m.Name, measure(t, s, m), 1)
	}
	near(t, "false pixels", measure(t, s, FalsePixels(.5)), 0)
	near(t, "false images", measure(t, s, FalseImages(.5)), 0)
	at, err := Otsu(s.maps()...)
	if err != nil || at != 0 {
		t.Errorf("Otsu's threshold %v, %v", at, err)
	}
	for _, m := range images {
		for p, v := range m.Map {
			m.Map[p] = -v
		}
	}
	s = set(t, images)
	prevalence := measure(t, s, Prevalence())
	near(t, "worst AUROC", measure(t, s, AUROC()), 0)
	near(t, "worst AUPRC", measure(t, s, AUPRC()), prevalence)
	near(t, "worst AUPRO", measure(t, s, AUPRO(.3)), 0)
	near(t, "worst Dice", measure(t, s, OracleDice()), 2*prevalence/(1+prevalence))
	near(t, "worst FROC", measure(t, s, FROC()), 0)
}

// A map of one number decides nothing: all its pixels are a tie.
func TestConstantMaps(t *testing.T) {
	images := perfect()
	for _, m := range images {
		for p := range m.Map {
			m.Map[p] = 7
		}
	}
	s := set(t, images)
	prevalence := measure(t, s, Prevalence())
	for _, v := range []struct {
		Metric
		want float64
	}{
		{AUPRC(), prevalence}, {AUROC(), .5}, {ImageAUROC(), .5}, {AUPRO(.3), .15}, {OracleDice(), 2 * prevalence / (1 + prevalence)},
		{FROC(), 0}, {Dice(7), 0}, {FalsePixels(7), 0}, {FalseImages(6), 1},
	} {
		near(t, v.Name, measure(t, s, v.Metric), v.want)
	}
	if _, err := Otsu(s.maps()...); err == nil {
		t.Error("Otsu's threshold of a constant")
	}
}

func ExampleSet_Measure() {
	s, err := New([]Image{
		{H: 2, W: 3, Map: []float32{.1, .9, .8, .2, .1, .4}, Mask: []bool{false, true, true, false, false, false}},
		{H: 2, W: 3, Map: []float32{.3, .1, .2, .5, .1, .2}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	threshold, err := FalsePositiveThreshold(.2, []float32{.1, .2, .4, .3, .1}) // of another, normal image
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range []Metric{Prevalence(), AUPRC(), AUROC(), AUPRO(.3), Dice(threshold), FalsePixels(threshold)} {
		v, err := s.Measure(m)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %.3f\n", m.Name, v)
	}
	// Output:
	// prevalence 0.167
	// AUPRC 1.000
	// AUROC 1.000
	// AUPRO@0.3 1.000
	// Dice 0.667
	// false pixels 0.167
}
