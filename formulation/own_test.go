package formulation_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/cli"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// turn is a process that a program adds: the data are turned into noise by an angle.
type turn struct {
	Angle float64 `flag:"angle" range:"(0,1.57]" help:"by which the data are turned into noise" group:"Formulation"`
}

func (*turn) Row() table.Info { return table.Info{Name: "turn", Text: "alpha = cos, sigma = sin"} }

func (p *turn) String() string { return "turn" }

func (p *turn) Process() (reverie.Process, error) { return turned(p.Angle), nil }

func (*turn) Suits(formulation.Formulation, func(string) bool) map[string]string {
	return map[string]string{"prediction": "anti-v", "solver": "heun"}
}

func (*turn) Refuse(f formulation.Formulation) error {
	if f.Loss != nil && f.Loss.Row().Name == "l1" {
		return &table.Error{Flag: "loss", Text: "l1 does not go with process turn"}
	}
	return nil
}

type turned float64

func (a turned) At(t float64) reverie.Coef {
	sin, cos := math.Sincos(float64(a) * t)
	return reverie.Coef{Alpha: cos, Sigma: sin, DAlpha: -float64(a) * sin, DSigma: float64(a) * cos}
}

func (turned) Span() (lo, hi float64) { return 0.01, 1 }
func (turned) Cond(t float64) float64 { return 999 * t }

// antiV is a prediction that a program adds: -v.
type antiV struct{ table.Info }

func (antiV) Param() reverie.Param {
	return func(c reverie.Coef) (skip, far, out, in float64) {
		skip, far, out, in = reverie.V(c)
		return skip, far, -out, in
	}
}

// tempered is a weighting that a program adds: a power of SNR.
type tempered struct {
	Power float64 `flag:"power" range:"[0,1]" help:"of the signal-to-noise ratio" group:"Formulation"`
}

func (*tempered) Row() table.Info { return table.Info{Name: "tempered", Text: "a power of SNR"} }

func (w *tempered) Weighting(formulation.Formulation) reverie.Weighting { return power(w.Power) }

type power float64

func (p power) Weight(_ reverie.Process, _ float64, c reverie.Coef) float64 {
	return math.Pow(c.SNR(), float64(p))
}

// late is a law of times that a program adds: more of the late ones.
type late struct{ table.Info }

func (late) TimeLaw(reverie.Process) reverie.TimeLaw { return lateTimes{} }

type lateTimes struct{}

func (lateTimes) Times(p reverie.Process, s random.Stream, n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = reverie.TimeAtShare(p, math.Sqrt(s.Plus(i).Uniform()))
	}
	return t
}

func init() {
	formulation.Processes.Add(&turn{Angle: 1.5})
	formulation.Predictions.Add(antiV{table.Info{Name: "anti-v", Text: "-v"}})
	formulation.Weightings.Add(&tempered{Power: 0.5})
	formulation.TimeLaws.Add(late{table.Info{Name: "late", Text: "more of the late ones"}})
}

// asReverie has this test program be the command line instead, with what it has added.
const asReverie = "REVERIE_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asReverie) != "" {
		cli.Main()
	}
	os.Exit(m.Run())
}

// runs is the command line with those arguments: its output, and whether it succeeded.
func runs(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asReverie+"=1")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// TestOwnRows: what a program adds to the tables is chosen by flags, trains, is saved, loads, goes
// on and samples, and is listed, helped with and refused as what comes with reverie.
func TestOwnRows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	train := func(args ...string) []string {
		return append(append([]string{"train"}, args...), "--channels", "8,8", "--batch", "16", "--sample-every", "0", "--lr-schedule", "constant")
	}
	for _, c := range []struct {
		args []string
		ok   bool
		want []string
	}{
		{[]string{"list"}, true, []string{"alpha = cos, sigma = sin", "-v", "a power of SNR", "more of the late ones"}},
		{[]string{"train", "--help-all"}, true, []string{"--angle float", "noise (turn)", "--power float"}},
		{train("points:moons", "--process", "turn", "--angle", "2"), false, []string{"--angle 2 is outside 0 to 1.57 (0 excluded)"}},
		{train("points:moons", "--process", "vp", "--angle", "1"), false, []string{"--angle belongs to --process turn, not to vp; leave it out"}},
		{train("points:moons", "--process", "turn", "--loss", "l1"), false, []string{"--loss l1 does not go with process turn"}},
		{train("points:moons", "--process", "turn", "--angle", "1.25", "--weighting", "tempered", "--power", "0.7", "--times", "late", "--steps", "3", "--run", dir), true, []string{"turn, predicts anti-v"}},
		{[]string{"info", dir}, true, []string{"turn", "anti-v"}},
		{[]string{"train", "--resume", dir, "--steps", "5"}, true, nil},
		{[]string{"train", "--resume", dir, "--steps", "6", "--angle", "1"}, false, []string{"--angle 1 (the run has 1.25)"}},
		{[]string{"sample", dir, "-n", "2", "--csv", "s.csv", "--out", "s.png"}, true, nil},
		{[]string{"sample", dir, "-n", "2", "--process", "vp", "--csv", "s.csv", "--out", "s.png"}, true, nil},
	} {
		out, ok := runs(t, c.args...)
		if ok != c.ok {
			t.Errorf("reverie %v: %s", c.args, out)
		}
		for _, want := range c.want {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("reverie %v lacks %q: %s", c.args, want, out)
			}
		}
	}
	for name, want := range map[string][]string{
		"config.json": {`"process": "turn"`, `"angle": 1.25`, `"weighting": "tempered"`, `"power": 0.7`, `"times": "late"`},
		"checkpoints/step-000005/scheduler/scheduler_config.json": {`"process": "turn"`, `"angle": 1.25`, `"prediction_type": "anti-v"`},
	} {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(b), w) {
				t.Errorf("%s lacks %s:\n%s", name, w, b)
			}
		}
	}
}
