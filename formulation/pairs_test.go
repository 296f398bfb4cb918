package formulation

import (
	"strings"
	"testing"
)

// What does not go with pairs is refused, and the flag that does is named.
func TestPairsRefuse(t *testing.T) {
	y := []string{"/y"}
	for _, c := range []struct {
		f    Formulation
		want string
	}{
		{Formulation{Spec: Spec{Process: &Brownian{}, Prediction: X0}, Pairs: y}, ""},
		{Formulation{Spec: Spec{Process: &Brownian{}, Prediction: X0, Blind: true}, Pairs: y}, ""},
		{Formulation{Spec: Spec{Process: &Flow{}, Prediction: Velocity}, Pairs: y}, ""},
		{Formulation{Spec: Spec{Process: &Brownian{}, Prediction: X0}}, "give --from, or --pairs"},
		{Formulation{Spec: Spec{Process: &Brownian{}, Prediction: X0}, Pairs: y, From: y}, "give one"},
		{Formulation{Spec: Spec{Process: &Brownian{}, Prediction: X0}, Pairs: y, Coupling: "ot"}, "leave --coupling out"},
		{Formulation{Spec: Spec{Process: &Flow{}, Prediction: Velocity, Blind: true}, Pairs: y}, "give --process bridge"},
		{Formulation{Spec: Spec{Process: &Flow{}, Prediction: Velocity, Blind: true}}, "give --pairs"},
		{Formulation{Spec: Spec{Process: &EDM{}, Prediction: X0, Patch: 8}, Pairs: y}, "leave one out"},
	} {
		err := c.f.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.f, err, c.want)
		}
	}
	for _, f := range []Formulation{
		{Spec: Spec{Process: &Brownian{}, Prediction: X0, Blind: true}, Pairs: y},
		{Spec: Spec{Process: &Brownian{}, Prediction: X0}, Pairs: y},
		{Spec: Spec{Process: &Flow{}, Prediction: Velocity}, Pairs: y},
	} {
		spec := f.WithEnds().Spec
		file, err := spec.Scheduler()
		if err != nil {
			t.Fatal(err)
		}
		back, err := SpecOf(file)
		if err != nil || back.Given() != spec.Given() || !back.Paired || back.Between() != spec.Between() {
			t.Errorf("%+v came back as %+v: %v", spec, back, err)
		}
	}
}
