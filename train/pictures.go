package train

import (
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// trainingImages and trainingPoints are how many are in the picture of the data.
const (
	trainingImages = 20
	trainingPoints = 2000
)

// pictureSeed is added to the run's seed for its pictures, the same every time, so that one picture
// can be compared with the next.
const pictureSeed = 1

// firstPictures draws the training images and the forward strip.
func (t *Trainer) firstPictures(ctx context.Context) error {
	defer t.reportPictures()
	order := random.Stream{Seed: t.Config.Seed, Domain: random.Evaluation}.Perm(t.images.Len())
	k, count := t.images.Kind(), trainingImages
	if k.View() == kind.Scatter {
		count = trainingPoints
	}
	b, err := t.images.Load(ctx, order[:min(len(order), count)]...)
	if err != nil {
		return err
	}
	shown, grid := b.N, picture.Sheet(b.X, k, picture.Layout{Columns: trainingImages / 2})
	if knowsClasses(t.Config) {
		if shown, grid, err = t.classSheet(ctx, order); err != nil {
			return err
		}
	}
	if err := t.writePicture("training", grid, picture.Text{Key: "images", Value: fmt.Sprint(shown)}); err != nil {
		return err
	}
	if t.setup.Objective.Process == nil {
		return nil
	}
	first := b.Image(0)
	if k.View() == kind.Scatter {
		first = b.X
	}
	strip := model.ForwardStrip(t.setup.Objective.Process, t.Config.Noise, first, k, t.Config.Seed)
	if t.latents != nil {
		if strip, err = t.latentStrip(ctx); err != nil {
			return err
		}
	}
	return t.writePicture("forward", strip, picture.Texts(Spec(t.Config).Text())...)
}

// duePictures draws the pictures of an epoch that has just ended, or had when the run was stopped
// before it drew them.
func (t *Trainer) duePictures(ctx context.Context) {
	if t.epoch != t.pictured && t.atPictures() {
		t.pictured = t.epoch
		t.pictures(ctx, fmt.Sprintf("epoch-%05d", t.epoch))
	}
}

// lastPictures draws the pictures of a run that is done, where its last step is not one that has
// them anyway: a short run on much data has few epochs.
func (t *Trainer) lastPictures(ctx context.Context) {
	if t.Config.SampleEvery > 0 && t.done() && !t.atPictures() {
		t.pictures(ctx, fmt.Sprintf("step-%06d", t.learner.Steps))
	}
}

// atPictures says whether the run is at the end of an epoch that has pictures.
func (t *Trainer) atPictures() bool {
	every := t.Config.SampleEvery
	return every > 0 && t.position == 0 && t.epoch%every == 0
}

// pictures draws, unless they are there, the denoising strip and the grid from the raw and the
// averaged weights side by side. A failure is noted: it must not end a run.
func (t *Trainer) pictures(ctx context.Context, name string) {
	draw := func(name string, f func(context.Context, string) error) {
		if _, err := os.Stat(t.samplePath(name)); err == nil || ctx.Err() != nil {
			return
		}
		if err := f(ctx, name); err != nil && ctx.Err() == nil {
			t.note("%s: %v", name, err)
		}
	}
	defer func() {
		t.drawn = t.now()
		t.reportPictures()
	}()
	switch {
	case t.Config.Classifier(): // which draws nothing
		return
	case t.setup.Objective.Process == nil:
		draw(name+"-reconstructions", t.reconstructions)
		draw(name+"-prior", t.priorGrid)
		return
	}
	draw(name+"-strip", t.strip)
	weights := "-raw"
	if t.learner.State.Averaged() {
		weights += "-ema"
	}
	draw(name+weights, t.grid)
}

// strip draws one sample, of points all of the grid's, by the run's own solver at ten stages.
func (t *Trainer) strip(ctx context.Context, name string) error {
	scatter := t.images.Kind().View() == kind.Scatter
	if scatter && t.Config.SampleN == 0 {
		return nil
	}
	if err := t.preview.Use(t.learner.State.Sampling(false)); err != nil {
		return err
	}
	o, err := SampleDefaults(t.Config)
	if err != nil {
		return err
	}
	o.Start = t.start
	o.N, o.Seed = 1, t.Config.Seed+pictureSeed
	if scatter {
		o.N, o.Batch = t.Config.SampleN, t.Config.SampleN
	}
	strip := model.Strip{Kind: t.images.Kind(), Images: t.preview.Images}
	o.Hook = strip.Hook
	if _, err := t.preview.Sample(ctx, o); err != nil {
		return err
	}
	return t.writePicture(name, strip.Image(), t.samplerText(o)...)
}

// gridSteps are the steps of a grid's DDIM, its default.
const gridSteps = 50

// grid draws SampleN images from the raw weights and, where an average is kept, from that beside
// them, of the same noise, by 50-step DDIM. Each says which it is.
func (t *Trainer) grid(ctx context.Context, name string) error {
	if t.Config.SampleN == 0 {
		return nil
	}
	c := t.Config
	o := model.Options{
		N: c.SampleN, Height: c.Resolution.H, Width: c.Resolution.W, Seed: c.Seed + pictureSeed, Solver: new(sample.DDIM[*tensors.Tensor]), Clamp: "x0", Start: t.start,
	}
	k := t.images.Kind()
	sheet := func(x []float32) image.Image { return picture.Sheet(x, k, picture.Layout{}) }
	if t.Config.ClassCond {
		classes, each := t.shownClasses(), t.eachClass()
		o.N = each * len(classes)
		for _, class := range classes {
			o.Class = append(o.Class, slices.Repeat([]int{class}, each)...)
		}
		sheet = func(x []float32) image.Image {
			return picture.Rows(x, k, each, t.classNames(classes), picture.Layout{})
		}
	}
	if k.View() == kind.Scatter {
		o.Batch = o.N
	}
	if !t.train.Kind().Ranged {
		o.Clamp = "none"
	}
	var grids []image.Image
	if t.train.Paired() {
		given, err := t.start(0, o.N)
		if err != nil {
			return err
		}
		grids = append(grids, picture.Titled(sheet(given), "given"))
	}
	for _, raw := range []bool{true, false} {
		if !raw && !t.learner.State.Averaged() {
			continue
		}
		if err := t.preview.Use(t.learner.State.Sampling(raw)); err != nil {
			return err
		}
		x, err := t.preview.Sample(ctx, o)
		if err != nil {
			return err
		}
		title := "EMA"
		if raw {
			title = "raw"
		}
		grids = append(grids, picture.Titled(sheet(x), title))
	}
	text := t.samplerText(o)
	if t.learner.State.Averaged() {
		text = append(text, picture.Text{Key: "left, right", Value: "raw weights, averaged weights"})
	}
	return t.writePicture(name, picture.Beside(grids...), text...)
}

// samplerText says how the images of a picture were sampled.
func (t *Trainer) samplerText(o model.Options) []picture.Text {
	return append(t.preview.Filled(o).Text(), picture.Text{Key: "noise seed", Value: fmt.Sprint(o.Seed)})
}

// writePicture writes samples/NAME.png with the run's state in its text.
func (t *Trainer) writePicture(name string, img image.Image, text ...picture.Text) error {
	text = append(text,
		picture.Text{Key: "Software", Value: "reverie"},
		picture.Text{Key: "step", Value: fmt.Sprint(t.learner.Steps)}, picture.Text{Key: "epoch", Value: fmt.Sprint(t.epoch)},
		picture.Text{Key: "seed", Value: fmt.Sprint(t.Config.Seed)})
	path := t.samplePath(name)
	err := checkpoint.WriteFileAtomic(t.files, path, func(w io.Writer) error { return picture.Encode(w, img, text...) })
	if err == nil {
		t.fresh = append(t.fresh, path)
	}
	return err
}

// reportPictures tells of the pictures that were drawn since it last did.
func (t *Trainer) reportPictures() {
	files := t.fresh
	t.fresh = nil
	t.report(Pictures{t.learner.Steps, files})
}

func (t *Trainer) samplePath(name string) string {
	return filepath.Join(t.Dir, "samples", name+".png")
}

// SampleDefaults are the options with which a run samples.
func SampleDefaults(c *config.Run) (model.Options, error) {
	o := model.Options{Height: c.Resolution.H, Width: c.Resolution.W, Steps: c.SampleSteps, Clamp: c.Clamp}
	if c.Solver == nil {
		return o, fmt.Errorf("train: a configuration of %s names no solver", c.Arch.Row().Name)
	}
	row := table.Copy(c.Solver)
	if f := table.Find(table.Fields(row), "variance"); f != nil {
		if err := f.Set(c.Variance); err != nil {
			return o, err
		}
	}
	var err error
	o.Solver, err = sample.For[*tensors.Tensor](row)
	return o, err
}
