package data

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// ReadImage reads one image file as [H,W,C] values in [-1,1], of the size and channels that o says,
// and what it was: its own size, and what was done to it beyond decoding and resizing. Of o,
// Height, Width, Channels, Crop and MaxPixels count.
func ReadImage(ctx context.Context, path string, o Options) (x []float32, info Info, err error) {
	if err := o.Validate(); err != nil {
		return nil, info, err
	}
	st := newStore(o.withDefaults())
	p, info, err := st.read(ctx, os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if err != nil {
		return nil, info, fmt.Errorf("%s: %w", path, err)
	}
	x = make([]float32, st.o.Height*st.o.Width*st.o.Channels)
	p.float(x, st.o.Width, st.o.Channels, false)
	return x, info, nil
}
