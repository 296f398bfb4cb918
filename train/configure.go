package train

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Configure makes the configuration of a new run from a preset, such as small, and from the data
// that it is to learn from, such as folders of images, as `reverie train` does: resolution,
// channels, mirroring and batch are what suits them, but for a preset that is an experiment of its
// own. Without names it is the emoji inside the program. The set is the data, opened by the
// configuration; the caller closes it. What is changed in the configuration later, the run takes as
// it is.
func Configure(ctx context.Context, preset string, names ...string) (c *config.Run, set *data.Set, err error) {
	var of config.Run
	if of.Data, err = source.Resolve(names); err != nil {
		return nil, nil, err
	}
	var given config.Given
	if len(names) > 0 {
		given = append(given, table.Find(of.Fields(), "data"))
	}
	if c, _, err = Begin(preset, given); err != nil {
		return nil, nil, err
	}
	if _, err := Fit(ctx, c, given.Has, nil); err != nil {
		return nil, nil, err
	}
	if err := CheckNew(c, given.Has); err != nil {
		return nil, nil, err
	}
	if set, err = c.Open(ctx, nil); err != nil {
		return nil, nil, err
	}
	if _, err = FitShape(c, set, false, given.Has); err == nil {
		_, err = FitBatch(c, set.Train().Len(), given.Has)
	}
	if err != nil {
		return nil, nil, errors.Join(err, set.Close())
	}
	return c, set, nil
}

// Begin returns the configuration of a new run: the preset of that name with the fields given, and
// what is chosen for it before its data are opened. It is checked as far as it can be then.
func Begin(preset string, given config.Given) (*config.Run, []Choice, error) {
	c, err := config.Begin(preset, given)
	if err != nil {
		return nil, nil, err
	}
	chosen := append(FitClasses(c, given.Has), FitLevels(c, given.Has)...)
	return c, chosen, CheckNew(c, given.Has)
}

// CheckNew finds what can be said against a new run's configuration without opening anything.
func CheckNew(c *config.Run, given func(flag string) bool) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if err := c.Unused(given); err != nil {
		return err
	}
	if c.VAE != "" { // its latents decide what the network takes
		_, err := Objective(c)
		return err
	}
	return Check(c)
}

// DataOf returns the fields given with the data of an autoencoder's run, and what of them it took,
// where none are given, and a note of it. A model without a run names no data; what is no model is
// refused in full where it is read.
func DataOf(vae string, given config.Given) (all config.Given, note string, err error) {
	found, err := checkpoint.Resolve(vae)
	if err != nil || given.Has("data") {
		return given, "", nil
	}
	if found.Run == "" {
		return given, fmt.Sprintf("--vae %s is of no run that says what it was trained on: these are the emoji inside the program; give DATA for others", vae), nil
	}
	own, err := config.Read(found.Run)
	if err != nil {
		return nil, "", fmt.Errorf("--vae: %w", err)
	}
	take := []string{"data"}
	if own.Kind().Pictorial() {
		take = append(take, "data-class", "crop")
	}
	for _, name := range take {
		if !given.Has(name) {
			given = append(given, table.Find(own.Fields(), name))
		}
	}
	if len(own.Data) > 0 {
		note = fmt.Sprintf("the data are those of --vae, %s; give DATA for others", strings.Join(own.Data, ", "))
	}
	return given, note, nil
}

// Adopt takes the size and the channels of the images of c's autoencoder where they are not given,
// and the network that its latents need: those of a single position are for one without
// convolutions. Where it takes one it says why, in words that go before an error of [CheckNew],
// which is yet to be asked.
func Adopt(c *config.Run, given config.Given) (why string, err error) {
	a, err := model.AutoencoderOf(c.VAE)
	if err != nil {
		return "", fmt.Errorf("--vae: %w", err)
	}
	if h, w := a.Size(); h > 0 && !given.Has("resolution") && c.Kind().Pictorial() {
		c.Resolution = data.Size{H: h, W: w}
	}
	if !given.Has("image-channels") && c.Kind().Pictorial() {
		c.ImageChannels, _ = a.Channels()
	}
	if given.Has("arch") || a.Check(c.Resolution.H, c.Resolution.W) != nil { // which is refused in full where the data are read
		return "", nil
	}
	k := kind.OfLatents(a.Latent(c.Resolution.H, c.Resolution.W))
	others := net.Fitting(k, checkpoint.Denoiser)
	if c.Arch.Fits(k) == nil || len(others) == 0 { // none is refused likewise
		return "", nil
	}
	if err := c.Set("arch", others[0]); err != nil {
		return "", err
	}
	c.Adapt(given.Has)
	return fmt.Sprintf("the latents of --vae are %s, for --arch %s", k.Dims(), others[0]), table.Take(c, given) // settings of that network among them
}
