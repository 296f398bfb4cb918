package train

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
)

// A latentSpace is what a latent diffusion trains in: the latents of all images, computed once and
// scaled to deviation 1. Rombach et al. 2022, arXiv:2112.10752.
type latentSpace struct {
	vae        *model.Autoencoder
	train, val *data.Set // the means
	// deviations of q(z|x) at each mean of train and of val
	trainDeviation, valDeviation []float32
}

// openLatents loads an autoencoder and encodes all images of a run with it. With flips the set
// holds each image and its mirror image.
func openLatents(e *engine.Engine, c *config.Run, path string, train, val *data.Set) (l *latentSpace, err error) {
	a, err := model.LoadAutoencoder(e, path, false)
	if err != nil {
		return nil, fmt.Errorf("--vae: %w", err)
	}
	defer func() {
		if err != nil {
			a.Free()
		}
	}()
	h, w, ch := train.Shape()
	if in, _ := a.Net.Channels(); in != ch {
		return nil, fmt.Errorf("--vae %s takes images of %d channels, and the run has %d; give --image-channels %d", path, in, ch, in)
	}
	if err := a.Net.Check(h, w); err != nil {
		return nil, fmt.Errorf("--vae %s: %w", path, err)
	}
	if err := fitsLatents(c, a.Net, path, h, w); err != nil {
		return nil, err
	}
	trained, err := encodeSet(a, train, c.Flip)
	if err != nil {
		return nil, err
	}
	held, err := encodeSet(a, val, false)
	if err != nil {
		return nil, err
	}
	a.Net = a.Net.Scaled(0, 1/spread(trained.Codes))
	_, factor := a.Net.Scale()
	l = &latentSpace{vae: a, trainDeviation: deviations(trained.Codes, factor), valDeviation: deviations(held.Codes, factor), val: val}
	if l.train, err = trained.set(train, factor); err == nil && held.N > 0 {
		l.val, err = held.set(val, factor)
	}
	return l, err
}

// encoded are the codes of a set's images, and the class of each.
type encoded struct {
	model.Codes
	class []int
}

// fitsLatents says whether the run's network takes the latents of images of h x w, and which one
// does.
func fitsLatents(c *config.Run, m vae.Autoencoder, path string, h, w int) error {
	lh, lw, z := m.Latent(h, w)
	k := kind.OfLatents(lh, lw, z)
	if err := c.Arch.Fits(k); err != nil {
		return fmt.Errorf("--arch %s: %w; the latents of --vae %s are %s: give --arch %s", c.Arch.Row().Name, err, path, k.Dims(), strings.Join(net.Fitting(k, checkpoint.Denoiser), " or "))
	}
	if _, err := Network(c, someClasses(c, k)); err != nil {
		return fmt.Errorf("the latents of --vae %s: %w", path, err)
	}
	return nil
}

// encodeSet encodes all images of a set and, if asked to, their mirror images.
func encodeSet(a *model.Autoencoder, set *data.Set, flip bool) (all encoded, err error) {
	const batch = 32
	ctx := context.Background()
	for b, err := range set.All(ctx, batch) {
		if err != nil {
			return all, err
		}
		x, n := b.X, b.N
		all.class = append(all.class, b.Class...)
		if flip {
			x, n = append(x[:len(x):len(x)], mirror(b)...), 2*n
			all.class = append(all.class, b.Class...)
		}
		codes, err := a.EncodeImages(ctx, x, n, b.H, b.W, batch)
		if err != nil {
			return all, err
		}
		all.Append(codes)
	}
	return all, nil
}

// mirror is a batch's images, left to right.
func mirror(b *data.Batch) []float32 {
	x := make([]float32, 0, len(b.X))
	for row := range b.N * b.H {
		for col := range b.W {
			at := (row*b.W + b.W - 1 - col) * b.C
			x = append(x, b.X[at:at+b.C]...)
		}
	}
	return x
}

// spread is the deviation of all elements of latents drawn from q(z|x) about their mean: that of
// the means, and the mean variance.
func spread(c model.Codes) float64 {
	var sum, squares, variance float64
	for i, m := range c.Mean {
		sum += float64(m)
		squares += float64(m) * float64(m)
		variance += math.Exp(float64(c.LogVar[i]))
	}
	n := float64(len(c.Mean))
	mean := sum / n
	return math.Sqrt(squares/n - mean*mean + variance/n)
}

