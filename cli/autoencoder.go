package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// ownData takes the data of --vae's autoencoder, and what of them it took, where the command line
// names none, and returns the fields that are set then. A model without a run names no data; what
// is no model is refused in full where it is read.
func (o *trainOptions) ownData(cmd *cobra.Command, given config.Given) (config.Given, error) {
	take := func(name string) { given = append(given, table.Find(o.fields, name)) }
	if o.VAE == "" || o.resume != "" || given.Has("data") {
		return given, nil
	}
	found, err := checkpoint.Resolve(o.VAE)
	if err != nil {
		return given, nil
	}
	if found.Run == "" {
		writeNotes(cmd.ErrOrStderr(), []string{"--vae " + quoted(o.VAE) + " is of no run that says what it was trained on: these are the emoji inside the program; give DATA for others"})
		return given, nil
	}
	own, err := config.Read(found.Run)
	if err != nil {
		return nil, fmt.Errorf("--vae: %w", err)
	}
	o.Data = own.Data
	take("data")
	if own.Kind().Pictorial() && !given.Has("data-class") {
		o.DataClass = own.DataClass
		take("data-class")
	}
	if own.Kind().Pictorial() && !given.Has("crop") {
		o.Crop = own.Crop
		take("crop")
	}
	if len(own.Data) > 0 {
		writeNotes(cmd.ErrOrStderr(), []string{"the data are those of --vae, " + strings.Join(own.Data, ", ") + "; give DATA for others"})
	}
	return given, nil
}

// adopt takes the size and the channels of the images of --vae's autoencoder where the command line
// does not say, and the network that its latents need: those of a single position are for one
// without convolutions.
func adopt(c *config.Run, given func(flag string) bool) error {
	if c.VAE == "" {
		return nil
	}
	a, err := model.AutoencoderOf(c.VAE)
	if err != nil {
		return fmt.Errorf("--vae: %w", err)
	}
	if h, w := a.Size(); h > 0 && !given("resolution") && c.Kind().Pictorial() {
		c.Resolution = data.Size{H: h, W: w}
	}
	if !given("image-channels") && c.Kind().Pictorial() {
		c.ImageChannels, _ = a.Channels()
	}
	if given("arch") || a.Check(c.Resolution.H, c.Resolution.W) != nil { // which is refused in full where the data are read
		return nil
	}
	arch, err := c.Architecture()
	if err != nil {
		return err
	}
	k := kind.OfLatents(a.Latent(c.Resolution.H, c.Resolution.W))
	if arch.Fits(k) == nil {
		return nil
	}
	others := net.Fitting(k, false)
	if len(others) == 0 {
		return nil // which is refused likewise
	}
	c.Arch = others[0]
	c.Adapt(given)
	if err := errors.Join(c.Validate(), c.Unused(given)); err != nil {
		return usage(fmt.Errorf("the latents of --vae are %s, for --arch %s: %w", k.Dims(), c.Arch, err))
	}
	return nil
}
