package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/table"
)

// X are the batches that are guided.
type X = *tensors.Tensor

// faded is a guide of a program's own.
type faded struct {
	Fade float64 `flag:"fade" range:"[0,1]" help:"how much x0hat is faded"`
}

func (*faded) Row() table.Info { return table.Info{Name: "faded", Text: "greyer pictures"} }

func (g *faded) Guide(s guide.Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	grey := func(x X) X { return s.Space.Sum([]float64{1 - g.Fade}, x) }
	return reverie.Map(d, grey, func(_, u X) X { return grey(u) }), nil
}

// A guide that a program adds is a value of --guide, with its settings as flags, and said with what
// is drawn.
func TestGuide(t *testing.T) {
	guide.Guides.Add(new(faded))
	run := trained(t)
	t.Chdir(t.TempDir())
	if help := ok(t, "sample", "--help").out; strings.Index(help, "--guide strings") > strings.Index(help, "\nOutput:") || strings.Index(help, "--guide strings") < strings.Index(help, "\nSampling:") {
		t.Errorf("--guide stands elsewhere than in Sampling:\n%s", help)
	}
	r := ok(t, "sample", run, "-n", "1", "--out", "a.png", "--guide", "faded", "--fade", "0.25")
	if !strings.Contains(r.err, "guide faded (fade 0.25)") {
		t.Error(r.err)
	}
	if text := textOf(t, "a.png"); !slices.Contains(text, picture.Text{Key: "guide", Value: "faded (fade 0.25)"}) {
		t.Errorf("the picture says %v", text)
	}
	refused(t, exitUsage, []string{"--fade belongs to --guide faded", "leave it out"}, "sample", run, "--fade", "0.5")
	refused(t, exitUsage, []string{"--fade 2 is outside 0 to 1"}, "sample", run, "--guide", "faded", "--fade", "2")
	refused(t, exitUsage, []string{`--guide "fade" is unknown; choose one of classifier-free, autoguidance, cfg++, classifier, faded`}, "sample", run, "--guide", "fade")
	if out := ok(t, "list").out; !strings.Contains(out, "guides (--guide)") || !strings.Contains(out, "greyer pictures") {
		t.Error(out)
	}
}
