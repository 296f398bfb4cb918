package model

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
)

// kindOf is the kind of samples of a network whose files do not say: the one place where it is
// inferred. What takes a single position alone is of points; grey, RGB and RGBA are of images.
func kindOf(n net.Network) kind.Kind {
	c, _ := n.Channels()
	switch {
	case n.Check(1, 1) == nil && n.Check(2, 2) != nil:
		return kind.OfPoints(c)
	case slices.Contains([]int{1, 3, 4}, c):
		return kind.OfImages(0, 0, c)
	}
	return kind.OfFields(0, 0, c)
}

// Inside is the kind of what the process works on, for samples of height h and width w: the samples
// themselves, or the latents of them.
func (m *Model) Inside(h, w int) kind.Kind {
	if m.VAE != nil {
		return kind.OfLatents(m.VAE.Net.Latent(h, w))
	}
	return m.Kind.Sized(h, w)
}

// Kind is the kind of what the autoencoder codes, of the size that it was trained on.
func (a *Autoencoder) Kind() kind.Kind { return kindOf(a.Net).Sized(a.Height, a.Width) }

// KindAt is Kind at another size or, where height is 0, at the size that the autoencoder was
// trained on, which its files must say then. A size that it does not take is an error.
func (a *Autoencoder) KindAt(height, width int) (kind.Kind, error) {
	k := a.Kind()
	if height > 0 {
		k = k.Sized(height, width)
	}
	if k.H == 0 {
		return k, fmt.Errorf("%s does not say which size its images have; give --resolution", a.Found.Model)
	}
	if err := a.Net.Check(k.H, k.W); err != nil {
		return k, fmt.Errorf("--resolution: %w", err)
	}
	return k, nil
}
