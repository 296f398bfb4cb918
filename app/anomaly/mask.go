package anomaly

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
)

// masks is the Operator of a mask for each sample.
type masks[X any] struct {
	space reverie.Rower[X]
	of    []edit.Linear
}

// Apply keeps what is known.
func (m masks[X]) Apply(x X) X { return own(m.space, m.space.FromRows(x, m.kept(x))) }

// Adjoint is Apply.
func (m masks[X]) Adjoint(y X) X { return m.Apply(y) }

// kept are the rows of what is known.
func (m masks[X]) kept(x X) [][]float64 {
	rows := m.space.Rows(x)
	for n, row := range rows {
		rows[n] = m.of[n].Apply(row)
	}
	return rows
}

// own gives x to a Space that frees what it made itself.
func own[X any](sp any, x X) X {
	if o, ok := sp.(interface{ Own(X) X }); ok {
		return o.Own(x)
	}
	return x
}

// fill returns the rows of x in which what is not known, pixel by pixel of each sample, is drawn by
// the Setup's Fill: from another x at grid[0], down the grid. What is known is x's own.
func (l *look[X]) fill(ctx context.Context, known [][]bool, from X, grid []float64, hook func(sample.State[X]) error) ([][]float64, error) {
	mask, err := edit.Operators.Find("mask")
	if err != nil {
		return nil, err
	}
	a := masks[X]{space: l.space}
	for _, of := range known {
		one, err := mask.Of(l.Shape, of)
		if err != nil {
			return nil, err
		}
		a.of = append(a.of, one)
	}
	by := l.Fill
	if by == nil {
		by = &edit.RePaint[X]{Jump: 5, Passes: 5}
	}
	drawing, err := by.Draw(ctx, edit.Problem[X]{
		Run: l.Run, Solver: sample.Fresh(l.Solver), Grid: grid, Clamp: l.Clamp,
		A: a, Y: l.space.FromRows(l.x, a.kept(l.x)), Hook: hook,
	}, from)
	if err != nil {
		return nil, err
	}
	rows := l.space.Rows(drawing.X)
	return each(rows, func(n, i int) float64 {
		if known[n][i/l.Shape.C] {
			return l.rows[n][i]
		}
		return rows[n][i]
	}), nil
}
