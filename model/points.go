package model

import (
	"fmt"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/net/mlp"
)

// Points says whether the model is of points, not of images.
func (m *Model) Points() bool {
	if m.VAE != nil {
		return m.VAE.Height == 1 && m.VAE.Width == 1
	}
	return m.Net.Arch() == mlp.Arch
}

// setUnits sets Shift and Scale as files have them.
func (m *Model) setUnits(shift, scale []float64) error {
	if c := m.ImageChannels(); len(shift) != 0 && len(shift) != c {
		return fmt.Errorf("scheduler: reverie.shift has %d numbers, and the network's points %d", len(shift), c)
	}
	m.Shift, m.Scale = shift, scale
	return nil
}

// Units are those of the model's points, for pictures.
func (m *Model) Units() picture.Units { return picture.Units{Shift: m.Shift, Scale: m.Scale} }

// InUnits returns samples [N,1,1,D] as points in the units of the data that the model was trained on, one after another.
func (m *Model) InUnits(y []float32) []float64 {
	x := make([]float64, len(y))
	for i, v := range y {
		x[i] = float64(v)
		if k := len(m.Scale); k > 0 {
			x[i] = m.Shift[i%k] + m.Scale[i%k]*x[i]
		}
	}
	return x
}
