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
