package train

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// A Choice is a setting that the data decide where nobody gave it: as the flag that would, and the
// reason.
type Choice struct{ Flag, Reason string }

// Fit makes the settings of a new run that a survey of its data decides, and that were not given,
// what it found, and returns them. Of data that cannot be surveyed, of those whose settings are all
// given, and of a preset that is an experiment of its own, it asks nothing. progress, if not nil,
// is told how many files are looked at of how many.
func Fit(ctx context.Context, c *config.Run, given func(flag string) bool, progress func(done, total int)) ([]Choice, error) {
	row, err := c.Source(c.Data)
	if err != nil {
		return nil, err
	}
	s, ok := row.(source.Surveyor)
	all := given("resolution") && given("image-channels") && given("flip")
	if !ok || all || c.Preset != config.Presets.Names()[0] {
		return nil, nil
	}
	v, err := s.Survey(ctx, c.Data, progress)
	if err != nil {
		return nil, err
	}
	return FitSurvey(c, v, given), nil
}

// FitSurvey makes the settings of c that a survey decides, and that were not given, what it found,
// and returns them.
func FitSurvey(c *config.Run, v *data.Survey, given func(flag string) bool) (all []Choice) {
	latent := c.VAE != "" // its autoencoder has resolution and channels
	if !given("resolution") && !latent {
		side, reason := v.Resolution, v.ResolutionReason
		if l, ok := c.Arch.(net.Leveled); ok && given("channels") && side%l.Factor() != 0 {
			m := l.Factor()
			side, reason = max(m, side/m*m), fmt.Sprintf("of what the images have, what the levels of --channels can halve: multiples of %d", m)
		}
		c.Resolution = data.Size{H: side, W: side}
		all = append(all, Choice{fmt.Sprintf("--resolution %v", c.Resolution), reason})
	}
	all = append(all, FitLevels(c, given)...)
	if !given("image-channels") && !latent {
		c.ImageChannels = v.Channels
		all = append(all, Choice{fmt.Sprintf("--image-channels %d", v.Channels), v.ChannelsReason})
	}
	if !given("flip") {
		c.Flip = v.Flip
		all = append(all, Choice{fmt.Sprintf("--flip=%v", v.Flip), v.FlipReason})
	}
	return all
}

// FitLevels leaves out levels of the preset's network that the resolution cannot be halved for.
func FitLevels(c *config.Run, given func(flag string) bool) []Choice {
	if !c.FitLevels(given) {
		return nil
	}
	channels := table.Find(c.Fields(), "channels")
	n := len(channels.Value().([]int))
	return []Choice{{"--channels " + channels.String(), fmt.Sprintf("%d levels: %v can be halved %s", n, c.Resolution, english.Plural(n-1, "time", ""))}}
}

// FitShape takes the shape of the samples of a new run from data that alone tell it, returns what
// is chosen for it, and checks it. Of a run whose settings are fixed, such as one that is resumed,
// data of another shape are an error.
func FitShape(c *config.Run, set *data.Set, fixed bool, given func(flag string) bool) ([]Choice, error) {
	k, have := set.Kind(), c.Kind()
	if k.Pictorial() || have.Comparable(k) == nil {
		return nil, nil
	}
	if fixed {
		return nil, fmt.Errorf("%s has %v, and the run's are %v", strings.Join(c.Data, ", "), k, have)
	}
	c.Resolution, c.ImageChannels = data.Size{H: k.H, W: k.W}, k.C
	if k.Vector() {
		return nil, nil
	}
	return FitLevels(c, given), Check(c)
}

// FitClasses says which classes of the embedded emoji a run that learns classes has, where they
// were not given.
func FitClasses(c *config.Run, given func(flag string) bool) []Choice {
	if !knowsClasses(c) || len(c.Data) > 0 || given("data-class") || !slices.Equal(c.DataClass, data.EmojiCategories()) {
		return nil
	}
	quoted := make([]string, len(c.DataClass))
	for i, name := range c.DataClass {
		quoted[i] = strconv.Quote(name)
	}
	return []Choice{{"--data-class " + strings.Join(quoted, ","), `all classes of the emoji but "Component", which has 5 images`}}
}

// FitBatch makes the batch of a new run one that n training images fill, where that was not given;
// of too few the error says what goes.
func FitBatch(c *config.Run, n int, given func(flag string) bool) (all []Choice, err error) {
	if given("batch") || n >= c.Batch {
		return nil, nil
	}
	batch := data.SuggestBatch(n, c.Batch)
	if batch == 0 {
		return nil, fmt.Errorf("--batch %d is larger than the set of %s in %s, and none is chosen for under %d; to train on so few give --batch %d, with --val 0 to hold none out, or add images",
			c.Batch, english.Plural(n, "training image", ""), strings.Join(c.Data, ", "), data.LeastBatch, max(1, n))
	}
	all = []Choice{{fmt.Sprintf("--batch %d", batch), fmt.Sprintf("the %d training images do not fill %d", n, c.Batch)}}
	c.Batch = batch
	return all, nil
}

// Advise returns the settings that train chooses for the data of a report, names as a person gives
// them, the batch among them. Of no names, which are the emoji inside the program, it is nothing:
// the preset was made for them.
func Advise(names []string, r *data.Report) (all []Choice, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	nothing := func(string) bool { return false }
	c := usual()
	if c.Data, err = source.Resolve(names); err != nil {
		return nil, err
	}
	all = FitSurvey(&c, r.Survey, nothing)
	batch, err := FitBatch(&c, r.Training, nothing)
	switch {
	case err != nil:
		batch = []Choice{{Flag: fmt.Sprintf("--batch %d --val 0", r.Images), Reason: english.Plural(r.Images, "image", "") + ": too few to hold any out"}}
	case batch == nil:
		batch = []Choice{{Flag: fmt.Sprintf("--batch %d", c.Batch), Reason: english.Plural(r.Training/c.Batch, "step", "") + " to an epoch"}}
	}
	return append(all, batch...), nil
}

// UsualVal is the share of the data that train holds out where nothing is said.
func UsualVal() float64 { return usual().Val }

// usual is the preset where nothing is said.
func usual() config.Run {
	c, err := config.Preset(config.Presets.Names()[0])
	if err != nil {
		panic(err) // the name is one of the presets
	}
	return c
}
