package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
)

// Learning says how a classifier is trained. The zero value is what `reverie eval` uses: about a
// minute on two cores.
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

// The rest of the recipe, that of small residual networks on small images: Nesterov's momentum and
// weight decay (He et al. 2016, arXiv:1603.05027), smoothed labels (Szegedy et al. 2016,
// arXiv:1512.00567), a rate that rises over the first fifth and falls to 0 along a cosine, images
// mirrored and moved by up to an eighth of their side.
const (
	momentum  = 0.9
	decay     = 5e-4
	smoothing = 0.1
	rising    = 0.2
)

// ErrNoClasses says that the data have fewer than two classes.
var ErrNoClasses = errors.New("eval: the data have fewer than two classes, and a classifier has nothing to tell apart: put images into one folder per class, " +
	"give other features as an ONNX file (--features FILE.onnx), or leave out fid, kid and pr")

// TrainClassifier trains a classifier on the images that have a class, of which at least two must
// occur, and tests it on others, which may be none. The weights depend on the images, their classes
// and l alone.
func TrainClassifier(ctx context.Context, e *engine.Engine, images, test Images, l Learning) (*Classifier, error) {
	l = l.withDefaults()
	index := classIndex(images.Class)
	if len(index) < 2 {
		return nil, ErrNoClasses
	}
	names := classNames(images, index)
	images, test = images.only(ctx, index), test.only(ctx, index)
	m, err := classifier.New(classifier.Config{ImageChannels: images.C, Classes: len(index)})
	if err != nil {
		return nil, err
	}
	weights, err := train(ctx, e, m, images, l)
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(e, m, weights)
	if err != nil {
		return nil, err
	}
	c.names, c.Tested = names, test.N
	if c.Right, err = c.Test(ctx, test, test.Class); err != nil {
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

// classNames are the names of the classes of an index, in its order; of images whose classes have
// no names, none.
func classNames(m Images, index map[int]int) []string {
	names := make([]string, len(index))
	for k, number := range index {
		if k < len(m.Classes) {
			names[number] = m.Classes[k].Name
		}
	}
	return names
}

// only returns the images whose class is in the index, with its number there, at the size that a
// classifier sees.
func (m Images) only(ctx context.Context, index map[int]int) Images {
	out := Images{N: 0, Kind: m.Kind}
	for i, k := range m.Class {
		if number, ok := index[k]; ok {
			out.Pix = append(out.Pix, m.Image(i)...)
			out.Class = append(out.Class, number)
			out.N++
		}
	}
	return small(ctx, out)
}

// train takes the steps and returns the weights.
func train(ctx context.Context, e *engine.Engine, m *classifier.Model, images Images, l Learning) ([]*tensors.Tensor, error) {
	learner := learn.New(e, m, crossEntropy(e, m, images, l), learn.Options{Optimiser: learn.Momentum{Beta: momentum, Decay: decay}, Seed: l.Seed})
	defer learner.Close()
	if err := learner.Draw(); err != nil {
		return nil, err
	}
	for i := range l.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o, err := learner.Step(nil, l.rate(i))
		if err != nil {
			return nil, err
		}
		if loss := o.Loss(); math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("eval: the classifier's loss is %v after %d steps: give a lower rate than %v", loss, i+1, l.Rate)
		}
		if l.Progress != nil {
			l.Progress(i+1, l.Steps)
		}
	}
	return learner.Release(), nil
}

// crossEntropy is the method of a classifier: -log p of the classes of each image, by the smoothed
// labels.
func crossEntropy(e *engine.Engine, m *classifier.Model, images Images, l Learning) learn.Method {
	classes := slices.Max(images.Class) + 1
	return learn.Plain{
		In: func(_ *data.Batch, at learn.Place) ([]*tensors.Tensor, error) {
			x, target := images.batch(l, at.Step, classes)
			return []*tensors.Tensor{engine.New(e, x, l.Batch, images.H, images.W, images.C), engine.New(e, target, l.Batch, classes)}, nil
		},
		Of: func(v *net.Vars, in []*graph.Node) *graph.Node {
			x, target := in[0], in[1]
			logs := classifier.LogProbabilities(v, m, x, graph.Zeros(x.Graph(), graphVector(x)))
			return graph.Neg(graph.ReduceSum(graph.Mul(target, logs), 1))
		},
	}
}

// rate is the learning rate of step i.
func (l Learning) rate(i int) float64 {
	at := (float64(i) + 0.5) / float64(l.Steps)
	if at < rising {
		return l.Rate * at / rising
	}
	return l.Rate * (1 + math.Cos(math.Pi*(at-rising)/(1-rising))) / 2
}

// graphVector is the shape of one number per image of x.
func graphVector(x *graph.Node) shapes.Shape { return shapes.Make(x.DType(), x.Shape().Dim(0)) }

// batch makes the images and the smoothed labels of a step: passes over the images, each in its own
// order, each image mirrored and moved at random.
func (m Images) batch(l Learning, step, classes int) (x, target []float32) {
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

// moved copies image k into dst, mirrored if asked and moved by dy, dx; what comes in is the
// border's pixel.
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
