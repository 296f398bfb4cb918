package cli

import (
	"fmt"
	"os"

	"github.com/dustin/go-humanize/english"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	imageset "github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/app/counterfactual/explain"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval/onnx"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/spf13/cobra"
)

// An explainTask is an explanation with its model, its classifiers and its images.
type explainTask struct {
	o        *explainOptions
	cmd      *cobra.Command
	m        *model.Loaded
	out      folder
	c, judge explain.Classifier
	e        *explain.Explainer
	set      *imageset.Set
	kind     kind.Kind // of the images
	x        []float32
	sorted   explain.Sorted
	bar      explainBar
}

// close closes the classifiers.
func (t *explainTask) close() {
	for _, c := range []explain.Classifier{t.c, t.judge} {
		if c != nil {
			c.Close()
		}
	}
}

// prepare opens the classifiers, checks what goes with the model, and reads the images.
func (t *explainTask) prepare(p model.Options, paths []string) (err error) {
	if err := needSize(p, t.m); err != nil {
		return err
	}
	if t.c, err = openClassifier(t.m.Engine, output{"classifier", t.o.classifier}, output{"labels", t.o.labels}); err != nil {
		return err
	}
	for _, c := range []output{{"target", t.o.target}, {"from", t.o.from}} {
		if _, err := (kind.Kind{}).Labelled(t.c.Classes()).ClassNumber(c.path); err != nil && c.path != "" {
			return usagef("--%s %s: %s: %w", c.flag, c.path, t.c.Name(), err)
		}
	}
	if t.o.judge != "" {
		if t.judge, err = openClassifier(t.m.Engine, output{"judge", t.o.judge}, output{"judge-labels", t.o.judgeLabels}); err != nil {
			return err
		}
		if _, err := (kind.Kind{}).Labelled(t.judge.Classes()).ClassNumber(t.o.target); err != nil {
			return usagef("--judge %s does not know --target %s: %w", t.o.judge, t.o.target, err)
		}
		if same(t.c.Name(), t.judge.Name()) || same(t.o.classifier, t.o.judge) {
			return errSameJudge(t.o.judge)
		}
	}
	if p.Solver == nil {
		p.Solver = &sample.DDIM[*tensors.Tensor]{}
	}
	p.Hook = t.bar.step
	if err := t.o.solverFlags.complete(&p, t.m, t.explainer); err != nil {
		return err
	}
	t.kind = t.m.Kind.Sized(p.Height, p.Width)
	if t.set, err = t.images(paths); err != nil {
		return err
	}
	if err := t.load(p).Check(); err != nil {
		return err
	}
	if t.x, err = readSet(t.cmd, t.set, t.kind, t.set.Len()); err != nil {
		return err
	}
	t.sorted, err = t.e.Sort(t.cmd.Context(), t.x)
	if err == nil && len(t.sorted.Chosen) == 0 {
		err = fmt.Errorf("there is nothing to explain: of %s %d %s already taken for %s", english.Plural(t.set.Len(), "image", ""), t.sorted.Target, english.PluralWord(t.sorted.Target, "is", "are"), t.o.target)
		if t.o.from != "" {
			err = fmt.Errorf("%w and %d for other classes than --from %s", err, t.sorted.Others, t.o.from)
		}
	}
	return err
}

// same says whether two paths lead to one file or folder.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// openClassifier opens the classifier that a flag names: an ONNX file with the names of its classes
// in another file, or a run.
func openClassifier(e *engine.Engine, from, labels output) (explain.Classifier, error) {
	if isONNX(from.path) {
		if _, err := onnx.ReadLabels(labels.path); err != nil {
			return nil, inputError(labels.flag, labels.path, err)
		}
		c, err := onnx.OpenClassifier(e, from.path, labels.path)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", from.flag, err)
		}
		return c, nil
	}
	k, err := model.LoadClassifier(e, from.path, false)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", from.flag, err)
	}
	c, err := explain.Trained(k)
	if err != nil {
		k.Close()
		return nil, fmt.Errorf("--%s %s: %w", from.flag, from.path, err)
	}
	return c, nil
}

// images finds images, which are cut as the run's own were.
func (t *explainTask) images(paths []string) (_ *imageset.Set, err error) {
	o := imageset.Options{Channels: t.kind.C, MaxPixels: int64(t.o.maxPixels)}
	if o.Crop, err = cropOf(t.m.Found.Run); err != nil {
		return nil, err
	}
	return imageset.Open(t.cmd.Context(), paths, o)
}

// readSet reads the first n images of a set to a size.
func readSet(cmd *cobra.Command, set *imageset.Set, k kind.Kind, n int) (all []float32, err error) {
	for i := range n {
		x, err := set.Read(cmd.Context(), i, k.H, k.W)
		if err != nil {
			return nil, err
		}
		all = append(all, x...)
	}
	return all, nil
}

// load is what the explanation takes: each image as it is and as it becomes, in numbers that are
// compared.
func (t *explainTask) load(p model.Options) memory.Load {
	h, w, c := t.kind.Shape()
	network := func(batch int) (int64, error) {
		return t.m.MemoryFor(sample.Wants(t.o.Method), p.Mode, batch, h, w)
	}
	return memory.Load{Images: t.set.Len(), Height: h, Width: w, Batch: t.o.batch, Network: network, Held: memory.Product(1+t.o.seeds, int(memory.Floats(h, w, c))), Fewer: "give fewer images, or fewer --seeds"}
}

// notes are what a person should know before the images are explained.
func (t *explainTask) notes() []string {
	all := append([]string{"explains " + t.c.Name()}, t.set.Lines()...)
	if t.judge != nil {
		all = append(all, "confirmed by "+t.judge.Name())
	}
	if n := t.sorted.Target; n > 0 {
		all = append(all, fmt.Sprintf("%s taken for %s already, and left as %s", english.Plural(n, "image is", "images are"), t.o.target, english.PluralWord(n, "it is", "they are")))
	}
	if n := t.sorted.Others; n > 0 {
		all = append(all, fmt.Sprintf("%s taken for other classes than %s, and left out", english.Plural(n, "image is", "images are"), t.o.from))
	}
	return all
}

// An explainBar shows how much is done. How many steps a batch takes is known once it is done:
// until then as many are expected as those before took.
type explainBar struct {
	bar
	batches int
	usual   int // walks that the first is expected to take
	first   int // the number of the first image of this batch
	over    int // batches
	steps   int // in all, and in this batch
	here    int
}

// step is called after each step of a walk.
func (b *explainBar) step(first int, s model.State) error {
	if first != b.first {
		b.first, b.here = first, 0
		b.over++
	}
	b.steps++
	b.here++
	each := b.usual * s.Steps
	if b.over > 0 {
		each = (b.steps - b.here) / b.over
	}
	b.set(b.steps, b.steps-b.here+max(each, b.here)+max(0, b.batches-b.over-1)*each)
	return nil
}
