package config

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/table"
)

// patient is a way to learn of a program's own, with a setting.
type patient struct {
	Patience int `flag:"patience" range:"[1,9]" help:"steps between looks"`
}

func (*patient) Row() table.Info { return table.Info{Name: "patient"} }

func (*patient) Method(learn.Setup) (learn.Method, error) { return nil, nil }

func (p *patient) Refuse(f formulation.Formulation) error {
	if f.Loss.Row().Name == "l1" {
		return fmt.Errorf("--objective patient does not go with --loss l1")
	}
	return nil
}

// TestSolverSettings: what the run's own solver is told stands in config.json; a setting that
// stands for its solver chooses it, another's is refused.
func TestSolverSettings(t *testing.T) {
	given := small()
	set(&given, "solver", "ddim", "eta", "0.5")
	r, err := Begin("small", pick(&given, "eta"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil || name(r.Solver) != "ddim" {
		t.Errorf("solver %s, %v", name(r.Solver), err)
	}
	if f := table.Find(roundTrip(t, r).Fields(), "eta"); f == nil || f.String() != "0.5" {
		t.Errorf("read back with eta %v", f)
	}
	text, _ := r.JSON()
	if _, err := Parse(strings.NewReader(strings.Replace(string(text), `"eta": 0.5`, `"eta": 5`, 1))); err == nil || !strings.Contains(err.Error(), "--eta 5 is outside") {
		t.Errorf("an eta of 5: %v", err)
	}
	if err := given.Set("solver", "heun"); err != nil {
		t.Fatal(err)
	}
	if err := given.Unused(func(flag string) bool { return flag == "eta" }); err == nil || !strings.Contains(err.Error(), "--eta belongs to --solver ddim, not to heun") {
		t.Errorf("eta of heun: %v", err)
	}
}

// A program's own way to learn is one row: its setting is a flag, a key of config.json with its
// range, and what it refuses is refused.
func TestOwnWayToLearn(t *testing.T) {
	learn.Ways.Add(&patient{Patience: 3})
	if table.Find(Flags(), "patience") == nil {
		t.Error("no flag --patience")
	}
	r := small()
	fields := r.Fields()
	if err := table.Find(fields, "objective").Set("patient"); err != nil {
		t.Fatal(err)
	}
	if got := r.Way.(*patient).Patience; got != 3 {
		t.Errorf("patience %d by default", got)
	}
	if err := table.Find(r.Fields(), "patience").Set("5"); err != nil {
		t.Fatal(err)
	}
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := again.Way.(*patient); !ok || p.Patience != 5 {
		t.Errorf("read back: %+v", again.Way)
	}
	if _, err := Parse(strings.NewReader(strings.Replace(string(text), `"patience": 5`, `"patience": 50`, 1))); err == nil {
		t.Error("a patience of 50 was read")
	}
	again.Loss = learn.L1{}
	if err := again.Validate(); err == nil || !strings.Contains(err.Error(), "does not go with --loss l1") {
		t.Errorf("refused: %v", err)
	}
}
