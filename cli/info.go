package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/internal/terminal"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
)

func newInfo() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "info RUN",
		Short: "Describe a trained model",
		Long: `Describe a run folder (its newest complete checkpoint), a checkpoint folder or an
imported model: its data, losses and checkpoints, its network and what it
learned, and of a run what it is doing now.`,
		Example: `  reverie info runs/emoji-1
  reverie info runs/emoji-1/checkpoints/step-000500`,
		Args: exactly(1, "a run, checkpoint or model folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, c, err := checkpoint.Open(args[0], checkpoint.Only())
			if err != nil {
				return err
			}
			n, err := net.New(c.Arch, c.ArchConfig)
			if err != nil {
				return fmt.Errorf("%s: %w", found.Model, err)
			}
			return writeInfo(cmd.OutOrStdout(), found, c, n, raw)
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "speak of the last weights, not of their average")
	return cmd
}

// A description is rows of a name and a text, the texts below each other and folded.
type description struct{ rows [][2]string }

func (d *description) row(name, format string, args ...any) {
	d.rows = append(d.rows, [2]string{name, fmt.Sprintf(format, args...)})
}

func (d *description) write(w io.Writer) error {
	wide := 0
	for _, r := range d.rows {
		wide = max(wide, len(r[0]))
	}
	for _, r := range d.rows {
		if _, err := fmt.Fprintln(w, terminal.Fold(fmt.Sprintf("%-*s  %s", wide, r[0], r[1]), wide+2)); err != nil {
			return err
		}
	}
	return nil
}

func writeInfo(w io.Writer, found checkpoint.Found, c *checkpoint.Checkpoint, n net.Network, raw bool) error {
	var d description
	d.row("model", "%s", found.Model)
	if found.Run != "" {
		d.run(found.Run, c.Trainer)
	}
	if tr := c.Trainer; tr != nil {
		d.row("trained", "%s steps (epoch %d, %d batches into it) in %s", humanize.Comma(tr.Step), tr.Epoch, tr.Position, brief(time.Duration(tr.TrainSeconds*1e9)))
		d.row("seed", "%d", tr.Seed)
	} else {
		d.row("trained", "elsewhere (imported)")
	}
	d.row("network", "%s", net.Describe(n))
	d.row("parameters", "%s trainable", humanize.Comma(int64(net.Trainable(n))))
	which := "raw (no average is kept)"
	switch {
	case c.EMA != nil && raw:
		which = "raw (an average is there too)"
	case c.EMA != nil:
		which = "averaged (EMA; the raw ones with --raw)"
	}
	d.row("weights", "%s", which)
	if err := d.formulation(c, n); err != nil {
		return fmt.Errorf("%s: %w", found.Model, err)
	}
	for _, n := range c.Notes {
		d.row("note", "%s", n)
	}
	return d.write(w)
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
	if x.Solver != "" {
		d.row("own sampler", "%s, clamp %s, variance %s", x.Solver, x.Clamp, p.Variance)
	}
	return nil
}
