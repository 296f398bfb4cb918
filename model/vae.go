package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/random"
)

// ErrAutoencoder says that a model is an autoencoder alone, without a diffusion: [LoadAutoencoder]
// takes it.
var ErrAutoencoder = errors.New("it is an autoencoder, which has no process")

// ErrNoAutoencoder says that a model has no autoencoder.
var ErrNoAutoencoder = errors.New("it has no autoencoder")

// An Autoencoder is a variational autoencoder with its weights on an engine.
type Autoencoder struct {
	Engine *engine.Engine
	Net    vae.Autoencoder
	// Weights are the network's, in the order of Net.Params and the engine's layout. They may be
	// replaced between calls.
	Weights []*tensors.Tensor
	// Height and Width are the size of the training images, 0 where unknown.
	Height, Width int
	// Found and Averaged are those of Loaded, where the autoencoder was loaded, and Notes those of
	// its checkpoint.
	Found    checkpoint.Found
	Averaged bool
	Notes    []string
	// Embedded says that it was loaded from a diffusion of its latents, which holds the one set of
	// weights that it was trained with.
	Embedded bool

	encode, decode, bound *engine.Func
}

// NewAutoencoder returns an autoencoder from its parts.
func NewAutoencoder(e *engine.Engine, n vae.Autoencoder, weights []*tensors.Tensor) *Autoencoder {
	a := &Autoencoder{Engine: e, Net: n, Weights: weights}
	a.Height, a.Width = n.Size()
	params := n.Params()
	function := func(name string, build func(v *net.Vars, in []*graph.Node) []*graph.Node) *engine.Func {
		return e.Func(n.Arch()+" "+name, func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			return build(net.Bind(net.Eval, params, in[:len(params)]), in[len(params):])
		})
	}
	a.encode = function("encoder", func(v *net.Vars, in []*graph.Node) []*graph.Node {
		mean, logVar := n.Encode(v, in[0])
		return []*graph.Node{mean, logVar}
	})
	a.decode = function("decoder", func(v *net.Vars, in []*graph.Node) []*graph.Node {
		return []*graph.Node{vae.Mean(v, n, in[0])}
	})
	a.bound = function("bound", func(v *net.Vars, in []*graph.Node) []*graph.Node {
		b := vae.ELBO(v, n, in[0], in[1])
		return []*graph.Node{b.Reconstruction, b.KL}
	})
	return a
}

// Encode returns the mean and the log variance of q(z|x), each [N,h,w,z], of images x [N,H,W,C].
func (a *Autoencoder) Encode(x *tensors.Tensor) (mean, logVar *tensors.Tensor, err error) {
	out, err := a.encode.Call(a.with(x)...)
	if err != nil {
		return nil, nil, err
	}
	return out[0], out[1], nil
}

// Decode returns the mean of p(x|z), [N,H,W,C], of latents z [N,h,w,z].
func (a *Autoencoder) Decode(z *tensors.Tensor) (*tensors.Tensor, error) {
	return a.decode.Call1(a.with(z)...)
}

// Bound returns the two terms of the evidence lower bound of each of the images x [N,H,W,C], in
// nats: log p(x|z), of one draw of z by standard normal noise eps [N,h,w,z], and KL(q(z|x) || N(0,
// I)).
func (a *Autoencoder) Bound(x, eps *tensors.Tensor) (reconstruction, kl []float32, err error) {
	out, err := a.bound.Call(a.with(x, eps)...)
	if err != nil {
		return nil, nil, err
	}
	defer engine.Free(out...)
	if reconstruction, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		return nil, nil, err
	}
	kl, err = tensors.CopyFlatData[float32](out[1])
	return reconstruction, kl, err
}

func (a *Autoencoder) with(in ...*tensors.Tensor) []*tensors.Tensor {
	return append(append([]*tensors.Tensor{}, a.Weights...), in...)
}

// Codes are latents on the host: [N,h,w,z].
type Codes struct {
	N, H, W, C int
	Mean       []float32 // of q(z|x)
	LogVar     []float32 // likewise
}

