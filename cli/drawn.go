package cli

import (
	"fmt"
	"image"
	"io"
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// toStdout is the name of --out that stands for stdout.
const toStdout = "-"

// mostFrames are how many frames an animation has at most.
const mostFrames = 40

// A drawing is what becomes of samples: files, as the flags of sample say.
type drawing struct {
	*sampleOptions
	kind         kind.Kind
	run          string         // in whose folder the grid goes where nothing is said
	text         []picture.Text // what draws them again
	stages, film *model.Strip   // of the walk

	all []float32 // the samples so far, where they are wanted all at once
}

// draws begins the drawing of samples of a kind.
func (o *sampleOptions) draws(k kind.Kind, run string, text []picture.Text) (*drawing, error) {
	if o.dir != "" {
		if _, err := makeFolder("dir", o.dir); err != nil {
			return nil, err
		}
	}
	return &drawing{sampleOptions: o, kind: k, run: run, text: text}, nil
}

// gridWanted says whether the grid of all samples is asked for: it is the default, but beside
// --dir.
func (o *sampleOptions) gridWanted() bool { return o.out != "" || o.dir == "" }

// watch returns the hook of a walk of so many steps, which records its stages and calls step.
func (d *drawing) watch(m *model.Loaded, steps int, step func()) func(int, model.State) error {
	d.stages = &model.Strip{Kind: d.kind, Images: m.Images}
	d.film = &model.Strip{Kind: d.kind, Images: m.Images, Stages: min(steps, mostFrames), All: true}
	return func(first int, s model.State) error {
		step()
		if d.gif != "" {
			if err := d.film.Hook(first, s); err != nil {
				return err
			}
		}
		return d.stages.Hook(first, s)
	}
}

// add takes a batch of samples from number first on.
func (d *drawing) add(first int, x []float32) error {
	if d.gridWanted() || d.npz != "" || d.csv != "" {
		d.all = append(d.all, x...)
	}
	if d.dir == "" {
		return nil
	}
	return picture.WriteEach(d.dir, d.names(first, len(x)/d.kind.Size()), x, d.kind, func(i int) []picture.Text { return d.textOf(first + i) })
}

// textOf is what draws one sample again.
func (d *drawing) textOf(number int) []picture.Text {
	own := slices.Clone(d.text)
	for i := range own {
		switch own[i].Key {
		case "first":
			own[i].Value = fmt.Sprint(number)
		case "images":
			own[i].Value = "1"
		case "class":
			own[i].Value = d.classes.of(number)
		}
	}
	return own
}

// write writes the files of all samples that were asked for, and names them.
func (d *drawing) write(cmd *cobra.Command) error {
	if err := d.writeGrid(cmd.OutOrStdout()); err != nil {
		return err
	}
	names := cmd.OutOrStdout()
	if d.out == toStdout {
		names = cmd.ErrOrStderr()
	}
	for _, file := range []struct {
		path  string
		write func(path string) error
	}{
		{d.dir, func(string) error { return nil }}, // as they were drawn
		{d.strip, func(path string) error { return picture.Write(path, d.stages.Image(), d.text...) }},
		{d.gif, func(path string) error { return picture.WriteGIF(path, d.film.Frames()) }},
		{d.npz, d.writeNPZ},
		{d.csv, d.writeCSV},
	} {
		if file.path == "" {
			continue
		}
		if err := file.write(file.path); err != nil {
			return err
		}
		fmt.Fprintln(names, file.path)
	}
	if d.kind.C == 4 && d.kind.View() == kind.Pictures {
		writeImageNotes(cmd.ErrOrStderr(), d.out, []string{"transparent parts are shown on white; --npz keeps their alpha"})
	}
	return nil
}

// writeGrid writes the picture of all: where --out says, or under a name that is not taken yet.
func (d *drawing) writeGrid(stdout io.Writer) (err error) {
	if !d.gridWanted() {
		return nil
	}
	grid := d.classes.sheet(d.all, d.kind)
	if d.stems != nil {
		if grid, err = d.besideGiven(grid); err != nil {
			return err
		}
	}
	switch d.out {
	case toStdout:
		return picture.Encode(raw(stdout), grid, d.text...)
	case "":
		if d.out, err = picture.WriteNext(d.run, grid, d.text...); err != nil {
			return fmt.Errorf("%w; name a file by --out", err)
		}
	default:
		if err := picture.Write(d.out, grid, d.text...); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, d.out)
	return nil
}

// besideGiven is the grid beside that of what the samples were drawn for.
func (d *drawing) besideGiven(grid image.Image) (image.Image, error) {
	given, err := d.far.Start(d.classes.options.First, d.classes.options.N)
	if err != nil {
		return nil, err
	}
	return picture.Beside(picture.Titled(d.classes.sheet(given, d.kind), "given"), picture.Titled(grid, "drawn")), nil
}

func (d *drawing) writeNPZ(path string) error {
	return checkpoint.WriteNPZ(nil, path, d.classes.arrays(d.all, d.kind)...)
}

func (d *drawing) writeCSV(path string) error {
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error { return points.WriteCSV(w, d.kind.InUnits(d.all), d.kind.C) })
}
