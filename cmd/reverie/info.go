package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/pipeline"
	"github.com/spf13/cobra"
)

func newInfo() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "info RUN",
		Short: "Describe a trained model",
		Long:  `Describe a run folder (its newest complete checkpoint), a checkpoint folder or an imported model.`,
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

func writeInfo(w io.Writer, found checkpoint.Found, c *checkpoint.Checkpoint, n net.Model, raw bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("model", "%s", found.Model)
	row("architecture", "%s %s", c.Arch, compact(c.ArchConfig))
	row("parameters", "%s trainable", humanize.Comma(int64(net.Trainable(n))))
	which := "raw (no average is kept)"
	switch {
	case c.EMA != nil && raw:
		which = "raw (an average is there too)"
	case c.EMA != nil:
		which = "averaged (EMA; the raw ones with --raw)"
	}
	row("weights", "%s", which)
	if err := writeFormulation(row, c, n); err != nil {
		return fmt.Errorf("%s: %w", found.Model, err)
	}
	if tr := c.Trainer; tr != nil {
		row("trained", "%s steps (epoch %d, %d batches into it) in %v", humanize.Comma(tr.Step), tr.Epoch, tr.Position, time.Duration(tr.TrainSeconds*1e9).Round(time.Second))
		row("seed", "%d", tr.Seed)
		if now, yes := checkpoint.TrainingNow(found.Run); found.Run != "" && yes {
			row("state", "%v", now)
		}
	} else {
		row("trained", "elsewhere (imported)")
	}
	for _, n := range c.Notes {
		row("note", "%s", n)
	}
	return t.Flush()
}

// writeFormulation says what the network learned: to code images, or to denoise
// them or their codes.
func writeFormulation(row func(name, format string, args ...any), c *checkpoint.Checkpoint, n net.Model) error {
	if a, ok := n.(vae.Autoencoder); ok {
		h, w := a.Size()
		lh, lw, z := a.Latent(h, w)
		row("autoencoder", "images of %dx%d, latents %dx%dx%d, %s likelihood", h, w, lh, lw, z, a.Likelihood().Kind)
		return nil
	}
	if v := c.VAE; v != nil {
		row("works on", "latents of %s %s", v.Arch, compact(v.ArchConfig))
	}
	s := c.Scheduler
	p, err := pipeline.SpecOf(s)
	if err != nil {
		return err
	}
	row("process", "%v", p)
	row("prediction", "%s", p.Prediction)
	x := s.Reverie
	if x == nil {
		return nil
	}
	if x.Preset != "" {
		row("preset", "%s", x.Preset)
	}
	if x.Height > 0 {
		row("image size", "%dx%d", x.Height, x.Width)
	}
	if x.Solver != "" {
		row("own sampler", "%s, clamp %s, variance %s", x.Solver, x.Clamp, p.Variance)
	}
	return nil
}

// compact is JSON on one line.
func compact(text json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return string(text)
	}
	return b.String()
}
