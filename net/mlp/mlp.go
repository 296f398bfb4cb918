// Package mlp is the network for points: residual layers with smooth activations, told the time by
// sinusoids.
//
// A point of D numbers is an image of one pixel, [N,1,1,D]. In PyTorch's words:
//
//	t = Linear(SiLU(Linear(sinusoids of cond)))        time_mlp.0, time_mlp.2
//	t = t + Embedding(class)                           class_embedding, of a network that takes a class
//	h = Linear(x and its waves)                        input
//	h = h + Linear2(SiLU(Linear1(SiLU(h)) + Linear(SiLU(t))))   blocks.i.{linear1,time,linear2}
//	y = Linear(SiLU(h))                                output
//
// It has no normalisation, so that any number of derivatives with respect to x exists: for exact
// and sliced score matching, for divergences, and for a prediction that is itself a gradient
// ([net.Energy]).
package mlp

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
	_ "github.com/reverie-go/reverie/engine/grad" // gradients of gradients
	"github.com/reverie-go/reverie/net"
)

// Arch is the architecture's name.
const Arch = "mlp"

// Model is the network's architecture.
type Model struct {
	config Config
	params []*net.Param

	time1, time2, input net.Linear
	class               *net.Embedding // or nil
	blocks              []block
	output              net.Linear
}

var _ net.Conditioned = (*Model)(nil)

// New lays the network out.
func New(c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	s := net.NewScope()
	m := &Model{config: c}
	m.time1 = net.NewLinear(s.In("time_mlp", 0), c.Embed, c.Width)
	m.time2 = net.NewLinear(s.In("time_mlp", 2), c.Width, c.Width)
	if c.NumClassEmbeds > 0 {
		m.class = new(net.NewEmbedding(s.In("class_embedding"), c.NumClassEmbeds, c.Width))
	}
	m.input = net.NewLinear(s.In("input"), c.Dim*(1+2*c.Waves), c.Width)
	if c.Waves == 0 {
		w := m.input.Weight
		w.Init = net.Init{Lo: magnify * w.Init.Lo, Hi: magnify * w.Init.Hi}
	}
	for i := range c.Depth {
		m.blocks = append(m.blocks, newBlock(s.In("blocks", i), c.Width))
	}
	m.output = net.NewLinear(s.In("output"), c.Width, c.Out)
	m.params = s.Params()
	return m, nil
}

// magnify is how many times larger than PyTorch's the input layer's weights are at the start, where
// it sees no waves. Networks learn smooth functions first: from larger inputs the modes of 8
// Gaussians are found in a third of the steps.
const magnify = 4

// Arch is "mlp".
func (m *Model) Arch() string { return Arch }

// String is the configuration in a line.
func (m *Model) String() string {
	c := m.config
	return fmt.Sprintf("width %d, depth %d, numbers in %d, numbers out %d", c.Width, c.Depth, c.Dim, c.Out)
}

// Config is the [Config] with the defaults filled in.
func (m *Model) Config() any { return m.config }

// Params lists the parameters.
func (m *Model) Params() []*net.Param { return m.params }

// Channels are D and the numbers predicted for each point.
func (m *Model) Channels() (in, out int) { return m.config.Dim, m.config.Out }

// Check says that only points can be taken.
func (m *Model) Check(h, w int) error {
	if h != 1 || w != 1 {
		return fmt.Errorf("%s: image of %dx%d (height x width): this network takes points, which are images of 1x1; take unet or simpleunet for pictures", Arch, h, w)
	}
	return nil
}

// Takes is the time, and the class where the network knows any.
func (m *Model) Takes() net.Parts {
	if m.class != nil {
		return net.Cond | net.Class
	}
	return net.Cond
}

// Classes are the class numbers.
func (m *Model) Classes() net.Classes { return net.Classes{Numbers: m.config.NumClassEmbeds} }

// Forward predicts from points x [N,1,1,D] and conds [N]; the result is [N,1,1,Out].
func (m *Model) Forward(v *net.Vars, in net.Input) *graph.Node {
	in = in.For(m)
	t := m.time1.Forward(v, embed(in.Cond, m.config.Embed))
	t = m.time2.Forward(v, net.SiLU(t))
	if m.class != nil {
		t = graph.Add(t, m.class.Forward(v, in.Class))
	}
	t = net.SiLU(t)
	h := m.input.Forward(v, m.waves(graph.Reshape(in.X, in.X.Shape().Dim(0), m.config.Dim)))
	for _, b := range m.blocks {
		h = b.forward(v, h, t)
	}
	return net.OverPixels(m.output.Forward(v, net.SiLU(h)))
}

// waves gives x [N,D], then sines and cosines of 1.5 x, of 3 x and so on, [N,D (1+2 Waves)].
func (m *Model) waves(x *graph.Node) *graph.Node {
	all := []*graph.Node{x}
	for k := range m.config.Waves {
		angle := graph.MulScalar(x, 1.5*float64(int(1)<<k))
		all = append(all, graph.Sin(angle), graph.Cos(angle))
	}
	if len(all) == 1 {
		return x
	}
	return graph.Concatenate(all, 1)
}

// block is one residual block.
type block struct{ linear1, time, linear2 net.Linear }

func newBlock(s net.Scope, width int) block {
	return block{
		linear1: net.NewLinear(s.In("linear1"), width, width),
		time:    net.NewLinear(s.In("time"), width, width),
		linear2: net.NewLinear(s.In("linear2"), width, width),
	}
}

func (b block) forward(v *net.Vars, h, t *graph.Node) *graph.Node {
	r := graph.Add(b.linear1.Forward(v, net.SiLU(h)), b.time.Forward(v, t))
	return graph.Add(h, b.linear2.Forward(v, net.SiLU(r)))
}

// topFrequency and lowFrequency bound the embedding's frequencies, for conds of all processes: the
// lowest is a sixth of a turn over 0 .. 999 (DDPM, VP, flow), the highest tells apart log(sigma)/4
// (EDM, -1.6 .. 1.1) and log sigma (VE).
const (
	topFrequency = 2
	lowFrequency = 1e-3
)

// embed gives sines, then cosines, [N,dim], of cond [N] at dim/2 frequencies in geometric
// progression.
func embed(cond *graph.Node, dim int) *graph.Node {
	half := dim / 2
	f := make([]float64, half)
	for k := range f {
		f[k] = topFrequency * math.Pow(lowFrequency/topFrequency, float64(k)/float64(half-1))
	}
	freq := graph.ConstAsDType(cond.Graph(), cond.DType(), [][]float64{f})
	angle := graph.Mul(graph.Reshape(cond, cond.Shape().Dim(0), 1), freq)
	return graph.Concatenate([]*graph.Node{graph.Sin(angle), graph.Cos(angle)}, 1)
}
