package data

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// A Survey is what a network that is to be trained on folders of images should take them as, found
// in at most surveyed of them, at equal steps through their list: so it costs little, and is the
// same whoever asks.
type Survey struct {
	// Resolution is the height and width, Channels 1 or 3, Flip whether mirroring does no harm;
	// each with its reason.
	Resolution, Channels                         int
	Flip                                         bool
	ResolutionReason, ChannelsReason, FlipReason string
}

// surveyed is the most images that a survey reads.
const surveyed = 1024

// Resolutions that are chosen: under the least nothing can be halved twice; with more than the most
// a CPU takes hours.
const (
	minResolution = 8
	maxResolution = 64
)

// MostBatch and LeastBatch bound the batch that is chosen for a set.
const (
	MostBatch  = 32
	LeastBatch = 8
)

// SuggestBatch is the batch that is chosen for n training images, at most most: a power of two, so
// that an epoch has a step at least. 0 says that they are too few.
func SuggestBatch(n, most int) int {
	if n < LeastBatch {
		return 0
	}
	return min(1<<(bits.Len(uint(n))-1), most)
}

// SurveyFolders surveys folders of images. Of o, Classes, MaxPixels, Workers and Progress count.
func SurveyFolders(ctx context.Context, roots []string, o Options) (*Survey, error) {
	l, err := list(ctx, roots, o)
	if err != nil {
		return nil, err
	}
	defer l.close()
	return l.survey(ctx, o)
}

// survey surveys the files of a listing.
func (l listing) survey(ctx context.Context, o Options) (*Survey, error) {
	files, _, err := l.choose(o.Classes)
	if err != nil {
		return nil, err
	}
	part := listing{classes: l.classes}
	step := (len(files) + surveyed - 1) / surveyed
	for i := 0; i < len(files); i += step {
		part.files = append(part.files, files[i])
	}
	o.Height, o.Width, o.Channels = lumaSide, lumaSide, 1
	o.Crop, o.Flip, o.Val, o.CacheBytes, o.Split, o.Strict = CropNone, false, 0, -1, SplitPixels, false
	st, err := part.store(ctx, o)
	if err != nil {
		return nil, err
	}
	v := new(Survey)
	v.resolution(st.items)
	v.channels(st.items)
	v.flip(st.items, st.classes)
	return v, nil
}

// resolution chooses what nine images in ten have on their shorter side, as far as it can be
// halved.
func (v *Survey) resolution(items []item) {
	sides := make([]int, len(items))
	for i, f := range items {
		sides[i] = min(f.Width, f.Height)
	}
	slices.Sort(sides)
	side := sides[len(sides)/10]
	v.Resolution, v.ResolutionReason = nearResolution(side)
}

// nearResolution is the resolution for images of a side.
func nearResolution(side int) (int, string) {
	multiple := 8
	if side < 32 {
		multiple = 4
	}
	r := max(min(side, maxResolution)/multiple*multiple, minResolution)
	switch {
	case side < minResolution:
		return r, fmt.Sprintf("the smallest of use, though a tenth of the images has a side of %d pixels or less and is enlarged", side)
	case r == side:
		return r, "what the images have"
	case r == maxResolution:
		return r, "the images have more, but training time grows with the number of pixels"
	}
	return r, fmt.Sprintf("the largest multiple of %d that enlarges at most one image in ten", multiple)
}

// channels chooses colour where there is any.
func (v *Survey) channels(items []item) {
	colour := slices.IndexFunc(items, func(f item) bool { return slices.Contains(f.Notes, NoteMadeGrey) })
	clear := slices.IndexFunc(items, func(f item) bool { return slices.Contains(f.Notes, NoteFlattened) })
	switch {
	case colour < 0:
		v.Channels, v.ChannelsReason = 1, "all images are grey"
	case clear < 0:
		v.Channels, v.ChannelsReason = 3, "there is colour, and no transparency"
	default:
		v.Channels, v.ChannelsReason = 3, "there is colour; transparency is put on white, and --image-channels 4 keeps it"
	}
}

// flip chooses mirroring where it does no harm.
func (v *Survey) flip(items []item, classes []string) {
	looks := make([]*look, len(items))
	for i := range looks {
		looks[i] = items[i].look
	}
	share, hand := handed(looks)
	switch {
	case signs(classes):
		v.FlipReason = fmt.Sprintf("the classes are called as signs are, %s: mirrored they would be others", strings.Join(classes[:2], ", "))
	case hand:
		v.FlipReason = fmt.Sprintf("mirrored, %.0f%% of the images would lie off the set, as text does", 100*share)
	default:
		v.Flip, v.FlipReason = true, "mirrored images look like others of the set"
	}
}
