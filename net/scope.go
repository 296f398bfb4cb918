package net

import "fmt"

// A Scope collects the parameters of a model under construction, in the order of PyTorch's state
// dict, under dotted names.
type Scope struct {
	prefix string
	params *[]*Param
}

// NewScope starts an empty collection.
func NewScope() Scope { return Scope{params: &[]*Param{}} }

// In is the scope of a part: its name, then the indices within lists.
//
//	s.In("downs", 0, "conv1") // downs.0.conv1
func (s Scope) In(path ...any) Scope {
	for _, part := range path {
		s.prefix += fmt.Sprint(part) + "."
	}
	return s
}

// Add appends a parameter whose name is taken within the scope.
func (s Scope) Add(p Param) *Param {
	p.Name = s.prefix + p.Name
	*s.params = append(*s.params, &p)
	return &p
}

// Params lists what the scope and all scopes of one origin have collected.
func (s Scope) Params() []*Param { return *s.params }
