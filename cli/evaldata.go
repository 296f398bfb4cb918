package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/eval/onnx"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
)

// isSamples says whether an argument names a file of samples.
func isSamples(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npz") }

// configOf is the configuration of a model's run with the fingerprint of its training images; of a
// model without a run that of the data it is given.
func (v *evaluation) configOf(m *model.Loaded) (c *config.Run, trained string, err error) {
	if m.Found.Run != "" {
		if c, err = config.Read(m.Found.Run); err != nil {
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
	preset.Resolution, preset.ImageChannels = data.Size{H: m.Kind.H, W: m.Kind.W}, m.Kind.C
	preset.DataClass, preset.Val, preset.Flip = nil, 0, false
	if preset.Resolution.H == 0 {
		return nil, "", fmt.Errorf("%s does not say which size its images have; draw samples by reverie sample --npz, and give eval that file", m.Found.Model)
	}
	return &preset, "", nil
}

// openReferences opens the data: those of c, or of the arguments where there are any, or of
// --data-class. Where they are what the model was trained on, by the fingerprint, what was held out
// is told from the rest; others are all compared with.
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
	v.config = c
	ctx, r := v.cmd.Context(), eval.Reader{Seed: v.seed, Note: v.note, Warn: v.warn}
	learnt := len(own.DataClass) == 0 || !chosen || !slices.ContainsFunc(v.dataClass, func(k string) bool { return !slices.Contains(own.DataClass, k) })
	switch {
	case (v.model == nil || v.model.Found.Run == "") && c.Val == 0:
		v.data, err = r.All(ctx, set)
	case v.model == nil || known && learnt:
		v.data, err = r.Own(ctx, set, v.name, false)
	case len(args) == 0 && learnt:
		v.data, err = r.Own(ctx, set, v.name, true)
	default:
		of := strings.Join(append(slices.Clone(args), v.dataClass...), " ")
		v.data, err = r.Foreign(ctx, set, v.name, of, func() (*data.Set, error) { return v.open(&own) }, trained)
		if v.data != nil && v.data.Training != nil {
			v.config = &own
		}
	}
	return err
}

// open opens the data of a configuration, at the size of the samples.
func (v *evaluation) open(c *config.Run) (*data.Set, error) {
	bar := newBar(v.cmd.ErrOrStderr(), 1, "reading data")
	defer bar.done()
	c.MaxPixels = cmp.Or(v.maxPixels, c.MaxPixels)
	set, err := c.Open(v.cmd.Context(), bar.set)
	if err == nil {
		v.sets = append(v.sets, set)
		for _, n := range set.Remarks() {
			v.note(n)
		}
	}
	return set, err
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

// makeFeatures opens the network of --features, or trains the classifier: on all classes of the
// run's data, of which the run may have learnt a few.
func (v *evaluation) makeFeatures(ctx context.Context, cache *eval.Cache, opened *closers) (eval.Features, error) {
	if v.features != "" {
		f, err := onnx.Open(v.engine, v.features)
		if err != nil {
			return nil, inputError("features", v.features, err)
		}
		*opened = append(*opened, closeFunc(f.Close))
		return f, nil
	}
	c := *v.config
	c.DataClass = nil
	set, err := v.open(&c)
	if err != nil {
		return nil, err
	}
	bar := newBar(v.cmd.ErrOrStderr(), 1, "training the classifier")
	k, cached, err := cache.ClassifierOf(ctx, v.engine, set, eval.Learning{Progress: bar.set})
	bar.done()
	if err != nil {
		return nil, err
	}
	*opened = append(*opened, closeFunc(k.Close))
	how := map[bool]string{true: "from the cache", false: "trained"}[cached]
	if k.Tested > 0 {
		how += fmt.Sprintf(", right on %d of %d held-out images", k.Right, k.Tested)
	}
	_, classes := k.Net.Channels()
	fmt.Fprintf(v.cmd.ErrOrStderr(), "classifier of %d classes: %s\n", classes, how)
	return k, nil
}

// pictureNearest writes samples over the training images nearest to them, where those were asked
// for.
func (v *evaluation) pictureNearest(metrics []eval.Metric) error {
	asked := slices.ContainsFunc(metrics, func(m eval.Metric) bool { return slices.Contains(m.About().Reads, "nearest") })
	if !asked || v.nearest == "" || !v.data.Of().Pictorial() || v.data.Training == nil || v.data.Changed || v.first.N == 0 {
		return nil
	}
	if err := checkWritable(output{"nearest", v.nearest}); err != nil {
		return err
	}
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: v.name},
		{Key: "rows", Value: "samples, and below each its nearest training image"}, {Key: "seed", Value: fmt.Sprint(v.seed)},
	}
	if err := picture.Write(v.nearest, eval.NearestPicture(v.cmd.Context(), v.first, v.data.Training.Images), text...); err != nil {
		return err
	}
	fmt.Fprintln(v.cmd.ErrOrStderr(), "wrote", v.nearest)
	return nil
}

// checkTerms reports a file for the terms whose ending is neither .csv nor .svg.
func checkTerms(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); path == "" || ext == ".csv" || ext == ".svg" {
		return nil
	}
	return usagef("--terms %s: expected a name that ends in .csv (a table) or .svg (a picture)", path)
}

// writeTerms writes --terms, a bound term by term.
func (v *evaluation) writeTerms(bounds []likelihood.Named) error {
	path := v.terms
	if path == "" {
		return nil
	}
	content := eval.TermsCSV(bounds)
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		var err error
		if content, err = eval.TermsSVG(bounds); err != nil {
			return err
		}
	}
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
