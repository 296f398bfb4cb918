package model

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// Write writes mean and logvar to an npz file, float32 [N,z,h,w].
func (c Codes) Write(path string) error {
	array := func(x []float32) checkpoint.Tensor {
		return checkpoint.FromF32s(moveChannels(x, c.N, c.H*c.W, c.C), c.N, c.C, c.H, c.W)
	}
	return checkpoint.WriteNPZ(nil, path,
		checkpoint.NamedTensor{Key: "mean", Tensor: array(c.Mean)}, checkpoint.NamedTensor{Key: "logvar", Tensor: array(c.LogVar)})
}

// Append adds the latents of d, of the same size, behind those of c.
func (c *Codes) Append(d Codes) {
	d.N, d.Mean, d.LogVar = c.N+d.N, append(c.Mean, d.Mean...), append(c.LogVar, d.LogVar...)
	*c = d
}

// ReadCodes reads latents of the autoencoder from an npz file: z or, as Codes.Write has it, mean,
// float32 [N,z,h,w]. Those are refused whose decoding, batch at once, needs more memory than there
// is, as far as the autoencoder says which size it was trained on.
func (a *Autoencoder) ReadCodes(z *checkpoint.NPZ, batch int) (Codes, error) {
	c, height, width, err := a.readCodes(z)
	if err != nil || height == 0 {
		return c, err
	}
	if err := a.CheckDecoding(c.N, height, width, batch, "decode fewer latents"); err != nil {
		return c, fmt.Errorf("%s: %w", z.Path(), err)
	}
	return c, nil
}

// readCodes reads latents. Height and width are those of the images that they stand for, 0 where
// the autoencoder does not say which size it was trained on.
func (a *Autoencoder) readCodes(z *checkpoint.NPZ) (c Codes, height, width int, err error) {
	key := "mean"
	if slices.Contains(z.Keys(), "z") {
		key = "z"
	}
	t, err := z.Array(key, checkpoint.F32, 4)
	if err != nil {
		return c, 0, 0, err
	}
	c.N, c.C, c.H, c.W = t.Shape[0], t.Shape[1], t.Shape[2], t.Shape[3]
	if err := t.Finite(); err != nil {
		return c, 0, 0, fmt.Errorf("%s: %s: %w", z.Path(), key, err)
	}
	if height, width, err = a.imagesOf(c); err != nil {
		return c, 0, 0, fmt.Errorf("%s: %s has %w", z.Path(), key, err)
	}
	x, err := t.F32s()
	c.Mean = moveChannels(x, c.N, c.C, c.H*c.W)
	return c, height, width, err
}

// imagesOf is the size of the images that latents of a shape stand for: each position for as many
// pixels as in training.
func (a *Autoencoder) imagesOf(c Codes) (height, width int, err error) {
	if c.N < 1 || c.H < 1 || c.W < 1 {
		return 0, 0, errors.New("no latents")
	}
	if _, _, z := a.Net.Latent(1, 1); c.C != z {
		return 0, 0, fmt.Errorf("%d channels, and the autoencoder's latents have %d: it is [N,z,h,w]", c.C, z)
	}
	if a.Height == 0 || a.Net.Check(a.Height, a.Width) != nil {
		return 0, 0, nil
	}
	h, w, _ := a.Net.Latent(a.Height, a.Width)
	height, width = c.H*a.Height/h, c.W*a.Width/w
	if lh, lw, _ := a.Net.Latent(height, width); a.Net.Check(height, width) != nil || lh != c.H || lw != c.W {
		return 0, 0, fmt.Errorf("%dx%d positions, and the autoencoder's latents have %dx%d", c.H, c.W, h, w)
	}
	if height > checkpoint.MaxSide || width > checkpoint.MaxSide {
		return 0, 0, fmt.Errorf("latents of images of %dx%d, and sides may be up to %d", height, width, checkpoint.MaxSide)
	}
	return height, width, nil
}

// A Path is a row of Paths: a way from one latent to another.
type Path struct {
	table.Info
	// At returns the shares of both ends at t from 0 to 1, where the angle between them is w.
	At func(t, w float64) (a, b float64)
}

// Paths are the ways that a name chooses.
var Paths = table.New("path", "paths", " of decode between two latents",
	Path{table.Info{Name: "spherical", Text: "keeps to the length that latents have"}, edit.Arc},
	Path{table.Info{Name: "linear", Text: "the straight line"}, func(t, _ float64) (a, b float64) { return 1 - t, t }},
)

// An Interpolation says which latents between those of two images are wanted.
type Interpolation struct {
	Height, Width int // of the images; both 0: the size that the autoencoder was trained on
	Batch         int // latents to be decoded at once

	Steps int    `flag:"steps" range:"[2,1024]" help:"images of the strip, both ends included"`
	Path  string `flag:"path" of:"path" optional:"true" help:"way between two latents"`
}

// Interpolate encodes two images, which read gives as [2,H,W,C] of a kind, and returns latents on a
// path from one's mean to the other's. What cannot be decoded for want of memory is refused before
// anything is read.
func (a *Autoencoder) Interpolate(ctx context.Context, o Interpolation, read func(k kind.Kind) ([]float32, error)) (c Codes, err error) {
	if err := table.Check(&o); err != nil {
		return c, err
	}
	path, err := Paths.Find(o.Path)
	if err != nil {
		return c, err
	}
	k, err := a.KindAt(o.Height, o.Width)
	if err != nil {
		return c, err
	}
	if err := a.CheckDecoding(o.Steps, k.H, k.W, o.Batch, "give fewer --steps or a smaller --resolution"); err != nil {
		return c, err
	}
	ends, err := read(k)
	if err != nil {
		return c, err
	}
	if c, err = a.EncodeImages(ctx, ends, 2, k.H, k.W, 2); err != nil {
		return c, err
	}
	return c.Walk(path, o.Steps), nil
}

// Walk returns n latents on a path from the first mean of c to its second, both included.
func (c Codes) Walk(p Path, n int) Codes {
	a, b := c.Mean[:len(c.Mean)/2], c.Mean[len(c.Mean)/2:]
	var dot, aa, bb float64
	for i := range a {
		dot, aa, bb = dot+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	angle := edit.Angle(dot, aa, bb)
	c.N, c.LogVar, c.Mean = n, nil, nil
	for k := range n {
		ca, cb := p.At(float64(k)/float64(n-1), angle)
		for i := range a {
			c.Mean = append(c.Mean, float32(ca*float64(a[i])+cb*float64(b[i])))
		}
	}
	return c
}
