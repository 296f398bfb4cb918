// Package all registers the architectures that come with reverie. What opens files or reads flags
// imports it.
package all

import (
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/net/vae"
)

func init() {
	net.Register(
		&simpleunet.Architecture{Levels: levels(64, 128, 256, 512, 1024)},
		&unet.Architecture{Levels: levels(16, 32, 64, 128), Layers: 1},
		&mlp.Architecture{Channels: []int{128, 128, 128}},
		&vae.ConvArchitecture{Levels: levels(32, 64, 64), Layers: 1, Coder: vae.DefaultCoder},
		&vae.DenseArchitecture{Channels: []int{128, 128}, Coder: vae.DefaultCoder},
		&classifier.Architecture{Channels: []int{16, 32, 64, 128}, Features: 64},
	)
}

func levels(channels ...int) net.Levels { return net.Levels{Channels: channels} }
