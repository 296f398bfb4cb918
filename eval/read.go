package eval

import (
	"context"

	"github.com/reverie-go/reverie/data"
)

// Read returns all images of a set, in its order, with their classes; points in the units of their
// source.
func Read(ctx context.Context, s *data.Set) (Images, error) {
	const batch = 64
	m := Images{Kind: s.Kind().Labelled(s.ClassCounts()), N: s.Len(), Pix: make([]float32, 0, s.Len()*s.Kind().Size())}
	for b, err := range s.All(ctx, batch) {
		if err != nil {
			return m, err
		}
		m.Pix, m.Class = append(m.Pix, b.X...), append(m.Class, b.Class...)
	}
	if x := s.InUnits(); x != nil {
		m.Pix, m.Wide = nil, x
	}
	return m, nil
}