// EncodeImages encodes n images of h x w, X [n,h,w,C] in [-1,1], in batches.
func (a *Autoencoder) EncodeImages(ctx context.Context, x []float32, n, h, w, batch int) (Codes, error) {
	if err := a.Net.Check(h, w); err != nil {
		return Codes{}, err
	}
	c, _ := a.Net.Channels()
	codes := Codes{N: n}
	codes.H, codes.W, codes.C = a.Net.Latent(h, w)
	size := h * w * c
	for first := 0; first < n; first += batch {
		if err := ctx.Err(); err != nil {
			return Codes{}, err
		}
		k := min(batch, n-first)
		in := engine.New(a.Engine, x[first*size:(first+k)*size], k, h, w, c)
		mean, logVar, err := a.Encode(in)
		engine.Free(in)
		if err != nil {
			return Codes{}, err
		}
		tensors.MustConstFlatData(mean, func(flat []float32) { codes.Mean = append(codes.Mean, flat...) })
		tensors.MustConstFlatData(logVar, func(flat []float32) { codes.LogVar = append(codes.LogVar, flat...) })
		engine.Free(mean, logVar)
	}
	return codes, nil
}

// DecodeCodes decodes n latents of h x w positions, z [n,h,w,Z], in batches, to images [n,H,W,C].
func (a *Autoencoder) DecodeCodes(ctx context.Context, z []float32, n, h, w, batch int) (images []float32, height, width int, err error) {
	_, _, c := a.Net.Latent(1, 1)
	size := h * w * c
	for first := 0; first < n; first += batch {
		if err := ctx.Err(); err != nil {
			return nil, 0, 0, err
		}
		k := min(batch, n-first)
		in := engine.New(a.Engine, z[first*size:(first+k)*size], k, h, w, c)
		x, err := a.Decode(in)
		engine.Free(in)
		if err != nil {
			return nil, 0, 0, err
		}
		tensors.MustConstFlatData(x, func(flat []float32) { images = append(images, flat...) })
		height, width = x.Shape().Dim(1), x.Shape().Dim(2)
		engine.Free(x)
	}
	return images, height, width, nil
}

// pixels is the side of an image whose latent has n positions on a side.
func (a *Autoencoder) pixels(n int) int {
	const probe = 1 << 12 // a side that every autoencoder halves evenly
	side, _, _ := a.Net.Latent(probe, probe)
	if side < 1 {
		return 0
	}
	return n * (probe / side)
}

// Prior draws n latents of h x w x c from N(0, I): latent i depends on the seed and i alone.
func Prior(seed uint64, n, h, w, c int) []float32 {
	return PriorFrom(random.Stream{Seed: seed, Domain: random.Sampling}, n, h, w, c)
}

// PriorFrom is Prior by the noise of s.
func PriorFrom(s random.Stream, n, h, w, c int) []float32 {
	x := reverie.NewBatch[float32](n, h*w*c)
	host := &reverie.Host[float32]{Stream: s}
	z := make([]float32, 0, n*h*w*c)
	for _, row := range host.Noise(x) {
		z = append(z, row...)
	}
	return z
}

