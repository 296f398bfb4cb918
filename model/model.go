// Package model is a trained model in use: load one, run its network, draw samples from it.
//
//	e, err := engine.Open("")
//	m, err := model.Load(e, "runs/emoji-1", false)
//	images, err := m.Sample(ctx, model.Options{N: 16, Seed: 1})
//
// Of a model that learned classes:
//
//	cat, err := m.ClassNumbers("cat")
//	gamma := &guide.ClassifierFreeGuide[*tensors.Tensor]{Strength: guide.Strength{Guidance: 2}}
//	images, err := m.Sample(ctx, model.Options{N: 16, Class: cat, Guides: []model.Guide{gamma}})
package model

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// A Model is a network with its weights on an engine, and the process that it was trained on.
type Model struct {
	Engine  *engine.Engine
	Net     net.Model
	Process reverie.Process
	Param   reverie.Param
	// Spec names both, where files or a configuration did.
	Spec formulation.Spec
	// Learned says that the network's output has, after the channels of the prediction, as many of
	// the reverse steps' variance (reverie.LearnedVariance).
	Learned bool
	// Null says that a network which is told classes has learned the null class, too, whose number
	// is that after the last of Kind.Classes.
	Null bool
	// Weights are the network's, in the order of Net.Params and the engine's layout. They may be
	// replaced between calls, by Use where the schedule is learned.
	Weights []*tensors.Tensor
	// VAE, if not nil, is the autoencoder in whose latent space the network works: SetVAE sets it.
	// What is sampled is decoded through it.
	VAE *Autoencoder
	// Kind says what the samples are, of the size of the training data: 0 high and wide where that
	// is not known. New and SetVAE infer it from the network; whoever knows better sets it.
	Kind kind.Kind
	// Defaults fill the fields of Options that are left zero.
	Defaults Defaults
	// Walk is how the scheduler in a model's files from elsewhere goes through the noise levels;
	// sampling of the model's own process by its own solver follows it.
	Walk checkpoint.Walk
	// Lecture says that the model is the lecture's, whose solvers (ddpm and lecture-sde) clamp x
	// after each step unless Defaults or Options say else.
	Lecture bool

	modes       map[net.Mode]functions
	split       *engine.Func
	latents     *engine.Space          // for sums alone
	others      map[string]*Loaded     // that guides have asked for
	classifiers map[string]*Classifier // likewise
}

// New returns a model from its parts.
func New(e *engine.Engine, n net.Model, p reverie.Process, k reverie.Param, weights []*tensors.Tensor) *Model {
	m := &Model{Engine: e, Net: n, Process: p, Param: k, Weights: weights, Kind: kindOf(n), modes: map[net.Mode]functions{}}
	m.latents = e.Space(random.Stream{})
	m.split = e.Func("halves of the output", splitGraph)
	for _, mode := range []net.Mode{net.Eval, net.PerImage} {
		m.modes[mode] = m.functions(mode)
	}
	return m
}

// Use makes the weights the model's, and with them a learned schedule, which is part of them.
func (m *Model) Use(weights []*tensors.Tensor) error {
	if s, ok := m.Net.(*net.Scheduled); ok {
		p, err := s.Process(weights)
		if err != nil {
			return err
		}
		m.Process = p
	}
	m.Weights = weights
	return nil
}

// Forward runs the raw network on x [N,H,W,C] with the number that it sees for each image, cond
// [N], and of one that takes classes with what stands for them: numbers [N], or vectors [N,K]. The
// mode is net.Eval or net.PerImage.
func (m *Model) Forward(mode net.Mode, x *tensors.Tensor, cond []float32, class ...*tensors.Tensor) (*tensors.Tensor, error) {
	f, err := m.in(mode)
	if err != nil {
		return nil, err
	}
	given := net.Cond
	if len(class) > 0 {
		given |= net.Class
	}
	if err := net.CheckParts(m.Net, given); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	c := engine.New(m.Engine, cond, len(cond))
	defer engine.Free(c)
	return f.forward.Call1(slices.Concat(m.Weights, []*tensors.Tensor{x, c}, class)...)
}

// in are the network's functions in a mode.
func (m *Model) in(mode net.Mode) (functions, error) {
	f, ok := m.modes[mode]
	if !ok {
		return f, fmt.Errorf("model: a trained network does not run in mode %v", mode)
	}
	return f, nil
}

// Close frees the compiled functions. The weights and the engine are the caller's.
func (m *Model) Close() {
	for _, f := range m.modes {
		f.forward.Free()
		f.vjp.Free()
	}
	m.split.Free()
	for _, l := range m.others {
		l.Close()
	}
	for _, c := range m.classifiers {
		c.Close()
	}
	if m.VAE != nil {
		m.VAE.Close()
	}
}
