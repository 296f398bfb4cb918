package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
)

// An input is what a network says of its images.
type input struct {
	name    string
	elem    elem
	batch   int
	fixed   bool // the batch may not be another
	c, h, w int  // h = w = 0: any size
	last    bool // channels are the last axis
}

// defaultBatch is how many images go through at once where the network takes any number.
const defaultBatch = 16

// inputOf finds the one input that is not among the weights, which files of before 2019 list as
// well.
func inputOf(net *network) (in input, err error) {
	var found []port
	for _, p := range net.inputs {
		if !slices.ContainsFunc(net.initializers, func(t *tensor) bool { return t.name == p.name }) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return in, fmt.Errorf("%w; it has %d inputs", errShape, len(found))
	}
	p := found[0]
	d := p.dims
	if len(d) != 4 || p.elem != uint8Elem && !floats.has(p.elem) {
		return in, fmt.Errorf("%w; it is %s of sizes %v (-1 for any)", errShape, p.elem, d)
	}
	in.name, in.elem = p.name, p.elem
	colours := func(n int) bool { return n == 1 || n == 3 }
	switch {
	case colours(d[1]):
		in.c, in.h, in.w = d[1], d[2], d[3]
	case colours(d[3]):
		in.c, in.h, in.w, in.last = d[3], d[1], d[2], true
	default:
		return in, fmt.Errorf("%w; it is %s of sizes %v (-1 for any)", errShape, p.elem, d)
	}
	if in.h < 1 || in.w < 1 {
		in.h, in.w = 0, 0
	}
	if in.h > maxSide || in.w > maxSide || d[0] > maxSide {
		return in, fmt.Errorf("it takes %d images of %dx%d at once; at most %d of %dx%d are given", d[0], in.h, in.w, maxSide, maxSide, maxSide)
	}
	in.batch, in.fixed = d[0], d[0] > 0
	if !in.fixed {
		in.batch = defaultBatch
	}
	return in, nil
}

// arrange turns images [N,H,W,C] in [-1,1] into what the network takes.
func (in input) arrange(x *graph.Node) *value {
	if in.elem == uint8Elem {
		x = graph.MulScalar(graph.OnePlus(graph.ClipScalar(x, -1, 1)), 127.5)
		x = graph.Floor(graph.AddScalar(x, 0.5))
	}
	x = graph.ConvertDType(x, in.elem.storage())
	return &value{elem: in.elem, node: x, last: !in.last}
}

// fit gives images the network's channels and size.
func (in input) fit(m eval.Images) (eval.Images, error) {
	switch {
	case m.C == in.c:
	case m.C == 1 && in.c == 3:
		m = colour(m)
	default:
		return m, fmt.Errorf("onnx: the network takes images of %d channels, not of %d", in.c, m.C)
	}
	if in.h == 0 || in.h == m.H && in.w == m.W {
		return m, nil
	}
	if bytes := int64(m.N) * int64(in.h) * int64(in.w) * int64(m.C) * 4; bytes > maxResized {
		return m, fmt.Errorf("onnx: %d images at the network's size of %dx%d take %d bytes; give fewer", m.N, in.h, in.w, bytes)
	}
	return resize(m, in.h, in.w), nil
}

// maxResized bounds the memory of images at the network's size.
const maxResized = 8 << 30

// colour repeats grey as red, green and blue.
func colour(m eval.Images) eval.Images {
	out := eval.Images{N: m.N, Kind: kind.OfImages(m.H, m.W, 3).Real(), Pix: make([]float32, 3*len(m.Pix))}
	for i, v := range m.Pix {
		out.Pix[3*i], out.Pix[3*i+1], out.Pix[3*i+2] = v, v, v
	}
	return out
}

// resize brings images to h x w by a triangle filter in each direction, one pixel wide where they
// grow and as wide as a new pixel where they shrink.
func resize(m eval.Images, h, w int) eval.Images {
	rows, columns := weights(m.H, h), weights(m.W, w)
	out := eval.Images{N: m.N, Kind: m.Kind.Sized(h, w).Real(), Pix: make([]float32, m.N*h*w*m.C)}
	wide := make([]float64, m.H*w*m.C)
	for i := range m.N {
		img, dst := m.Image(i), out.Image(i)
		for y := range m.H {
			for x, t := range columns {
				for c := range m.C {
					s := 0.0
					for k, f := range t.factor {
						s += f * float64(img[(y*m.W+t.first+k)*m.C+c])
					}
					wide[(y*w+x)*m.C+c] = s
				}
			}
		}
		for y, t := range rows {
			for j := range w * m.C {
				s := 0.0
				for k, f := range t.factor {
					s += f * wide[(t.first+k)*w*m.C+j]
				}
				dst[y*w*m.C+j] = float32(s)
			}
		}
	}
	return out
}

// taps are the pixels that make a new one.
type taps struct {
	first  int
	factor []float64
}

// weights gives the taps of each of n new pixels from old ones.
func weights(old, n int) []taps {
	scale := float64(old) / float64(n)
	reach := max(1, scale)
	out := make([]taps, n)
	for i := range out {
		centre := (float64(i) + 0.5) * scale
		t := taps{first: max(0, int(centre-reach+0.5))}
		total := 0.0
		for k := t.first; k < min(old, int(centre+reach+0.5)); k++ {
			f := max(0, 1-math.Abs((float64(k)+0.5-centre)/reach))
			t.factor = append(t.factor, f)
			total += f
		}
		for k := range t.factor {
			t.factor[k] /= total
		}
		out[i] = t
	}
	return out
}
