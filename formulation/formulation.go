// Package formulation says in words what a network learns: the processes, predictions, weightings
// and laws of times that flags and files choose by name, each a row of a table with its settings.
//
//	f := formulation.Formulation{
//		Spec:  formulation.Spec{Process: &formulation.VP{Schedule: formulation.Cosine}, Prediction: formulation.V},
//		Times: formulation.Stratified,
//	}
//	objective, err := f.New()
//
// A program adds its own by Add, as formulation.Processes.Add(&Mine{}), before it uses the tables.
// What a row implements beside its interface says how it goes with others:
//
//	Validate() error                    its own settings rule each other out
//	Refuse(Formulation) error           it does not go with the rest, and what does
//	Suits(Formulation, func(flag string) bool) map[string]string
//	                                    what to set, by the names of flags, where the row is given and
//	                                    they are not; the function tells which are given
//	Unused(flag string) error           a setting of its own has no effect, see table.Unused
package formulation

import (
	"fmt"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// A Spec is a process and what a network predicts on it: what a model's files and a run's
// configuration say alike.
type Spec struct {
	Process    Process    `flag:"process" of:"process" help:"process" group:"Formulation"`
	Prediction Prediction `flag:"prediction" of:"prediction" help:"what the network predicts" group:"Formulation"`
	// Noise is the law of eps; nil is noise.Gaussian.
	Noise noise.Noise `flag:"noise" of:"noise" help:"noise that the process adds" group:"Formulation"`
	// Patch is the side of the one square of an image, in pixels, that a network has seen noise on,
	// the rest being clean; 0: it has seen whole images noised.
	Patch int `flag:"patch" range:"[0,4096]" help:"noise one square of each image alone, of so many pixels a side, and leave the rest clean, to find anomalies by" zero:"all of it" group:"Formulation" rare:"true"`
	// Paired says that the network has learned pairs, of which a sample's other one is its far end,
	// or what it is given beside x, or both.
	Paired bool
	// Blind says that it is given nothing beside x.
	Blind bool `flag:"blind" help:"of pairs, do not show the network the other one: it is the far end alone" group:"Formulation" rare:"true"`
	// Unpaired says that the network has a second head, E[x1 | x_t] after E[x0 | x_t]: it was
	// trained on pairs of which it sees neither end, for an unpaired bridge (reverie.Unpaired).
	Unpaired bool
	Energy   bool `flag:"energy" help:"the prediction is the gradient of an energy" group:"Network" rare:"true"`
	// Variance is that of ddpm's reverse steps, a name of sample.Variances: of the samples by
	// default, and, where it is learned, of what the network has as a second output.
	Variance string `flag:"variance" of:"variance" help:"noise of solver ddpm" group:"Sampling" rare:"true"`
}

// Learned says whether the network's output has the variance of the reverse steps beside the
// prediction.
func (s Spec) Learned() bool { return s.Variance == "learned" }

// LearnedSchedule says whether the noise schedule is among the weights.
func (s Spec) LearnedSchedule() bool {
	p, ok := s.Process.(interface{ LearnedSchedule() bool })
	return ok && p.LearnedSchedule()
}

// Between says whether the process starts from a second data set.
func (s Spec) Between() bool {
	p, ok := s.Process.(Ended)
	return ok && p.HasFarEnd()
}

// Given says whether the network sees the other one of each pair beside x.
func (s Spec) Given() bool { return s.Paired && !s.Blind }

// Text is what says by which process something was made: pairs of a flag and its value, without
// what stands for a default or has no effect.
func (s Spec) Text() (text [][2]string) {
	of := struct {
		Process Process     `flag:"process" of:"process"`
		Noise   noise.Noise `flag:"noise" of:"noise"`
	}{s.Process, noise.Shaped(s.Noise)}
	for _, f := range table.Fields(&of) {
		if !f.IsZero() && table.Unused(&of, f.Name) == nil {
			text = append(text, [2]string{f.Name, f.String()})
		}
	}
	return text
}

// A Formulation is what a network learns, a prediction on a process, and in which way.
type Formulation struct {
	Pairs []string `flag:"pairs" whole:"true" resume:"moved" help:"what each image of DATA goes with, a folder of the same names: a bridge's far end, and what the network sees beside x" group:"Data"`
	From  []string `flag:"from" whole:"true" resume:"moved" help:"a second data set, like DATA: a flow's in place of the noise, a bridge's far end" group:"Data"`
	Mix   []string `flag:"mix" whole:"true" resume:"moved" help:"of recordings, a folder of noise: each goes with itself in such noise, in place of --pairs" group:"Data"`
	Spec
	// Way is a learn.Way. Its flag and its key in files is the older word, objective: in Go an
	// Objective is what is predicted, at which times and with which weights.
	Way       table.Row `flag:"objective" of:"objective" help:"how it learns" group:"Formulation"`
	Level     float64   `flag:"level" range:"[0,1e9]" help:"learn at this one time only" zero:"at all times" group:"Formulation" rare:"true"`
	Loss      table.Row `flag:"loss" of:"loss" help:"norm of the error" group:"Formulation"`
	Weighting Weighting `flag:"weighting" of:"weighting" help:"weight over time" group:"Formulation"`
	Coupling  string    `flag:"coupling" of:"coupling" help:"how the ends of a flow or a bridge are paired within a batch" group:"Formulation" rare:"true"`
	// Bridge is a row of learn.Bridges: how a bridge is learned of whose samples none has a
	// partner. nil is its row none.
	Bridge table.Row `flag:"bridge" of:"bridge" help:"learn both directions of a bridge between sets without pairs" group:"Formulation" rare:"true"`
	Times  TimeLaw   `flag:"times" of:"times" help:"law of the times" group:"Formulation" rare:"true"`
}

// HasPairs says whether each sample goes with another.
func (f Formulation) HasPairs() bool { return len(f.Pairs)+len(f.Mix) > 0 }

// WithEnds is f with the process from the second data set, or of pairs, where there are any.
func (f Formulation) WithEnds() Formulation {
	f.Paired = f.HasPairs()
	f.Unpaired = f.Bridge != nil && !is(f.Bridge, "none")
	if p, ok := f.Process.(Ended); ok && len(f.From) > 0 {
		f.Process = p.WithFarEnd()
	}
	return f
}

// New makes the objective, without a prediction where there is none. Its Validate has yet to be
// asked.
func (f Formulation) New() (o reverie.Objective, err error) {
	f = f.WithEnds()
	if o.Process, err = f.Process.Process(); err != nil {
		return o, err
	}
	if f.Prediction != nil {
		o.Param = f.Prediction.Param()
	}
	if f.Weighting != nil {
		o.Weighting = f.Weighting.Weighting(f)
	}
	if f.Times != nil {
		o.TimeLaw = f.Times.TimeLaw(o.Process)
	}
	return o, nil
}

// Validate finds parts that make no sense together, and names the nearest that do. Each by itself
// is for table.Check.
func (f Formulation) Validate() error {
	if err := f.validateEnds(); err != nil {
		return err
	}
	for _, field := range table.Fields(&f) {
		if r, ok := field.Chosen().(interface{ Refuse(Formulation) error }); ok {
			if err := r.Refuse(f); err != nil {
				return err
			}
		}
	}
	if err := f.validateNoise(); err != nil {
		return err
	}
	if err := f.validatePatch(); err != nil {
		return err
	}
	return f.validateVariance()
}

// validateEnds looks at a second data set and the pairing of ends, which few processes have.
func (f Formulation) validateEnds() error {
	_, ok := f.Process.(Ended)
	if err := f.validatePairs(); err != nil {
		return err
	}
	switch {
	case ok && f.Coupling == "sinkhorn":
		return f.validateSinkhorn()
	case ok:
		return nil
	case len(f.From) > 0:
		return fmt.Errorf("--from gives a second data set in place of the noise, which only --process %s can start from, not %s", ended(), nameOf(f.Process))
	case f.Coupling != "none" && f.Coupling != "":
		return fmt.Errorf("--coupling %s pairs the ends of a flow or a bridge; give --process %s, not %s", f.Coupling, ended(), nameOf(f.Process))
	}
	return nil
}

// validatePairs looks at what pairs rule out.
func (f Formulation) validatePairs() error {
	e, ended := f.Process.(Ended)
	far := ended && e.HasFarEnd()
	switch {
	case !f.HasPairs() && f.Blind:
		return fmt.Errorf("--blind hides the other one of each pair from the network, and there are no pairs; give --pairs, or leave it out")
	case !f.HasPairs():
		return nil
	case len(f.Pairs) > 0 && len(f.Mix) > 0:
		return fmt.Errorf("--pairs says what each recording goes with, and --mix makes that of noise; give one")
	case len(f.From) > 0:
		return fmt.Errorf("--pairs says what each image goes with, and --from draws any; give one")
	case f.Coupling != "none" && f.Coupling != "":
		return fmt.Errorf("--coupling %s pairs the ends of a batch, and --pairs says what goes with what; leave --coupling out", f.Coupling)
	case f.Blind && !far:
		return fmt.Errorf("--blind leaves the other one of each pair to the far end alone, and --process %s has none; leave it out, or give --process bridge", nameOf(f.Process))
	case f.Way != nil && !is(f.Way, "denoise"):
		return fmt.Errorf("--pairs is learned by --objective denoise, not %s; give that, or leave --pairs out", nameOf(f.Way))
	}
	return nil
}

// Entropic is a reverie.Process that is the reference of a Schroedinger bridge: see
// reverie.Pinned.Regularisation.
type Entropic interface{ Regularisation() float64 }

// validateSinkhorn reports a process of which there is no entropic coupling.
func (f Formulation) validateSinkhorn() error {
	p, err := f.Process.Process()
	if _, ok := p.(Entropic); ok || err != nil {
		return err
	}
	return fmt.Errorf("--coupling sinkhorn is that of a Schroedinger bridge over a reference, which --process %s has none of; give --coupling ot, or --process bridge", nameOf(f.Process))
}

// ended are the names of the processes that are Ended.
func ended() string {
	var names []string
	for _, p := range Processes.Rows() {
		if _, ok := p.(Ended); ok {
			names = append(names, nameOf(p))
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func nameOf(r table.Row) string { return r.Row().Name }

// is says whether a row is chosen and has that name.
func is(r table.Row, name string) bool { return r != nil && nameOf(r) == name }
