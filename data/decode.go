package data

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"

	"github.com/reverie-go/reverie/data/photo"
	"github.com/reverie-go/reverie/internal/sniff"
)

// maxSide bounds the sides of an image, as MaxPixels bounds their product: resizing keeps a row of
// the target for each row of the source.
const maxSide = 1 << 15

// read reads, checks, hashes, decodes and resizes one file.
func (st *store) read(ctx context.Context, fsys fs.FS, name string) (*pixels, Info, error) {
	raw, err := readBounded(fsys, name)
	if err != nil {
		return nil, Info{}, err
	}
	f, err := header(raw, st.o.MaxPixels)
	if err != nil {
		return nil, Info{}, err
	}
	cost := decodeCost(f, st.o)
	if err := st.limit.Check(fmt.Sprintf("decoding %d x %d pixels", f.Width, f.Height), 8*cost, "make the picture smaller"); err != nil {
		return nil, Info{}, err
	}
	cost = min(cost, st.most)
	if err := st.decoding.Acquire(ctx, cost); err != nil {
		return nil, Info{}, err
	}
	defer st.decoding.Release(cost)
	p, info, err := decode(f, st.o)
	if a, ok := fsys.(*arrays); ok {
		info.Format = a.format // not that of the PNG file that the image is handed over in
	}
	info.Hash, info.Bytes, info.grid = sha256.Sum256(raw), int64(len(raw)), isGrid(raw)
	return p, info, err
}

// readBounded reads a regular file of at most mostBytes.
func readBounded(fsys fs.FS, name string) ([]byte, error) {
	most := mostBytes(fsys)
	f, err := openRegular(fsys, name, most)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, most))
	if err == nil && len(raw) == 0 {
		err = sniff.Empty.Refuse(nil, photo.Kinds...)
	}
	return raw, err
}

// header reads an image's size and form and refuses what is too large.
func header(raw []byte, maxPixels int64) (*photo.File, error) {
	f, err := photo.Open(raw)
	if err != nil {
		return nil, err
	}
	switch w, h := f.Width, f.Height; {
	case w > maxSide || h > maxSide:
		err = fmt.Errorf("%d x %d pixels (height x width): a side has more than the limit of %d", h, w, maxSide)
	case int64(w)*int64(h) > maxPixels:
		err = fmt.Errorf("%d x %d = %d pixels: more than the limit of %d; give --max-pixels %[3]d, or make it smaller", h, w, int64(w)*int64(h), maxPixels)
	}
	return f, err
}

// decodeCost is the memory of decoding and resizing an image in units of 8 bytes (a pixel of 16
// bits and 4 channels): the decoded image, and the resizer's 4 float64 for each row of the source
// and column of the target.
func decodeCost(f *photo.File, o Options) int64 {
	return int64(f.Width)*int64(f.Height) + 4*int64(max(f.Height, f.Width))*int64(max(o.Width, o.Height))
}

// decode makes an image of known size the pixels of a Set, with what is known of it.
func decode(f *photo.File, o Options) (*pixels, Info, error) {
	img, err := f.Image()
	if err != nil {
		return nil, Info{}, err
	}
	up := f.Turn.Upright(img.Bounds())
	small := f.Turn.Apply(resize(img, f.Turn, o))
	info := Info{Width: up.Dx(), Height: up.Dy(), Format: f.Format(), Mode: f.Mode, Notes: append(f.Notes, fitted(up, small, f.Mode, o)...)}
	if o.Split == SplitPixels {
		info.look = lookOf(img, f.Turn)
	}
	return newPixels(small, o.Channels, photo.Deep(img)), info, nil
}
