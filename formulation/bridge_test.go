package formulation

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

// TestBridges: the settings' defaults are the papers', and a bridge needs its far end and a
// prediction that is finite there.
func TestBridges(t *testing.T) {
	papers := map[string]reverie.Process{
		"bridge": reverie.Bridge{}, "i2sb": reverie.Pinned{Reference: reverie.Symmetric{}}, "sb-ve": reverie.Pinned{Reference: reverie.Geometric{}},
		"sb-vp": reverie.Pinned{Reference: reverie.Preserving{}}, "ouve": reverie.OUVE{},
	}
	for name, want := range papers {
		row, err := Processes.New(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := row.Process()
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []float64{0.1, 0.6, 1} {
			got, w := p.At(at), want.At(at)
			for _, d := range []float64{got.Alpha - w.Alpha, got.Beta - w.Beta, got.Sigma - w.Sigma} {
				if !(d <= 1e-14 && d >= -1e-14) {
					t.Errorf("%s at %v: %+v, want %+v", name, at, got, w)
				}
			}
		}
		for _, prediction := range []Prediction{Eps, X0, V, Velocity, Score, &Preconditioned{}} {
			f := Formulation{Spec: Spec{Process: row, Prediction: prediction}, From: []string{"other"}}
			err := f.Validate()
			n := nameOf(prediction)
			if fine := n == "x0" || name == "ouve" && n != "v"; fine != (err == nil) {
				t.Errorf("%s predicting %s: %v", name, n, err)
			} else if o, err := f.New(); fine && (err != nil || o.Validate() != nil) {
				t.Errorf("%s predicting %s: %v, %v", name, n, err, o.Validate())
			}
		}
		f := Formulation{Spec: Spec{Process: row, Prediction: X0}}
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), "give --from") {
			t.Errorf("%s without a far end: %v", name, err)
		}
		f.From, f.Coupling = []string{"other"}, "sinkhorn"
		if err := f.Validate(); (err == nil) != (name != "ouve") {
			t.Errorf("%s by sinkhorn: %v", name, err)
		}
	}
}
