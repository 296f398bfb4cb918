package cli

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/eval/onnx"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// An evalPrinter tells and writes what an evaluation does and finds.
type evalPrinter struct {
	*evalOptions
	cmd    *cobra.Command
	engine *engine.Engine

	doing string // what the bar is of
	bar   bar
}

// listen lets the evaluation tell what it does.
func (p *evalPrinter) listen() {
	p.Prepare, p.Progress = p.prepare, p.progress
	p.Note = func(text string) {
		p.progress("", 0, 0)
		writeNotes(p.cmd.ErrOrStderr(), []string{text})
	}
	if p.npz != "" {
		p.Drawn = func(draw int, x eval.Images) error {
			if draw > 0 {
				return nil
			}
			return eval.WriteNPZ(p.npz, x)
		}
	}
	if p.terms != "" {
		p.Terms = func(bounds []likelihood.Named) error { return eval.WriteTerms(p.terms, bounds) }
	}
}

// prepare completes how samples are drawn, where they are, and says what is judged.
func (p *evalPrinter) prepare(m *model.Loaded, s *model.Options) error {
	if !eval.OfSamples(p.Metrics) {
		fmt.Fprintln(p.cmd.ErrOrStderr(), m.Describe())
	} else {
		if err := p.solverFlags.complete(s, m); err != nil {
			return err
		}
		fmt.Fprintf(p.cmd.ErrOrStderr(), "%s\nsolver %s, %s, clamp %s\n", m.Describe(), s.Sampler(), english.Plural(s.Steps, "step", ""), s.Clamp)
	}
	const copies = 3 // as drawn, rounded, and as the metrics lay them out
	return memory.Load{
		Images: s.N, Height: s.Height, Width: s.Width, Batch: s.Batch, Network: networkOf(m, s.Mode, s.Height, s.Width),
		Held: copies * memory.Floats(s.Height, s.Width, m.Kind.C), Fewer: "give a smaller -n",
	}.Check()
}

// progress says on a terminal what is being done: by a bar where it has parts, else in a line that
// the next one replaces.
func (p *evalPrinter) progress(what string, done, total int) {
	w := p.cmd.ErrOrStderr()
	if !isTerminal(w) {
		return
	}
	if what != p.doing {
		p.bar.done()
		p.doing, p.bar = what, bar{}
		if total > 0 {
			p.bar = newBar(w, total, what)
		} else {
			fmt.Fprintf(raw(w), "\r\x1b[K%s", visible(what))
		}
	}
	if total > 0 {
		p.bar.set(done, total)
	}
}

// report runs a comparison, unless it could not be made, and prints what it finds.
func (p *evalPrinter) report(c *eval.Comparison, err error) error {
	if e, ok := err.(*table.Error); ok { // of a flag that goes with no such model or samples
		return usage(e)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	if !p.noCache {
		if c.Cache, err = eval.UserCache(); err != nil {
			return fmt.Errorf("%w; give --no-cache", err)
		}
	}
	c.Features = func(ctx context.Context) (eval.Features, error) { return p.features(ctx, c) }
	r, missing := c.Run(p.cmd.Context())
	p.progress("", 0, 0)
	if r == nil {
		return missing
	}
	if err := p.writeNearest(c); err != nil {
		return err
	}
	write := r.WriteText
	if p.json {
		write = r.WriteJSON
	}
	if err := write(p.cmd.OutOrStdout(), c.Name); err != nil {
		return err
	}
	return missing
}

// features opens the network of --features, or trains the classifier.
func (p *evalPrinter) features(ctx context.Context, c *eval.Comparison) (eval.Features, error) {
	if file := p.evalOptions.features; file != "" {
		f, err := onnx.Open(p.engine, file)
		if err != nil {
			return nil, inputError("features", file, err)
		}
		return f, nil
	}
	k, cached, err := c.Classifier(ctx)
	if err != nil {
		return nil, err
	}
	how := map[bool]string{true: "from the cache", false: "trained"}[cached]
	if k.Tested > 0 {
		how += fmt.Sprintf(", right on %d of %d held-out images", k.Right, k.Tested)
	}
	_, classes := k.Net.Channels()
	p.progress("", 0, 0)
	fmt.Fprintf(p.cmd.ErrOrStderr(), "classifier of %d classes: %s\n", classes, how)
	return k, nil
}

// writeNearest writes samples over the training images nearest to them, where metric nearest was
// measured.
func (p *evalPrinter) writeNearest(c *eval.Comparison) error {
	if p.nearest == "" {
		return nil
	}
	img := c.NearestPicture(p.cmd.Context())
	if img == nil {
		return nil
	}
	if err := checkWritable(output{"nearest", p.nearest}); err != nil {
		return err
	}
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: c.Name},
		{Key: "rows", Value: "samples, and below each its nearest training image"}, {Key: "seed", Value: fmt.Sprint(p.Sampling.Seed)},
	}
	if err := picture.Write(p.nearest, img, text...); err != nil {
		return err
	}
	fmt.Fprintln(p.cmd.ErrOrStderr(), "wrote", p.nearest)
	return nil
}
