package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/eval/onnx"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/train"
)

// isSamples says whether an argument names a file of samples.
func isSamples(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npz") }

// references are what samples are compared with.
type references struct {
	config            *config.Run // of the training data
	heldOut, training *eval.Set   // nil: none
	withheld          *eval.Set   // the run's own held-out images, by which memorisation is judged; nil: none
	changed           bool        // since the training, so that training is not what was trained on
}

// kind says what the references are.
func (r *references) kind() kind.Kind {
	for _, s := range []*eval.Set{r.heldOut, r.training} {
		if s != nil {
			return s.Images.Kind
		}
	}
	return kind.Kind{}
}

// configOf is the configuration of a model's run with the fingerprint of its
// training images; of a model without a run that of the data it is given.
func (v *evaluation) configOf(m *model.Loaded) (c *config.Run, trained string, err error) {
	if m.Found.Run != "" {
		if c, err = train.ReadConfig(m.Found.Run); err != nil {
			return nil, "", err
		}
		if t := m.Checkpoint.Trainer; t != nil {
			trained, _, _ = strings.Cut(t.Data, " from ") // of a flow between two sets the first
		}
		return c, trained, nil
	}
	preset, err := config.Preset("small")
	if err != nil {
		return nil, "", err
	}
	preset.Resolution, preset.ImageChannels = config.Size{H: m.Kind.H, W: m.Kind.W}, m.Kind.C
	preset.DataClass, preset.Val, preset.Flip = nil, 0, false
	if preset.Resolution.H == 0 {
		return nil, "", fmt.Errorf("%s does not say which size its images have; draw samples by reverie sample --npz, and give eval that file", m.Found.Model)
	}
	return &preset, "", nil
}

// openReferences opens the data: those of c, or of the arguments where there
// are any, or of --data-class. Where they are what the model was trained on, by
// the fingerprint, what was held out is told from the rest; others are all
// compared with.
func (v *evaluation) openReferences(c *config.Run, trained string, args []string) (err error) {
	own := *c
	if len(args) > 0 {
		if c.Data, err = source.Resolve(args); err != nil {
			return err
		}
	}
	set, err := v.open(c)
	known := err == nil && (trained == "" || set.Train().Fingerprint() == trained)
	chosen := v.cmd.Flags().Changed("data-class")
	if chosen {
		c.DataClass = v.dataClass
		set, err = v.open(c)
	}
	if err != nil {
		return err
	}
	v.data.config = c
	learnt := len(own.DataClass) == 0 || !chosen || !slices.ContainsFunc(v.dataClass, func(k string) bool { return !slices.Contains(own.DataClass, k) })
	switch {
	case (v.model == nil || v.model.Found.Run == "") && c.Val == 0: // nobody knows what was trained on
		v.data.heldOut, err = v.load(set, "held-out")
		return err
	case v.model == nil || known && learnt:
		return v.split(set)
	case len(args) == 0 && learnt:
		v.data.changed = true
		v.warn(fmt.Sprintf("the data are not those that %s was trained on, which have changed since: to training is to what they are now, and nothing is said of memorisation", v.name))
		return v.split(set)
	}
	return v.foreign(set, &own, trained, strings.Join(append(slices.Clone(args), v.dataClass...), " "))
}

// split tells what was held out from what was trained on.
func (v *evaluation) split(set *data.Set) (err error) {
	if v.data.training, err = v.load(set.Train(), "training"); err != nil {
		return err
	}
	if set.Val().Len() == 0 {
		v.note("nothing was held out (train --val): what compares with that is left out")
		return nil
	}
	v.data.heldOut, err = v.load(set.Val(), "held-out")
	if !v.data.changed {
		v.data.withheld = v.data.heldOut
	}
	return err
}

// foreign compares with all images of a set, and beside them with the run's own.
func (v *evaluation) foreign(set *data.Set, own *config.Run, trained, name string) (err error) {
	v.note(fmt.Sprintf("%s was not trained on %s: all of it is compared with, and the data of the run beside", v.name, name))
	if v.data.heldOut, err = v.load(set, "held-out"); err != nil {
		return err
	}
	set, err = v.open(own)
	if err == nil && set.Train().Fingerprint() != trained {
		err = errors.New("they have changed since the training")
	}
	if err != nil {
		v.warn(fmt.Sprintf("the run's own data cannot be compared with, so nothing is said of memorisation: %v", err))
		return nil
	}
	v.data.config = own
	if v.data.training, err = v.load(set.Train(), "training"); err != nil || set.Val().Len() == 0 {
		return err
	}
	v.data.withheld, err = v.load(set.Val(), "withheld")
	return err
}

// open opens the data of a configuration, at the size of the samples.
func (v *evaluation) open(c *config.Run) (*data.Set, error) {
	bar := newBar(v.cmd.ErrOrStderr(), 1, "reading data")
	defer bar.done()
	c.MaxPixels = cmp.Or(v.maxPixels, c.MaxPixels)
	set, err := train.OpenData(v.cmd.Context(), c, bar.set)
	if err == nil {
		v.sets = append(v.sets, set)
		for _, n := range set.Remarks() {
			v.note(n)
		}
	}
	return set, err
}

// mostReferences is how many images of so many bytes a set that is compared with has at most: those of a quarter of the memory that there is,
// for there are up to three sets, and room is left for what the metrics make of them.
func mostReferences(have memory.Limit, each int64) int {
	const share, unknown = 4, 2 << 30
	bytes := have.Bytes / share
	if bytes <= 0 {
		bytes = unknown
	}
	return int(max(1, bytes/each))
}

// load reads the images of a set; of a very large one as many as fit, drawn at
// random.
func (v *evaluation) load(s *data.Set, name string) (*eval.Set, error) {
	each := floats(s.Shape())
	if s.Kind().Scale != nil {
		each *= 3 // beside what the network takes, float64 in their own units
	}
	if most := mostReferences(memory.Available(), each); s.Len() > most {
		v.note(fmt.Sprintf("of the %s in the %s set %s are compared with, drawn at random", humanize.Comma(int64(s.Len())), name, humanize.Comma(int64(most))))
		s = s.Subset(random.Stream{Seed: v.seed, Domain: random.Evaluation, Sample: 1 << 40}.Perm(s.Len())[:most])
	}
	m, err := eval.Read(v.cmd.Context(), s)
	if err != nil {
		return nil, err
	}
	return eval.NewSet(name, m.Images, s.Fingerprint()), nil
}

// closers are closed last to first.
type closers []io.Closer

func (c closers) close() {
	for _, x := range slices.Backward(c) {
		_ = x.Close() // closing frees memory only
	}
}

// closeFunc makes a function an io.Closer.
type closeFunc func()

// Close calls f.
func (f closeFunc) Close() error {
	f()
	return nil
}

// makeFeatures opens the network of --features, or trains the classifier: on
// all classes of the run's data, of which the run may have learnt a few.
func (v *evaluation) makeFeatures(ctx context.Context, cache *eval.Cache, opened *closers) (eval.Features, error) {
	if v.features != "" {
		f, err := onnx.Open(v.engine, v.features)
		if err != nil {
			return nil, inputError("features", v.features, err)
		}
		*opened = append(*opened, closeFunc(f.Close))
		return f, nil
	}
	c := *v.data.config
	c.DataClass = nil
	set, err := v.open(&c)
	if err != nil {
		return nil, err
	}
	if err := memory.Check(fmt.Sprintf("training a classifier on %s", set), memory.Product(set.Len(), int(floats(set.Shape()))), "give --features, or leave out fid, kid and pr"); err != nil {
		return nil, err
	}
	training, err := eval.Read(ctx, set.Train())
	if err != nil {
		return nil, err
	}
	test, err := eval.Read(ctx, set.Val())
	if err != nil {
		return nil, err
	}
	bar := newBar(v.cmd.ErrOrStderr(), 1, "training the classifier")
	k, cached, err := cache.Classifier(ctx, v.engine, training, test, set.Train().Fingerprint()+set.Val().Fingerprint(), eval.Learning{Progress: bar.set})
	bar.done()
	if err != nil {
		return nil, err
	}
	*opened = append(*opened, closeFunc(k.Close))
	how := map[bool]string{true: "from the cache", false: "trained"}[cached]
	if k.Tested > 0 {
		how += fmt.Sprintf(", right on %d of %d held-out images", k.Right, k.Tested)
	}
	fmt.Fprintf(v.cmd.ErrOrStderr(), "classifier of %d classes: %s\n", classesOf(training), how)
	return k, nil
}

// classesOf counts the classes that occur.
func classesOf(l eval.Labelled) int {
	seen := map[int]bool{}
	for _, k := range l.Class {
		seen[k] = k >= 0
	}
	delete(seen, -1)
	return len(seen)
}

// shownNearest is the number of samples in the picture.
const shownNearest = 16

// pictureNearest draws samples in the upper row and below each the training
// image nearest to it.
func (v *evaluation) pictureNearest(metrics []eval.Metric) error {
	asked := slices.ContainsFunc(metrics, func(m eval.Metric) bool { return m.Name == "nearest" })
	if !asked || v.nearest == "" || !v.data.kind().Pictorial() || v.data.training == nil || v.data.changed || v.first.N == 0 {
		return nil
	}
	if err := checkWritable(output{"nearest", v.nearest}); err != nil {
		return err
	}
	x, training := v.first, v.data.training.Images
	x.N = min(x.N, shownNearest)
	x.Pix = x.Pix[:x.N*x.H*x.W*x.C]
	imgs := make([]image.Image, 0, 2*x.N)
	for i := range x.N {
		imgs = append(imgs, picture.FromFloat(x.Image(i), x.H, x.W, x.C))
	}
	for _, k := range eval.Nearest(v.cmd.Context(), x, training) {
		imgs = append(imgs, picture.FromFloat(training.Image(k), training.H, training.W, training.C))
	}
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: v.name},
		{Key: "rows", Value: "samples, and below each its nearest training image"}, {Key: "seed", Value: fmt.Sprint(v.seed)},
	}
	if err := picture.Write(v.nearest, picture.Grid(imgs, picture.Layout{Columns: x.N}), text...); err != nil {
		return err
	}
	fmt.Fprintln(v.cmd.ErrOrStderr(), "wrote", v.nearest)
	return nil
}
