package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/table"
)

// Nearest returns for each query the index of the image of data with the least squared distance in
// pixels, itself or mirrored left to right: what a model that memorises would have copied.
func Nearest(ctx context.Context, query, data Images) []int {
	at, _ := nearest(ctx, query, data)
	return at
}

// nearest is Nearest with the squared distances.
func nearest(ctx context.Context, query, data Images) (at []int, squared []float64) {
	at, squared = make([]int, query.N), make([]float64, query.N)
	if !data.Pictorial() {
		eachDistance(ctx, query.Rows(), data.Rows(), func(i int, d []float64) {
			squared[i] = slices.Min(d)
			at[i] = slices.Index(d, squared[i])
		})
		return at, squared
	}
	parallel.Until(ctx, query.N, func(i int) {
		least, x := math.Inf(1), query.Image(i)
		for k := range data.N {
			if ctx.Err() != nil {
				return
			}
			for _, mirrored := range []bool{false, true} {
				if mirrored && data.W == 1 {
					continue
				}
				if d := data.squaredDistance(k, x, mirrored, least); d < least {
					at[i], least = k, d
				}
			}
		}
		squared[i] = least
	})
	return at, squared
}

// squaredDistance is |image k - x|^2, with image k mirrored if asked; once past the limit it may
// stop.
func (m Images) squaredDistance(k int, x []float32, mirrored bool, limit float64) (sum float64) {
	img := m.Image(k)
	for y := range m.H {
		for i := range m.W {
			p, q := y*m.W+i, y*m.W+i
			if mirrored {
				q = y*m.W + m.W - 1 - i
			}
			for c := range m.C {
				d := float64(x[p*m.C+c] - img[q*m.C+c])
				sum += d * d
			}
		}
		if sum > limit {
			break
		}
	}
	return sum
}

// A Memory says how near a model's samples come to its training images, beside how near images come
// that it never saw.
type Memory struct {
	// Nearer is the share of pairs of a sample and a held-out image in which the sample is nearer
	// to its nearest training image than the held-out one to its own, ties half: 1/2 for images
	// drawn from the data's law, 1 for copies. Smooth images are near to everything: a blurred
	// sample raises it too.
	Nearer float64
	// Copies is the share of samples that are nearer to a training image than every held-out image
	// is.
	Copies float64
	// Samples and HeldOut are the mean distances, root mean square per value.
	Samples, HeldOut float64
}

// Memorised measures a Memory by distances in pixels, training images also mirrored. Of points,
// mirrored means nothing and is left out.
func Memorised(ctx context.Context, samples, heldOut, training Images) (Memory, error) {
	for _, x := range []Images{samples, heldOut} {
		if err := sameSize(x, training); err != nil {
			return Memory{}, err
		}
	}
	if err := atLeast("nearest", 1, min(samples.N, training.N), heldOut.N, ""); err != nil {
		return Memory{}, err
	}
	_, s := nearest(ctx, samples, training)
	_, h := nearest(ctx, heldOut, training)
	if err := ctx.Err(); err != nil {
		return Memory{}, err // what was found since it ended is not whole
	}
	least := math.Inf(1)
	for _, d := range h {
		least = min(least, d)
	}
	var m Memory
	for _, a := range s {
		if a < least {
			m.Copies++
		}
		for _, b := range h {
			if a < b {
				m.Nearer++
			} else if a == b {
				m.Nearer += 0.5
			}
		}
	}
	m.Copies /= float64(len(s))
	m.Nearer /= float64(len(s)) * float64(len(h))
	m.Samples, m.HeldOut = rootMean(s, training), rootMean(h, training)
	return m, nil
}

// rootMean is the mean over images of the root mean square difference.
func rootMean(squared []float64, m Images) float64 {
	out := 0.0
	for _, d := range squared {
		out += math.Sqrt(d / float64(m.H*m.W*m.C))
	}
	return out / float64(len(squared))
}

var nearestTraining = Plain{Base{Info: table.Info{Name: "nearest", Text: "are samples nearer to the training images than held-out images are"}, Reads: []string{"nearest"}}, measureNearest}

// measureNearest compares with the training images; beside others there is nothing to say.
func measureNearest(ctx context.Context, c *Case) ([]Value, error) {
	if c.Reference != c.Training || c.Samples == c.Training {
		return nil, nil
	}
	if c.Withheld == nil {
		return nil, fmt.Errorf("%w: no images are known to be held out of the training; train with --val, and keep the data as they are", ErrUnfit)
	}
	m, err := Memorised(ctx, c.Samples.Images, c.Withheld.Images, c.Training.Images)
	return []Value{
		{Name: "nearer than held-out", X: m.Nearer, Better: Less}, {Name: "nearer than any held-out", X: m.Copies, Better: Less},
		{Name: "distance to nearest", X: m.Samples}, {Name: "that of held-out", X: m.HeldOut},
	}, err
}
