package train

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Network lays out the network that a configuration describes, for samples of kind k, whose classes
// it is told where the run learns them, and refuses those that it cannot take.
func Network(c *config.Run, k kind.Kind) (net.Network, error) {
	a := table.Copy(c.Arch).(net.Architecture) // which is told the classes
	if c.ClassCond {
		if err := tellClasses(a, k); err != nil {
			return nil, err
		}
	}
	if c.Classifier() {
		if err := checkClasses("--arch "+c.Arch.Row().Name, "give data of two classes at least", k); err != nil {
			return nil, err
		}
	}
	outputs := k.C
	spec, second := Spec(c), "--variance learned"
	if spec.Unpaired {
		second = "--bridge " + c.Bridge.Row().Name
	}
	if spec.Learned() || spec.Unpaired {
		outputs *= 2
	}
	seen := k
	if spec.Given() {
		seen.C *= 2
	}
	n, err := a.Layout(seen, outputs)
	if errors.Is(err, net.ErrOneSet) {
		flag, _, _ := strings.Cut(second, " ")
		return nil, fmt.Errorf("%s with --arch %s: %w; give --arch %s, or leave %s out", second, c.Arch.Row().Name, err, strings.Join(twoSets(k), " or "), flag)
	}
	if err != nil {
		return nil, err
	}
	m, ok := n.(net.Model)
	if !ok {
		return n, nil
	}
	if spec.Given() {
		if m, err = net.NewBeside(m, k.C); err != nil {
			return nil, err
		}
	}
	if spec.Energy {
		if m, err = net.NewEnergy(m); err != nil {
			return nil, err
		}
	}
	if spec.LearnedSchedule() {
		m = net.NewScheduled(m)
	}
	return m, nil
}

// tellClasses makes an architecture's networks take the classes of k and the null class.
func tellClasses(a net.Architecture, k kind.Kind) error {
	told, ok := a.(net.Classing)
	if !ok {
		return fmt.Errorf("--class-cond: networks of --arch %s are told no class; give --arch %s, or leave --class-cond out", a.Row().Name, strings.Join(classing(k), " or "))
	}
	if err := checkClasses("--class-cond", "leave --class-cond out", k); err != nil {
		return err
	}
	told.SetClasses(len(k.Classes) + 1)
	return nil
}

// classing are the names of the architectures for samples of kind k that can be told a class.
func classing(k kind.Kind) []string {
	return slices.DeleteFunc(net.Fitting(k, checkpoint.Denoiser), func(name string) bool {
		a, err := net.Architectures.Find(name)
		_, ok := a.(net.Classing)
		return err != nil || !ok
	})
}

// someClasses stand for those of data that are not read yet.
func someClasses(c *config.Run, k kind.Kind) kind.Kind {
	if !knowsClasses(c) {
		return k
	}
	return k.Labelled([]kind.Class{{Name: "a"}, {Name: "b"}})
}

// twoSets are the names of the architectures for samples of kind k that have a second set of
// outputs.
func twoSets(k kind.Kind) []string {
	return slices.DeleteFunc(net.Fitting(k, checkpoint.Denoiser), func(name string) bool {
		a, err := net.Architectures.Find(name)
		if err == nil {
			_, err = a.Layout(k, 2*k.C)
		}
		return errors.Is(err, net.ErrOneSet)
	})
}

// Spec names the process of a configuration and what is predicted on it.
func Spec(c *config.Run) formulation.Spec { return c.WithEnds().Spec }

// Objective returns what the network learns.
func Objective(c *config.Run) (o reverie.Objective, err error) {
	if o, err = c.Formulation.New(); err != nil {
		return o, err
	}
	err = o.Validate()
	var u *reverie.UndeterminedError
	if errors.As(err, &u) {
		u.Name, u.Remedy = "--prediction "+c.Prediction.Row().Name, "give --prediction v or x0, or "+moreSignal(c)
		return o, u
	}
	return o, err
}

