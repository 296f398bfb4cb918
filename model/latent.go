package model

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/net"
)

// ErrLatent says that something is stated for images, and the model works in the latent space of an
// autoencoder.
var ErrLatent = errors.New("the model works on the latents of an autoencoder, not on images")

// Check says whether images of h rows and w columns can be sampled.
func (m *Model) Check(h, w int) error {
	if m.VAE == nil {
		return m.Net.Check(h, w)
	}
	if err := m.VAE.Net.Check(h, w); err != nil {
		return err
	}
	lh, lw, _ := m.VAE.Net.Latent(h, w)
	if err := m.Net.Check(lh, lw); err != nil {
		return fmt.Errorf("images of %dx%d have latents of %dx%d: %w", h, w, lh, lw, err)
	}
	return nil
}

// Images turns what the process works on into images: x itself, or the decoder's mean of the
// latents x, in a tensor of its own.
func (m *Model) Images(x *tensors.Tensor) (*tensors.Tensor, error) {
	if m.VAE == nil {
		return x, nil
	}
	shift, factor := m.VAE.Net.Scale()
	z := m.affine(1/factor, x, shift)
	defer engine.Free(z)
	return m.VAE.Decode(z)
}

// Latents is the way back from Images: images x themselves, or their latents' means as the process
// has them, in a tensor of its own.
func (m *Model) Latents(x *tensors.Tensor) (*tensors.Tensor, error) {
	if m.VAE == nil {
		return x, nil
	}
	mean, logVar, err := m.VAE.Encode(x)
	if err != nil {
		return nil, err
	}
	defer engine.Free(mean, logVar)
	shift, factor := m.VAE.Net.Scale()
	return m.affine(factor, mean, -factor*shift), nil
}

// affine returns c x + shift.
func (m *Model) affine(c float64, x *tensors.Tensor, shift float64) *tensors.Tensor {
	if shift == 0 {
		return m.latents.Sum([]float64{c}, x)
	}
	ones := engine.Fill(m.Engine, func(flat []float32) { set(flat, float32(shift)) }, x.Shape().Dimensions...)
	defer engine.Free(ones)
	return m.latents.Sum([]float64{c, 1}, x, ones)
}

// SetVAE makes m a model of the latents of a, which it closes with itself; the weights stay the
// caller's.
func (m *Model) SetVAE(a *Autoencoder) error {
	_, _, z := a.Net.Latent(1, 1)
	if c, _ := m.Net.Channels(); c != z {
		return fmt.Errorf("the network takes %d channels, and the autoencoder's latents have %d", c, z)
	}
	m.VAE, m.Kind = a, a.Kind()
	return nil
}

// checkOutputs says whether a network gives what the scheduler's file says of it: the prediction,
// with learned variances twice as many channels.
func checkOutputs(n net.Model, s formulation.Spec) error {
	in, out := n.Channels()
	switch {
	case s.Unpaired && out != 2*in:
		return fmt.Errorf("scheduler: reverie.unpaired says that the network predicts both ends of a bridge, for which %d channels take %d outputs, and it has %d", in, 2*in, out)
	case s.Unpaired:
	case s.Learned() && out != 2*in:
		return fmt.Errorf("scheduler: variance_type is learned_range, with which the network of %d channels has %d outputs, and it has %d: expected fixed_small or fixed_large", in, 2*in, out)
	case !s.Learned() && out == 2*in:
		return fmt.Errorf("scheduler: the network has %d outputs for %d channels, as those with learned variances: expected the variance_type learned_range", out, in)
	case !s.Learned() && out != in:
		return fmt.Errorf("the network has %d outputs for %d channels: expected as many", out, in)
	}
	return nil
}
