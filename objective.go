package reverie

import (
	"errors"
	"fmt"
)

// Loss is the norm between the network's prediction and its target, averaged over elements.
type Loss int

// The losses of a difference d.
const (
	MSE   Loss = iota // d^2
	L1                // |d|
	Huber             // d^2/2 where |d| <= 1, |d| - 1/2 elsewhere
)

var losses = []string{"mse", "l1", "huber"}

// String returns the name under which ParseLoss knows l.
func (l Loss) String() string { return nameOf(losses, int(l)) }

// ParseLoss returns the loss named l1, mse or huber.
func ParseLoss(name string) (Loss, error) {
	i, err := parse("loss", losses, name)
	return Loss(i), err
}

// An Objective says what a network learns: to predict Param at times of Process, in the norm Loss, weighted by Weighting.
//
//	E over t, x0, eps of  Weight(t) Loss(F(in x_t, cond) - target)
type Objective struct {
	Process   Process
	Param     Param
	Loss      Loss
	Weighting Weighting
	Variance  Variance // of the reverse steps, which the weighting ELBO of a DDPM depends on
	SD        float64  // the data's deviation, which the weighting EDMWeight depends on; 0: 0.5

	Sampler    TimeSampler // how times are drawn
	LogMean    float64     // of log(s/a), with LogSD, for LogNormalTimes; both 0: see there
	LogSD      float64
	Importance *Importance // the losses that ImportanceTimes go by, from NewImportance(Process). A validation loss takes UniformTimes in place of both
}

// Validate reports a field that is missing or out of range, a weighting that does not go with the loss or the process, and a
// Param or weight that is singular in the Span. Last comes an *UndeterminedError, see Determined: such an objective can be followed, to little use.
func (o Objective) Validate() error {
	switch {
	case o.Process == nil:
		return errors.New("objective: no process")
	case o.Param == nil:
		return errors.New("objective: no prediction kind")
	case o.Loss < 0 || int(o.Loss) >= len(losses):
		return fmt.Errorf("objective: loss %d: unknown", o.Loss)
	case o.Weighting < 0 || int(o.Weighting) >= len(weightings):
		return fmt.Errorf("objective: weighting %d: unknown", o.Weighting)
	case o.Variance < 0 || int(o.Variance) >= len(variances):
		return fmt.Errorf("objective: variance %d: unknown", o.Variance)
	case o.Loss != MSE && o.Weighting != Simple:
		return fmt.Errorf("objective: weighting %v with loss %v: it is one of a mean square, use loss mse or weighting simple", o.Weighting, o.Loss)
	case o.Variance == LearnedVariance && o.Weighting == ELBO:
		return fmt.Errorf("objective: weighting elbo with a learned variance: its bound is no weighted error, use weighting simple")
	case o.SD < 0 || !finite(o.SD):
		return fmt.Errorf("objective: the data's deviation is %v: expected a positive number, or 0 for 0.5", o.SD)
	}
	if err := Check(o.Process); err != nil {
		return fmt.Errorf("objective: %w", err)
	}
	if err := o.needsScore(); err != nil {
		return err
	}
	if err := o.validateTimes(); err != nil {
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

// needsScore reports a weighting or a prediction that means nothing for a process without a score.
func (o Objective) needsScore() error {
	err := HasScore(o.Process)
	if err == nil {
		return nil
	}
	if o.Weighting == ELBO || o.Weighting == Likelihood {
		return fmt.Errorf("objective: weighting %v: %w; and weighting simple", o.Weighting, err)
	}
	lo, hi := o.Process.Span()
	c := o.Process.At(lo + (hi-lo)/3)
	skip, far, out, _ := o.Param(c)
	if skip2, far2, out2, _ := Score(c); skip == skip2 && far == far2 && out == out2 {
		return fmt.Errorf("objective: prediction score: %w; and prediction velocity", err)
	}
	return nil
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

// Corrupt noises the data x0, sample n to the time t[n], with the next noise of sp. far is the given end x1, for a process that has one.
func Corrupt[X any](o Objective, sp Space[X], x0 X, t []float64, far ...X) Task[X] {
	return Pair(o, sp, x0, sp.Noise(x0), t, far...)
}

// Pair is Corrupt with a given eps in place of fresh noise: the sample of the far data set for Flow{Between: true}, or noise that a
// coupling has assigned to the data (Couple).
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
