package net

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// An Input is what a network is told at once, as nodes of one graph and of one float type. What is
// absent is nil.
type Input struct {
	// X are the noised samples, [N,H,W,C]: images NHWC, points [N,1,1,D].
	X *graph.Node
	// Cond is the number that the network sees of each sample's time, [N].
	Cond *graph.Node
	// Class says what each sample is to be of: the class's number, [N], or a vector that stands for
	// it, [N,K].
	Class *graph.Node
	// Given is what lies beside x and is known: an image to be sharpened, a spectrogram, the point
	// that a path starts from, [N,H,W,C'].
	Given *graph.Node
}

// Parts are the parts of an Input beside X, as a set of bits.
type Parts uint8

// The parts of an [Input].
const (
	Cond Parts = 1 << iota
	Class
	Given
)

// String lists the parts' names, such as "cond and class".
func (p Parts) String() string {
	var names []string
	for i, name := range []string{"cond", "class", "given"} {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "x alone"
	}
	return strings.Join(names, " and ")
}

// Parts are those that are there.
func (in Input) Parts() (p Parts) {
	for i, part := range []*graph.Node{in.Cond, in.Class, in.Given} {
		if part != nil {
			p |= 1 << i
		}
	}
	return p
}

// CheckParts says whether a network takes an input of those parts; the error names its
// architecture. A network that takes cond needs it, for what it predicts is another thing at each
// time; one that takes a class needs that, for no class is a class, too: its null class; one that
// is given something beside x has no channels for its absence.
func CheckParts(m Model, p Parts) error {
	takes := m.Takes()
	if more := p &^ takes; more != 0 {
		return fmt.Errorf("architecture %s takes no %v: beside x it takes %v", m.Arch(), more, takes)
	}
	switch {
	case takes&Cond > p&Cond:
		return fmt.Errorf("architecture %s needs cond, the number that it sees of each sample's time", m.Arch())
	case takes&Class > p&Class:
		return fmt.Errorf("architecture %s needs class, what each sample is to be of: this network was laid out for classes", m.Arch())
	case takes&Given > p&Given:
		return fmt.Errorf("architecture %s needs given, what lies beside each sample: this network was laid out for pairs", m.Arch())
	}
	return nil
}

// For is the input itself, which m takes; it panics with CheckParts' error where m does not. Every
// Forward begins with it.
func (in Input) For(m Model) Input {
	if err := CheckParts(m, in.Parts()); err != nil {
		panic(fmt.Errorf("net: %w", err))
	}
	if c, ok := ClassesOf(m); ok {
		c.check(m.Arch(), in.Class)
	}
	return in
}
