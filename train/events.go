package train

import "time"

// An Event is what a run reports: a [Step], a [Note], [Pictures], a [Checkpoint] or the [End].
type Event interface{ event() }

// A Step is what is known after a step.
type Step struct {
	Record
	Index, Steps int           // the step's place in its epoch, and the steps of an epoch
	Speed        float64       // samples per second, over the steps of this session
	Done         float64       // share of the run that is done, 0 to 1
	Left         time.Duration // expected until the run's stop
	Validation   *float64      // the last validation loss; nil: none yet
	Right        *Accuracy     // likewise of a classifier
}

// A Note is what a person should know: a full disk, a picture that could not be drawn.
type Note struct{ Text string }

// Pictures were due after a step; before the first, those of the data.
type Pictures struct {
	Step  int
	Files []string // the paths of those that were drawn
}

// A Checkpoint was written after a step.
type Checkpoint struct {
	Step int
	Path string // of its folder
}

// The End of a run is what its Run returns, and how the run stands.
type End struct {
	Err     error
	Summary Summary
}

func (Step) event()       {}
func (Note) event()       {}
func (Pictures) event()   {}
func (Checkpoint) event() {}
func (End) event()        {}

// An Observer is told the events of a run, one after another, in the goroutine that trains. The
// log, the curve of the losses and the console are observers.
type Observer func(Event)

// On is an observer of one kind of event.
func On[E Event](f func(E)) Observer {
	return func(e Event) {
		if e, ok := e.(E); ok {
			f(e)
		}
	}
}

// Observe adds observers, which are told each event in the order in which they were added, after
// the run's log and curve.
func (t *Trainer) Observe(o ...Observer) { t.observers = append(t.observers, o...) }

// report tells an event.
func (t *Trainer) report(e Event) {
	for _, o := range [...]Observer{t.logging, t.drawing} {
		o(e)
	}
	for _, o := range t.observers {
		o(e)
	}
}
