package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/app/counterfactual/explain"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	solverFlags
	explaining
	fields                       []*table.Field // of explaining
	classifier, labels           string
	judge, judgeLabels           string
	target, from, source, toward string
	targetImages                 []string
	seeds, batch, maxPixels      int
	seed                         uint64
	raw, best                    bool
	resolution                   data.Size
	out, backend                 string
}

// explaining are the settings of an explanation.
type explaining struct {
	Method table.Row `flag:"counterfactual" of:"counterfactual" omit:"features" help:"how images are changed"`
	counterfactual.Search
}

func newExplain() *cobra.Command {
	o := &explainOptions{explaining: explaining{table.Copy(counterfactual.Methods.Rows()[0]), counterfactual.DefaultSearch}}
	cmd := &cobra.Command{
		Use:   "explain RUN IMAGE|FOLDER...",
		Short: "Say by the least change of images what a classifier goes by",
		Long: `Explain a classifier by counterfactuals: what must change in an image, among
images that a diffusion model takes for real, for the classifier to take it for
another class. RUN is a run, a checkpoint or an imported model of such images,
trained with classes or without.

A classifier is a run of train --arch classifier, or an ONNX file with the names
of its classes, one a line, by --labels. Noise made for one classifier alone
flips it too: a second one, trained apart, confirms by --judge that a change
means something.

Each image is pushed as little as will do, and an image that no push flips is
told as a failure. The folder of --out has a sheet of the first images, what
became of each, a table of all, and a report.`,
		Example: `  reverie explain runs/faces-1 photos --classifier runs/age-1 --target old
  reverie explain runs/cars-1 a.png b.png --classifier net.onnx \
      --labels names.txt --target truck --judge runs/second-1
  reverie explain runs/cars-1 cars --classifier runs/c-1 --target truck \
      --counterfactual translate --from car --seeds 4`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("explain takes a run, checkpoint or model folder, and then image files or folders")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return explainFunc(cmd, args[0], args[1:], o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.classifier, "classifier", "", "explain this classifier: a run of train --arch classifier, or an ONNX file")
	f.StringVar(&o.labels, "labels", "", "the names of the classes of an ONNX file, one a line")
	f.StringVar(&o.target, "target", "", "the class that images are to be taken for")
	f.StringVar(&o.from, "from", "", "leave out images that the classifier, or the judge, takes for another class than this")
	f.StringVar(&o.judge, "judge", "", "confirm by this second classifier, whose classes go by their names")
	f.StringVar(&o.judgeLabels, "judge-labels", "", "the names of the classes of a judge in an ONNX file, one a line")
	numberVar(f, &o.seeds, "seeds", within(1, 1000), 1, "how often each image is explained, by noise of --seed, --seed + 1, ..")
	o.fields = table.All(&o.explaining)
	for _, field := range o.fields {
		field.Group = "Explaining"
		fieldVar(f, field)
	}
	f.StringVar(&o.source, "source", "", "of translate: go back to noise as this class, or null (default: as what the classifier takes an image for)")
	f.StringVar(&o.toward, "toward", "", "of translate: go to the target by this classifier of noised images, of a model without classes")
	f.StringSliceVar(&o.targetImages, "target-images", nil, "measure the distance to these images of the target, by the judge's features (default: the run's own of that class)")
	o.unguided = true
	o.solverFlags.add(f)
	f.Lookup("solver").Usage = strings.Replace(f.Lookup("solver").Usage, "the run's", "ddim", 1)
	f.Uint64Var(&o.seed, "seed", 0, "seed of the noise")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	f.Var(&o.resolution, "resolution", "image size: 64, or HEIGHTxWIDTH (default: the run's)")
	maxPixelsVar(f, &o.maxPixels)
	numberVar(f, &o.batch, "batch", batches, 16, "images at once")
	f.StringVar(&o.out, "out", "", "write into this folder, which is new or empty (default: the next explain-001 of the run)")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

// options checks the command line and turns it into the model's options.
func (o *explainOptions) options(cmd *cobra.Command) (p model.Options, err error) {
	if err := missing(output{"classifier", o.classifier}, output{"target", o.target}); err != nil {
		return p, err
	}
	given := changed(o.fields, cmd.Flags())
	if err := table.Take(&o.explaining, given); err != nil {
		return p, usage(err)
	}
	for _, f := range given {
		if err := table.Unused(&o.explaining, f.Name); err != nil {
			return p, usage(err)
		}
	}
	for _, check := range []func() error{
		func() error { return table.Check(&o.explaining) }, o.solverFlags.check, o.classifiers, o.walks,
	} {
		if err := check(); err != nil {
			return p, usage(err)
		}
	}
	p = model.Options{Batch: o.batch, Seed: o.seed, Height: o.resolution.H, Width: o.resolution.W}
	return p, usage(o.fill(&p))
}

// classifiers finds what the command line alone shows of both classifiers to be wrong.
func (o *explainOptions) classifiers() error {
	for _, c := range [][2]output{{{"classifier", o.classifier}, {"labels", o.labels}}, {{"judge", o.judge}, {"judge-labels", o.judgeLabels}}} {
		of, names := c[0], c[1]
		switch {
		case isONNX(of.path) && names.path == "":
			return fmt.Errorf("--%s %s is an ONNX file, which does not name its classes; give their names in a file, one a line, by --%s", of.flag, of.path, names.flag)
		case !isONNX(of.path) && names.path != "":
			return fmt.Errorf("--%s belongs to an ONNX file of --%s, and a run knows its classes; leave it out", names.flag, of.flag)
		}
	}
	switch {
	case o.judge == "" && len(o.targetImages) > 0:
		return fmt.Errorf("--target-images are compared with by the features of the judge; give one by --judge")
	case o.judge != "" && filepath.Clean(o.judge) == filepath.Clean(o.classifier):
		return errSameJudge(o.judge)
	case o.from != "" && o.from == o.target:
		return fmt.Errorf("--from %s and --target %[1]s: images of the target are left as they are; name two classes", o.from)
	case o.source != "" && o.source == o.target:
		return fmt.Errorf("--source %s and --target %[1]s: an image goes back to noise as one class and comes from there as another; name two classes", o.source)
	}
	return nil
}

func errSameJudge(path string) error {
	return fmt.Errorf("--judge %s is the classifier that is explained, and confirms whatever flips it; give a second one, trained apart", path)
}

// isONNX says whether a path is that of an ONNX file, not of a run.
func isONNX(path string) bool { return strings.EqualFold(filepath.Ext(path), ".onnx") }

// walks finds what does not go with the method.
func (o *explainOptions) walks() error {
	name := o.Method.Row().Name
	if name == "translate" {
		if o.Solver != nil {
			return fmt.Errorf("--counterfactual translate walks by ddim without fresh noise, there and back: leave out --solver and its settings")
		}
		return nil
	}
	for _, f := range []output{{"source", o.source}, {"toward", o.toward}} {
		if f.path != "" {
			return fmt.Errorf("--%s belongs to --counterfactual translate, not to %s; leave it out", f.flag, name)
		}
	}
	return nil
}

func explainFunc(cmd *cobra.Command, path string, images []string, o *explainOptions) (err error) {
	p, err := o.options(cmd)
	if err != nil {
		return err
	}
	e, err := begin(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if path, err = bestOf(path, o.best); err != nil {
		return err
	}
	m, err := model.Load(e, path, o.raw)
	if err != nil {
		return err
	}
	defer m.Close()
	t := &explainTask{o: o, cmd: cmd, m: m}
	defer t.close()
	if t.out, err = outFolder(o.out, m.Found.Run, "explain"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			t.out.failed(cmd.ErrOrStderr())
		}
	}()
	if err := t.prepare(p, images); err != nil {
		return err
	}
	stderr := cmd.ErrOrStderr()
	walk := t.e.Walk()
	fmt.Fprintf(stderr, "%s\n%s, seed %d: %s; solver %s, %s, clamp %s\n", m.Describe(), english.Plural(len(t.sorted.Chosen), "image", ""), o.seed,
		strings.Join(o.said(), " "), walk.Sampler(), english.Plural(walk.Steps, "step", ""), walk.Clamp)
	writeNotes(stderr, t.notes())
	return t.run()
}

// said are the settings of the explanation, as flags.
func (o *explainOptions) said() (all []string) {
	for _, f := range table.Fields(&o.explaining) {
		all = append(all, f.Name+" "+f.String())
	}
	return all
}

// explainer makes the Explainer of the flags.
func (t *explainTask) explainer(p model.Options) (err error) {
	o := t.o
	t.e, err = explain.New(t.m.Model, t.c, o.Method, explain.Options{
		Walk: p, Search: o.Search, Target: o.target, From: o.from, Judge: t.judge, Seeds: o.seeds, Source: o.source, Toward: o.toward,
	})
	return err
}
