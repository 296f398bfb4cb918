package learn

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
)

// pair returns the batch's images and their far ends.
func (s Setup) pair(space *engine.Recycler, b *data.Batch, at Place) (x0, eps *tensors.Tensor, err error) {
	x0 = space.Own(engine.New(s.Engine, b.X, b.N, b.H, b.W, b.C))
	if s.From == nil {
		eps = space.Noise(x0)
	} else {
		f, err := s.farBatch(b.N, at)
		if err != nil {
			return nil, nil, err
		}
		eps = space.Own(engine.New(s.Engine, f.X, b.N, b.H, b.W, b.C))
	}
	if !s.Coupled {
		return x0, eps, nil
	}
	coupled, err := coupled(b, eps)
	if err != nil {
		return nil, nil, err
	}
	return x0, space.Own(engine.New(s.Engine, coupled, b.N, b.H, b.W, b.C)), nil
}

// farBatch draws n far images, each as likely as another.
func (s Setup) farBatch(n int, at Place) (*data.Batch, error) {
	draws := at.Noise
	draws.Domain, draws.Sample = random.Shuffle, 1 // 0 is the order of the data's own epochs
	if at.Validation {
		draws = at.Noise
		draws.Step++
	}
	u := make([]float64, n)
	draws.Uniforms(u)
	index := make([]int, n)
	for i := range index {
		index[i] = int(u[i] * float64(s.From.Len()))
	}
	return s.From.Load(context.Background(), index...)
}

// coupled are the far ends in the order in which the sum of their squared distances to the batch's
// images is least.
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