// moreSignal names what leaves more of it at the end of a configuration's process.
func moreSignal(c *config.Run) string {
	if p, ok := c.Process.(interface{ MoreSignal() string }); ok {
		return p.MoreSignal()
	}
	return "another --process"
}

// determined is Objective's error of a prediction that leaves x0 open, nil for every other run.
func determined(c *config.Run) error {
	var u *reverie.UndeterminedError
	if !c.Denoises() {
		return nil
	}
	if _, err := Objective(c); errors.As(err, &u) {
		return u
	}
	return nil
}

// Check finds, without data and engine, what the parts of a configuration refuse of each other: a
// network's resolution, a prediction that is singular on its process, a solver that does not fit
// it, a judge of other samples.
func Check(c *config.Run) error {
	if err := suitsJudge(c, c.Kind()); err != nil {
		return err
	}
	m, err := Network(c, someClasses(c, c.Kind()))
	if err != nil {
		return err
	}
	if err := determined(c); err != nil {
		return err
	}
	setup, err := newSetup(nil, c, m, nil, kindOf(c))
	if err != nil {
		return err
	}
	if _, err := newMethod(c, setup); err != nil || !c.Denoises() {
		return err
	}
	if err := sample.Fits(c.Solver, setup.Objective.Process); err != nil {
		return fmt.Errorf("--solver %s: %w", c.Solver.Row().Name, err)
	}
	return nil
}

// kindOf is the kind of data as far as a configuration says it.
func kindOf(c *config.Run) kind.Kind {
	return kind.Kind{H: c.Resolution.H, W: c.Resolution.W, C: c.ImageChannels}
}

// newSetup is what a run of c makes its method of, on data of a kind. An objective that leaves x0
// open is no error here: Create refuses it, and Resume notes it.
func newSetup(e *engine.Engine, c *config.Run, n net.Network, far *data.Set, k kind.Kind) (s learn.Setup, err error) {
	s = learn.Setup{Engine: e, Net: n, Kind: k, Level: c.Level, From: far, Coupling: c.Coupling, Noise: c.Noise, Patch: c.Patch}
	if c.HasProcess() {
		if err := c.CheckNoise(k); err != nil {
			return s, err
		}
	}
	if !c.Denoises() {
		if c.HasProcess() {
			s.Objective, err = ofNoised(c)
		}
		return s, err
	}
	if c.ClassCond {
		s.ClassDrop = c.ClassDrop
	}
	loss, ok := c.Loss.(learn.Loss)
	if !ok {
		return s, fmt.Errorf("train: loss %T is none of package learn's", c.Loss)
	}
	s.Loss = loss
	s.Bridge, _ = c.Bridge.(learn.Bridging)
	s.Objective, err = Objective(c)
	if errors.As(err, new(*reverie.UndeterminedError)) {
		err = nil
	}
	return s, err
}

// newMethod is how a run of c learns.
func newMethod(c *config.Run, s learn.Setup) (learn.Method, error) {
	switch {
	case c.Autoencoder(): // which configurations call denoise, as their preset does
		return bound(c).Method(s)
	case c.Classifier():
		return learn.Classify{}.Method(s)
	}
	way, ok := c.Way.(learn.Way)
	if !ok {
		return nil, fmt.Errorf("train: objective %T is no way to learn", c.Way)
	}
	return way.Method(s)
}

// bound is how an autoencoder learns.
func bound(c *config.Run) *learn.ELBO {
	way := &learn.ELBO{Beta: 1}
	if w, ok := c.Arch.(vae.Weighted); ok {
		way.Beta, way.BetaWarmup = w.KL()
	}
	return way
}

// elements is the number of values in an image of a configuration.
func elements(c *config.Run) int { return c.Resolution.H * c.Resolution.W * c.ImageChannels }

// newPreview returns the model with which a run draws its pictures, without weights.
func newPreview(e *engine.Engine, c *config.Run, m net.Model, p reverie.Process) (*model.Model, error) {
	spec := Spec(c)
	preview := model.New(e, m, p, spec.Prediction.Param(), nil)
	preview.Spec, preview.Learned = spec, spec.Learned()
	return preview, nil
}
