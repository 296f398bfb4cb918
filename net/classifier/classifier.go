// Package classifier is a small residual network that says which class a sample is of, and whose
// last layer but one gives a sample's features. It sees a number beside the sample, as the
// denoisers do: 0 for clean samples, and for noised ones the process's Cond(t), so that the same
// network can guide. Of images it convolves; of points its layers are those of package mlp.
package classifier

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
)

// Arch is the architecture's name.
const Arch = "classifier"

// A Network says of which class samples are.
type Network interface {
	net.Network
	// Forward gives the logarithms of the classes' odds, [N,1,1,classes], of samples x [N,H,W,C]
	// and the number cond [N] that goes with each. Channels are those of x, and the classes.
	Forward(v *net.Vars, x, cond *graph.Node) *graph.Node
	// Noised says whether it knows noised samples, scaled by [Scale], with the process's Cond(t);
	// else it knows clean ones, with 0.
	Noised() bool
	// Kind says what the samples are, with their classes by name; the zero value: it is not known.
	Kind() kind.Kind
}

// Scale is what a noised sample is multiplied by before the network sees it:
//
//	1/sqrt(a^2 + s^2)
//
// which keeps data of variance 1 so at every noise level of every process.
func Scale(c reverie.Coef) float64 { return 1 / math.Hypot(c.Alpha, c.Sigma) }

// Config describes the network. Of the zero value only Classes must be set.
type Config struct {
	ImageChannels int   `json:"image_channels"` // 0: 3
	Classes       int   `json:"classes"`        // at least 2
	Channels      []int `json:"channels"`       // width of each level, each at half the last one's size, multiples of 8; empty: 16, 32, 64, 128
	Embedding     int   `json:"embedding"`      // features; 0: 64
	// Dense: the network is of points, whose numbers are the channels, by as many blocks of one
	// width as there are Channels.
	Dense bool `json:"dense,omitempty"`
	// Noised: it knows the noised samples of a process, not clean ones.
	Noised bool `json:"noised,omitempty"`
	// Kind says what the samples are, with as many classes as Classes; the zero value: it is not
	// known.
	Kind kind.Kind `json:"kind,omitzero"`
}

const (
	groups     = 8     // of every normalisation
	eps        = 1e-5  // likewise
	timeWidth  = 32    // of the embedded number
	maxLevels  = 8     // more would halve any image away
	maxClasses = 10000 // bounds the last layer
)

func (c Config) withDefaults() Config {
	if c.ImageChannels == 0 {
		c.ImageChannels = 3
	}
	if len(c.Channels) == 0 {
		c.Channels = []int{16, 32, 64, 128}
	}
	if c.Embedding == 0 {
		c.Embedding = 64
	}
	c.Channels = slices.Clone(c.Channels)
	return c
}

// Validate returns an error for the first field that no network can be made with.
func (c Config) Validate() error {
	c = c.withDefaults()
	if err := net.CheckWidth("image_channels", c.ImageChannels); err != nil {
		return err
	}
	if c.Classes < 2 || c.Classes > maxClasses {
		return fmt.Errorf("classes: %d, expected 2 to %d", c.Classes, maxClasses)
	}
	if len(c.Channels) > maxLevels {
		return fmt.Errorf("channels: %d levels, expected 1 to %d", len(c.Channels), maxLevels)
	}
	for _, w := range c.Channels {
		if err := net.CheckWidth("channels", w); err != nil {
			return err
		}
		switch {
		case c.Dense && w != c.Channels[0]:
			return fmt.Errorf("channels: %v, and the blocks of a network of points are of one width, such as 128,128,128", c.Channels)
		case !c.Dense && w%groups != 0:
			return fmt.Errorf("channels: %d is no multiple of %d", w, groups)
		}
	}
	if err := net.CheckWidth("embedding", c.Embedding); err != nil {
		return err
	}
	return c.validateKind()
}

// validateKind finds a kind that is not of what the network takes and tells apart.
func (c Config) validateKind() error {
	k := c.Kind
	switch err := k.Validate(); {
	case reflect.ValueOf(k).IsZero():
		return nil
	case err != nil:
		return fmt.Errorf("kind: %w", err)
	case k.C != c.ImageChannels || len(k.Classes) != c.Classes:
		return fmt.Errorf("kind: %d channels and %d classes, and the network has %d and %d", k.C, len(k.Classes), c.ImageChannels, c.Classes)
	}
	return nil
}

// Model is the network's architecture.
type Model struct {
	config Config
	params []*net.Param

	body body
	head net.Linear
}

var _ Network = (*Model)(nil)

// A body gives the features [N,D].
type body interface {
	embed(v *net.Vars, x, cond *graph.Node) *graph.Node
}

// New lays the network out.
func New(c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", Arch, err)
	}
	c = c.withDefaults()
	m := &Model{config: c}
	s := net.NewScope()
	if c.Dense {
		points, err := mlp.New(mlp.Config{Dim: c.ImageChannels, Out: c.Embedding, Width: c.Channels[0], Depth: len(c.Channels)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Arch, err)
		}
		m.body, m.params = dense{points}, points.Params()
	} else {
		m.body = newConv(s, c)
	}
	m.head = net.NewLinear(s.In("head"), c.Embedding, c.Classes)
	m.params = append(slices.Clip(m.params), s.Params()...)
	return m, nil
}

// dense is the body of a network of points.
type dense struct{ *mlp.Model }

func (d dense) embed(v *net.Vars, x, cond *graph.Node) *graph.Node {
	y := d.Forward(v, net.Input{X: x, Cond: cond})
	return graph.Reshape(y, y.Shape().Dim(0), y.Shape().Dim(-1))
}

