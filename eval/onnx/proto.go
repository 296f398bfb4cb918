package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// A network is what a file says: the part of ONNX's schema that is read.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
type network struct {
	opset        int // of ONNX's own operators
	found        bool
	nodes        []*node
	initializers []*tensor
	inputs       []port
	outputs      []port
	functions    int
}

// A node is an operator applied to named values.
type node struct {
	name, op, domain string
	inputs, outputs  []string
	attributes       []*attribute
}

// An attribute is a setting of a node.
type attribute struct {
	name, s string
	kind    attributeKind
	f       float32
	i       int64
	t       *tensor
	floats  []float32
	ints    []int64
	foreign bool // a graph, a sparse tensor, strings, a reference to a function's attribute
}

// A tensor is numbers as the file has them.
type tensor struct {
	name    string
	elem    elem
	dims    []int64
	raw     []byte  // little-endian, where they are not whole numbers of varying length
	ints    []int64 // those
	outside map[string]string
}

// A port is an input or an output; -1 stands for a size that is not said.
type port struct {
	name string
	elem elem
	dims []int
}

// maxParts bounds what reading a file takes beside its tensors' numbers: two bytes can become a
// node of hundreds.
const maxParts = 1 << 20

// A parser walks a file and counts what it makes of it.
type parser struct{ parts int }

var errParts = fmt.Errorf("it holds over %d names, settings and whole numbers", maxParts)

// take counts n parts.
func (p *parser) take(n int) error {
	if p.parts += n; p.parts > maxParts {
		return errParts
	}
	return nil
}

// An item is a field of a message: v for a number, b for what has a length.
type item struct {
	number protowire.Number
	kind   protowire.Type
	v      uint64
	b      []byte
}

// each calls f with each field of a message.
func (p *parser) each(text []byte, f func(x item) error) error {
	for len(text) > 0 {
		number, kind, n := protowire.ConsumeTag(text)
		if n < 0 {
			return protowire.ParseError(n)
		}
		x := item{number: number, kind: kind}
		body := text[n:]
		switch kind {
		case protowire.VarintType:
			x.v, n = protowire.ConsumeVarint(body)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(body)
			x.v = uint64(v)
		case protowire.Fixed64Type:
			x.v, n = protowire.ConsumeFixed64(body)
		case protowire.BytesType:
			x.b, n = protowire.ConsumeBytes(body)
		default:
			return errors.New("it has a field of an unknown kind")
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := p.take(1); err != nil {
			return err
		}
		if err := f(x); err != nil {
			return err
		}
		text = body[n:]
	}
	return nil
}

// parseNetwork reads a file's text.
func parseNetwork(text []byte) (*network, error) {
	net := &network{}
	p := &parser{}
	err := p.each(text, func(x item) error {
		switch {
		case x.number == 7 && x.kind == protowire.BytesType:
			net.found = true
			return p.graph(net, x.b)
		case x.number == 8 && x.kind == protowire.BytesType:
			return p.operatorSet(net, x.b)
		case x.number == 25:
			net.functions++
		}
		return nil
	})
	if err == nil && (!net.found || len(net.outputs) == 0) {
		err = errors.New("no graph with an output")
	}
	return net, err
}

func (p *parser) operatorSet(net *network, text []byte) error {
	domain, version := "", 0
	err := p.each(text, func(x item) error {
		switch x.number {
		case 1:
			domain = string(x.b)
		case 2:
			version = int(min(x.v, math.MaxInt32))
		}
		return nil
	})
	if ownDomain(domain) {
		net.opset = version
	}
	return err
}

// ownDomain says whether a domain is that of ONNX's own operators.
func ownDomain(s string) bool { return s == "" || s == "ai.onnx" }

func (p *parser) graph(net *network, text []byte) error {
	return p.each(text, func(x item) error {
		switch x.number {
		case 1:
			n, err := p.node(x.b)
			net.nodes = append(net.nodes, n)
			return err
		case 5:
			t, err := p.tensor(x.b)
			net.initializers = append(net.initializers, t)
			return err
		case 11:
			in, err := p.port(x.b)
			net.inputs = append(net.inputs, in)
			return err
		case 12:
			out, err := p.port(x.b)
			net.outputs = append(net.outputs, out)
			return err
		case 15:
			return errors.New("it has sparse tensors, which are not read")
		}
		return nil
	})
}

func (p *parser) node(text []byte) (*node, error) {
	n := &node{}
	return n, p.each(text, func(x item) error {
		switch x.number {
		case 1:
			n.inputs = append(n.inputs, string(x.b))
		case 2:
			n.outputs = append(n.outputs, string(x.b))
		case 3:
			n.name = string(x.b)
		case 4:
			n.op = string(x.b)
		case 5:
			a, err := p.attribute(x.b)
			n.attributes = append(n.attributes, a)
			return err
		case 7:
			n.domain = string(x.b)
		}
		return nil
	})
}

func (p *parser) attribute(text []byte) (*attribute, error) {
	a := &attribute{}
	return a, p.each(text, func(x item) (err error) {
		switch x.number {
		case 1:
			a.name = string(x.b)
		case 2:
			a.f = math.Float32frombits(uint32(x.v))
		case 3:
			a.i = int64(x.v)
		case 4:
			a.s = string(x.b)
		case 5:
			a.t, err = p.tensor(x.b)
		case 7:
			err = p.floats(x, &a.floats)
		case 8:
			a.ints, err = p.varints(x, a.ints)
		case 20:
			a.kind = attributeKind(min(x.v, 99))
		case 6, 9, 10, 11, 14, 15, 21, 22, 23:
			a.foreign = true
		}
		return err
	})
}

// floats reads one number or many.
func (p *parser) floats(x item, out *[]float32) error {
	if x.kind != protowire.BytesType {
		*out = append(*out, math.Float32frombits(uint32(x.v)))
		return nil
	}
	for b := x.b; len(b) > 0; {
		v, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		*out, b = append(*out, math.Float32frombits(v)), b[n:]
	}
	return p.take(len(x.b) / 4)
}

// varints reads one whole number or many.
func (p *parser) varints(x item, out []int64) ([]int64, error) {
	if x.kind != protowire.BytesType {
		return append(out, int64(x.v)), nil
	}
	for b := x.b; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if err := p.take(1); err != nil {
			return nil, err
		}
		out, b = append(out, int64(v)), b[n:]
	}
	return out, nil
}

