package train

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// A Fact is a line of a description: what is said, and what of.
type Fact struct{ Name, Text string }

// A description grows fact by fact.
type description struct {
	facts []Fact
	goOn  func(runDir string) string
}

func (d *description) row(name, format string, args ...any) {
	d.facts = append(d.facts, Fact{name, fmt.Sprintf(format, args...)})
}

// Describe says what lies behind a path: a run folder, of whose newest complete checkpoint it
// speaks, a checkpoint folder or an imported model; of its averaged weights, or with raw of the
// last ones. Of a run it says what it is doing: goOn gives the command that goes on with one that
// was interrupted.
func Describe(path string, raw bool, goOn func(runDir string) string) ([]Fact, error) {
	found, c, err := checkpoint.Open(path, checkpoint.Only())
	if err != nil {
		return nil, err
	}
	n, err := net.New(c.Arch, c.ArchConfig)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.Model, err)
	}
	d := description{goOn: goOn}
	d.row("model", "%s", found.Model)
	if found.Run != "" {
		d.run(found.Run, c.Trainer)
	}
	d.trained(c.Trainer)
	d.row("network", "%s", net.Describe(n))
	d.row("parameters", "%s trainable", humanize.Comma(int64(net.Trainable(n))))
	d.weights(c, raw)
	if err := d.formulation(c, n); err != nil {
		return nil, fmt.Errorf("%s: %w", found.Model, err)
	}
	for _, n := range c.Notes {
		d.row("note", "%s", n)
	}
	return d.facts, nil
}

// trained says where the model is from.
func (d *description) trained(t *checkpoint.Trainer) {
	if t == nil {
		d.row("trained", "elsewhere (imported)")
		return
	}
	d.row("trained", "%s steps (epoch %d, %d batches into it) in %s", humanize.Comma(t.Step), t.Epoch, t.Position, Brief(time.Duration(t.TrainSeconds*1e9)))
	d.row("seed", "%d", t.Seed)
}

// weights says which weights the commands take.
func (d *description) weights(c *checkpoint.Checkpoint, raw bool) {
	which := "raw (no average is kept)"
	switch {
	case c.EMA != nil && raw:
		which = "raw (an average is there too)"
	case c.EMA != nil:
		which = "averaged (EMA; the raw ones with --raw)"
	}
	d.row("weights", "%s", which)
}

// Brief is a time in few letters: seconds up to ten minutes, minutes above.
func Brief(d time.Duration) string {
	if d < 10*time.Minute {
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// formulation says what the network learned: to code images, or to denoise them or their codes.
func (d *description) formulation(c *checkpoint.Checkpoint, n net.Network) error {
	if a, ok := n.(vae.Autoencoder); ok {
		h, w := a.Size()
		lh, lw, z := a.Latent(h, w)
		what := fmt.Sprintf("images of %dx%d, latents %dx%dx%d", h, w, lh, lw, z)
		if h*w == 1 {
			what = "points, latents of " + english.Plural(lh*lw*z, "number", "")
		}
		d.row("autoencoder", "%s, %s likelihood", what, a.Likelihood().Kind)
		return nil
	}
	if k, ok := n.(classifier.Network); ok {
		return d.classifier(c, k)
	}
	if v := c.VAE; v != nil {
		a, err := net.New(v.Arch, v.ArchConfig)
		if err != nil {
			return err
		}
		d.row("works on", "latents of %s", net.Describe(a))
	}
	s := c.Scheduler
	p, err := formulation.SpecOf(s)
	if err != nil {
		return err
	}
	d.row("process", "%v", p.Process)
	d.noise(p)
	if p.Patch > 0 {
		d.row("patch", "noise on one square of %dx%d pixels alone, the rest of an image clean: to find anomalies by, not to sample from", p.Patch, p.Patch)
	}
	if p.Unpaired {
		d.row("heads", "both ends of a bridge between sets without pairs: sampled back, and --forward")
	}
	d.row("prediction", "%s", p.Prediction.Row().Name)
	x := s.Reverie
	if x == nil {
		return nil
	}
	if x.Preset != "" {
		d.row("preset", "%s", x.Preset)
	}
	if x.H*x.W > 1 {
		d.row("image size", "%dx%d", x.H, x.W)
	}
	if len(x.Classes) > 0 {
		d.row("classes", "%s", classList(x.Kind, x.Null))
	}
	if x.Solver != "" {
		d.row("own sampler", "%s, clamp %s, variance %s", x.Solver, x.Clamp, p.Variance)
	}
	return nil
}

// noise says which noise a process adds, where it is not the standard normal.
func (d *description) noise(s formulation.Spec) {
	if noise.Standard(s.Noise) {
		return
	}
	var settings []string
	for _, f := range table.Fields(s.Noise) {
		settings = append(settings, fmt.Sprintf("%s %v", f.Name, f))
	}
	d.row("noise", "%s (%s)", noise.Name(s.Noise), strings.Join(settings, ", "))
}

// classifier says what a classifier tells apart.
func (d *description) classifier(c *checkpoint.Checkpoint, n classifier.Network) error {
	k := n.Kind()
	of, spec := "as they are, to judge with", formulation.Spec{}
	if n.Noised() {
		var err error
		if spec, err = formulation.SpecOf(c.Scheduler); err != nil {
			return err
		}
		of = fmt.Sprintf("noised by %v, to guide with", spec.Process)
	}
	d.row("classifier", "of %v, %s", k, of)
	d.noise(spec)
	d.row("classes", "%s", classList(k, false))
	return nil
}

// shownClasses is how many classes are named.
const shownClasses = 64

// classList names the classes with how many samples of each there were in training.
func classList(k kind.Kind, null bool) string {
	var parts []string
	for _, c := range k.Classes[:min(len(k.Classes), shownClasses)] {
		parts = append(parts, fmt.Sprintf("%s %s", c.Name, humanize.Comma(int64(c.Samples))))
	}
	if more := len(k.Classes) - shownClasses; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	text := strings.Join(parts, ", ")
	if null {
		return text + "; and what there is without a class"
	}
	return text
}
