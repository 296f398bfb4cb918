package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
)

// Labelled are images with the class of each, -1 for none.
type Labelled struct {
	Images
	Class []int
}

// Learning says how a classifier is trained. The zero value is what `reverie
// eval` uses: about a minute on two cores.
type Learning struct {
	Steps int     // 0: 1000
	Batch int     // 0: 48
	Rate  float64 // the highest; 0: 0.03
	Seed  uint64
	// Progress, if not nil, is called after each step.
	Progress func(done, total int)
}

func (l Learning) withDefaults() Learning {
	if l.Steps == 0 {
		l.Steps = 1000
	}
	if l.Batch == 0 {
		l.Batch = 48
	}
	if l.Rate == 0 {
		l.Rate = 0.03
	}
	return l
}

// The rest of the recipe, that of small residual networks on small images:
// Nesterov's momentum and weight decay (He et al. 2016, arXiv:1603.05027),
// smoothed labels (Szegedy et al. 2016, arXiv:1512.00567), a rate that rises
// over the first fifth and falls to 0 along a cosine, images mirrored and moved
// by up to an eighth of their side.
const (
	momentum  = 0.9
	decay     = 5e-4
	smoothing = 0.1
	rising    = 0.2
)

// ErrNoClasses says that the data have fewer than two classes.
var ErrNoClasses = errors.New("eval: the data have fewer than two classes, and a classifier has nothing to tell apart: put images into one folder per class, " +
	"give other features as an ONNX file (--features FILE.onnx), or leave out fid, kid and pr")

// TrainClassifier trains a classifier on the images that have a class, of
// which at least two must occur, and tests it on others, which may be none. The
// weights depend on the images, their classes and l alone.
func TrainClassifier(ctx context.Context, e *engine.Engine, train, test Labelled, l Learning) (*Classifier, error) {
	l = l.withDefaults()
	index := classIndex(train.Class)
	if len(index) < 2 {
		return nil, ErrNoClasses
	}
	train, test = train.only(ctx, index), test.only(ctx, index)
	m, err := classifier.New(classifier.Config{ImageChannels: train.C, Classes: len(index)})
	if err != nil {
		return nil, err
	}
	weights, err := learn(ctx, e, m, train, l)
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(e, m, weights)
	if err != nil {
		return nil, err
	}
	c.Tested = test.N
	if c.Right, err = c.Test(ctx, test.Images, test.Class); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// classIndex numbers the classes that occur.
func classIndex(class []int) map[int]int {
	index := map[int]int{}
	for _, k := range slices.Compact(slices.Sorted(slices.Values(class))) {
		if k >= 0 {
			index[k] = len(index)
		}
	}
	return index
}

// only returns the images whose class is in the index, with its number there,
// at the size that a classifier sees.
func (l Labelled) only(ctx context.Context, index map[int]int) Labelled {
	out := Labelled{Images: Images{N: 0, H: l.H, W: l.W, C: l.C}}
	for i, k := range l.Class {
		if number, ok := index[k]; ok {
			out.Pix = append(out.Pix, l.Image(i)...)
			out.Class = append(out.Class, number)
			out.N++
		}
	}
	out.Images = small(ctx, out.Images)
	return out
}

// learn takes the steps and returns the weights.
func learn(ctx context.Context, e *engine.Engine, m *classifier.Model, train Labelled, l Learning) ([]*tensors.Tensor, error) {
	state := net.Initial(m, l.Seed, dtypes.Float32)
	for _, p := range m.Params() {
		state = append(state, engine.Zeros(e, shapes.Make(dtypes.Float32, p.EngineShape()...)))
	}
	step := newStep(e, m)
	defer step.Free()
	weights := state[:len(m.Params())]
	for i := range l.Steps {
		err := ctx.Err()
		if err == nil {
			err = stepOn(e, step, state, train, l, i)
		}
		if err != nil {
			engine.Free(state...)
			return nil, err
		}
		if l.Progress != nil {
			l.Progress(i+1, l.Steps)
		}
	}
	engine.Free(state[len(weights):]...)
	return slices.Clone(weights), nil
}

// stepOn takes step i.
func stepOn(e *engine.Engine, step *engine.Func, state []*tensors.Tensor, train Labelled, l Learning, i int) error {
	classes := slices.Max(train.Class) + 1
	x, target := train.batch(l, i, classes)
	in := []*tensors.Tensor{
		engine.New(e, x, l.Batch, train.H, train.W, train.C), engine.New(e, target, l.Batch, classes), engine.Scalar(e, float32(l.rate(i))),
	}
	defer engine.Free(in...)
	out, err := step.Update(state, in...)
	if err != nil {
		return err
	}
	defer engine.Free(out...)
	if loss := float64(tensors.ToScalar[float32](out[0])); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("eval: the classifier's loss is %v after %d steps: give a lower rate than %v", loss, i+1, l.Rate)
	}
	return nil
}

