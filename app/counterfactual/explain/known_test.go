package explain

import (
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
	side  = 8 // of the images, which are grey
	size  = side * side
	steps = 20 // of the chain
	sd    = 0.4
)

// means of the classes, the last that of no class: data are N(mean, sd^2), number by number.
var classMeans = []float64{-0.3, 0.3, 0}

// law is the network that knows data of that law:
//
//	E[x0 | x_t] = p x + q mean,   p = a sd^2/(a^2 sd^2 + s^2),   q = s^2/(a^2 sd^2 + s^2)
type law struct {
	process reverie.Process
	classes bool // it is told them; else data are those of no class
}

func (l law) Arch() string            { return "known" }
func (l law) Config() any             { return nil }
func (l law) Params() []*net.Param    { return nil }
func (l law) Channels() (in, out int) { return 1, 1 }
func (l law) Check(h, w int) error    { return net.CheckMultiple("known", h, w, 1) }
func (l law) Classes() net.Classes    { return net.Classes{Numbers: len(classMeans)} }

func (l law) Takes() net.Parts {
	if l.classes {
		return net.Cond | net.Class
	}
	return net.Cond
}

func (l law) Forward(_ *net.Vars, in net.Input) *graph.Node {
	v := func(t int) (a, s float64) { c := l.process.At(float64(t)); return c.Alpha, c.Sigma }
	p := lookup(in.Cond, steps, func(t int) float64 { a, s := v(t); return a * sd * sd / (a*a*sd*sd + s*s) })
	q := lookup(in.Cond, steps, func(t int) float64 { a, s := v(t); return s * s / (a*a*sd*sd + s*s) })
	mean := graph.MulScalar(graph.OnesLike(q), classMeans[len(classMeans)-1])
	if l.classes {
		mean = lookup(in.Class, len(classMeans), func(k int) float64 { return classMeans[k] })
	}
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

// plane is a classifier of two classes, "low" and "high", whose log odds are slope (sum x) + shift:
// a plane parts them.
type plane struct {
	slope, shift float64
	names        []string
}

func (p plane) Arch() string            { return "plane" }
func (p plane) Config() any             { return nil }
func (p plane) Params() []*net.Param    { return nil }
func (p plane) Channels() (in, out int) { return 1, len(p.names) }
func (p plane) Check(h, w int) error    { return net.CheckMultiple("plane", h, w, 1) }
func (p plane) Noised() bool            { return false }

func (p plane) Kind() kind.Kind {
	k := kind.OfImages(side, side, 1)
	for _, name := range p.names {
		k.Classes = append(k.Classes, kind.Class{Name: name, Samples: 1})
	}
	return k
}

// Takes is nothing beside the image.
func (p plane) Takes() net.Parts { return 0 }

func (p plane) Forward(_ *net.Vars, x, _ *graph.Node) *graph.Node {
	odds := graph.AddScalar(graph.MulScalar(graph.ReduceSum(graph.Reshape(x, x.Shape().Dim(0), -1), 1), p.slope), p.shift)
	return graph.Reshape(graph.Stack([]*graph.Node{graph.MulScalar(odds, -0.5), graph.MulScalar(odds, 0.5)}, 1), -1, 1, 1, 2)
}

// high is the probability of the second class by the closed form.
func (p plane) high(x []float32) float64 { return 1 / (1 + math.Exp(-p.odds(x))) }

func (p plane) odds(x []float32) float64 {
	sum := 0.
	for _, v := range x {
		sum += float64(v)
	}
	return p.slope*sum + p.shift
}

// away is how far an image is from the plane.
func (p plane) away(x []float32) float64 {
	return math.Abs(p.odds(x)) / (math.Abs(p.slope) * math.Sqrt(size))
}

var lowHigh = []string{"low", "high"}

func openEngine(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// knownModel is a model of the law.
func knownModel(t *testing.T, e *engine.Engine, classes bool) *model.Model {
	t.Helper()
	p, err := reverie.NewDDPM(reverie.LinearBetas(steps, 1e-3, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, law{p, classes}, p, reverie.X0, nil)
	m.Kind = kind.OfImages(side, side, 1)
	if classes {
		m.Kind, m.Null = m.Kind.Labelled([]kind.Class{{Name: "low", Samples: 1}, {Name: "high", Samples: 1}}), true
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// by is the classifier of a plane.
func by(t *testing.T, e *engine.Engine, p plane) Classifier {
	t.Helper()
	c, err := Trained(model.NewClassifier(e, p, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// drawn are images about levels, one each.
func drawn(levels ...float64) (x []float32) {
	for n, l := range levels {
		for i := range size {
			x = append(x, float32(l+0.1*math.Sin(float64(3*i+7*n))))
		}
	}
	return x
}
