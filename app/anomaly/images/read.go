package images

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/data"
)

// overview is the side to which an image is resized while it is looked at.
const overview = 64

// look reads an image once, and its mask, and takes it into the set if it can be used.
func (s *Set) look(ctx context.Context, m *Image) error {
	_, info, err := data.ReadImage(ctx, m.Path, s.options(overview, overview))
	if err == nil {
		err = s.options(info.Height, info.Width).Validate()
	} else {
		err = reason(err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		s.Skipped = append(s.Skipped, data.Skip{Path: m.Path, Err: err})
		return nil
	}
	m.H, m.W = info.Height, info.Width
	m.Notes = slices.DeleteFunc(info.Notes, func(note string) bool { return note == data.NoteSqueezed }) // that of the overview
	if m.Mask != "" {
		if err := s.lookAtMask(ctx, m); err != nil {
			return err
		}
	}
	s.Images = append(s.Images, *m)
	return nil
}

// reason is an error of data.ReadImage without the path.
func reason(err error) error {
	if why := errors.Unwrap(err); why != nil {
		return why
	}
	return err
}

// errSize says that a mask is of another size than its image.
var errSize = errors.New("expected a mask of the image's size")

// lookAtMask reads the mask of an image. One that cannot be read is left out.
func (s *Set) lookAtMask(ctx context.Context, m *Image) error {
	lesion, brightest, err := s.mask(ctx, *m)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errSize):
		return err
	case err != nil:
		s.Skipped = append(s.Skipped, data.Skip{Path: m.Mask, Err: fmt.Errorf("%w; nothing is known of the lesions of %s", reason(err), m.Path)})
		m.Mask = ""
		return nil
	}
	for _, yes := range lesion {
		if yes {
			m.Lesion++
		}
	}
	if m.Lesion == 0 && brightest > -1 {
		m.Notes = append(m.Notes, fmt.Sprintf("masked without a lesion, by a mask that is not black: its brightest level is %.4g of 255, and what is above half is lesion", (brightest+1)*127.5))
	}
	return nil
}

// options are those of reading an image at a size.
func (s *Set) options(h, w int) data.Options {
	return data.Options{Height: h, Width: w, Channels: s.o.Channels, MaxPixels: s.o.MaxPixels, Crop: s.o.Crop}
}

// Read reads image i as [h,w,C] values in [-1,1]: at its own size, or resized to another as data
// resizes.
func (s *Set) Read(ctx context.Context, i, h, w int) ([]float32, error) {
	m := s.Images[i]
	x, info, err := data.ReadImage(ctx, m.Path, s.options(h, w))
	if err == nil && (info.Height != m.H || info.Width != m.W) {
		err = fmt.Errorf("%s: of %dx%d (height x width), and it was of %dx%d: it has changed", m.Path, info.Height, info.Width, m.H, m.W)
	}
	return x, err
}

// Mask says of each pixel of image i, row after row, whether it is lesion: nil where that is not
// known.
func (s *Set) Mask(ctx context.Context, i int) ([]bool, error) {
	switch m := s.Images[i]; {
	case m.Normal:
		return make([]bool, m.H*m.W), nil
	case m.Mask == "":
		return nil, nil
	default:
		lesion, _, err := s.mask(ctx, m)
		return lesion, err
	}
}

// mask reads the mask of an image, and says how bright it is at most, in [-1,1].
func (s *Set) mask(ctx context.Context, m Image) (lesion []bool, brightest float64, err error) {
	x, info, err := data.ReadImage(ctx, m.Mask, data.Options{Height: m.H, Width: m.W, Channels: 1, MaxPixels: s.o.MaxPixels})
	switch {
	case err != nil:
		return nil, 0, err
	case info.Height != m.H || info.Width != m.W:
		return nil, 0, fmt.Errorf("images: mask %s is of %dx%d (height x width), and %s of %dx%d: %w", m.Mask, info.Height, info.Width, m.Path, m.H, m.W, errSize)
	case slices.Contains(info.Notes, data.NoteFlattened):
		return nil, 0, fmt.Errorf("%s: %w", m.Mask, errors.New("transparent in part, where it is neither lesion nor none: expected black and white"))
	}
	lesion, brightest = make([]bool, len(x)), math.Inf(-1)
	for i, v := range x {
		lesion[i], brightest = v > 0, max(brightest, float64(v))
	}
	return lesion, brightest, nil
}

// Len is how many images there are.
func (s *Set) Len() int { return len(s.Images) }

// Size is the height and width of image i.
func (s *Set) Size(i int) (h, w int) { return s.Images[i].H, s.Images[i].W }
