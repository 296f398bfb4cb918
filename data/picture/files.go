package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
)

// WriteNext writes a picture as the next of samples/sample-001.png, .. of a run, or where that is
// "" of those in the working folder. It replaces none, and returns the path.
func WriteNext(run string, img image.Image, text ...Text) (path string, err error) {
	dir := "."
	if run != "" {
		dir = run
	}
	folder, err := checkpoint.OpenFolder(dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if run != "" {
		dir = filepath.Join(run, "samples")
		if err := folder.Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	for i := 1; ; i++ {
		path = filepath.Join(dir, fmt.Sprintf("sample-%03d.png", i))
		f, err := folder.Create(path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if err := f.Close(); err != nil {
			return "", err
		}
		err = checkpoint.WriteFileAtomic(folder, path, func(w io.Writer) error { return Encode(w, img, text...) })
		if err != nil {
			return "", errors.Join(err, folder.RemoveAll(path))
		}
		return path, nil
	}
}

// WriteEach writes samples, each to a PNG file of its own in a folder, of these names without the
// ending. What is said of sample i is text(i).
func WriteEach(dir string, names []string, x []float32, k kind.Kind, text func(i int) []Text) error {
	for i, img := range Each(x, k) {
		if err := Write(filepath.Join(dir, names[i]+".png"), img, text(i)...); err != nil {
			return err
		}
	}
	return nil
}

// Each frame of an animation is shown for so many hundredths of a second, the last one longer.
const (
	frameTime = 8
	lastFrame = 200
)

// WriteGIF writes frames as an animation that goes on for ever.
func WriteGIF(path string, frames []image.Image) error {
	g := new(gif.GIF)
	for _, f := range frames {
		p := image.NewPaletted(image.Rectangle{Max: f.Bounds().Size()}, palette.Plan9)
		draw.FloydSteinberg.Draw(p, p.Rect, f, f.Bounds().Min)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, frameTime)
	}
	if len(g.Delay) > 0 {
		g.Delay[len(g.Delay)-1] = lastFrame
	}
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error { return gif.EncodeAll(w, g) })
}

// Array returns samples as an array: in 8 bits where they have a range, else in the units of their
// source; a vector is [N,C], all else [N,H,W,C].
func Array(x []float32, k kind.Kind) checkpoint.Tensor {
	n := len(x) / k.Size()
	switch {
	case k.Ranged:
		return checkpoint.FromU8s(Bytes(nil, x), n, k.H, k.W, k.C)
	case k.Vector():
		return checkpoint.FromF64s(k.InUnits(x), n, k.C)
	}
	return checkpoint.FromF64s(k.InUnits(x), n, k.H, k.W, k.C)
}
