package learn

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// patched is the method of a network that fills a part of an image from what is around it (pDDPM,
// Behrendt et al. 2023, arXiv:2303.03758): of each image one square alone, at a place that is drawn
// anew at each step, is noised,
//
//	in x_t in the square,   in x0 around it
//
// where in is the prediction's scale of the network's input, and the loss is the mean over the
// square. What the network says elsewhere is not looked at.
type patched struct{ denoise }

func newPatched(d denoise) (*patched, error) {
	_, scheduled := d.net.(*net.Scheduled)
	in, out := d.net.Channels()
	h, w, _ := d.Kind.Shape()
	switch {
	case scheduled || out == 2*in || d.From != nil:
		return nil, fmt.Errorf("learn: noise on a part of an image goes with no learned schedule or variance and no second data set")
	case d.Kind.Vector():
		return nil, fmt.Errorf("--patch %d is a part of an image, and %s have none; leave it out", d.Patch, d.Kind.Noun(2))
	case h > 0 && d.Patch >= max(h, w):
		return nil, fmt.Errorf("--patch %d is all of an image of %dx%d: give a smaller one, or leave it out", d.Patch, h, w)
	}
	return &patched{d}, nil
}

// square is the size of the part of an image that is noised.
func (p *patched) square(h, w int) (int, int) { return min(p.Patch, h), min(p.Patch, w) }

// corner is where the square of sample n of a batch lies, each place in the image as likely as
// another.
func (p *patched) corner(at Place, n, h, w int) (top, left int) {
	s, u := at.Noise.Plus(n), make([]float64, 2)
	s.Domain = random.Place
	s.Uniforms(u)
	ph, pw := p.square(h, w)
	return int(u[0] * float64(h-ph+1)), int(u[1] * float64(w-pw+1))
}

// Inputs are the task of denoise, clean around the squares, where these are, [N,H,W,1], and what
// the images are told to be.
func (p *patched) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	task, times, err := p.task(b, at)
	if err != nil {
		return nil, nil, err
	}
	x, err := tensors.CopyFlatData[float32](task[0])
	engine.Free(task[0])
	if err != nil {
		return nil, nil, err
	}
	mask := make([]float32, b.N*b.H*b.W)
	ph, pw := p.square(b.H, b.W)
	for n, t := range times {
		_, _, _, in := p.Objective.Param(p.Objective.Process.At(t))
		top, left := p.corner(at, n, b.H, b.W)
		for i := range b.H * b.W {
			y, z, k := i/b.W-top, i%b.W-left, n*b.H*b.W+i
			if y >= 0 && y < ph && z >= 0 && z < pw {
				mask[k] = 1
				continue
			}
			for c := k * b.C; c < (k+1)*b.C; c++ {
				x[c] = float32(in * float64(b.X[c]))
			}
		}
	}
	task[0] = engine.New(p.Engine, x, b.N, b.H, b.W, b.C)
	task, err = p.tell(append(task, engine.New(p.Engine, mask, b.N, b.H, b.W, 1)), b, at)
	return task, times, err
}

// Loss is the weighted norm of the network's error within the squares.
func (p *patched) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	h, w := in[0].Shape().Dim(1), in[0].Shape().Dim(2)
	ph, pw := p.square(h, w)
	off := graph.Mul(graph.Sub(p.net.Forward(v, p.input(in[0], in[1], in)), in[2]), in[4])
	weight := graph.MulScalar(in[3], float64(h*w)/float64(ph*pw)) // of a mean over the image one over the square
	return Each(p.Setup.Loss, off, graph.ZerosLike(off), weight), nil
}
