package cli

import (
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

func newNoise() *cobra.Command {
	var (
		p          processFlags
		resolution data.Size
		seed       uint64
		maxPixels  int
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
			chain, err := p.process(cmd)
			if err != nil {
				return err
			}
			if err := checkNames(output{"out", out}); err != nil {
				return err
			}
			if err := checkWritable(output{"out", out}); err != nil {
				return err
			}
			const channels = 3
			pictures := memory.Load{Images: 10, Height: resolution.H, Width: resolution.W, Held: 3*memory.Floats(resolution.H, resolution.W, channels) + memory.Shown(resolution.H, resolution.W), Fewer: "give a smaller --resolution"}
			if err := pictures.Check(); err != nil {
				return err
			}
			x, info, err := data.ReadImage(cmd.Context(), args[0], data.Options{Height: resolution.H, Width: resolution.W, Channels: channels, MaxPixels: int64(maxPixels)})
			if err != nil {
				return err
			}
			writeImageNotes(cmd.ErrOrStderr(), args[0], info.Notes)
			text := append(p.text(), picture.Text{Key: "image", Value: args[0]}, picture.Text{Key: "seed", Value: fmt.Sprint(seed)},
				picture.Text{Key: "resolution", Value: resolution.String()})
			err = picture.Write(out, model.ForwardStrip(chain, p.Noise, x, kind.OfImages(resolution.H, resolution.W, channels), seed), text...)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), out)
			fmt.Fprintf(cmd.ErrOrStderr(), "t = %s of %d (%s), seed %d\n", timesText(model.ForwardTimes(chain)), p.Timesteps, p.of(), seed)
			return nil
		},
	}
	resolution = data.Size{H: 128, W: 128}
	p.add(cmd)
	cmd.Flags().Var(&resolution, "resolution", "resize the image: 64, or HEIGHTxWIDTH")
	maxPixelsVar(cmd.Flags(), &maxPixels)
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the noise")
	cmd.Flags().StringVar(&out, "out", "noise.png", "write the strip here")
	return cmd
}

// timesText is a list of times with commas between.
func timesText(t []float64) string {
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(t), "[]")), ", ")
}
