package eval

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
)

// A Classifier is a trained network that tells a data set's own classes apart, and gives the
// features by which it does. Make one with TrainClassifier or LoadClassifier.
type Classifier struct {
	Net     *classifier.Model
	Weights []*tensors.Tensor // in the order of Net.Params
	// Of the images that it was tested on, the number whose class it found, and their number.
	Right, Tested int

	names         []string // of the classes, in the order of their logits
	run           string   // from which it was loaded; "": trained here
	hash          string
	engine        *engine.Engine
	embed, logits *engine.Func
}

var _ Features = (*Classifier)(nil)

func newClassifier(e *engine.Engine, m *classifier.Model, weights []*tensors.Tensor) (*Classifier, error) {
	c := &Classifier{Net: m, Weights: weights, engine: e}
	with := func(name string, forward func(v *net.Vars, x, cond *graph.Node) *graph.Node) *engine.Func {
		return e.Func(name, func(g *graph.Graph, in []*graph.Node) []*graph.Node {
			n := len(m.Params())
			x := in[n]
			cond := graph.Zeros(g, graphVector(x))
			return []*graph.Node{forward(net.Bind(net.Eval, m.Params(), in[:n]), x, cond)}
		})
	}
	c.embed, c.logits = with("classifier's features", m.Embed), with("classifier", m.Forward)
	arrays, err := c.arrays()
	if err != nil {
		return nil, err
	}
	c.hash = contents(arrays)
	return c, nil
}

// Close frees the weights and the compiled functions.
func (c *Classifier) Close() {
	c.embed.Free()
	c.logits.Free()
	engine.Free(c.Weights...)
}

// Name says which classifier it is, by its weights.
func (c *Classifier) Name() string {
	if c.run != "" {
		return fmt.Sprintf("classifier %s, %d features, sha256 %s", c.run, c.Net.Features(), c.Hash()[:12])
	}
	return fmt.Sprintf("classifier of the data's classes, %d features, sha256 %s", c.Net.Features(), c.Hash()[:12])
}

// Describe says in a line how many classes the classifier tells apart, whether it came from a
// cache, and how well it did.
func (c *Classifier) Describe(cached bool) string {
	_, classes := c.Net.Channels()
	text := fmt.Sprintf("classifier of %d classes: %s", classes, map[bool]string{true: "from the cache", false: "trained"}[cached])
	if c.Tested > 0 {
		text += fmt.Sprintf(", right on %d of %d held-out images", c.Right, c.Tested)
	}
	return text
}

// Hash is the SHA-256 of the weights.
func (c *Classifier) Hash() string { return c.hash }

// seen is the longest side, in pixels, up to which a classifier that was trained here sees images
// as they are; larger ones are halved first.
const seen = 48

// small halves images until the classifier sees them.
func small(ctx context.Context, m Images) Images {
	for max(m.H, m.W) > seen {
		m = shrink(ctx, m)
	}
	return m
}

// Rows returns the features of images, of any size.
func (c *Classifier) Rows(ctx context.Context, m Images) (Rows, error) {
	return c.each(ctx, c.embed, m, c.Net.Features())
}

// Test returns of how many images the network finds the class, given by its number among those that
// it was trained on.
func (c *Classifier) Test(ctx context.Context, m Images, class []int) (right int, err error) {
	found, err := c.numbers(ctx, m)
	for i, k := range found {
		if k == class[i] {
			right++
		}
	}
	return right, err
}

// Label returns the name of the class that the network finds in each image.
func (c *Classifier) Label(ctx context.Context, m Images) ([]string, error) {
	found, err := c.numbers(ctx, m)
	labels := make([]string, len(found))
	for i, k := range found {
		labels[i] = c.names[k]
	}
	return labels, err
}

// numbers are the classes that the network finds, by their numbers among those that it was trained
// on.
func (c *Classifier) numbers(ctx context.Context, m Images) ([]int, error) {
	_, classes := c.Net.Channels()
	odds, err := c.each(ctx, c.logits, m, classes)
	if err != nil {
		return nil, err
	}
	found := make([]int, m.N)
	for i := range found {
		row := odds.Row(i)
		found[i] = slices.Index(row, slices.Max(row))
	}
	return found, nil
}

// batchRows is how many images go through a network at once.
const batchRows = 32

// each computes f, of d numbers an image, on the images.
func (c *Classifier) each(ctx context.Context, f *engine.Func, m Images, d int) (Rows, error) {
	if in, _ := c.Net.Channels(); in != m.C {
		return Rows{}, fmt.Errorf("eval: the classifier takes images of %d channels, not of %d", in, m.C)
	}
	if c.run == "" {
		m = small(ctx, m)
	}
	return EachBatch(ctx, m, batchRows, false, d, func(x []float32, n int) (*tensors.Tensor, error) {
		in := engine.New(c.engine, x, n, m.H, m.W, m.C)
		defer engine.Free(in)
		return f.Call1(append(slices.Clone(c.Weights), in)...)
	})
}

// EachBatch calls f on the images, batch by batch, and joins the rows of d float32 numbers that it
// returns for each. The last batch has what is left, or if all must be of one size, copies of the
// last image behind it.
func EachBatch(ctx context.Context, m Images, batch int, fixed bool, d int, f func(x []float32, n int) (*tensors.Tensor, error)) (Rows, error) {
	out := NewRows(m.N, d)
	size := m.H * m.W * m.C
	for first := 0; first < m.N; first += batch {
		if err := ctx.Err(); err != nil {
			return Rows{}, err
		}
		n := min(batch, m.N-first)
		x := m.Pix[first*size : (first+n)*size]
		if fixed && n < batch {
			x = append(slices.Clone(x), slices.Repeat(m.Image(m.N-1), batch-n)...)
		}
		y, err := f(x, len(x)/size)
		if err != nil {
			return Rows{}, err
		}
		flat, err := tensors.CopyFlatData[float32](y)
		engine.Free(y)
		if err != nil {
			return Rows{}, err
		}
		if len(flat)*size != len(x)*d {
			return Rows{}, fmt.Errorf("eval: %d numbers for %d images, expected %d of each", len(flat), len(x)/size, d)
		}
		for i, v := range flat[:n*d] {
			out.X[first*d+i] = float64(v)
		}
	}
	return out, nil
}
