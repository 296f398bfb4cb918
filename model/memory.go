package model

import (
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/net"
)

// Memory is about how many bytes it takes to run the network, in mode net.Eval or net.PerImage, on
// n images of h by w pixels at once, weights included. It compiles the network for that size and
// runs nothing.
func (m *Model) Memory(mode net.Mode, n, h, w int) (int64, error) {
	return m.MemoryFor(0, mode, n, h, w)
}

// MemoryFor is Memory for all that is wanted: the vector-Jacobian product takes several times as
// much as the network alone.
func (m *Model) MemoryFor(w reverie.Want, mode net.Mode, n, high, wide int) (int64, error) {
	f, err := m.in(mode)
	if err != nil {
		return 0, err
	}
	vae := int64(0)
	if m.VAE != nil {
		if vae, err = m.VAE.Memory(n, high, wide); err != nil {
			return 0, err
		}
	}
	inside := m.Inside(high, wide)
	images := shapes.Make(dtypes.Float32, n, inside.H, inside.W, inside.C)
	in := make([]shapes.Shape, 0, len(m.Weights)+3)
	var bytes int64
	for _, t := range m.Weights {
		in = append(in, t.Shape())
		bytes += int64(t.Shape().Memory())
	}
	in = append(in, images, shapes.Make(dtypes.Float32, n))
	switch c, ok := net.ClassesOf(m.Net); {
	case ok && c.Width > 0:
		in = append(in, shapes.Make(dtypes.Float32, n, c.Width))
	case ok:
		in = append(in, shapes.Make(dtypes.Float32, n))
	}
	if m.takesGiven() {
		in = append(in, images)
	}
	run := f.forward
	if w.Has(reverie.WantVJP) {
		run, in = f.vjp, append(in, images)
	}
	arena, err := run.Memory(in...)
	const copies = 6 // the images, noise, prediction and what a solver makes of them
	return bytes + arena + copies*int64(images.Memory()) + vae, err
}
