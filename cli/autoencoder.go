package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// describeAutoencoder says in a line which autoencoder was loaded.
func describeAutoencoder(a *model.Autoencoder) string {
	which := "raw weights"
	switch {
	case a.Embedded:
		which = "the weights that the diffusion was trained with"
	case a.Averaged:
		which = "averaged (EMA) weights"
	}
	return withNotes(fmt.Sprintf("%s: %s, %s parameters, %s", a.Found.Model, a.Net.Arch(), humanize.Comma(int64(net.Trainable(a.Net))), which), a.Notes)
}

// loadAutoencoder is model.LoadAutoencoder by the flag --raw, which the one within a diffusion
// leaves without effect.
func loadAutoencoder(e *engine.Engine, path string, raw bool) (*model.Autoencoder, error) {
	a, err := model.LoadAutoencoder(e, path, raw)
	if err == nil && raw && a.Embedded {
		a.Free()
		return nil, fmt.Errorf("--raw: the autoencoder in %s has one set of weights, those that the diffusion was trained with; leave it out", path)
	}
	return a, err
}

// sizeOf is the size of an autoencoder's images: as given, or else those that it was trained on.
func sizeOf(a *model.Autoencoder, given data.Size) (h, w int, err error) {
	h, w = given.H, given.W
	if h == 0 {
		h, w = a.Height, a.Width
	}
	if h == 0 {
		return 0, 0, fmt.Errorf("%s does not say which size its images have; give --resolution", a.Found.Model)
	}
	if err := a.Net.Check(h, w); err != nil {
		return 0, 0, fmt.Errorf("--resolution: %w", err)
	}
	return h, w, nil
}

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
