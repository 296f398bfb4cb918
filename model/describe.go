package model

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/net"
)

// WeightsName says which weights the model has.
func (l *Loaded) WeightsName() string {
	if l.Averaged {
		return "averaged (EMA)"
	}
	return "raw"
}

// Describe says in a line which model was loaded, and in lines below it what of its files was read
// otherwise than it lay there.
func (l *Loaded) Describe() string {
	return lineOf(l.Found.Model, l.Net, l.WeightsName()+" weights", l.Checkpoint.Notes)
}

// Describe says which autoencoder was loaded, as Loaded.Describe does.
func (a *Autoencoder) Describe() string {
	which := "raw weights"
	switch {
	case a.Embedded:
		which = "the weights that the diffusion was trained with"
	case a.Averaged:
		which = "averaged (EMA) weights"
	}
	return lineOf(a.Found.Model, a.Net, which, a.Notes)
}

// lineOf is a network by its path, its size and its weights, with notes below.
func lineOf(path string, n net.Network, weights string, notes []string) string {
	line := fmt.Sprintf("%s: %s, %s parameters, %s", path, n.Arch(), humanize.Comma(int64(net.Trainable(n))), weights)
	return strings.Join(append([]string{line}, notes...), "\n  ")
}