// deviations are the scaled deviations of q(z|x).
func deviations(c model.Codes, factor float64) []float32 {
	d := make([]float32, len(c.LogVar))
	for i, v := range c.LogVar {
		d[i] = float32(factor * math.Exp(float64(v)/2))
	}
	return d
}

// set is the set of the scaled means, of the classes of the images' set.
func (c encoded) set(images *data.Set, factor float64) (*data.Set, error) {
	x := make([]float32, len(c.Mean))
	for i, m := range c.Mean {
		x[i] = float32(factor * float64(m))
	}
	return data.FromMemory(data.Memory{
		Name: "latents", Kind: kind.OfLatents(c.H, c.W, c.C), X: x, Classes: images.Classes(), Class: c.class,
	}, data.Options{})
}

// inside is the configuration as the network in latent space has it.
func (l *latentSpace) inside(c *config.Run) *config.Run {
	h, w, z := l.train.Shape()
	return inLatents(c, h, w, z)
}

// inLatents is the configuration of a network of latents of h x w x z.
func inLatents(c *config.Run, h, w, z int) *config.Run {
	inner := *c
	inner.Resolution, inner.ImageChannels = data.Size{H: h, W: w}, z
	return &inner
}

// latentDomain keeps the draws of latents apart from the noise of the steps.
const latentDomain = random.Domain(130)

// draw gives a batch of means the latents that a step learns from: drawn anew at each step from
// q(z|x), as latent diffusion has it.
func (l *latentSpace) draw(b *data.Batch, at learn.Place) *data.Batch {
	deviation := l.trainDeviation
	if at.Validation {
		deviation = l.valDeviation
	}
	drawn := *b
	drawn.X = slices.Clone(b.X)
	size := b.H * b.W * b.C
	eps := make([]float64, size)
	for i, k := range b.Index {
		if (k+1)*size > len(deviation) {
			continue // none is held out: the trainer only asks for shapes
		}
		s := at.Noise.Plus(i)
		s.Domain = latentDomain
		s.Normal(eps)
		for j, e := range eps {
			drawn.X[i*size+j] += deviation[k*size+j] * float32(e)
		}
	}
	return &drawn
}

// latentStrip shows a training image's latent, noised at the times of a forward strip and decoded.
func (t *Trainer) latentStrip(ctx context.Context) (image.Image, error) {
	b, err := t.train.Load(ctx, 0)
	if err != nil {
		return nil, err
	}
	var sp reverie.Host[float32]
	x := reverie.Batch[float32]{b.X}
	eps := reverie.Batch[float32]{noise.Single(t.Config.Noise, random.Stream{Seed: t.Config.Seed, Domain: random.Training}, len(b.X), b.H, b.W, b.C)}
	var noised []float32
	times := model.ForwardTimes(t.setup.Objective.Process)
	for _, at := range times {
		law := t.setup.Objective.Process.At(at)
		noised = append(noised, sp.Sum([]float64{law.Alpha, law.Sigma}, x, eps)[0]...)
	}
	z := engine.New(t.engine, noised, len(times), b.H, b.W, b.C)
	defer engine.Free(z)
	y, err := t.preview.Images(z)
	if err != nil {
		return nil, err
	}
	defer engine.Free(y)
	pixels, err := tensors.CopyFlatData[float32](y)
	if err != nil {
		return nil, err
	}
	k := t.images.Kind()
	if k.View() == kind.Scatter {
		return picture.One(pixels, k), nil
	}
	return picture.Strip(picture.Each(pixels, k), picture.Layout{}), nil
}

// dictionary is the autoencoder as checkpoints hold it.
func (l *latentSpace) dictionary() dictionary {
	return dictionary{l.vae.Net.Params(), l.vae.Weights}
}

// network describes the autoencoder for a checkpoint, without its data.
func (l *latentSpace) network() (*checkpoint.Network, error) {
	config, err := jsonOf(l.vae.Net)
	return &checkpoint.Network{Arch: l.vae.Net.Arch(), ArchConfig: config, Weights: l.dictionary().shapes()}, err
}

// jsonOf is a model's configuration as files hold it.
func jsonOf(m net.Network) ([]byte, error) { return json.Marshal(m.Config()) }