// conv is the body of a network of images.
type conv struct {
	convIn       net.Conv2D
	time1, time2 net.Linear
	blocks       []block
	downs        []net.Conv2D // between the blocks
	normOut      net.GroupNorm
	embedding    net.Linear
}

func newConv(s net.Scope, c Config) *conv {
	m, in := new(conv), c.Channels[0]
	m.convIn = net.NewConv2D(s.In("conv_in"), c.ImageChannels, in, 3, 1, 1)
	m.time1 = net.NewLinear(s.In("time_embedding", "linear_1"), timeWidth, timeWidth)
	m.time2 = net.NewLinear(s.In("time_embedding", "linear_2"), timeWidth, timeWidth)
	for i, out := range c.Channels {
		if i > 0 {
			m.downs = append(m.downs, net.NewConv2D(s.In("downsamplers", i-1), in, out, 3, 2, 1))
		}
		m.blocks = append(m.blocks, newBlock(s.In("blocks", i), out))
		in = out
	}
	m.normOut = net.NewGroupNorm(s.In("norm_out"), groups, in, eps)
	m.embedding = net.NewLinear(s.In("embedding"), in, c.Embedding)
	return m
}

// Arch is "classifier".
func (m *Model) Arch() string { return Arch }

// Config is the [Config] with the defaults filled in.
func (m *Model) Config() any { return m.config }

// Params lists the parameters; there are no buffers.
func (m *Model) Params() []*net.Param { return m.params }

// Channels are the image channels, and the classes.
func (m *Model) Channels() (in, out int) { return m.config.ImageChannels, m.config.Classes }

// Features is the length of what Embed gives.
func (m *Model) Features() int { return m.config.Embedding }

// Noised implements Network.
func (m *Model) Noised() bool { return m.config.Noised }

// Kind implements Network.
func (m *Model) Kind() kind.Kind { return m.config.Kind }

// Check says whether samples of that size can be taken: images of all sizes can.
func (m *Model) Check(h, w int) error {
	if points, ok := m.body.(dense); ok {
		return points.Check(h, w)
	}
	return net.CheckMultiple(Arch, h, w, 1)
}

// String is the configuration in a line.
func (m *Model) String() string {
	c := m.config
	return fmt.Sprintf("widths %s, %d features, %d classes", net.Words(c.Channels), c.Embedding, c.Classes)
}

// Forward gives the logarithms of the classes' odds, [N,1,1,classes], from images x [N,H,W,C] and
// the number cond [N] that goes with each.
func (m *Model) Forward(v *net.Vars, x, cond *graph.Node) *graph.Node {
	return net.OverPixels(m.head.Forward(v, net.SiLU(m.Embed(v, x, cond))))
}

// Embed gives the features [N,D] of samples: the layer before the last, without its activation, so
// that they lie on both sides of 0.
func (m *Model) Embed(v *net.Vars, x, cond *graph.Node) *graph.Node { return m.body.embed(v, x, cond) }

func (m *conv) embed(v *net.Vars, x, cond *graph.Node) *graph.Node {
	t := net.Sinusoid(cond, timeWidth, 1, false)
	t = net.SiLU(m.time2.Forward(v, net.SiLU(m.time1.Forward(v, t))))
	x = m.convIn.Forward(v, x)
	for i, b := range m.blocks {
		if i > 0 {
			x = m.downs[i-1].Forward(v, x)
		}
		x = b.forward(v, x, t)
	}
	x = graph.ReduceMean(net.SiLU(m.normOut.Forward(v, x)), 1, 2)
	return m.embedding.Forward(v, x)
}

// A block is
//
//	x + conv2 SiLU(GN(conv1 SiLU(GN x)) (1 + scale) + shift),  [scale, shift] = Linear t,
//
// with conv2 and the linear layer zero at first.
type block struct {
	norm1, norm2 net.GroupNorm
	conv1, conv2 net.Conv2D
	time         net.Linear
}

func newBlock(s net.Scope, width int) block {
	return block{
		norm1: net.NewGroupNorm(s.In("norm1"), groups, width, eps),
		conv1: net.NewConv2D(s.In("conv1"), width, width, 3, 1, 1),
		time:  net.NewLinear(s.In("time_emb_proj"), timeWidth, 2*width).Zero(),
		norm2: net.NewGroupNorm(s.In("norm2"), groups, width, eps),
		conv2: net.NewConv2D(s.In("conv2"), width, width, 3, 1, 1).Zero(),
	}
}

func (b block) forward(v *net.Vars, x, t *graph.Node) *graph.Node {
	h := b.conv1.Forward(v, net.SiLU(b.norm1.Forward(v, x)))
	parts := graph.Split(net.OverPixels(b.time.Forward(v, t)), 3, 2)
	h = b.norm2.Modulate(v, h, parts[0], parts[1])
	return graph.Add(x, b.conv2.Forward(v, net.SiLU(h)))
}

// LogProbabilities builds log p(y | x) of every class y, [N,classes], of what a network sees.
func LogProbabilities(v *net.Vars, m Network, x, cond *graph.Node) *graph.Node {
	odds := m.Forward(v, x, cond)
	return graph.LogSoftmax(graph.Reshape(odds, odds.Shape().Dim(0), -1))
}

// Chosen builds from numbers of every class, [N,classes], those of one class each, [N], by its
// number in class [N].
func Chosen(all, class *graph.Node) *graph.Node {
	units := graph.OneHot(graph.ConvertDType(class, dtypes.Int32), all.Shape().Dim(1), all.DType())
	return graph.ReduceSum(graph.Mul(all, units), 1)
}
