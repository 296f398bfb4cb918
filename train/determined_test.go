package train

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
)

// A prediction that leaves x0 open where alpha vanishes is refused before a run has a folder, with
// what to do; a run that has one goes on, and is told.
func TestUndeterminedPredictionIsToldFirst(t *testing.T) {
	c := tiny(images(t, 12, 8))
	c.Process, c.Prediction, c.Steps = &formulation.DDPM{Timesteps: 1000, Schedule: formulation.NewLinear(1e-4, 0.5)}, formulation.Eps, 1
	err := Check(&c)
	if err == nil || !strings.HasPrefix(err.Error(), "--prediction eps does not determine x0 at t = 999") || !strings.Contains(err.Error(), "--prediction v or x0, or a smaller --beta-end") {
		t.Errorf("the check says %v", err)
	}
	dir := t.TempDir() + "/run"
	if err := prepare(t, c).Create(dir, ""); err == nil || !strings.Contains(err.Error(), "--prediction eps") {
		t.Errorf("a new run says %v", err)
	}
	for _, prediction := range []formulation.Prediction{formulation.V, formulation.X0} {
		c.Prediction = prediction
		if err := Check(&c); err != nil {
			t.Errorf("%s: %v", prediction.Row().Name, err)
		}
	}
	begun := start(t, c) // stands for one that an earlier version began: x0 and eps are networks of one shape
	run(t, begun)
	c.Prediction, c.Steps = formulation.Eps, 2
	tr, notes := prepare(t, c), ""
	noteOf[tr] = func(s string) { notes += s }
	lock, err := checkpoint.OpenRun(begun.Dir)
	if err == nil {
		err = tr.Resume(lock)
	}
	if err != nil {
		t.Fatal(err)
	}
	run(t, tr)
	if !strings.Contains(notes, "--prediction eps does not determine x0") {
		t.Errorf("resumed, the run is told %q", notes)
	}
}
