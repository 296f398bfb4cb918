package baseline

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/table"
)

// A Baseline learns from healthy images, and then maps others.
type Baseline interface {
	table.Row
	// Fit learns from images of so many channels, whose numbers go through the channels first
	// ([H,W,C]). It fails where there are none, or they are not of one size.
	Fit(images [][]float32, channels int) error
	// Map returns for each number of an image how odd it is, the larger the odder. It fails where
	// the image is of another size than those of Fit.
	Map(image []float32) ([]float64, error)
}

// A Healer is a Baseline that has an image in place of the one that it maps.
type Healer interface {
	Baseline
	// Heal returns that image. It fails where Map does.
	Heal(image []float32) ([]float64, error)
}

// Baselines are the baselines that a name chooses.
var Baselines = table.New[Baseline]("baseline", "baselines", ": maps of anomalies without a diffusion model",
	new(Intensity), new(Median), new(Mean), new(Gaussian), new(Whitened))

// A size is the numbers of an image, and its channels.
type size struct{ numbers, channels int }

// sizeOf is that of images, which have to be alike and finite.
func sizeOf(images [][]float32, channels int) (size, error) {
	if len(images) == 0 || len(images[0]) == 0 {
		return size{}, fmt.Errorf("baseline: %d images to learn from: give some that are not empty", len(images))
	}
	s := size{len(images[0]), channels}
	if channels < 1 || s.numbers%channels != 0 {
		return size{}, fmt.Errorf("baseline: %d channels of images of %d numbers: expected a divisor", channels, s.numbers)
	}
	for i, x := range images {
		if len(x) != s.numbers {
			return size{}, fmt.Errorf("baseline: image %d has %d numbers: expected %d, as the first one has", i, len(x), s.numbers)
		}
		for j, v := range x {
			if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
				return size{}, fmt.Errorf("baseline: image %d: number %d is %v: expected finite ones", i, j, v)
			}
		}
	}
	return s, nil
}

// check reports an image of another size, and one before Fit.
func (s size) check(x []float32) error {
	switch {
	case s.numbers == 0:
		return errors.New("baseline: no images were learned from: call Fit first")
	case len(x) != s.numbers:
		return fmt.Errorf("baseline: an image of %d numbers: expected %d, as those that were learned from have", len(x), s.numbers)
	}
	return nil
}

// mapped returns f of each number.
func (s size) mapped(x []float32, f func(i int, v float64) float64) ([]float64, error) {
	if err := s.check(x); err != nil {
		return nil, err
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(i, float64(v))
	}
	return y, nil
}

// away is |x - healed|.
func away(b Healer, x []float32) ([]float64, error) {
	y, err := b.Heal(x)
	for i, v := range y {
		y[i] = math.Abs(float64(x[i]) - v)
	}
	return y, err
}

// Intensity takes the value itself for how odd it is: lesions that are brighter than all else.
type Intensity struct{ size size }

// Row describes the baseline.
func (*Intensity) Row() table.Info {
	return table.Info{Name: "intensity", Text: "the value itself: what is bright is odd"}
}

// Fit learns the size.
func (b *Intensity) Fit(images [][]float32, channels int) (err error) {
	b.size, err = sizeOf(images, channels)
	return err
}

// Map returns x.
func (b *Intensity) Map(x []float32) ([]float64, error) {
	return b.size.mapped(x, func(_ int, v float64) float64 { return v })
}

// Median is |x - m|, m the median of all numbers of a channel.
type Median struct {
	size   size
	median []float64 // of each channel
}

// Row describes the baseline.
func (*Median) Row() table.Info {
	return table.Info{Name: "median", Text: "the distance from the median of all values of the channel"}
}

// Fit learns the medians. Of an even number it is the mean of the middle two.
func (b *Median) Fit(images [][]float32, channels int) (err error) {
	if b.size, err = sizeOf(images, channels); err != nil {
		return err
	}
	b.median = make([]float64, channels)
	for c := range channels {
		all := make([]float32, 0, len(images)*b.size.numbers/channels)
		for _, x := range images {
			for i := c; i < len(x); i += channels {
				all = append(all, x[i])
			}
		}
		slices.Sort(all)
		b.median[c] = (float64(all[(len(all)-1)/2]) + float64(all[len(all)/2])) / 2
	}
	return nil
}

// Heal returns m everywhere.
func (b *Median) Heal(x []float32) ([]float64, error) {
	return b.size.mapped(x, func(i int, _ float64) float64 { return b.median[i%b.size.channels] })
}

// Map returns |x - m|.
func (b *Median) Map(x []float32) ([]float64, error) { return away(b, x) }

// Mean is |x - mu|, mu the mean image.
type Mean struct {
	size size
	mean []float64
}

// Row describes the baseline.
func (*Mean) Row() table.Info {
	return table.Info{Name: "mean", Text: "the distance from the mean image"}
}

// Fit learns the mean.
func (b *Mean) Fit(images [][]float32, channels int) (err error) {
	if b.size, err = sizeOf(images, channels); err == nil {
		b.mean = meanOf(images)
	}
	return err
}

// Heal returns mu.
func (b *Mean) Heal(x []float32) ([]float64, error) {
	return b.size.mapped(x, func(i int, _ float64) float64 { return b.mean[i] })
}

// Map returns |x - mu|.
func (b *Mean) Map(x []float32) ([]float64, error) { return away(b, x) }

// meanOf is the mean of images.
func meanOf(images [][]float32) []float64 {
	mean := make([]float64, len(images[0]))
	for _, x := range images {
		for i, v := range x {
			mean[i] += float64(v)
		}
	}
	for i := range mean {
		mean[i] /= float64(len(images))
	}
	return mean
}
