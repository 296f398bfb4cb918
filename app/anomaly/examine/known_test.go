package examine

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
)

const (
	side  = 8  // of the model's images
	steps = 20 // of the chain
	sd    = 0.4
)

// means of the classes, the last that of no class: data are N(mean, sd^2), number by number.
var classMeans = []float64{-0.2, 0.5, 0.1}

// known is the network that knows data of that law, of images in colour:
//
//	E[x0 | x_t] = p x + q mean,   p = a sd^2/(a^2 sd^2 + s^2),   q = s^2/(a^2 sd^2 + s^2)
type known struct {
	process reverie.Process
	classes bool // it is told them; else data are those of no class
}

func (k known) x0(t float64) (p, q float64) {
	c := k.process.At(t)
	a, s := c.Alpha, c.Sigma
	return a * sd * sd / (a*a*sd*sd + s*s), s * s / (a*a*sd*sd + s*s)
}

func (k known) Arch() string            { return "known" }
func (k known) Config() any             { return nil }
func (k known) Params() []*net.Param    { return nil }
func (k known) Channels() (in, out int) { return 3, 3 }
func (k known) Check(h, w int) error    { return net.CheckMultiple("known", h, w, 1) }
func (k known) Classes() net.Classes    { return net.Classes{Numbers: len(classMeans)} }

func (k known) Takes() net.Parts {
	if k.classes {
		return net.Cond | net.Class
	}
	return net.Cond
}

func (k known) Forward(_ *net.Vars, in net.Input) *graph.Node {
	p := lookup(in.Cond, steps, func(t int) float64 { p, _ := k.x0(float64(t)); return p })
	q := lookup(in.Cond, steps, func(t int) float64 { _, q := k.x0(float64(t)); return q })
	none := classMeans[len(classMeans)-1]
	if !k.classes {
		return graph.Add(graph.Mul(in.X, p), graph.MulScalar(q, none))
	}
	mean := lookup(in.Class, len(classMeans), func(k int) float64 { return classMeans[k] })
	return graph.Add(graph.Mul(in.X, p), graph.Mul(q, mean))
}

// lookup is f of each sample's whole number under n, [N,1,1,1].
func lookup(number *graph.Node, n int, f func(i int) float64) *graph.Node {
	g, values := number.Graph(), make([]float32, n)
	for i := range values {
		values[i] = float32(f(i))
	}
	at := graph.Iota(g, shapes.Make(dtypes.Float32, 1, n), 1)
	hot := graph.ConvertDType(graph.Equal(graph.Reshape(number, -1, 1), at), dtypes.Float32)
	return graph.Reshape(graph.ReduceSum(graph.Mul(hot, graph.Reshape(graph.Const(g, values), 1, n)), 1), -1, 1, 1, 1)
}

// knownModel is a model of that network.
func knownModel(t *testing.T, classes bool) *model.Model {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	p, err := reverie.NewDDPM(reverie.LinearBetas(steps, 1e-3, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, known{p, classes}, p, reverie.X0, nil)
	m.Kind = kind.OfImages(side, side, 3)
	if classes {
		m.Kind, m.Null = m.Kind.Labelled([]kind.Class{{Name: "sick", Samples: 1}, {Name: "well", Samples: 1}}), true
	}
	t.Cleanup(func() { m.Close(); e.Close() })
	return m
}

type batch = reverie.Batch[float64]

// exact is what the network knows of data of a mean, over numbers of Go.
func (k known) exact(mean float64) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		p, q := k.x0(t)
		y := reverie.NewBatch[float64](len(x), len(x[0]))
		for n := range x {
			for i, v := range x[n] {
				y[n][i] = p*v + q*mean
			}
		}
		return y, nil
	})
}

// pictures are images in memory, of values in [-1,1].
type pictures []drawing

type drawing struct {
	h, w int
	x    []float32
}

// drawn are pictures of that many pixels high and wide.
func drawn(sizes ...[2]int) (all pictures) {
	for k, s := range sizes {
		one := drawing{h: s[0], w: s[1], x: make([]float32, s[0]*s[1]*3)}
		for i := range one.x {
			one.x[i] = float32(0.9 * math.Sin(float64(3*i+7*k)))
		}
		all = append(all, one)
	}
	return all
}
