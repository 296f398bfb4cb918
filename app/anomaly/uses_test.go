package anomaly

import (
	"context"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A watched notes which parts of a setup are used, each of which does what it stands for.
type watched struct {
	used   *Uses // shared by the copies of a solver
	solver sample.DDIM[batch]
	ddim   edit.DDIMInversion[batch]
	fill   edit.RePaint[batch]
}

func (w *watched) Row() table.Info { return table.Info{Name: "watched"} }

func (w *watched) Step(ctx context.Context, r *sample.Run[batch], x batch, t, s float64) (batch, error) {
	w.used.Walk = true
	return w.solver.Step(ctx, r, x, t, s)
}

func (w *watched) Invert(ctx context.Context, r *sample.Run[batch], x batch, grid []float64, hook func(sample.State[batch]) error) (batch, error) {
	w.used.Encode = true
	return w.ddim.Invert(ctx, r, x, grid, hook)
}

func (w *watched) Draw(ctx context.Context, p edit.Problem[batch], x batch) (edit.Drawing[batch], error) {
	w.used.Fill = true
	return w.fill.Draw(ctx, p, x)
}

// TestUses: what a method says that it uses of a setup is what it comes to.
func TestUses(t *testing.T) {
	m := mixture.Random(12, 2, 7)
	methods := append(all(t), &Translate[batch]{Encode: "noise"}, &Patch[batch]{Context: true}, &Inpaint[batch]{First: new(OneStep[batch])})
	for _, method := range methods {
		w := &watched{used: new(Uses), fill: edit.RePaint[batch]{Jump: 2, Passes: 2}}
		s := shaped(t, host(0), reverie.VP{}, m)
		s.Solver, s.Inverter, s.Fill = w, w, w
		find(t, method, s, m.Sample(host(9).Stream, 1))
		if got := UsesOf(method); got != *w.used {
			t.Errorf("%s says %+v, and used %+v", method.Row().Name, got, *w.used)
		}
	}
	if all := UsesOf(Methods.Rows()[0]); !all.Encode {
		t.Errorf("a row of the table says %+v", all)
	}
}
