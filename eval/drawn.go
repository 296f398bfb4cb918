package eval

import (
	"context"

	"github.com/reverie-go/reverie/model"
)

// Draw draws samples of a model, as their files have them: images of 8 bits, what has units in
// those of the data, with the classes that they were drawn as of.
func Draw(ctx context.Context, m *model.Model, o model.Options) (Images, error) {
	o = m.Filled(o)
	pix, err := m.Sample(ctx, o)
	if err != nil {
		return Images{}, err
	}
	x := Images{N: o.N, Kind: m.Kind.Sized(o.Height, o.Width), Pix: pix, Class: m.Classes(o, o.First, o.N)}
	if labels, err := m.Labels(o); err == nil {
		x.Classes = labels.Classes // of a model without classes those of the classifier that guides it
	}
	if !x.Ranged {
		x.Pix, x.Wide = nil, x.InUnits(pix)
	}
	return x.Rounded(), nil
}
