package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
)

// pointsPrefix marks a data set that is named, not a file: points:moons.
const pointsPrefix = "points:"

// imagesPrefix marks a file of an array that holds images, not points.
const imagesPrefix = "images:"

// IsNamed says whether a data source is the name of a set of points rather than a path.
func IsNamed(source string) bool { return strings.HasPrefix(source, pointsPrefix) }

// PointsName is the name in a source that IsNamed.
func PointsName(source string) string { return strings.TrimPrefix(source, pointsPrefix) }

// pointFiles are the endings of files of points.
var pointFiles = []string{".csv", ".tsv", ".txt", ".dat", ".npz", ".npy"}

// IsPoints says whether a data source is a set of points: a name, a table or an array. All else is images.
func IsPoints(source string) bool {
	return IsNamed(source) || !strings.HasPrefix(source, imagesPrefix) && slices.Contains(pointFiles, strings.ToLower(filepath.Ext(source)))
}

// adaptPoints replaces what a preset says of images and their networks.
func (r *Run) adaptPoints(given func(flag string) bool) {
	unless := func(flag string, change func()) {
		if !given(flag) {
			change()
		}
	}
	unless("arch", func() { r.Arch = net.Fitting(kind.OfPoints(0), false)[0] })
	unless("image-channels", func() { r.ImageChannels = 2 })
	unless("clamp", func() { r.Clamp = "none" })
	unless("batch", func() { r.Batch = 256 })
	unless("lr", func() { r.LR = 2e-3 })
	unless("val", func() { r.Val = 0.1 })
	unless("sample-n", func() { r.SampleN = 1000 })
	if !given("time") && !given("steps") && !given("epochs") {
		r.Time, r.Steps, r.Epochs = Duration(time.Minute), 0, 0
	}
	unless("resolution", func() { r.Resolution = Size{1, 1} })
	r.Flip, r.Crop, r.DataClass, r.Layers = false, "none", nil, 1
}

// ofImages are the flags that points have no use for.
var ofImages = []string{"resolution", "flip", "crop", "data-class", "split", "strict", "cache", "max-pixels"}

// unusedImages finds flags of images given to points.
func (r *Run) unusedImages(given func(flag string) bool) error {
	for _, flag := range ofImages {
		if r.Points() && given(flag) {
			return fmt.Errorf("--%s belongs to images, and %s is points; leave it out", flag, r.Data[0])
		}
	}
	return nil
}

// Kind says what the run's data are, as far as the configuration does.
func (r *Run) Kind() kind.Kind {
	if r.Points() {
		return kind.OfPoints(r.ImageChannels)
	}
	return kind.OfImages(r.Resolution.H, r.Resolution.W, r.ImageChannels)
}

// Points says whether the run is on points, not on images.
func (r *Run) Points() bool { return len(r.Data) > 0 && IsPoints(r.Data[0]) }

// maxDim bounds the numbers of a point.
const maxDim = 1 << 12

// validatePoints finds what points and images do not share.
func (r *Run) validatePoints() error {
	for _, source := range append(append([]string{}, r.Data...), r.From...) {
		if IsPoints(source) != r.Points() {
			what := "the embedded emoji"
			if len(r.Data) > 0 {
				what = r.Data[0]
			}
			return fmt.Errorf("%s and %s: one is points, the other images; give one kind", what, source)
		}
	}
	if err := r.validateFit(); err != nil || !r.Points() {
		return err
	}
	switch {
	case len(r.Data) > 1 || len(r.From) > 1:
		return fmt.Errorf("%d sets of points: give one", max(len(r.Data), len(r.From)))
	case r.Resolution != Size{1, 1}:
		return fmt.Errorf("--resolution %v: points have none; leave it out", r.Resolution)
	}
	return inRange("image-channels", r.ImageChannels)
}
