package model

import (
	"context"
	"fmt"
	"image"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
)

// A Coding is an autoencoder at work on samples, which come batch by batch: their codes, how near
// that comes which the autoencoder makes of these, and the first samples to be shown beside it.
type Coding struct {
	Codes   Codes
	Quality *Quality

	coder       *Autoencoder
	kind        kind.Kind
	shown, made []float32
}

// NewCoding returns a coding of no samples yet, of that kind; the seed is that of the draws that
// the bound on their likelihood takes.
func NewCoding(a *Autoencoder, k kind.Kind, seed uint64) *Coding {
	return &Coding{Quality: NewQuality(a, k, seed), coder: a, kind: k}
}

// Add encodes a batch of samples x [n,H,W,C], all at once, and decodes their codes.
func (c *Coding) Add(ctx context.Context, x []float32) error {
	n := len(x) / c.kind.Size()
	codes, err := c.coder.EncodeImages(ctx, x, n, c.kind.H, c.kind.W, n)
	if err != nil {
		return err
	}
	made, _, _, err := c.coder.DecodeCodes(ctx, codes.Mean, n, codes.H, codes.W, n)
	if err != nil {
		return err
	}
	if err := c.Quality.Add(ctx, x, made); err != nil {
		return err
	}
	if more := min(n*c.kind.Size(), c.mostShown()*c.kind.Size()-len(c.shown)); more > 0 {
		c.shown, c.made = append(c.shown, x[:more]...), append(c.made, made[:more]...)
	}
	c.Codes.Append(codes)
	return nil
}

// mostShown is how many samples a picture has at most.
func (c *Coding) mostShown() int {
	if c.kind.View() == kind.Scatter {
		return 2000
	}
	return 16
}

// Picture shows the first samples, 16 at most, over what the autoencoder makes of them; scatters,
// of 2000 points at most, beside each other.
func (c *Coding) Picture() image.Image { return picture.Pairs(c.shown, c.made, c.kind) }

// String is a line of how many samples were coded, how small their codes are, and the means of the
// quality.
func (c *Coding) String() string {
	z := c.Codes
	return fmt.Sprintf("%s, latents %dx%dx%d, %.1f times fewer numbers; %v", english.Plural(z.N, "image", ""), z.H, z.W, z.C,
		float64(c.kind.Size())/float64(z.H*z.W*z.C), c.Quality)
}

// CheckEncoding refuses samples that the autoencoder does not take, and to encode n of them, batch
// at once, where that needs more memory than there is.
func (a *Autoencoder) CheckEncoding(k kind.Kind, n, batch int) error {
	own := a.Kind()
	if k.Pictorial() { // which may be of any size
		own = own.Sized(k.H, k.W)
	}
	if own.H != k.H || own.W != k.W || own.C != k.C {
		return fmt.Errorf("the data are %dx%dx%d, and the autoencoder takes %dx%dx%d", k.H, k.W, k.C, own.H, own.W, own.C)
	}
	const copies = 3 // of mean and log variance: as they are, as they grow and as they are written
	l := a.load(n, k.H, k.W, batch)
	l.Held, l.Fewer = 2*copies*memory.Floats(a.Net.Latent(k.H, k.W)), "encode fewer images at a time"
	return l.Check()
}

// CheckDecoding refuses to decode n samples of h x w, batch at once, where that needs more memory
// than there is: with the samples in a picture and in an array. fewer says what to do then.
func (a *Autoencoder) CheckDecoding(n, h, w, batch int, fewer string) error {
	_, c := a.Net.Channels()
	l := a.load(n, h, w, batch)
	l.Held, l.Fewer = memory.Floats(h, w, c)+memory.Shown(h, w)+memory.Levels(h, w, c), fewer
	return l.Check()
}

// load is what n samples of h x w take, batch at once, if nothing is kept.
func (a *Autoencoder) load(n, h, w, batch int) memory.Load {
	return memory.Load{Images: n, Height: h, Width: w, Batch: batch, Network: func(n int) (int64, error) { return a.Memory(n, h, w) }}
}
