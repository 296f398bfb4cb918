package likelihood

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// space is a Space with its numbers on the host, where densities are computed in float64.
type space[X any] struct {
	reverie.Space[X]
	reverie.Rower[X]
}

// spaceOf refuses a Space that keeps its numbers to itself.
func spaceOf[X any](sp reverie.Space[X]) (space[X], error) {
	r, ok := sp.(reverie.Rower[X])
	if !ok {
		return space[X]{}, fmt.Errorf("likelihood: %T gives no numbers of its batches: expected a Space that is a Rower too", sp)
	}
	return space[X]{sp, r}, nil
}

// read returns the batch's numbers, checked, and their number in a sample.
func (s space[X]) read(x X, levels int) (rows [][]float64, dim int, err error) {
	rows = s.Rows(x)
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, 0, fmt.Errorf("likelihood: an empty batch")
	}
	for i, r := range rows {
		if len(r) != len(rows[0]) {
			return nil, 0, fmt.Errorf("likelihood: sample %d has %d numbers, sample 0 has %d", i, len(r), len(rows[0]))
		}
	}
	if levels > 0 {
		err = checkLevels(rows)
	}
	return rows, len(rows[0]), err
}

// rowsLike are the numbers of a batch that is to have the shape of data.
func (s space[X]) rowsLike(x X, data [][]float64) ([][]float64, error) {
	rows := s.Rows(x)
	if len(rows) != len(data) {
		return nil, fmt.Errorf("likelihood: the network gave %d samples for %d", len(rows), len(data))
	}
	for i := range rows {
		if len(rows[i]) != len(data[i]) {
			return nil, fmt.Errorf("likelihood: the network gave %d numbers for sample %d of %d", len(rows[i]), i, len(data[i]))
		}
	}
	return rows, nil
}

// recycle ends a step, where the Space frees memory.
func (s space[X]) recycle(keep ...X) {
	if r, ok := s.Space.(sample.Recycler[X]); ok {
		r.Next(keep...)
	}
}
