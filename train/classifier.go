package train

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
)

// knowsClasses says whether the network of a run is told classes, or tells them apart.
func knowsClasses(c *config.Run) bool { return c.ClassCond || c.Classifier() }

// ofNoised is the objective of a classifier of noised samples, which predicts nothing.
func ofNoised(c *config.Run) (o reverie.Objective, err error) {
	if o, err = c.Formulation.New(); err != nil {
		return o, err
	}
	if err := reverie.Check(o.Process); err != nil {
		return o, err
	}
	if v, ok := o.TimeLaw.(interface{ Validate(reverie.Process) error }); ok {
		err = v.Validate(o.Process)
	}
	return o, err
}

// noisedSpec names the process of a classifier of noised samples. In files, which name a prediction
// with every process, it is that of the noise.
func noisedSpec(c *config.Run) formulation.Spec {
	return formulation.Spec{Process: c.Process, Prediction: formulation.Eps, Noise: c.Noise}
}

// checkLabels refuses data of which not every sample has a class, by which a classifier learns.
func checkLabels(c *config.Run, set *data.Set) error {
	labelled := 0
	for _, k := range set.ClassCounts() {
		labelled += k.Samples
	}
	if labelled == set.Len() || labelled == 0 { // where there is no class at all, Network says so
		return nil
	}
	k := set.Kind()
	remedy := "label them, or leave them out of the file"
	if k.Pictorial() {
		remedy = "put them into the folders of their classes, or say by --data-class which classes to learn, which leaves out those without"
	}
	return fmt.Errorf("--arch %s: %d of %d %s have no class; %s", c.Arch.Row().Name, set.Len()-labelled, set.Len(), k.Noun(2), remedy)
}

// toLabel says how samples of a kind come with classes.
func toLabel(k kind.Kind) string {
	switch {
	case k.Pictorial():
		return "put those of each class in a folder of its own, or say by --labels and --label-column where their labels are"
	case k.Vector():
		return "name the column of a table that holds their labels by --label-column, write their numbers into an npz file as arr_1, or take a set that has classes, such as points:moons"
	}
	return "classes are of images or of points"
}

// checkClasses refuses classes that a network cannot be laid out for: flag asks for them, and
// otherwise is what else can be done.
func checkClasses(flag, otherwise string, k kind.Kind) error {
	switch n, err := len(k.Classes), k.Validate(); {
	case n == 0:
		return fmt.Errorf("%s: the %s have no classes; %s, or %s", flag, k.Noun(2), toLabel(k), otherwise)
	case n == 1:
		return fmt.Errorf("%s: all %s are of one class, %q; %s", flag, k.Noun(2), k.Classes[0].Name, otherwise)
	case err != nil: // which a checkpoint would say as late as it is written
		return fmt.Errorf("%s: %w; give the class another name, or %s", flag, err, otherwise)
	}
	return nil
}

// An Accuracy is the share of samples whose class a classifier finds.
type Accuracy struct {
	Share float64 `json:"share"`
	// Levels are the shares at the noise levels sigma/alpha from 0 to the first of LevelEdges, on
	// to the next, and so on, and above the last, 0 where there was no sample; Counts are how many
	// there were. nil of a classifier of clean samples.
	Levels []float64 `json:"levels,omitempty"`
	Counts []int     `json:"counts,omitempty"`
}

// LevelEdges are the noise levels sigma/alpha between those that an Accuracy tells apart.
var LevelEdges = []float64{0.1, 0.3, 1, 3, 10}

// String is the share in percent, and those of the levels that occurred.
func (a Accuracy) String() string {
	text := percent(a.Share)
	var levels []string
	for i, n := range a.Counts {
		if n == 0 {
			continue
		}
		to := "above"
		if i < len(LevelEdges) {
			to = fmt.Sprintf("to %v", LevelEdges[i])
		}
		levels = append(levels, fmt.Sprintf("%s %s", to, percent(a.Levels[i])))
	}
	if levels == nil {
		return text
	}
	return fmt.Sprintf("%s; at noise levels sigma/alpha %s", text, strings.Join(levels, ", "))
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// A rightCount counts the samples whose class was found, batch by batch.
type rightCount struct {
	process reverie.Process // nil: the samples are clean
	right   [6]float64      // at each level
	samples [6]int
}

// add counts an outcome's, of which part i is learn.Right.
func (c *rightCount) add(o learn.Outcome, part int) {
	for n, right := range o.Parts[part] {
		level := 0
		if o.Times != nil {
			level = levelOf(reverie.At(c.process, o.Times[n]))
		}
		c.right[level] += float64(right)
		c.samples[level]++
	}
}

// levelOf is the place of a law's noise level among LevelEdges.
func levelOf(c reverie.Coef) int {
	at, found := slices.BinarySearch(LevelEdges, c.Sigma/c.Alpha)
	if found {
		at++
	}
	return at
}

// accuracy is what was counted, nil where nothing was.
func (c *rightCount) accuracy() *Accuracy {
	var a Accuracy
	samples := 0
	for i, n := range c.samples {
		a.Share += c.right[i]
		samples += n
		if c.process != nil {
			a.Levels, a.Counts = append(a.Levels, c.right[i]/math.Max(1, float64(n))), append(a.Counts, n)
		}
	}
	if samples == 0 {
		return nil
	}
	a.Share /= float64(samples)
	return &a
}

// rightPart is the place of learn.Right among the parts of the run's loss, -1 of a network that is
// no classifier.
func (t *Trainer) rightPart() int { return slices.Index(t.learner.Method.Parts(), learn.Right) }

// accuracyOf is that of one outcome, nil where the network is no classifier.
func (t *Trainer) accuracyOf(o learn.Outcome) *Accuracy {
	part := t.rightPart()
	if part < 0 {
		return nil
	}
	c := rightCount{process: t.setup.Objective.Process}
	c.add(o, part)
	return c.accuracy()
}

// validateRight is validate, and of a classifier its accuracy too.
func (t *Trainer) validateRight() (*float64, *Accuracy, error) {
	part, count := t.rightPart(), rightCount{process: t.setup.Objective.Process}
	loss, err := t.validateBy(func(batches iter.Seq2[*data.Batch, error]) (float64, error) {
		return t.learner.EvaluateEach(batches, func(o learn.Outcome) {
			if part >= 0 {
				count.add(o, part)
			}
		})
	})
	return loss, count.accuracy(), err
}
