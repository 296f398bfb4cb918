package train

import "context"

// start gives the preview of a flow between two data sets its far ends, always the same.
func (t *Trainer) start(first, n int) ([]float32, error) {
	index := make([]int, n)
	for i := range index {
		index[i] = (first + i) % t.far.Len()
	}
	b, err := t.far.Load(context.Background(), index...)
	if err != nil {
		return nil, err
	}
	return b.X, nil
}