// rate is the learning rate of step i.
func (l Learning) rate(i int) float64 {
	at := (float64(i) + 0.5) / float64(l.Steps)
	if at < rising {
		return l.Rate * at / rising
	}
	return l.Rate * (1 + math.Cos(math.Pi*(at-rising)/(1-rising))) / 2
}

// newStep is a step of Nesterov's momentum as a function of the weights and
// their velocities, images, smoothed labels and the rate; it gives the new state
// and the loss.
//
//	g = dL/dw + decay w;  u <- momentum u + g;  w <- w - rate (g + momentum u)
func newStep(e *engine.Engine, m *classifier.Model) *engine.Func {
	return e.Func("classifier's training step", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		n := len(m.Params())
		weights, velocities, in := in[:n], in[n:2*n], in[2*n:]
		x, target, rate := in[0], in[1], in[2]
		v := net.Bind(net.Train, m.Params(), weights)
		y := graph.Reshape(m.Forward(v, x, graph.Zeros(g, graphVector(x))), target.Shape().Dimensions...)
		loss := graph.Neg(graph.ReduceAllMean(graph.ReduceSum(graph.Mul(target, graph.LogSoftmax(y)), 1)))
		var newWeights, newVelocities []*graph.Node
		for i, d := range graph.Gradient(loss, weights...) {
			d = graph.Add(d, graph.MulScalar(weights[i], decay))
			u := graph.Add(graph.MulScalar(velocities[i], momentum), d)
			newVelocities = append(newVelocities, u)
			newWeights = append(newWeights, graph.Sub(weights[i], graph.Mul(rate, graph.Add(d, graph.MulScalar(u, momentum)))))
		}
		return slices.Concat(newWeights, newVelocities, []*graph.Node{loss})
	})
}

// graphVector is the shape of one number per image of x.
func graphVector(x *graph.Node) shapes.Shape { return shapes.Make(x.DType(), x.Shape().Dim(0)) }

// batch makes the images and the smoothed labels of a step: passes over the
// images, each in its own order, each image mirrored and moved at random.
func (m Labelled) batch(l Learning, step, classes int) (x, target []float32) {
	size := m.H * m.W * m.C
	x, target = make([]float32, l.Batch*size), make([]float32, l.Batch*classes)
	for i := range target {
		target[i] = float32(smoothing / float64(classes))
	}
	var order []int
	last := -1
	for i := range l.Batch {
		number := step*l.Batch + i
		if pass := number / m.N; pass != last {
			order, last = stream(l.Seed, useBatches, pass).Perm(m.N), pass
		}
		k := order[number%m.N]
		var u [3]float64
		stream(l.Seed, useFlips, number).Uniforms(u[:])
		m.moved(x[i*size:(i+1)*size], k, u[0] < 0.5, shift(u[1], m.H), shift(u[2], m.W))
		target[i*classes+m.Class[k]] += 1 - smoothing
	}
	return x, target
}

// shift is a whole number between plus and minus an eighth of the side.
func shift(u float64, side int) int {
	reach := side / 8
	return int(u*float64(2*reach+1)) - reach
}

// moved copies image k into dst, mirrored if asked and moved by dy, dx; what
// comes in is the border's pixel.
func (m Images) moved(dst []float32, k int, mirrored bool, dy, dx int) {
	img := m.Image(k)
	for y := range m.H {
		sy := min(max(y+dy, 0), m.H-1)
		for x := range m.W {
			sx := min(max(x+dx, 0), m.W-1)
			if mirrored {
				sx = m.W - 1 - sx
			}
			copy(dst[(y*m.W+x)*m.C:][:m.C], img[(sy*m.W+sx)*m.C:])
		}
	}
}
