package points

import (
	"errors"
	"fmt"
	"image"
	"io"
	"sort"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/photo"
	"github.com/reverie-go/reverie/random"
)

// maxPixels bounds a picture that points are drawn from.
const maxPixels = 1 << 22

// OpenPNG draws n points from the dark pixels of a picture file, see FromImage.
func OpenPNG(path string, s random.Stream, n int) (*Cloud, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := decode(f)
	if err != nil {
		return nil, fmt.Errorf("points: %s: %w", path, err)
	}
	c, err := FromImage(img, s, n)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	return c, nil
}

// decode reads a picture of at most maxPixels.
func decode(r io.Reader) (image.Image, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, err
	}
	f, err := photo.Open(raw)
	if err != nil {
		return nil, err
	}
	if int64(f.Width)*int64(f.Height) > maxPixels {
		return nil, fmt.Errorf("%d x %d pixels: more than the limit of %d", f.Width, f.Height, maxPixels)
	}
	return f.Upright()
}

// FromImage draws n points from a picture's darkness: a pixel is chosen with a probability
// proportional to 1 - luminance (on white, where it is transparent), and the point lies anywhere in
// it. The picture's middle is (0, 0), its longer side reaches from -1 to 1, and y points upwards.
// Point i comes from the stream s.Plus(i) alone. A picture that is all white is an error.
func FromImage(img image.Image, s random.Stream, n int) (*Cloud, error) {
	if err := checkCount(n); err != nil {
		return nil, err
	}
	upTo, total := darkness(img)
	if total == 0 {
		return nil, errors.New("points: the picture has no dark pixels to draw points from")
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	half := float64(max(w, h)) / 2
	c := &Cloud{X: reverie.NewBatch[float64](n, 2)}
	var u [3]float64
	for i, x := range c.X {
		s.Plus(i).Uniforms(u[:])
		at := uint64(u[0] * float64(total)) // below total, since u < 1
		k := sort.Search(len(upTo), func(k int) bool { return upTo[k] > at })
		x[0] = (float64(k%w) + u[1] - float64(w)/2) / half
		x[1] = (float64(h)/2 - float64(k/w) - u[2]) / half
	}
	return c, nil
}

// darkness returns the sums of the pixels' darkness, row by row, and the last of them.
func darkness(img image.Image) (upTo []uint64, total uint64) {
	b := img.Bounds()
	upTo = make([]uint64, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b, a := img.At(x, y).RGBA()                 // premultiplied
			luminance := (299*r + 587*g + 114*b + 500) / 1000 // ITU-R 601
			total += uint64(a - min(a, luminance))            // 65535 - (luminance + 65535 - a)
			upTo = append(upTo, total)
		}
	}
	return upTo, total
}
