package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/pipeline"
	"github.com/spf13/cobra"
)

// processFlags are the flags that describe a table of betas.
type processFlags struct {
	timesteps          int
	schedule           string
	betaStart, betaEnd float64
}

// add gives cmd the flags, with the lecture's values as defaults.
func (p *processFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&p.timesteps, "timesteps", 300, "T, the number of time steps")
	f.StringVar(&p.schedule, "schedule", "linear", oneOf("betas", config.Schedules))
	f.Float64Var(&p.betaStart, "beta-start", 1e-4, "first beta of linear and scaled-linear")
	f.Float64Var(&p.betaEnd, "beta-end", 0.02, "last beta of linear and scaled-linear")
}

// process checks the flags and returns the chain; its errors are usage errors.
func (p *processFlags) process() (*reverie.DDPM, error) {
	r, err := config.Preset("lecture")
	if err != nil {
		return nil, err
	}
	r.Timesteps, r.Schedule, r.BetaStart, r.BetaEnd = p.timesteps, p.schedule, p.betaStart, p.betaEnd
	if err := r.Validate(); err != nil {
		return nil, usage(err)
	}
	beta, err := reverie.Betas(p.schedule, p.timesteps, p.betaStart, p.betaEnd)
	if err != nil {
		return nil, usage(err)
	}
	chain, err := reverie.NewDDPM(beta)
	return chain, usage(err)
}

func newNoise() *cobra.Command {
	var (
		p          processFlags
		resolution config.Size
		seed       uint64
		out        string
	)
	cmd := &cobra.Command{
		Use:   "noise IMAGE",
		Short: "Show the forward process on an image",
		Long: `Show an image at ten times of the forward process, t = 0, T/10, .., 9T/10: what a
diffusion model learns to undo.`,
		Example: `  reverie noise cat.jpg
  reverie noise cat.jpg --schedule cosine --timesteps 1000 --out cosine.png`,
		Args: exactly(1, "one image file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			chain, err := p.process()
			if err != nil {
				return err
			}
			if err := checkNames(output{"out", out}); err != nil {
				return err
			}
			if err := checkWritable(output{"out", out}); err != nil {
				return err
			}
			x, h, w, err := loadImage(cmd.Context(), args[0], resolution)
			if err != nil {
				return err
			}
			err = picture.Write(out, pipeline.ForwardStrip(chain, x, h, w, 3, seed),
				picture.Text{Key: "Software", Value: "reverie " + version()}, picture.Text{Key: "image", Value: args[0]},
				picture.Text{Key: "schedule", Value: p.schedule}, picture.Text{Key: "timesteps", Value: fmt.Sprint(p.timesteps)},
				picture.Text{Key: "seed", Value: fmt.Sprint(seed)})
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), out)
			fmt.Fprintf(cmd.ErrOrStderr(), "t = %s of %d (%s), seed %d\n", timesText(pipeline.ForwardTimes(chain)), p.timesteps, p.schedule, seed)
			return nil
		},
	}
	resolution = config.Size{H: 128, W: 128}
	p.add(cmd)
	cmd.Flags().Var(&resolution, "resolution", "resize the image: 64, or HEIGHTxWIDTH")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the noise")
	cmd.Flags().StringVar(&out, "out", "noise.png", "write the strip here")
	return cmd
}

// timesText is a list of times with commas between.
func timesText(t []int) string {
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(t), "[]")), ", ")
}

// loadImage reads one image in colour.
func loadImage(ctx context.Context, path string, size config.Size) (x []float32, h, w int, err error) {
	x, err = data.ReadImage(ctx, path, data.Options{Height: size.H, Width: size.W, Channels: 3})
	return x, size.H, size.W, err
}
