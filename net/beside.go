package net

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Beside is a model that is told what lies beside x, as more channels of its input: Palette's way
// (Saharia et al. 2022, arXiv:2111.05826, section 3), and that of all who restore images or speech
// by diffusion. The model within sees x, then what is given, and predicts of x alone.
type Beside struct {
	Model
	channels int
}

// NewBeside tells a model of channels of what is given: of its input's channels so many are the
// last.
func NewBeside(m Model, channels int) (*Beside, error) {
	if in, _ := m.Channels(); channels < 1 || channels >= in {
		return nil, fmt.Errorf("architecture %s sees %d channels: expected more than the %d of what is given beside x", m.Arch(), in, channels)
	}
	return &Beside{m, channels}, nil
}

// Unwrap is the model within.
func (m *Beside) Unwrap() Model { return m.Model }

// Channels are those of x and of the prediction.
func (m *Beside) Channels() (in, out int) {
	in, out = m.Model.Channels()
	return in - m.channels, out
}

// Takes are the parts that the model within takes, and what is given.
func (m *Beside) Takes() Parts { return m.Model.Takes() | Given }

// String is what the model within says of itself, and how much is given.
func (m *Beside) String() string {
	text := fmt.Sprintf("given %d channels", m.channels)
	if s, ok := m.Model.(fmt.Stringer); ok {
		text = s.String() + ", " + text
	}
	return text
}

// Forward puts both side by side.
func (m *Beside) Forward(v *Vars, in Input) *graph.Node {
	in = in.For(m)
	if got := in.Given.Shape().Dim(-1); got != m.channels {
		panic(fmt.Errorf("net: %d channels are given beside x: architecture %s was laid out for %d", got, m.Arch(), m.channels))
	}
	in.X, in.Given = graph.Concatenate([]*graph.Node{in.X, in.Given}, -1), nil
	return m.Model.Forward(v, in)
}
