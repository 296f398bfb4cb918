package train

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/random"
)

// ends says what lies at the far end of an image's path, and which image at which far end.
type ends struct {
	far    *data.Set // the second data set of a flow between two; nil: noise
	couple bool      // each batch's images and far ends are paired by optimal transport, not as they come
}

// pair returns the batch's images and their far ends.
func (d *ends) pair(e *engine.Engine, space *engine.Recycler, b *data.Batch, at learn.Place) (x0, eps *tensors.Tensor, err error) {
	x0 = space.Own(engine.New(e, b.X, b.N, b.H, b.W, b.C))
	if d.far == nil {
		eps = space.Noise(x0)
	} else {
		f, err := d.farBatch(b.N, at)
		if err != nil {
			return nil, nil, err
		}
		eps = space.Own(engine.New(e, f.X, b.N, b.H, b.W, b.C))
	}
	if !d.couple {
		return x0, eps, nil
	}
	coupled, err := coupled(b, eps)
	if err != nil {
		return nil, nil, err
	}
	return x0, space.Own(engine.New(e, coupled, b.N, b.H, b.W, b.C)), nil
}

// farBatch draws n far images, each as likely as another.
func (d *ends) farBatch(n int, at learn.Place) (*data.Batch, error) {
	s := at.Noise
	s.Domain, s.Sample = random.Shuffle, 1 // 0 is the order of the data's own epochs
	if at.Validation {
		s = at.Noise
		s.Step++
	}
	u := make([]float64, n)
	s.Uniforms(u)
	index := make([]int, n)
	for i := range index {
		index[i] = int(u[i] * float64(d.far.Len()))
	}
	return d.far.Load(context.Background(), index...)
}

// coupled are the far ends in the order in which the sum of their squared distances to the batch's images is least.
func coupled(b *data.Batch, far *tensors.Tensor) ([]float32, error) {
	size := b.H * b.W * b.C
	ends, err := tensors.CopyFlatData[float32](far)
	if err != nil {
		return nil, err
	}
	order := reverie.Couple(rows(b.X, size), rows(ends, size))
	out := make([]float32, 0, len(ends))
	for _, j := range order {
		out = append(out, ends[j*size:(j+1)*size]...)
	}
	return out, nil
}

// rows cuts x into pieces of size.
func rows(x []float32, size int) reverie.Batch[float32] {
	out := make(reverie.Batch[float32], len(x)/size)
	for i := range out {
		out[i] = x[i*size : (i+1)*size]
	}
	return out
}

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
