package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/kind"
)

// Memory is a data set that is in memory already: points as images of one pixel, or latent codes.
type Memory struct {
	// Name stands for the file in Info.Path. "" is "memory".
	Name string
	// Kind says what the samples are, their shape and units among it.
	kind.Kind
	// X holds the samples, [N,H,W,C], finite numbers: in [-1,1] where the kind says so. The Set
	// keeps it: it must not change afterwards.
	X []float32
	// Classes are the names of the classes, sorted, and Class each image's place among them, -1 for
	// none; [N]. Both may be nil.
	Classes []string
	Class   []int
	// Source holds the samples in the kind's units, [N,H,W,C], which tells apart what X, rounded to
	// float32, may not. nil: what X stands for.
	Source []float64
	// Remarks say what a person should know of how the images were read, see Set.Remarks.
	Remarks []string
}

// FromMemory makes a Set of m's images in their order. It behaves as one that Open has opened, but
// the values are taken as they are: not scaled to [-1,1], not clamped, not flipped. Of o, Val,
// Workers and Prefetch count. Which images Val holds out follows from their values alone, so that
// equal images are on the same side.
//
// An error names what in m or o cannot be used.
func FromMemory(m Memory, o Options) (*Set, error) {
	if err := o.validateUse(); err != nil {
		return nil, err
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	st := newStore(Options{
		Height: m.H, Width: m.W, Channels: m.C,
		Val: o.Val, Workers: o.Workers, Prefetch: o.Prefetch, CacheBytes: -1,
	}.withDefaults())
	st.classes, st.kind, st.source = append([]string(nil), m.Classes...), m.Kind, m.source()
	st.remarks = m.Remarks
	size := m.Size()
	s := &Set{st: st, index: make([]int, len(m.X)/size)}
	st.items = make([]item, len(s.index))
	for i := range s.index {
		s.index[i] = i
		st.items[i] = m.item(i, m.X[i*size:(i+1)*size:(i+1)*size])
	}
	return s, nil
}

// validate reports the first field that cannot be used.
func (m Memory) validate() error {
	wrong := func(format string, a ...any) error {
		return fmt.Errorf("data: %s: %w", m.name(), fmt.Errorf(format, a...))
	}
	if err := m.Kind.Validate(); err != nil {
		return wrong("%w", err)
	}
	size, one := m.Size(), m.Noun(1)
	if size < 1 {
		return wrong("%v: expected sides and channels of at least 1", m.Kind)
	}
	if len(m.X) == 0 || len(m.X)%size != 0 {
		return wrong("%d numbers: expected a multiple of %dx%dx%d = %d, and at least one", len(m.X), m.H, m.W, m.C, size)
	}
	if n := len(m.X) / size; m.Class != nil && len(m.Class) != n {
		return wrong("%d class numbers for %d %s", len(m.Class), n, m.Noun(n))
	}
	if m.Source != nil && (len(m.Source) != len(m.X) || m.Scale == nil) {
		return wrong("%d numbers in the units of the source for %d, of a set with %d scales: expected as many, and their scales", len(m.Source), len(m.X), len(m.Scale))
	}
	for i, k := range m.Class {
		if k < -1 || k >= len(m.Classes) {
			return wrong("%s %d is of class %d: expected -1 (none) to %d", one, i, k, len(m.Classes)-1)
		}
	}
	for i, v := range m.X {
		switch {
		case math.IsNaN(float64(v)) || math.IsInf(float64(v), 0):
			return wrong("value %d of %s %d is %v: expected finite numbers", i%size, one, i/size, v)
		case m.Ranged && (v < -1 || v > 1):
			return wrong("value %d of %s %d is %v: expected numbers in [-1,1]", i%size, one, i/size, v)
		}
	}
	return nil
}

// source is Source, or what X stands for.
func (m Memory) source() []float64 {
	if m.Source != nil || m.Scale == nil {
		return m.Source
	}
	return m.InUnits(m.X)
}

func (m Memory) name() string {
	if m.Name == "" {
		return "memory"
	}
	return m.Name
}

// item makes image i of its values.
func (m Memory) item(i int, x []float32) item {
	raw := make([]byte, 0, 4*len(x))
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	class := -1
	if m.Class != nil {
		class = m.Class[i]
	}
	hash := sha256.Sum256(raw)
	return item{kept: floats(x), key: hash, Info: Info{
		Path: fmt.Sprintf("%s:%d", m.name(), i), Class: class, Hash: hash,
		Width: m.W, Height: m.H, Format: "memory", Mode: "float32", Bytes: int64(len(raw)),
	}}
}

// floats are values that are no pixels: they are not flipped, and FromMemory's options never ask
// for it.
type floats []float32

func (f floats) float(dst []float32, _, _ int, _ bool) { copy(dst, f) }

func (f floats) bytes() int64 { return 4 * int64(len(f)) }
