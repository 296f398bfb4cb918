package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// Memory is a data set that is in memory already: points as images of one pixel, or latent codes.
type Memory struct {
	// Name stands for the file in Info.Path. "" is "memory".
	Name string
	// H, W and C are the shape of an image; that of a point of D numbers is 1, 1, D.
	H, W, C int
	// X holds the images, [N,H,W,C], any finite numbers. The Set keeps it: it must not change afterwards.
	X []float32
	// Classes are the names of the classes, sorted, and Class each image's place among them, -1 for none; [N]. Both may be nil.
	Classes []string
	Class   []int
	// Levels is 256 where X holds values k/127.5 - 1 of images of 8 bits, 0 where it holds real numbers, see Set.Levels.
	Levels int
	// Shift and Scale say in which units the images were: channel k's number y stands for Shift[k] + Scale[k] y. Both may be nil.
	Shift, Scale []float64
	// Source holds the images in those units, [N,H,W,C], which tells apart what X, rounded to float32, may not. nil: what X stands for.
	Source []float64
	// Remarks say what a person should know of how the images were read, see Set.Remarks.
	Remarks []string
}

// FromMemory makes a Set of m's images in their order. It behaves as one that Open has opened, but the values are taken as they are:
// not scaled to [-1,1], not clamped, not flipped. Of o, Val, Workers and Prefetch count. Which images Val holds out follows from
// their values alone, so that equal images are on the same side.
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
	st.classes, st.levels = append([]string(nil), m.Classes...), m.Levels
	st.shift, st.scale, st.source = m.Shift, m.Scale, m.source()
	st.remarks = m.Remarks
	size := m.H * m.W * m.C
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
	if m.H < 1 || m.W < 1 || m.C < 1 || m.H > maxSide || m.W > maxSide || m.C > maxSide {
		return fmt.Errorf("data: %s: images of %dx%dx%d: each must be from 1 to %d", m.name(), m.H, m.W, m.C, maxSide)
	}
	size := m.H * m.W * m.C
	if len(m.X) == 0 || len(m.X)%size != 0 {
		return fmt.Errorf("data: %s: %d numbers: expected a multiple of %dx%dx%d = %d, and at least one", m.name(), len(m.X), m.H, m.W, m.C, size)
	}
	if m.Levels != 0 && m.Levels != levels {
		return fmt.Errorf("data: %s: %d levels: expected %d, of images of 8 bits, or 0 for real numbers", m.name(), m.Levels, levels)
	}
	if n := len(m.X) / size; m.Class != nil && len(m.Class) != n {
		return fmt.Errorf("data: %s: %d class numbers for %d images", m.name(), len(m.Class), n)
	}
	if len(m.Shift) != len(m.Scale) || m.Shift != nil && len(m.Shift) != m.C {
		return fmt.Errorf("data: %s: units of %d and %d channels: expected %d", m.name(), len(m.Shift), len(m.Scale), m.C)
	}
	if m.Source != nil && (len(m.Source) != len(m.X) || m.Scale == nil) {
		return fmt.Errorf("data: %s: %d numbers in the units of the source for %d, of a set with %d scales: expected as many, and their scales", m.name(), len(m.Source), len(m.X), len(m.Scale))
	}
	for i, k := range m.Class {
		if k < -1 || k >= len(m.Classes) {
			return fmt.Errorf("data: %s: image %d is of class %d: expected -1 (none) to %d", m.name(), i, k, len(m.Classes)-1)
		}
	}
	for i, v := range m.X {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("data: %s: value %d of image %d is %v: expected finite numbers", m.name(), i%size, i/size, v)
		}
	}
	return nil
}

// source is Source, or what X stands for.
func (m Memory) source() []float64 {
	if m.Source != nil || m.Scale == nil {
		return m.Source
	}
	x := make([]float64, len(m.X))
	for i, v := range m.X {
		k := i % m.C
		x[i] = m.Shift[k] + m.Scale[k]*float64(v)
	}
	return x
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

// floats are values that are no pixels: they are not flipped, and FromMemory's options never ask for it.
type floats []float32

func (f floats) float(dst []float32, _, _ int, _ bool) { copy(dst, f) }

func (f floats) bytes() int64 { return 4 * int64(len(f)) }
