package data

import (
	"fmt"
	"math"
	"runtime"
	"slices"
)

// Crop says how an image whose shape is not the resolution's is made to fit.
type Crop string

const (
	// CropNone resizes both sides to the resolution, ignoring the aspect.
	CropNone Crop = ""
	// CropCenter cuts the largest centred rectangle of the resolution's aspect, then resizes that.
	CropCenter Crop = "center"
)

// A Split is the rule by which Options.Val parts the images into training and held-out ones.
type Split string

const (
	// SplitBytes goes by the SHA-256 of the file: equal files are on one side.
	SplitBytes Split = ""
	// SplitPixels goes by the SHA-256 of the decoded, upright image at 8x8, and keeps all images on
	// one side that look alike: copies saved again, in another format, quality or size; with
	// Options.Flip mirrored ones too. A group of more than half of the images is trained on.
	SplitPixels Split = "pixels"
)

// Defaults of Options.
const (
	DefaultResolution = 128
	DefaultChannels   = 3
	DefaultCacheBytes = 1 << 30
	DefaultMaxPixels  = 100_000_000
	DefaultPrefetch   = 2
)

// maxFileBytes bounds an image file; it is read into memory whole.
const maxFileBytes = 1 << 29

// Options says what a Set makes of its files. The zero value is usable.
type Options struct {
	// Height and Width are the resolution in pixels. Height 0 is DefaultResolution, Width 0 is
	// Height.
	Height, Width int
	// Channels is 1 (luminance), 3 (RGB on white) or 4 (RGBA, colours not premultiplied, the colour
	// under full transparency black). 0 is 3.
	Channels int
	// Crop says what happens to the aspect.
	Crop Crop
	// Flip mirrors each image left to right with probability 1/2, drawn from (seed, epoch, image).
	// The lecture's value is true.
	Flip bool
	// Labels says where it stands of which class an image is, and LabelColumn which column of
	// metadata says it; "" is DefaultLabelColumn.
	Labels      Labels
	LabelColumn string
	// Classes are the classes to take; empty takes all, and the images of none.
	Classes []string
	// Val is the part of the images, in [0,1), that Val holds out of Train. An image's side follows
	// from contents alone.
	Val float64
	// Split is the rule of that.
	Split Split
	// CacheBytes bounds the decoded pixels kept in memory (one byte per value, two for 16-bit
	// images). What lies beyond is read and decoded again each epoch. 0 is DefaultCacheBytes,
	// negative keeps nothing.
	CacheBytes int64
	// MaxPixels refuses, before decoding, an image with more pixels. All images being decoded at
	// one moment have at most that many together. 0 is DefaultMaxPixels.
	MaxPixels int64
	// Strict makes an unreadable file an error; else it is skipped and listed by Skipped.
	Strict bool
	// Workers is the number of goroutines that decode. 0 is GOMAXPROCS.
	Workers int
	// Prefetch is the number of batches made ahead of the training step. 0 is DefaultPrefetch.
	Prefetch int
	// Progress, if set, is called while a Set is opened, with the files read so far and the number
	// of files. Calls do not overlap.
	Progress func(done, total int)
}

// Validate reports the first field that no Set can be opened with.
func (o Options) Validate() error {
	o = o.withDefaults()
	if o.Height < 1 || o.Width < 1 || o.Height > 1<<14 || o.Width > 1<<14 {
		return fmt.Errorf("data: resolution %dx%d: both sides must be from 1 to %d", o.Height, o.Width, 1<<14)
	}
	if o.Channels != 1 && o.Channels != 3 && o.Channels != 4 {
		return fmt.Errorf("data: channels %d: must be 1 (grey), 3 (RGB) or 4 (RGBA)", o.Channels)
	}
	if o.Crop != CropNone && o.Crop != CropCenter {
		return fmt.Errorf("data: crop %q: must be empty or %q", o.Crop, CropCenter)
	}
	if o.Split != SplitBytes && o.Split != SplitPixels {
		return fmt.Errorf("data: split %q: must be empty or %q", o.Split, SplitPixels)
	}
	if !slices.Contains(allLabels, o.Labels) {
		return fmt.Errorf("data: labels %q: must be one of %q", o.Labels, allLabels)
	}
	return o.validateUse()
}

// validateUse reports the first field that counts for FromMemory too and cannot be used.
func (o Options) validateUse() error {
	if math.IsNaN(o.Val) || o.Val < 0 || o.Val >= 1 {
		return fmt.Errorf("data: held-out part (val) %v: must be at least 0 and under 1", o.Val)
	}
	if o.MaxPixels < 0 || o.Workers < 0 || o.Prefetch < 0 {
		return fmt.Errorf("data: MaxPixels %d, Workers %d, Prefetch %d: none may be negative", o.MaxPixels, o.Workers, o.Prefetch)
	}
	return nil
}

// withDefaults returns o with every zero that stands for a default replaced.
func (o Options) withDefaults() Options {
	o.Height = or(o.Height, DefaultResolution)
	o.Width = or(o.Width, o.Height)
	o.Channels = or(o.Channels, DefaultChannels)
	o.CacheBytes = or(o.CacheBytes, DefaultCacheBytes)
	o.MaxPixels = or(o.MaxPixels, DefaultMaxPixels)
	o.Workers = or(o.Workers, runtime.GOMAXPROCS(0))
	o.Prefetch = or(o.Prefetch, DefaultPrefetch)
	return o
}

// or returns v, or d where v is zero.
func or[T int | int64](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}
