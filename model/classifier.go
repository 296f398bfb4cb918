package model

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
)

// ErrClassifier says that a model is a classifier, from which nothing is drawn: [LoadClassifier]
// takes it.
var ErrClassifier = errors.New("it is a classifier, which predicts nothing and draws nothing: one of noised samples guides another model, sample RUN --classifier CLASSIFIER --class NAME; one of clean samples is explained by it, explain RUN IMAGES --classifier CLASSIFIER --target NAME")

// ErrNoClassifier says that a model is no classifier.
var ErrNoClassifier = errors.New("it is no classifier")

// ErrClean says that a classifier is of clean samples, and cannot guide.
var ErrClean = errors.New("it knows clean samples alone, and those on the way are noised, of which it would say anything: train one with --arch classifier --noised")

// A Classifier is a network that says of which class samples are, with its weights on an engine. It
// is a guide.Classifier.
type Classifier struct {
	Engine *engine.Engine
	Net    classifier.Network
	// Process is that whose noised samples it knows; nil: it knows clean ones.
	Process reverie.Process
	// Spec names the process, where files did.
	Spec formulation.Spec
	// Weights are the network's, in the order of Net.Params and the engine's layout.
	Weights []*tensors.Tensor
	// Kind says what the samples are, and names their classes.
	Kind kind.Kind
	// Found and Averaged are those of Loaded, where the classifier was loaded, and Notes those of
	// its checkpoint.
	Found    checkpoint.Found
	Averaged bool
	Notes    []string

	logs, gradient *engine.Func
}

var _ guide.Classifier[*tensors.Tensor] = (*Classifier)(nil)

// NewClassifier returns a classifier from its parts: p is the process of one that knows noised
// samples, and else nil.
func NewClassifier(e *engine.Engine, n classifier.Network, p reverie.Process, weights []*tensors.Tensor) *Classifier {
	c := &Classifier{Engine: e, Net: n, Process: p, Weights: weights, Kind: n.Kind()}
	params := n.Params()
	k := len(params)
	logs := func(in []*graph.Node) *graph.Node {
		x, cond, scale := in[k], in[k+1], in[k+2]
		return classifier.LogProbabilities(net.Bind(net.Eval, params, in[:k]), n, graph.Mul(x, net.OverImage(scale)), cond)
	}
	c.logs = e.Func(n.Arch()+" probabilities", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{logs(in)}
	})
	c.gradient = e.Func(n.Arch()+" gradient", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		own := classifier.Chosen(logs(in), in[k+3])
		return graph.Gradient(graph.ReduceAllSum(own), in[k]) // each sample's own, for samples do not meet in a network
	})
	return c
}

// Close frees the compiled functions and the weights.
func (c *Classifier) Close() {
	c.logs.Free()
	c.gradient.Free()
	engine.Free(c.Weights...)
}

// LogProbabilities returns log p(y | x_t = x) of every class y, [N,classes], of samples x [N,H,W,C]
// at time t, in float32. A classifier of clean samples looks at no t.
func (c *Classifier) LogProbabilities(ctx context.Context, x *tensors.Tensor, t float64) (*tensors.Tensor, error) {
	return c.call(ctx, c.logs, x, t)
}

// Gradient returns grad_x log p(class | x_t = x) of each sample, [N,H,W,C], in float32. It is the
// caller's.
func (c *Classifier) Gradient(ctx context.Context, x *tensors.Tensor, t float64, class []int) (*tensors.Tensor, error) {
	n := x.Shape().Dim(0)
	if len(class) != n {
		return nil, fmt.Errorf("model: %d classes for %d samples: expected one for each", len(class), n)
	}
	_, classes := c.Net.Channels()
	numbers := make([]float64, n)
	for i, k := range class {
		if k < 0 || k >= classes {
			return nil, fmt.Errorf("model: class %d of sample %d: the classifier knows 0 to %d", k, i, classes-1)
		}
		numbers[i] = float64(k)
	}
	y := engine.Vector(c.Engine, numbers)
	defer engine.Free(y)
	return c.call(ctx, c.gradient, x, t, y)
}

// call runs a function of the weights, x, what goes with its time, and more.
func (c *Classifier) call(ctx context.Context, f *engine.Func, x *tensors.Tensor, t float64, more ...*tensors.Tensor) (*tensors.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, cond, scale := x.Shape().Dim(0), 0.0, 1.0
	if c.Process != nil {
		cond, scale = c.Process.Cond(t), classifier.Scale(reverie.At(c.Process, t))
	}
	told := []*tensors.Tensor{
		engine.Vector(c.Engine, slices.Repeat([]float64{cond}, n)), engine.Vector(c.Engine, slices.Repeat([]float64{scale}, n)),
	}
	defer engine.Free(told...)
	return f.Call1(slices.Concat(c.Weights, []*tensors.Tensor{x}, told, more)...)
}

// LoadClassifier loads a classifier from its run folder (the newest complete checkpoint), a
// checkpoint or a model folder, with the averaged weights where there are any, unless raw. Of
// another model the error is ErrNoClassifier.
func LoadClassifier(e *engine.Engine, path string, raw bool) (*Classifier, error) {
	found, c, err := checkpoint.Open(path, checkpoint.ForSampling(raw))
	if err != nil {
		return nil, err
	}
	k, err := buildClassifier(e, c, raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.Model, err)
	}
	k.Found = found
	return k, nil
}

func buildClassifier(e *engine.Engine, c *checkpoint.Checkpoint, raw bool) (*Classifier, error) {
	m, err := net.New(c.Arch, c.ArchConfig)
	if err != nil {
		return nil, err
	}
	n, ok := m.(classifier.Network)
	if !ok {
		return nil, fmt.Errorf("%w: architecture %s; train one with --arch classifier", ErrNoClassifier, c.Arch)
	}
	var p reverie.Process
	var spec formulation.Spec
	switch has := c.HasScheduler(); {
	case n.Noised() && !has:
		return nil, errors.New("model_index.json names no scheduler, and the classifier is of noised samples: expected the scheduler of their process")
	case has:
		if spec, p, err = processOf(c); err != nil {
			return nil, err
		}
	}
	dict, part := c.Sampling(raw)
	weights, err := net.Import(n.Params(), dict, dtypes.Float32)
	if err != nil {
		return nil, err
	}
	k := NewClassifier(e, n, p, weights)
	k.Spec, k.Averaged, k.Notes = spec, part == checkpoint.EMA, c.Notes
	return k, nil
}
