package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the formats that image.Decode knows here
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/reverie-go/reverie/internal/sniff"
)

// maxSide bounds the sides of an image, as MaxPixels bounds their product:
// resizing keeps a row of the target for each row of the source.
const maxSide = 1 << 15

// read reads, checks, hashes, decodes and resizes one file.
func (st *store) read(ctx context.Context, fsys fs.FS, name string) (*pixels, Info, error) {
	raw, err := readBounded(fsys, name)
	if err != nil {
		return nil, Info{}, err
	}
	cfg, format, err := header(raw, st.o.MaxPixels)
	if err != nil {
		return nil, Info{}, err
	}
	cost := min(decodeCost(cfg, st.o), st.o.MaxPixels)
	if err := st.decoding.Acquire(ctx, cost); err != nil {
		return nil, Info{}, err
	}
	defer st.decoding.Release(cost)
	p, l, turned, err := decode(raw, cfg, format, st.o)
	if err != nil {
		return nil, Info{}, err
	}
	info := Info{
		Hash: sha256.Sum256(raw), Width: cfg.Width, Height: cfg.Height,
		Format: format, Mode: mode(cfg.ColorModel), Bytes: int64(len(raw)), look: l,
	}
	if turned {
		info.Width, info.Height = info.Height, info.Width
		info.Notes = append(info.Notes, "turned upright (EXIF)")
	}
	return p, info, nil
}

// readBounded reads a regular file of at most maxFileBytes.
func readBounded(fsys fs.FS, name string) ([]byte, error) {
	// Asked before it is opened, since opening a pipe would wait for ever.
	if st, err := fs.Stat(fsys, name); err != nil {
		return nil, err
	} else if !st.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	} else if st.Size() > maxFileBytes {
		return nil, fmt.Errorf("%d bytes: more than the limit of %d for a file", st.Size(), int64(maxFileBytes))
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFileBytes))
	if err == nil && len(raw) == 0 {
		err = refuse(raw, nil)
	}
	return raw, err
}

// header reads an image's size and format and refuses what is too large.
func header(raw []byte, maxPixels int64) (cfg image.Config, format string, err error) {
	defer recovered(&err)
	cfg, format, err = image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return cfg, format, refuse(raw, err)
	}
	w, h := cfg.Width, cfg.Height
	switch {
	case w < 1 || h < 1:
		err = fmt.Errorf("its size is %d x %d pixels", w, h)
	case w > maxSide || h > maxSide:
		err = fmt.Errorf("%d x %d pixels: a side has more than the limit of %d", w, h, maxSide)
	case int64(w)*int64(h) > maxPixels:
		err = fmt.Errorf("%d x %d = %d pixels: more than the limit of %d", w, h, int64(w)*int64(h), maxPixels)
	}
	return cfg, format, err
}

// readable are the kinds of pictures that are decoded.
var readable = []sniff.Kind{sniff.PNG, sniff.JPEG, sniff.GIF, sniff.WebP, sniff.BMP, sniff.TIFF}

// refuse says why a file that a decoder refused is not read.
func refuse(raw []byte, err error) error {
	return sniff.Bytes(raw).Refuse(err, readable...)
}

// decodeCost is the memory of decoding and resizing an image in units of 8
// bytes (a pixel of 16 bits and 4 channels): the decoded image, and the
// resizer's 4 float64 for each row of the source and column of the target.
func decodeCost(cfg image.Config, o Options) int64 {
	return int64(cfg.Width)*int64(cfg.Height) + 4*int64(max(cfg.Height, cfg.Width))*int64(max(o.Width, o.Height))
}

// decode makes an image of known size the pixels of a Set, and its look where the set is split by it. turned says that
// EXIF swaps width and height. The decoders have panicked on damaged files
// before: that is an error like any other.
func decode(raw []byte, cfg image.Config, format string, o Options) (p *pixels, l *look, turned bool, err error) {
	defer recovered(&err)
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, false, refuse(raw, err)
	}
	img, err = onCanvas(img, cfg, format)
	if err != nil {
		return nil, nil, false, err
	}
	turn := orientation(raw, format)
	small := turn.apply(resize(img, turn, o))
	if o.Split == SplitPixels {
		l = lookOf(img, turn)
	}
	return newPixels(small, o.Channels, deep(img)), l, turn.swaps(), nil
}

// recovered turns a panic into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("damaged: the decoder failed: %v", r)
	}
}

// onCanvas puts the first frame of a GIF, which may be a part of it, on its
// canvas, and checks that the decoder kept to the announced size.
func onCanvas(img image.Image, cfg image.Config, format string) (image.Image, error) {
	canvas := image.Rect(0, 0, cfg.Width, cfg.Height)
	b := img.Bounds()
	if b == canvas {
		return img, nil
	}
	if format != "gif" || !b.In(canvas) {
		return nil, fmt.Errorf("damaged %s: the header says %d x %d pixels, the image has %d x %d", format, cfg.Width, cfg.Height, b.Dx(), b.Dy())
	}
	whole := image.NewNRGBA(canvas)
	draw.Draw(whole, b, img, b.Min, draw.Src)
	return whole, nil
}

// deep reports whether an image has more than 8 bits per value.
func deep(img image.Image) bool {
	switch img.(type) {
	case *image.Gray16, *image.RGBA64, *image.NRGBA64:
		return true
	}
	return false
}

// mode names how an image is stored.
func mode(m color.Model) string {
	if _, ok := m.(color.Palette); ok {
		return "palette"
	}
	switch m {
	case color.GrayModel:
		return "grey"
	case color.Gray16Model:
		return "grey16"
	case color.RGBAModel:
		return "RGB" // of an image that can have no alpha
	case color.NRGBAModel, color.NYCbCrAModel:
		return "RGBA"
	case color.RGBA64Model:
		return "RGB16"
	case color.NRGBA64Model:
		return "RGBA16"
	case color.YCbCrModel:
		return "YCbCr"
	case color.CMYKModel:
		return "CMYK"
	}
	return "other"
}
