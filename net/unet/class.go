package unet

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// A class makes the vectors [N,TimeEmbeddingDim] that stand for classes.
type class interface {
	forward(v *net.Vars, c Config, class *graph.Node) *graph.Node
}

// newClass is what embeds the class, nil of a network that takes none.
func (c Config) newClass(s net.Scope) class {
	width := c.TimeEmbeddingDim
	switch {
	case c.ClassEmbedType == nil && c.NumClassEmbeds == nil:
		return nil
	case c.ClassEmbedType == nil:
		return classTable{net.NewEmbedding(s, *c.NumClassEmbeds, width)}
	case *c.ClassEmbedType == classTimestep:
		return classTime{net.NewLinear(s.In("linear_1"), c.BlockOutChannels[0], width), net.NewLinear(s.In("linear_2"), width, width)}
	}
	return classVector{}
}

// Classes says what stands for a class.
func (m *Model) Classes() net.Classes {
	switch m.class.(type) {
	case classTable:
		return net.Classes{Numbers: *m.config.NumClassEmbeds}
	case classVector:
		return net.Classes{Width: m.config.TimeEmbeddingDim}
	}
	return net.Classes{}
}

// classTable has a row for each class.
type classTable struct{ net.Embedding }

func (t classTable) forward(v *net.Vars, _ Config, class *graph.Node) *graph.Node {
	return t.Forward(v, class)
}

// classTime embeds a number as the time is.
type classTime struct{ linear1, linear2 net.Linear }

func (t classTime) forward(v *net.Vars, c Config, class *graph.Node) *graph.Node {
	return t.linear2.Forward(v, net.SiLU(t.linear1.Forward(v, c.sinusoid(class))))
}

// classVector takes the vectors as they are.
type classVector struct{}

func (classVector) forward(_ *net.Vars, _ Config, class *graph.Node) *graph.Node { return class }
