package cli

import (
	"fmt"
	"image"
	"io"
	"slices"

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
		path, err := picture.WriteNext(run, grid, text...)
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

// writeSingles writes each of a batch of samples from number first on to its file in --dir, with what draws it again.
func (o *sampleOptions) writeSingles(first int, x []float32, k kind.Kind, text []picture.Text) error {
	return picture.WriteEach(o.dir, first, x, k, func(number int) []picture.Text {
		own := slices.Clone(text)
		for i := range own {
			switch own[i].Key {
			case "first":
				own[i].Value = fmt.Sprint(number)
			case "images":
				own[i].Value = "1"
			}
		}
		return own
	})
}

// mostFrames are how many frames an animation has at most.
const mostFrames = 40
