package score

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// The interval of a mean: FalsePixels of normal images of one size is the mean of n numbers p, so
// that its replicates are nearly normal about it with deviation sd(p)/sqrt(n). The quantiles of B
// of them have a standard error of about sqrt(.025 .975/B)/phi(1.96) = 2.7/sqrt(B) deviations.
func TestIntervalOfMean(t *testing.T) {
	const n, replicates = 400, 4000
	images, p := make([]Image, n), make([]float64, n)
	u := make([]float64, n)
	random.Stream{Seed: 2}.Uniforms(u)
	mean, square := 0.0, 0.0
	for i := range images {
		images[i] = Image{H: 10, W: 10, Map: make([]float32, 100)}
		for q := range int(u[i] * 100) {
			images[i].Map[q] = 1
		}
		p[i] = math.Floor(u[i]*100) / 100
		mean += p[i] / n
		square += p[i] * p[i] / n
	}
	got, err := set(t, images).Interval(t.Context(), FalsePixels(.5), Bootstrap{replicates, 1})
	if err != nil {
		t.Fatal(err)
	}
	sd := math.Sqrt((square - mean*mean) / n)
	near(t, "mean", got.Value, mean)
	// Beside the four standard errors, the skewness of the mean (of uniform numbers none) and the
	// discreteness, 1/(100 n).
	e := 4*2.7/math.Sqrt(replicates)*sd + 1.0/(100*n)
	if !(math.Abs(got.Low-(mean-1.96*sd)) <= e && math.Abs(got.High-(mean+1.96*sd)) <= e) || got.Undefined != 0 {
		t.Errorf("interval %+v, want %v +- %v, each to %v", got, mean, 1.96*sd, e)
	}
}

// An interval is the quantiles of the metrics of the resamples, one by one; a seed is one interval,
// whatever the number of processors.
func TestIntervalIsOfReplicates(t *testing.T) {
	s := set(t, tied(t, 5, 8))
	b := Bootstrap{37, 9}
	got, err := s.Interval(t.Context(), AUPRC(), b)
	if err != nil {
		t.Fatal(err)
	}
	var all []float64
	for i := 0; len(all) < 37; i += lanes {
		v := AUPRC().of(s)(b.draw(i, 8))
		all = append(all, v[:min(lanes, 37-len(all))]...)
	}
	slices.Sort(all)
	// 2.5% of the way through 36 gaps is 0.9 of the first, and 97.5% 0.1 of the last.
	near(t, "low", got.Low, .1*all[0]+.9*all[1])
	near(t, "high", got.High, .9*all[35]+.1*all[36])
	near(t, "value", got.Value, measure(t, s, AUPRC()))
	if again, _ := s.Interval(t.Context(), AUPRC(), b); again != got {
		t.Errorf("%v, then %v", got, again)
	}
	if other, _ := s.Interval(t.Context(), AUPRC(), Bootstrap{37, 10}); other == got {
		t.Error("two seeds, one interval")
	}
}

// The draws of a replicate are each image once in the mean.
func TestDraws(t *testing.T) {
	const images, times = 5, 2000
	count := make([]float64, images)
	for i := range times / lanes {
		for j, n := range (Bootstrap{Seed: 3}).draw(i*lanes, images) {
			for k := range lanes {
				count[j] += n.of(k)
			}
		}
	}
	for _, n := range count { // binomial: 10,000 draws with probability 1/5
		if math.Abs(n-times) > 4*math.Sqrt(times*.8) {
			t.Errorf("drawn %v times", count)
		}
	}
}

// A method less itself is 0 with an interval of no width; less a worse one by a constant in every
// replicate, the same; and two methods that differ on all images, which vary among each other, are
// told apart by the difference though their intervals overlap.
func TestDifference(t *testing.T) {
	a := set(t, tied(t, 8, 12))
	b := Bootstrap{200, 1}
	zero, err := Difference(t.Context(), a, AUPRC(), a, AUPRC(), b)
	if err != nil || zero.Value != 0 || zero.Low != 0 || zero.High != 0 {
		t.Errorf("%+v, %v", zero, err)
	}
	better, worse := checkered(3, 24, true, 0, 1), checkered(3, 24, true, 0, 1)
	for i := range better {
		for p := range better[i].Map {
			if better[i].Mask != nil && better[i].Mask[p] {
				better[i].Map[p] += float32(i) / 8
				worse[i].Map[p] += float32(i)/8 - .3
			}
		}
	}
	s, w := set(t, better), set(t, worse)
	d, err := Difference(t.Context(), s, AUROC(), w, AUROC(), b)
	if err != nil {
		t.Fatal(err)
	}
	of, err := s.Interval(t.Context(), AUROC(), b)
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.Interval(t.Context(), AUROC(), b)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "difference", d.Value, of.Value-other.Value)
	if !(d.Low > 0 && other.High > of.Low) {
		t.Errorf("difference %+v of %+v and %+v", d, of, other)
	}
}

// Replicates without a lesion are left out and counted; too many of them are an error.
func TestUndefinedReplicates(t *testing.T) {
	images := tied(t, 1, 12)
	for i := range images {
		if i > 1 {
			images[i].Mask = nil
		}
	}
	got, err := set(t, images).Interval(t.Context(), AUPRC(), Bootstrap{Replicates: 1000})
	// Image 0 alone has lesions: (11/12)^12 = .352 of the replicates lack it, to four times
	// sqrt(.352 .648/1000).
	if err != nil || math.Abs(float64(got.Undefined)-352) > 61 {
		t.Errorf("%+v, %v", got, err)
	}
	part, err := set(t, tied(t, 1, 12)).BySize(1000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part[1].Interval(t.Context(), AUPRC(), Bootstrap{}); !errors.Is(err, ErrUndefined) {
		t.Errorf("no lesion of the size: %v", err)
	}
}

// What cannot have an interval is refused.
func TestRefusedIntervals(t *testing.T) {
	images := tied(t, 1, 6)
	s := set(t, images)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Interval(ended, AUPRC(), Bootstrap{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	if _, err := set(t, images[:1]).Interval(t.Context(), AUPRC(), Bootstrap{}); err == nil || !strings.Contains(err.Error(), "at least 2") {
		t.Errorf("one image: %v", err)
	}
	if _, err := s.Interval(t.Context(), AUPRC(), Bootstrap{Replicates: -1}); err == nil {
		t.Error("-1 replicates")
	}
	small, err := s.BySize(3)
	if err != nil {
		t.Fatal(err)
	}
	other := slices.Clone(images)
	other[2].Mask = slices.Clone(other[2].Mask)
	other[2].Mask[0] = !other[2].Mask[0]
	turned := slices.Clone(images)
	turned[3].H, turned[3].W = turned[3].W, turned[3].H
	for want, v := range map[string]*Set{
		"of 6 and of 5 images":  set(t, images[:5]),
		"lesions of all and of": small[0],
		"image 2 has two masks": set(t, other),
		"image 3 is of":         set(t, turned),
	} {
		if _, err := Difference(t.Context(), s, AUPRC(), v, AUPRC(), Bootstrap{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %q", err, want)
		}
	}
	if _, err := Difference(t.Context(), s, AUPRC(), s, AUPRO(2), Bootstrap{}); err == nil {
		t.Error("AUPRO@2")
	}
}