func (p *parser) tensor(text []byte) (*tensor, error) {
	t := &tensor{}
	elsewhere := false
	err := p.each(text, func(x item) (err error) {
		switch x.number {
		case 1:
			t.dims, err = p.varints(x, t.dims)
		case 2:
			t.elem = elem(min(x.v, 99))
		case 4, 10: // numbers of fixed length, which lie as raw ones do
			t.raw = appendFixed(t.raw, x)
		case 5, 7, 11:
			t.ints, err = p.varints(x, t.ints)
		case 3:
			err = errors.New("it has a tensor in segments, which are not read")
		case 8:
			t.name = string(x.b)
		case 9:
			t.raw = x.b
		case 13:
			err = p.entry(t, x.b)
		case 14:
			elsewhere = x.v == 1
		}
		return err
	})
	if err == nil && elsewhere != (t.outside != nil) {
		err = fmt.Errorf("tensor %.80q says that its numbers are in another file, and not in which", t.name)
	}
	return t, err
}

// appendFixed adds numbers of four or eight bytes. Most tensors have one field of them: it is not
// copied.
func appendFixed(raw []byte, x item) []byte {
	switch {
	case x.kind == protowire.Fixed32Type:
		return protowire.AppendFixed32(raw, uint32(x.v))
	case x.kind == protowire.Fixed64Type:
		return protowire.AppendFixed64(raw, x.v)
	case raw == nil:
		return x.b[:len(x.b):len(x.b)]
	}
	return append(raw, x.b...)
}

// entry reads where a tensor's numbers are.
func (p *parser) entry(t *tensor, text []byte) error {
	var key, value string
	err := p.each(text, func(x item) error {
		switch x.number {
		case 1:
			key = string(x.b)
		case 2:
			value = string(x.b)
		}
		return nil
	})
	if t.outside == nil {
		t.outside = map[string]string{}
	}
	t.outside[key] = value
	return err
}

func (p *parser) port(text []byte) (out port, err error) {
	return out, p.each(text, func(x item) error {
		switch x.number {
		case 1:
			out.name = string(x.b)
		case 2:
			return p.each(x.b, func(x item) error {
				if x.number != 1 {
					return nil
				}
				return p.tensorType(&out, x.b)
			})
		}
		return nil
	})
}

func (p *parser) tensorType(out *port, text []byte) error {
	return p.each(text, func(x item) error {
		switch x.number {
		case 1:
			out.elem = elem(min(x.v, 99))
		case 2:
			return p.each(x.b, func(x item) error {
				size := -1
				out.dims = append(out.dims, size)
				return p.each(x.b, func(x item) error {
					if x.number == 1 {
						out.dims[len(out.dims)-1] = int(min(x.v, math.MaxInt32))
					}
					return nil
				})
			})
		}
		return nil
	})
}
