package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/internal/assign"
	"github.com/reverie-go/reverie/random"
)

// pair returns the batch's images, their noise and, for a bridge, their far ends. Those of a flow
// are in the noise's place.
func (s Setup) pair(space *engine.Recycler, b *data.Batch, at Place) (x0, eps *tensors.Tensor, far []*tensors.Tensor, err error) {
	x0 = space.Own(engine.New(s.Engine, b.X, b.N, b.H, b.W, b.C))
	var end *tensors.Tensor
	switch between := reverie.HasFar(s.Objective.Process); {
	case between && b.Pair != nil:
		end = space.Own(engine.New(s.Engine, b.Pair, b.N, b.H, b.W, b.C))
	case s.From == nil && between:
		return nil, nil, nil, errors.New("learn: the process leads to a second data set, and there is none, and no pairs")
	case s.From == nil:
		end = space.Noise(x0)
	default:
		f, err := s.farBatch(b.N, at)
		if err != nil {
			return nil, nil, nil, err
		}
		end = space.Own(engine.New(s.Engine, f.X, b.N, b.H, b.W, b.C))
	}
	if s.Coupling != "" && s.Coupling != "none" {
		coupled, err := s.coupled(b, end, at)
		if err != nil {
			return nil, nil, nil, err
		}
		end = space.Own(engine.New(s.Engine, coupled, b.N, b.H, b.W, b.C))
	}
	if reverie.HasFar(s.Objective.Process) {
		return x0, space.Noise(x0), []*tensors.Tensor{end}, nil
	}
	return x0, end, nil, nil
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

// coupled are the far ends in the order in which they go with the batch's images: that of the least
// sum of squared distances, or drawn from the plan of least entropic cost.
func (s Setup) coupled(b *data.Batch, far *tensors.Tensor, at Place) ([]float32, error) {
	size := b.H * b.W * b.C
	ends, err := tensors.CopyFlatData[float32](far)
	if err != nil {
		return nil, err
	}
	near, away := rows(b.X, size), rows(ends, size)
	var order []int
	if s.Coupling == "sinkhorn" {
		if order, err = s.partners(near, away, at); err != nil {
			return nil, err
		}
	} else {
		order = reverie.Couple(near, away)
	}
	out := make([]float32, 0, len(ends))
	for _, j := range order {
		out = append(out, away[j]...)
	}
	return out, nil
}

// partners draws the far end of each image from the entropic plan of the process's bridge.
func (s Setup) partners(near, far reverie.Batch[float32], at Place) ([]int, error) {
	p, ok := s.Objective.Process.(formulation.Entropic)
	if !ok {
		return nil, fmt.Errorf("--coupling sinkhorn: %T is no reference of a Schroedinger bridge", s.Objective.Process)
	}
	const tol = 1e-2
	least := 0.0 // below which a plan is none of numbers
	cost := reverie.Distances(near, far)
	for _, row := range cost {
		least = max(least, 2e-9*slices.Max(row))
	}
	eps, off := p.Regularisation(), math.Inf(1)
	var plan [][]float64
	if eps > least {
		plan, off = assign.Soft(cost, eps, tol) // reverie.Plan
	}
	if !(off <= tol) {
		return nil, fmt.Errorf("--coupling sinkhorn: the process's noise is so far under the distances of a batch that its plan is not found; give --coupling ot, which it nearly is, or more noise")
	}
	draws := at.Noise
	draws.Domain, draws.Sample = random.Shuffle, 2 // 1 is what draws the far ends
	if at.Validation {
		draws.Step++
	}
	return reverie.Partners(plan, draws), nil
}

// rows cuts x into pieces of size.
func rows(x []float32, size int) reverie.Batch[float32] {
	out := make(reverie.Batch[float32], len(x)/size)
	for i := range out {
		out[i] = x[i*size : (i+1)*size]
	}
	return out
}
