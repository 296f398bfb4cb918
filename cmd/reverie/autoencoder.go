package main

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
)

// describeAutoencoder says in a line which autoencoder was loaded.
func describeAutoencoder(a *pipeline.Autoencoder) string {
	which := "raw"
	if a.Averaged {
		which = "averaged (EMA)"
	}
	return fmt.Sprintf("%s: %s, %s parameters, %s weights", a.Found.Model, a.Net.Arch(), humanize.Comma(int64(net.Trainable(a.Net))), which)
}

// sizeOf is the size of an autoencoder's images: as given, or else those that it
// was trained on.
func sizeOf(a *pipeline.Autoencoder, given config.Size) (h, w int, err error) {
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

// checkAutoencoder refuses a batch that needs more memory than the machine has.
func checkAutoencoder(a *pipeline.Autoencoder, batch, h, w int) error {
	return fits(func(n int) (int64, error) { return a.Memory(n, h, w) }, batch, h, w)
}

// adopt takes the size and the channels of the images of --vae's autoencoder
// where the command line does not say.
func adopt(c *config.Run, given func(flag string) bool) error {
	if c.VAE == "" || c.Points() {
		return nil
	}
	h, w, channels, err := pipeline.AutoencoderImages(c.VAE)
	if err != nil {
		return fmt.Errorf("--vae: %w", err)
	}
	if h > 0 && !given("resolution") {
		c.Resolution = config.Size{H: h, W: w}
	}
	if !given("image-channels") {
		c.ImageChannels = channels
	}
	return nil
}
