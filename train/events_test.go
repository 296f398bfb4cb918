package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
)

// A run reports its steps, checkpoints, pictures and end in their order, to all observers alike,
// and the log and the curve are written before others are told.
func TestEvents(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps, c.SaveEvery, c.SampleEvery, c.SampleN = 4, 2, 1, 1
	tr := start(t, c)
	var told [2][]string
	for i := range told {
		tr.Observe(func(e Event) {
			text := fmt.Sprintf("%T", e)
			switch e := e.(type) {
			case Step:
				text = fmt.Sprint("step ", e.Record.Step)
				if len(tr.log.Records) != e.Record.Step {
					t.Errorf("step %d was not logged yet", e.Record.Step)
				}
			case Checkpoint:
				text = fmt.Sprint("checkpoint ", e.Step)
				if _, err := os.Stat(e.Path); err != nil {
					t.Error(err)
				}
			case Pictures:
				text = fmt.Sprint("pictures ", e.Step, " ", len(e.Files))
				for _, f := range e.Files {
					if _, err := os.Stat(f); err != nil {
						t.Error(err)
					}
				}
			case End:
				text = fmt.Sprint("end ", e.Err, " ", e.Summary.Steps)
			}
			told[i] = append(told[i], text)
		})
	}
	run(t, tr)
	want := []string{"pictures 0 2", "step 1", "step 2", "checkpoint 2", "step 3", "pictures 3 2", "step 4", "checkpoint 4", "pictures 4 2", "end <nil> 4"}
	for i := range told {
		if !slices.Equal(told[i], want) {
			t.Errorf("observer %d was told %q, want %q", i, told[i], want)
		}
	}
}

// The end of a run that is stopped says so.
func TestEndIsWhatRunReturns(t *testing.T) {
	tr := start(t, tiny(images(t, 14, 8)))
	defer tr.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var ended error
	tr.Observe(On(func(Step) { cancel() }), On(func(e End) { ended = e.Err }))
	if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) || !errors.Is(ended, ErrInterrupted) {
		t.Errorf("%v, reported as %v", err, ended)
	}
}
