package net

import (
	"errors"
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// An Architecture is a way to lay networks out, chosen by its name. What it is told are its tagged
// fields, as package table has them.
type Architecture interface {
	table.Row
	// Fits is nil if networks of it can be made for samples of that kind, whatever the settings and
	// the size; else it says what they would have to be.
	Fits(k kind.Kind) error
	// Layout lays a network out, by the settings, for samples of kind k, whose shape is known and
	// which the network takes. It predicts outputs numbers at each position: the channels, or twice
	// as many where the variance is learned too, or a bridge's far end. An autoencoder gives the
	// channels back, a classifier a number for each of k's classes.
	Layout(k kind.Kind, outputs int) (Network, error)
	// Decode lays out the network whose Config, as JSON, a file holds; nothing stands for the
	// defaults. What it does not know is an error that names it.
	Decode(config []byte) (Network, error)
}

// A Classed architecture has a class of its own in model folders; another's is of library reverie,
// named as the architecture, and that of a diffusion's network. Autoencoders and classifiers are
// such by their class.
type Classed interface {
	Architecture
	Class() checkpoint.Class
}

// A Leveled architecture halves its samples between levels, and takes those of a size that can be
// halved.
type Leveled interface {
	Architecture
	// FitLevels leaves out the last levels, down to two, while samples of h x w cannot be halved
	// between all, and says whether it did.
	FitLevels(h, w int) bool
	// Factor is what the sides of samples are multiples of, to be halved between all levels.
	Factor() int
}

// A Suiting architecture says what to set, by the names of flags, where it is chosen for samples of
// a kind and they are not given.
type Suiting interface {
	Architecture
	Suits(k kind.Kind) map[string]string
}

// A Classing architecture lays out networks that are told a class, too. SetClasses makes Layout's
// networks such, of n class numbers, of which the last is the null class; 0: not.
type Classing interface {
	Architecture
	SetClasses(n int)
}

// An Inferring architecture reads its configuration off the shapes of a PyTorch state dict. Whether
// all tensors fit the network is for [CheckArrays] to say: where the shapes are another network's,
// the error goes with the usual network, for comparison.
type Inferring interface {
	Architecture
	Infer(shapes map[string][]int) (Network, error)
}

// Where settings rule each other out, an architecture says so by a method Validate() error, which
// is asked before there is data.

// Architectures are those that there are. Package net/all has those that come with reverie; others
// are added by [Register].
var Architectures = table.New[Architecture]("arch", "networks", "")

// Register adds architectures, before any file or flag is read. It panics for a name or a class
// that is taken.
func Register(all ...Architecture) {
	Architectures.Add(all...)
	for _, a := range all {
		if c, ok := a.(Classed); ok {
			checkpoint.AddClass(c.Class())
		}
	}
}

// New makes the network of the named architecture from its JSON configuration. An unknown name is
// an error that lists the known ones.
func New(arch string, config []byte) (Network, error) {
	a, err := Architectures.Find(arch)
	if err != nil {
		return nil, fmt.Errorf("net: unknown architecture %q: known are %s", arch, strings.Join(Architectures.Names(), ", "))
	}
	n, err := a.Decode(config)
	if err != nil {
		return nil, fmt.Errorf("net: architecture %s: %w", arch, err)
	}
	return n, nil
}

// RoleOf says what networks of an architecture are for.
func RoleOf(a Architecture) checkpoint.Role {
	if c, ok := a.(Classed); ok {
		return c.Class().Role
	}
	return checkpoint.Denoiser
}

// Fitting are the names of the architectures of a role that take samples of a kind.
func Fitting(k kind.Kind, role checkpoint.Role) (names []string) {
	for _, a := range Architectures.Rows() {
		if RoleOf(a) == role && a.Fits(k) == nil {
			names = append(names, a.Row().Name)
		}
	}
	return names
}

// FitsGrid is Fits of architectures that convolve over positions.
func FitsGrid(k kind.Kind) error {
	if k.Vector() && k.Form != kind.Images {
		return fmt.Errorf("it convolves over the positions of a sample, and %s have a single one", k.Noun(2))
	}
	return nil
}

// FitsVector is Fits of architectures without convolutions.
func FitsVector(k kind.Kind) error {
	if !k.Vector() {
		return fmt.Errorf("it takes numbers at a single position, and %s have more", k.Noun(2))
	}
	return nil
}

// ErrOneSet refuses to lay out a network that is to predict as much again.
var ErrOneSet = errors.New("it has one set of outputs, as many as the channels, and none for a learned variance or a far end")

// maxLevels bounds the widths that a flag gives.
const maxLevels = 8

// CheckLevels says whether an architecture's widths are least to 8.
func CheckLevels(widths []int, least int) error {
	if len(widths) < least || len(widths) > maxLevels {
		return &table.Error{Flag: "channels", Text: fmt.Sprintf("%v: give %d to %d widths, such as 64,128,256", widths, least, maxLevels)}
	}
	return nil
}

// Levels are the levels of a [Leveled] architecture, which it embeds.
type Levels struct {
	Channels []int `flag:"channels" range:"[1,8192]" help:"widths of the network's levels, from full resolution down" group:"Network"`
}

// FitLevels implements Leveled.
func (l *Levels) FitLevels(h, w int) bool {
	had := len(l.Channels)
	for len(l.Channels) > 2 && (h|w)&(l.Factor()-1) != 0 {
		l.Channels = l.Channels[:len(l.Channels)-1]
	}
	return len(l.Channels) < had
}

// Factor implements Leveled.
func (l *Levels) Factor() int { return 1 << max(0, len(l.Channels)-1) }

// Groups is the usual number of GroupNorm's groups: the largest up to 8 that divides every width.
func Groups(widths []int) int {
	g := 8
	for ; g > 1; g-- {
		divides := true
		for _, w := range widths {
			divides = divides && w%g == 0
		}
		if divides {
			break
		}
	}
	return g
}

// Attends says whether the smallest level of samples of h x w has attention, by default: up to 16 x
// 16 positions, for its cost and memory grow with the square.
func Attends(h, w, levels int) bool { return h>>(levels-1)*(w>>(levels-1)) <= 256 }
