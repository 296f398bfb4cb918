package score

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
)

// scikit-learn and scipy on the same maps and masks; see the script for what is a transcription.
func TestAgainstScikitLearn(t *testing.T) {
	var golden struct { // what testdata/gen_scores.py wrote
		Cases []goldenCase
	}
	b, err := os.ReadFile("testdata/scores.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != 3 {
		t.Fatalf("%d cases", len(golden.Cases))
	}
	for _, g := range golden.Cases {
		t.Run(g.Name, g.check)
	}
}

type goldenCase struct {
	Name          string
	Side          int
	Maps          [][]float32
	Masks         [][]int
	Labels        [][]int32
	Prevalence    float64
	AUPRC         float64
	AUROC         float64
	ImageAUROC    float64 `json:"image_auroc"`
	OracleDice    float64 `json:"oracle_dice"`
	AUPRO         [][2]float64
	Rates, FROC   []float64
	Otsu          float64
	Dice          float64
	MeanDice      float64      `json:"mean_dice"`
	FalsePixels   float64      `json:"false_pixels"`
	FalseImages   float64      `json:"false_images"`
	FalsePositive [][2]float64 `json:"false_positive"`
}

// image returns image i.
func (g *goldenCase) image(i int) Image {
	mask := make([]bool, len(g.Masks[i]))
	for p, v := range g.Masks[i] {
		mask[p] = v > 0
	}
	return Image{H: g.Side, W: g.Side, Map: g.Maps[i], Mask: mask}
}

func (g *goldenCase) check(t *testing.T) {
	images := make([]Image, len(g.Maps))
	var normal [][]float32
	for i := range images {
		images[i] = g.image(i)
		labels, n := Components(images[i].Mask, g.Side, g.Side)
		if !slices.Equal(labels, g.Labels[i]) {
			t.Errorf("labels of image %d: %v, want %v", i, labels, g.Labels[i])
		}
		if n == 0 {
			normal = append(normal, g.Maps[i])
		}
	}
	otsu, err := Otsu(g.Maps...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Otsu's threshold", otsu, g.Otsu)
	for _, v := range g.FalsePositive {
		at, err := FalsePositiveThreshold(v[0], normal...)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("threshold of %v", v[0]), at, v[1])
	}
	s := set(t, images)
	check := func(m Metric, want float64) { t.Helper(); near(t, m.Name, measure(t, s, m), want) }
	check(Prevalence(), g.Prevalence)
	check(AUPRC(), g.AUPRC)
	check(AUROC(), g.AUROC)
	check(ImageAUROC(), g.ImageAUROC)
	check(OracleDice(), g.OracleDice)
	check(Dice(otsu), g.Dice)
	check(MeanDice(otsu), g.MeanDice)
	check(FalsePixels(otsu), g.FalsePixels)
	check(FalseImages(otsu), g.FalseImages)
	for _, v := range g.AUPRO {
		check(AUPRO(v[0]), v[1])
	}
	mean := 0.0
	for i, r := range g.Rates {
		check(FROC(r), g.FROC[i])
		mean += g.FROC[i] / float64(len(g.Rates))
	}
	check(FROC(), mean)
}
