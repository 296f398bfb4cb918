package cli

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
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
)

// toStdout is the name of --out that stands for stdout.
const toStdout = "-"

// gridWanted says whether the grid of all images is asked for: it is the default, but beside --dir.
func (o *sampleOptions) gridWanted() bool { return o.out != "" || o.dir == "" }

// names is where the names of files are printed: stdout, unless that is the picture.
func (o *sampleOptions) names(stdout, stderr io.Writer) io.Writer {
	if o.out == toStdout {
		return stderr
	}
	return stdout
}

// writeGrid writes the picture of all: where --out says, or under a name that is not taken yet, in the run's samples where there is a run.
func (o *sampleOptions) writeGrid(stdout io.Writer, run string, grid image.Image, text []picture.Text) error {
	switch o.out {
	case toStdout:
		return picture.Encode(raw(stdout), grid, text...)
	case "":
		path, err := writeFresh(run, grid, text)
		if err != nil {
			return fmt.Errorf("%w; name a file by --out", err)
		}
		o.out = path
	default:
		if err := picture.Write(o.out, grid, text...); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, o.out)
	return nil
}

// writeFresh writes a picture as the next of samples/sample-001.png, .. of a run, or of those in the working folder, and replaces none.
func writeFresh(run string, grid image.Image, text []picture.Text) (path string, err error) {
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
		err = checkpoint.WriteFileAtomic(folder, path, func(w io.Writer) error { return picture.Encode(w, grid, text...) })
		if err != nil {
			return "", errors.Join(err, folder.RemoveAll(path))
		}
		return path, nil
	}
}

// writeSingles writes each of a batch of samples from number first on to its file in --dir, with what draws it again.
func (o *sampleOptions) writeSingles(first int, x []float32, k kind.Kind, text []picture.Text) error {
	for i, img := range picture.Each(x, k) {
		number := first + i
		own := slices.Clone(text)
		for k := range own {
			switch own[k].Key {
			case "first":
				own[k].Value = fmt.Sprint(number)
			case "images":
				own[k].Value = "1"
			}
		}
		if err := picture.Write(filepath.Join(o.dir, fmt.Sprintf("%06d.png", number)), img, own...); err != nil {
			return err
		}
	}
	return nil
}

// An animation has as many frames as that at most, each shown for so many hundredths of a second, the last one longer.
const (
	mostFrames = 40
	frameTime  = 8
	lastFrame  = 200
)

// writeGIF writes frames as an animation that goes on for ever.
func writeGIF(path string, frames []image.Image) error {
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
