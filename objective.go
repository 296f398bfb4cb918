package reverie

import (
	"errors"
	"fmt"

	"github.com/reverie-go/reverie/random"
)

// An Objective says what a network learns: to predict Param at times of Process, weighted by
// Weighting.
//
//	E over t, x0, eps of  Weight(t) loss(F(in x_t, cond) - target)
//
// What the loss of a difference is, its square or another norm, is the trainer's.
type Objective struct {
	Process   Process
	Param     Param
	Weighting Weighting // nil: 1 on the network's own target
	TimeLaw   TimeLaw   // how times are drawn; nil: UniformTimes
}

// Validate reports a field that is missing, a weighting or a law of times that does not go with the
// process, and a Param or weight that is singular in the Span. Last comes an *UndeterminedError,
// see Determined: such an objective can be followed, to little use.
func (o Objective) Validate() error {
	switch {
	case o.Process == nil:
		return errors.New("objective: no process")
	case o.Param == nil:
		return errors.New("objective: no prediction kind")
	}
	if err := Check(o.Process); err != nil {
		return fmt.Errorf("objective: %w", err)
	}
	for _, part := range []any{o.Weighting, o.TimeLaw} {
		if v, ok := part.(interface{ Validate(Process) error }); ok {
			if err := v.Validate(o.Process); err != nil {
				return fmt.Errorf("objective: %w", err)
			}
		}
	}
	if err := o.needsScore(); err != nil {
		return err
	}
	lo, hi := o.Process.Span()
	for _, t := range []float64{lo, (lo + hi) / 2, hi} {
		if err := o.singular(t); err != nil {
			return err
		}
	}
	if err := Determined(o.Process, o.Param); err != nil {
		return fmt.Errorf("objective: %w", err)
	}
	return nil
}

// needsScore reports the prediction of a score for a process without one.
func (o Objective) needsScore() error {
	err := HasScore(o.Process)
	if err == nil {
		return nil
	}
	lo, hi := o.Process.Span()
	c := o.Process.At(lo + (hi-lo)/3)
	skip, far, out, _ := o.Param(c)
	if skip2, far2, out2, _ := Score(c); skip == skip2 && far == far2 && out == out2 {
		return fmt.Errorf("objective: prediction score: %w; and prediction velocity", err)
	}
	return nil
}

// Times draws the times of a batch of n, see TimeLaw.
func (o Objective) Times(s random.Stream, n int) []float64 {
	if o.TimeLaw == nil {
		return UniformTimes{}.Times(o.Process, s, n)
	}
	return o.TimeLaw.Times(o.Process, s, n)
}

// Factors returns by what the losses at the times t are multiplied to make up for how often they
// are drawn: 1 but for a TimeMemory. Corrupt and Pair have them in the Task's Weight.
func (o Objective) Factors(t []float64) []float64 {
	if m, ok := o.TimeLaw.(TimeMemory); ok {
		return m.Factors(o.Process, t)
	}
	f := make([]float64, len(t))
	for i := range f {
		f[i] = 1
	}
	return f
}

// Observe tells a TimeMemory each sample's loss at its time, weighted as the Task says, with the
// factors of before this call. It does nothing for other laws of time.
func (o Objective) Observe(t, loss []float64) {
	if m, ok := o.TimeLaw.(TimeMemory); ok {
		m.Observe(o.Process, t, loss)
	}
}

// singular reports that the target or the weight is undefined at t.
func (o Objective) singular(t float64) error {
	t = indexAt(o.Process, t)
	x0, far, eps := o.target(t)
	if _, _, _, in := o.Param(o.Process.At(t)); !finite(x0, far, eps, in, o.Weight(t)) {
		return fmt.Errorf("objective: the prediction is singular at t = %v: use another prediction or a smaller span", t)
	}
	return nil
}

// target returns the network's target at t as a combination of x0, x1 and eps.
func (o Objective) target(t float64) (x0, far, eps float64) {
	c := o.Process.At(t)
	skip, cfar, out, _ := o.Param(c)
	return targetOf(c, skip, cfar, out)
}

// A Task is one batch of what the network is to learn: from Input and Cond predict Target.
type Task[X any] struct {
	Input  X         // in x_t
	Cond   []float64 // Process.Cond(t)
	Target X         // in the sense of the objective's Param
	Weight []float64 // of each sample's loss: Objective.Weight times Objective.Factors
	T      []float64 // the times
}

// Corrupt noises the data x0, sample n to the time t[n], with the next noise of sp. far is the
// given end x1, for a process that has one.
func Corrupt[X any](o Objective, sp Space[X], x0 X, t []float64, far ...X) Task[X] {
	return Pair(o, sp, x0, sp.Noise(x0), t, far...)
}

// Pair is Corrupt with a given eps in place of fresh noise: the sample of the far data set for
// Flow{Between: true}, or noise that a coupling has assigned to the data (Couple).
func Pair[X any](o Objective, sp Space[X], x0, eps X, t []float64, far ...X) Task[X] {
	n := len(t)
	task := Task[X]{Cond: make([]float64, n), Weight: o.Factors(t), T: t}
	input, target := table(3, n), table(3, n)
	for i, t := range t {
		c := o.Process.At(t)
		_, _, _, in := o.Param(c)
		input[0][i], input[1][i], input[2][i] = in*c.Alpha, in*c.Sigma, in*c.Beta
		target[0][i], target[2][i], target[1][i] = o.target(t)
		task.Cond[i] = o.Process.Cond(t)
		task.Weight[i] *= o.Weight(t)
	}
	x := append([]X{x0, eps}, far...)
	task.Input = sp.SumEach(input[:len(x)], x...)
	task.Target = sp.SumEach(target[:len(x)], x...)
	return task
}

// table returns k rows of n zeros.
func table(k, n int) [][]float64 { return NewBatch[float64](k, n) }