// Each draws o.N samples of o.Height x o.Width from the prior, by o.Seed from number o.First on,
// decoded, and gives them to f a batch at a time, which are f's during the call only. It looks at
// no other option.
func (a *Autoencoder) Each(ctx context.Context, o Options, f func(first int, x []float32) error) error {
	h, w, z := a.Net.Latent(o.Height, o.Width)
	batch := cmp.Or(o.Batch, 16)
	for done := 0; done < o.N; done += batch {
		first, n := o.First+done, min(batch, o.N-done)
		noise := PriorFrom(random.Stream{Seed: o.Seed, Domain: random.Sampling, Sample: uint64(first)}, n, h, w, z)
		x, _, _, err := a.DecodeCodes(ctx, noise, n, h, w, n)
		if err == nil {
			err = f(first, x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Memory is about how many bytes it takes to encode and decode n images of h by w pixels at once,
// weights included. It compiles both halves for that size and runs nothing.
func (a *Autoencoder) Memory(n, h, w int) (int64, error) {
	c, _ := a.Net.Channels()
	lh, lw, z := a.Net.Latent(h, w)
	images, codes := shapes.Make(dtypes.Float32, n, h, w, c), shapes.Make(dtypes.Float32, n, lh, lw, z)
	var weights []shapes.Shape
	bytes := 2*int64(images.Memory()) + 2*int64(codes.Memory())
	for _, t := range a.Weights {
		weights = append(weights, t.Shape())
		bytes += int64(t.Shape().Memory())
	}
	down, err := a.encode.Memory(append(weights, images)...)
	if err != nil {
		return 0, err
	}
	up, err := a.decode.Memory(append(weights[:len(a.Weights):len(a.Weights)], codes)...)
	return bytes + max(down, up), err
}

// Close frees the compiled functions. The weights and the engine are the caller's.
func (a *Autoencoder) Close() {
	a.encode.Free()
	a.decode.Free()
	a.bound.Free()
}

// Free is Close, and frees the weights too.
func (a *Autoencoder) Free() {
	a.Close()
	engine.Free(a.Weights...)
}

// LoadAutoencoder loads an autoencoder from its run folder (the newest complete checkpoint), a
// checkpoint or a model folder, with the averaged weights where there are any, unless raw; or the
// one in whose latent space a diffusion was trained from that one's, of which there are no raw
// weights. Of a model without an autoencoder the error is ErrNoAutoencoder.
func LoadAutoencoder(e *engine.Engine, path string, raw bool) (*Autoencoder, error) {
	_, c, err := headOf(path)
	if err != nil {
		return nil, err
	}
	part := checkpoint.ForSampling(raw)
	if c.VAE != nil && raw {
		return nil, fmt.Errorf("--raw: the autoencoder in %s has one set of weights, those that the diffusion was trained with; leave it out", path)
	}
	if c.VAE != nil {
		part = checkpoint.Only(checkpoint.VAE)
	}
	found, c, err := checkpoint.Open(path, part)
	if err != nil {
		return nil, err
	}
	dict, averaged := c.Sampling(raw)
	n := &checkpoint.Network{Arch: c.Arch, ArchConfig: c.ArchConfig, Weights: dict}
	if c.VAE != nil {
		n = c.VAE
	}
	a, err := buildAutoencoder(e, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.Model, err)
	}
	a.Notes = c.Notes
	a.Found, a.Embedded, a.Averaged = found, c.VAE != nil, c.VAE == nil && averaged == checkpoint.EMA
	return a, nil
}

// headOf reads what a model with an autoencoder is, without its weights.
func headOf(path string) (found checkpoint.Found, c *checkpoint.Checkpoint, err error) {
	if found, c, err = checkpoint.Open(path, checkpoint.Only()); err != nil {
		return found, nil, err
	}
	if checkpoint.RoleOf(c.Arch) == checkpoint.Classifier {
		return found, nil, fmt.Errorf("%s: %w: it is a classifier", found.Model, ErrNoAutoencoder)
	}
	if !checkpoint.IsAutoencoder(c.Arch) && c.VAE == nil {
		return found, nil, fmt.Errorf("%s: %w: it is a diffusion of the images themselves, architecture %s; train one with --arch vae", found.Model, ErrNoAutoencoder, c.Arch)
	}
	return found, c, nil
}

// AutoencoderOf lays out the autoencoder of a path that LoadAutoencoder takes, without its weights.
func AutoencoderOf(path string) (vae.Autoencoder, error) {
	found, c, err := headOf(path)
	if err != nil {
		return nil, err
	}
	n := &checkpoint.Network{Arch: c.Arch, ArchConfig: c.ArchConfig}
	if c.VAE != nil {
		n = c.VAE
	}
	a, err := layOutAutoencoder(n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.Model, err)
	}
	return a, nil
}

func layOutAutoencoder(n *checkpoint.Network) (vae.Autoencoder, error) {
	m, err := net.New(n.Arch, n.ArchConfig)
	if err != nil {
		return nil, err
	}
	a, ok := m.(vae.Autoencoder)
	if !ok {
		return nil, fmt.Errorf("vae: %w: architecture %s", ErrNoAutoencoder, n.Arch)
	}
	return a, nil
}

// buildAutoencoder makes an autoencoder of what files hold. Those of diffusers have no variance of
// p(x|z): it starts as in training.
func buildAutoencoder(e *engine.Engine, n *checkpoint.Network) (*Autoencoder, error) {
	a, err := layOutAutoencoder(n)
	if err != nil {
		return nil, err
	}
	weights, err := net.Import(a.Params(), withVariance(a, maps.Clone(n.Weights)), dtypes.Float32)
	if err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	return NewAutoencoder(e, a, weights), nil
}

// withVariance adds to the weights what a file of diffusers lacks.
func withVariance(a vae.Autoencoder, weights map[string]checkpoint.Tensor) map[string]checkpoint.Tensor {
	for _, p := range a.Params() {
		if _, ok := weights[p.Name]; p.Name == vae.LogVariance && !ok {
			weights[p.Name] = checkpoint.FromF32s([]float32{float32(p.Init.Lo)}, p.Shape...)
		}
	}
	return weights
}
