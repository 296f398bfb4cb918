package train

import (
	"cmp"
	"context"
	"fmt"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/model"
)

// Coded says which samples an autoencoder is to encode.
type Coded struct {
	Names     []string  // folders of images or other data; none: those that its run was trained on
	Size      data.Size // of images
	MaxPixels int       // of an image, which is left out if it has more; 0: the run's, else 100 million

	// Progress, if not nil, is told how many files are read of how many.
	Progress func(done, total int)
}

// OpenCoded opens the samples for an autoencoder that was loaded: images in the size asked for,
// other data in the units in which it was trained. Close the set once all are encoded.
func OpenCoded(ctx context.Context, a *model.Autoencoder, o Coded) (*data.Set, error) {
	var own *config.Run
	if a.Found.Run != "" {
		var err error
		if own, err = config.Read(a.Found.Run); err != nil {
			return nil, err
		}
	}
	names, err := source.Resolve(o.Names)
	if err != nil {
		return nil, err
	}
	c := &config.Run{Sources: config.Sources{Data: names, Images: config.Images{Crop: "none", Cache: 1024}}}
	if given, coded := c.Kind(), a.Kind(); len(names) > 0 && given.Noun(2) != coded.Noun(2) {
		return nil, fmt.Errorf("%s codes %s, and %s is %s; give %s (reverie list, data sources), or no DATA for its run's own", a.Found.Model, coded.Noun(2), o.Names[0], given.Noun(2), coded.Noun(2))
	}
	switch {
	case len(names) == 0 && own == nil:
		return nil, fmt.Errorf("%s is no part of a run folder, which would say what its images are; give DATA", a.Found.Model)
	case len(names) == 0:
		c = own
	case !c.Kind().Pictorial() && own != nil && !own.Kind().Pictorial():
		own.From = names
		return own.OpenFrom(ctx, o.Progress)
	}
	_, c.ImageChannels = a.Net.Channels()
	c.MaxPixels = cmp.Or(o.MaxPixels, c.MaxPixels)
	c.Resolution = o.Size
	return c.Open(ctx, o.Progress)
}
