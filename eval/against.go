package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
)

// allOf is a configuration of data of a kind whose training nothing is known of: all of them,
// nothing held out.
func allOf(k kind.Kind) (*config.Run, error) {
	c, err := config.Preset("small")
	if err != nil {
		return nil, err
	}
	c.Resolution, c.ImageChannels = data.Size{H: k.H, W: k.W}, k.C
	c.DataClass, c.Labels, c.Val, c.Flip = nil, "auto", 0, false
	return &c, nil
}

// runOf is the configuration of a model's run with the fingerprint of its training data; of a model
// without a run that of the data it is given.
func runOf(m *model.Loaded) (c *config.Run, trained string, err error) {
	if m.Found.Run == "" {
		if m.Kind.H == 0 {
			return nil, "", fmt.Errorf("%s does not say which size its images have; draw samples by reverie sample --npz, and give eval that file", m.Found.Model)
		}
		c, err = allOf(m.Kind)
		return c, "", err
	}
	if c, err = config.Read(m.Found.Run); err != nil {
		return nil, "", err
	}
	if t := m.Checkpoint.Trainer; t != nil {
		trained, _, _ = strings.Cut(t.Data, " from ") // of a flow between two sets the first
	}
	return c, trained, nil
}

// openReferences opens the data that are compared with: those of run, or those named where there
// are any, or DataClass of them. Where they are what the model was trained on, by the fingerprint,
// what was held out is told from the rest; others are all compared with.
func (c *Comparison) openReferences(ctx context.Context, run *config.Run, trained string, names []string) (err error) {
	own := *run
	if len(names) > 0 {
		if run.Data, err = source.Resolve(names); err != nil {
			return err
		}
	}
	set, err := c.openData(ctx, run)
	known := err == nil && (trained == "" || set.Train().Fingerprint() == trained)
	chosen := c.isGiven("data-class")
	if chosen {
		run.DataClass = c.DataClass
		set, err = c.openData(ctx, run)
	}
	if err != nil {
		return err
	}
	c.config = run
	learnt := !chosen || subset(c.DataClass, own.DataClass)
	r := Reader{Seed: c.Sampling.Seed, Note: c.note, Warn: c.warn}
	switch {
	case (c.model == nil || c.model.Found.Run == "") && run.Val == 0:
		c.References, err = r.All(ctx, set)
	case c.model == nil || known && learnt:
		c.References, err = r.Own(ctx, set, c.Name, false)
	case len(names) == 0 && learnt:
		c.References, err = r.Own(ctx, set, c.Name, true)
	default:
		of := strings.Join(slices.Concat(names, c.DataClass), " ")
		c.References, err = r.Foreign(ctx, set, c.Name, of, func() (*data.Set, error) { return c.openData(ctx, &own) }, trained)
		if err == nil && c.References.Training != nil {
			c.config = &own
		}
	}
	if err != nil || c.Judge == nil {
		return err
	}
	if why := c.Judge.judges(c.References.Of().Kind); why != nil {
		return refused("judge", "%v", why)
	}
	return nil
}

// subset says whether the classes are all among those of a run, of which none are all.
func subset(classes, of []string) bool {
	return len(of) == 0 || !slices.ContainsFunc(classes, func(k string) bool { return !slices.Contains(of, k) })
}

// openData opens the data of a configuration, at the size of the samples.
func (c *Comparison) openData(ctx context.Context, run *config.Run) (*data.Set, error) {
	const what = "reading data"
	c.progress(what, 0, 1)
	run.MaxPixels = cmp.Or(c.MaxPixels, run.MaxPixels)
	set, err := run.Open(ctx, func(done, total int) { c.progress(what, done, total) })
	if err != nil {
		return nil, err
	}
	c.sets = append(c.sets, set)
	for _, n := range set.Remarks() {
		c.note(n)
	}
	return set, nil
}
