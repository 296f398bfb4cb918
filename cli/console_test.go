package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/reverie-go/reverie/train"
)

// event is step number step of a run of 3 steps an epoch.
func event(step int) train.Step {
	e := train.Step{Index: (step - 1) % 3, Steps: 3, Speed: 3.21, Done: 0.25, Left: 90*time.Second + time.Millisecond}
	e.Step, e.Epoch, e.Loss = step, (step-1)/3, 0.125
	return e
}

// TestStepLines: the lecture's line at the first step of every fifth epoch; where there is no
// terminal, a line of progress, but not with every step.
func TestStepLines(t *testing.T) {
	var out, err bytes.Buffer
	c := &console{out: &out, err: &err} // spoke long ago
	for step := range 33 {
		c.step(event(step + 1))
	}
	if want := "Epoch 0 | step 000 Loss: 0.1250\nEpoch 5 | step 000 Loss: 0.1250\nEpoch 10 | step 000 Loss: 0.1250\n"; out.String() != want {
		t.Errorf("stdout %q, want %q", out.String(), want)
	}
	if want := " 25% epoch 0 step 1 loss 0.1250, 3.2 images/s, 1m30s left\n"; err.String() != want {
		t.Errorf("stderr %q, want %q", err.String(), want)
	}
	if c.steps != 33 {
		t.Errorf("%d steps counted, want 33", c.steps)
	}
	c.spoke = time.Now().Add(-every)
	c.step(event(34))
	if want := "epoch 11 step 34 "; !strings.Contains(lastLine(err.String()), want) {
		t.Errorf("after %v no line of progress: %q", every, err.String())
	}
}

// TestStepBar: on a terminal the bar, what is done of it, and the same line.
func TestStepBar(t *testing.T) {
	var out, err bytes.Buffer
	c := &console{out: &out, err: &err, bar: trainingBar(&err, 120), columns: 120}
	c.step(event(2))
	if want := "|  epoch 0 step 2 loss 0.1250, 3.2 images/s, 1m30s left"; !strings.Contains(err.String(), want) {
		t.Errorf("the bar lacks %q: %q", want, err.String())
	}
	if done := c.bar.State().CurrentPercent; done != 0.25 { // drawn with the next step
		t.Errorf("the bar is at %v, want 0.25", done)
	}
	if strings.Contains(err.String(), "\n") {
		t.Errorf("the bar takes more than its line: %q", err.String())
	}
}

// TestStepBarFits: the bar and its text fit the terminal, and the loss and the validation loss are
// always among it.
func TestStepBarFits(t *testing.T) {
	val := 0.2345
	for _, columns := range []int{60, 70, 80, 100, 132, 200} {
		for _, step := range []int{2, 123456} {
			var err bytes.Buffer
			c := &console{out: &bytes.Buffer{}, err: &err, bar: trainingBar(&err, columns), columns: columns}
			e := event(step)
			e.Validation, e.Speed, e.Left, e.Done = &val, 12345, 123*time.Minute, 1
			c.step(e)
			line := err.String()[strings.LastIndex(err.String(), "\r")+1:]
			if n := utf8.RuneCountInString(line); n > columns || !strings.Contains(line, "100%") || !strings.Contains(line, "loss 0.1250 val 0.2345") {
				t.Errorf("%d columns, step %d: %d: %q", columns, step, n, line)
			}
			if !strings.Contains(line, "2h3m left") && columns > 60 {
				t.Errorf("%d columns: no time left: %q", columns, line)
			}
		}
	}
}

// TestSpeed: two digits at least.
func TestSpeed(t *testing.T) {
	for v, want := range map[float64]string{0.52: "0.5", 9.44: "9.4", 12.3: "12", 1234: "1234"} {
		if got := speed(v); got != want {
			t.Errorf("speed(%v) = %q, want %q", v, got, want)
		}
	}
}
