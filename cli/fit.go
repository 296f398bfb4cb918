package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/train"
)

// A choice is a setting that the data decide where the command line does not: a flag and the reason.
type choice struct{ flag, reason string }

// writeChoices names choices, a line each.
func writeChoices(w io.Writer, all []choice) {
	head, wide := "chosen: ", 0
	for _, c := range all {
		wide = max(wide, len(c.flag))
	}
	for i, c := range all {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		fmt.Fprintf(w, "%s %-*s   (%s)\n", head, wide, c.flag, c.reason)
	}
}

// surveys says whether data that can may decide settings of a run: unless a preset was chosen that is an experiment of its own.
func surveys(c *config.Run, given func(flag string) bool) bool {
	all := given("resolution") && given("image-channels") && given("flip")
	return c.Preset == config.Presets.Names()[0] && !all
}

// fit lets the images decide what the command line leaves open, and says so.
func fit(cmd *cobra.Command, c *config.Run, given func(flag string) bool) error {
	row, err := c.Source(c.Data)
	if err != nil {
		return err
	}
	surveyor, ok := row.(source.Surveyor)
	if !ok || !surveys(c, given) {
		return nil
	}
	bar := newBar(cmd.ErrOrStderr(), -1, "looking at the images")
	v, err := surveyor.Survey(cmd.Context(), c.Data, bar.set)
	bar.done()
	if err != nil {
		return err
	}
	writeChoices(cmd.ErrOrStderr(), choose(c, v, given))
	if err := errors.Join(c.Validate(), c.Unused(given)); err != nil {
		return usage(err)
	}
	if c.VAE != "" { // whose latents decide what the network takes
		return nil
	}
	return usage(train.Check(c))
}

// choose makes the settings of c that a survey decides what it found, and returns them.
func choose(c *config.Run, v *data.Survey, given func(flag string) bool) (all []choice) {
	latent := c.VAE != "" // its autoencoder has resolution and channels
	if !given("resolution") && !latent {
		side, reason := v.Resolution, v.ResolutionReason
		if m := 1 << (len(c.Channels) - 1); given("channels") && side%m != 0 {
			side, reason = max(m, side/m*m), fmt.Sprintf("of what the images have, what the levels of --channels can halve: multiples of %d", m)
		}
		c.Resolution = config.Size{H: side, W: side}
		all = append(all, choice{fmt.Sprintf("--resolution %v", c.Resolution), reason})
	}
	all = append(all, chooseLevels(c, given)...)
	if !given("image-channels") && !latent {
		c.ImageChannels = v.Channels
		all = append(all, choice{fmt.Sprintf("--image-channels %d", v.Channels), v.ChannelsReason})
	}
	if !given("flip") {
		c.Flip = v.Flip
		all = append(all, choice{fmt.Sprintf("--flip=%v", v.Flip), v.FlipReason})
	}
	return all
}

// chooseLevels leaves out levels of the preset's network that the resolution cannot be halved for.
func chooseLevels(c *config.Run, given func(flag string) bool) []choice {
	if !c.FitLevels(given) {
		return nil
	}
	n := len(c.Channels)
	return []choice{{"--channels " + joined(c.Channels), fmt.Sprintf("%d levels: %v can be halved %s", n, c.Resolution, english.Plural(n-1, "time", ""))}}
}

// fitBatch makes the batch of a new run one that n training images fill, where the command line does not say; of too few the error says
// what goes.
func fitBatch(c *config.Run, n int, given func(flag string) bool) (all []choice, err error) {
	if given("batch") || n >= c.Batch {
		return nil, nil
	}
	batch := data.SuggestBatch(n, c.Batch)
	if batch == 0 {
		return nil, fmt.Errorf("--batch %d is larger than the set of %s in %s, and none is chosen for under %d; to train on so few give --batch %d, with --val 0 to hold none out, or add images",
			c.Batch, english.Plural(n, "training image", ""), dataName(c.Data), data.LeastBatch, max(1, n))
	}
	all = []choice{{fmt.Sprintf("--batch %d", batch), fmt.Sprintf("the %d training images do not fill %d", n, c.Batch)}}
	c.Batch = batch
	return all, nil
}

// joined is a list as a flag takes it.
func joined(list []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}
