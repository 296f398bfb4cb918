package train

import "context"

// start gives the preview of a flow between two data sets, or of pairs, what it starts from, always
// the same.
func (t *Trainer) start(first, n int) ([]float32, error) {
	set := t.far
	if t.train.Paired() {
		if set = t.train; t.val.Len() > 0 {
			set = t.val
		}
	}
	index := make([]int, n)
	for i := range index {
		index[i] = (first + i) % set.Len()
	}
	b, err := set.Load(context.Background(), index...)
	if err != nil {
		return nil, err
	}
	if t.train.Paired() {
		return b.Pair, nil
	}
	return b.X, nil
}
