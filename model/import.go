package model

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/net"
)

// Importable are the names of the architectures that Infer lays out: those whose configuration the
// shapes of their weights tell.
func Importable() (names []string) {
	for _, a := range net.Architectures.Rows() {
		if _, ok := a.(net.Inferring); ok {
			names = append(names, a.Row().Name)
		}
	}
	return names
}

// Infer lays out the network of an importable architecture whose weights dict holds, under
// PyTorch's names: all of them, and no others.
func Infer(arch string, dict map[string]checkpoint.Tensor) (net.Network, error) {
	a, err := net.Architectures.Find(arch)
	if err != nil {
		return nil, err
	}
	from, ok := a.(net.Inferring)
	if !ok {
		return nil, fmt.Errorf("the shapes of weights do not tell a %s", arch)
	}
	shapes := make(map[string][]int, len(dict))
	for name, t := range dict {
		shapes[name] = t.Shape
	}
	n, inferErr := from.Infer(shapes)
	if n == nil {
		return nil, inferErr
	}
	err = net.CheckArrays(n.Params(), dict)
	if inferErr != nil && err != nil {
		return nil, fmt.Errorf("not a %s (compared with the usual one): %w", arch, err)
	}
	return n, errors.Join(inferErr, err)
}

// Import makes a model of a network, such as Infer's, and its weights under PyTorch's names,
// trained on images of height x width by a formulation: what checkpoint.SaveModel writes.
func Import(n net.Network, weights map[string]checkpoint.Tensor, height, width int, of formulation.Spec) (*checkpoint.Checkpoint, error) {
	if err := n.Check(height, width); err != nil {
		return nil, fmt.Errorf("--resolution: %w", err)
	}
	config, err := json.Marshal(n.Config())
	if err != nil {
		return nil, err
	}
	s, err := of.Scheduler()
	if err != nil {
		return nil, err
	}
	s.Reverie.H, s.Reverie.W = height, width
	return &checkpoint.Checkpoint{Arch: n.Arch(), ArchConfig: config, Weights: weights, Scheduler: s}, nil
}
