package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
)

// toldPoints is a run of a few steps that learned the classes of points.
func toldPoints(t *testing.T) string {
	t.Helper()
	run := filepath.Join(t.TempDir(), "run")
	ok(t, "train", "points:moons", "--class-cond", "--channels", "8,8", "--batch", "8", "--steps", "4", "--timesteps", "10", "--sample-every", "0", "--run", run)
	return run
}

// TestSweep: a point of a sweep has the numbers of a call with that flag, of a guide that the flag
// chooses and of the solver's steps; the files are there.
func TestSweep(t *testing.T) {
	run := toldPoints(t)
	t.Chdir(t.TempDir())
	flags := []string{"eval", run, "-n", "40", "--draws", "1", "--json", "--metrics", "accuracy,pr,intra"}
	for _, c := range []struct {
		sweep, flag string
		more        []string
	}{
		{"guidance=1,3", "--guidance=3", []string{"--guidance-interval", "0.1:inf", "--steps", "3"}},
		{"steps=2,4", "--steps=4", []string{"--guidance", "2", "--solver", "ddim"}},
		{"eta=0,1", "--eta=1", []string{"--solver", "ddim", "--steps", "3"}},
	} {
		line := append(slices.Clone(flags), c.more...)
		var s eval.Sweep
		r := ok(t, append(line, "--sweep", c.sweep, "--csv", "a.csv", "--plot", "a.png")...)
		if err := json.Unmarshal([]byte(r.out), &s); err != nil {
			t.Fatal(err)
		}
		guided := strings.Contains(c.sweep+strings.Join(c.more, ""), "guidance")
		if got := strings.Count(r.err, "1 is the plain conditional model"); guided != (got == 1) {
			t.Errorf("%s: the convention is said %d times:\n%s", c.sweep, got, r.err)
		}
		alone := reportOf(t, append(slices.Clone(line), c.flag)...)
		if len(s.Points) != 2 || !reflect.DeepEqual(s.Points[1].Rows, alone.Rows) || reflect.DeepEqual(s.Points[0].Rows, alone.Rows) {
			t.Errorf("%s: %+v\n%s: %+v", c.sweep, s.Points, c.flag, alone.Rows)
		}
		if row := alone.row(t, "accuracy"); row.HeldOut == nil || row.Real == nil || row.Real.Value < 0.9 {
			t.Errorf("accuracy: %+v", row)
		}
		if !slices.Contains(textOf(t, "a.png"), picture.Text{Key: "sweep", Value: c.sweep}) {
			t.Errorf("the picture says %v", textOf(t, "a.png"))
		}
		if text, err := os.ReadFile("a.csv"); err != nil || strings.Count(string(text), "\n") != 4 {
			t.Errorf("a.csv: %s, %v", text, err)
		}
	}
	r := ok(t, "eval", run, "-n", "40", "--draws", "1", "--metrics", "accuracy,cas", "--per-class")
	for _, want := range []string{"↑ accuracy  ", "↑ accuracy: 0", "↑ accuracy: 1", "↑ cas"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the table lacks %q:\n%s", want, r.out)
		}
	}
	refused(t, exitFailure, []string{"--sweep steps=2,2000: at 2000", "the model has 10 time steps"}, "eval", run, "--sweep", "steps=2,2000")
}

// TestSweepRefused: what the command line alone shows to be wrong, and what a model does not have.
func TestSweepRefused(t *testing.T) {
	for line, want := range map[string]string{
		"--sweep guidance":                           "expected NAME=VALUE,.. with a name among eta, ",
		"--sweep seed=1,2":                           "with a name among eta, ",
		"--sweep solver=ddim,heun":                   "with a name among eta, ",
		"--sweep steps=2,2.0":                        "the value 2.0 comes twice",
		"--sweep steps=2,many":                       `"many" is no number`,
		"--sweep steps=0,2":                          "--steps 0 is outside",
		"--sweep guidance=1,2000":                    "--sweep guidance=1,2000: --guidance 2000 is outside",
		"--sweep steps=2,3 --steps 2":                "--steps does not go with --sweep",
		"--sweep steps=2,3 --npz a.npz":              "--npz is of one way to draw",
		"--sweep steps=2,3 --metrics elbo":           "elbo is of the model itself",
		"--sweep steps=1" + strings.Repeat(",1", 50): "51 values, more than the limit of 50",
		"--plot a.png":                               "there is no --sweep",
		"--sweep steps=2,3 --guidance 1 --apg":       "--apg has no effect at --guidance 1",
		"--sweep steps=2,3 --plot a.jpg":             "end the name with .png",
	} {
		refused(t, exitUsage, []string{want}, append([]string{"eval", "nowhere"}, strings.Fields(line)...)...)
	}
	refused(t, exitUsage, []string{"--sweep changes how samples are drawn, and none.npz holds samples"}, "eval", "none.npz", "--sweep", "steps=2,3")
	plain := pointsRun(t, 1)
	refused(t, exitFailure, []string{"--metrics accuracy judges samples by their classes", "--class-cond"}, "eval", plain, "--metrics", "accuracy")
	refused(t, exitFailure, []string{"--per-class judges samples by their classes"}, "eval", plain, "--metrics", "pr", "--per-class")
}
