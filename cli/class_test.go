package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
)

var sharedTold sync.Once

// trainedTold is a run that learned the classes of images, made once: not to be changed.
func trainedTold(t *testing.T) string {
	t.Helper()
	dir, imgs := filepath.Join(scratch, "told"), images(t)
	sharedTold.Do(func() {
		r := ok(t, with([]string{"train", imgs}, "--class-cond", "--steps", "4", "--sample-every", "1", "--sample-n", "4", "--run", dir)...)
		if want := "told one of 2 classes, of a share 0.1 none"; !strings.Contains(r.err, want) {
			t.Errorf("stderr lacks %q:\n%s", want, r.err)
		}
	})
	return dir
}

// names are the classes of a run, as info names them.
func classesOf(t *testing.T, run string) (names []string) {
	t.Helper()
	e, err := checkpoint.Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(e.Path, checkpoint.Only())
	if err != nil {
		t.Fatal(err)
	}
	info := ok(t, "info", run).out
	for _, k := range c.Scheduler.Reverie.Classes {
		names = append(names, k.Name)
		if want := fmt.Sprintf("%s %d", k.Name, k.Samples); !strings.Contains(info, want) {
			t.Errorf("info lacks %q:\n%s", want, info)
		}
	}
	return names
}

// TestSampleClass: of each class that is asked for as many images as -n says, with their names in
// the picture's text and their numbers beside the array; one image alone is as it is among them.
func TestSampleClass(t *testing.T) {
	run := trainedTold(t)
	names := classesOf(t, run)
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		class, said, text string
		labels            []int64
	}{
		{"all", "6 images of 8x8x3, 3 of each of 2 classes, seed", strings.Join(names, ","), []int64{0, 0, 0, 1, 1, 1}},
		{names[1] + ",null", "3 of each of 2 classes", names[1] + ",null", []int64{1, 1, 1, -1, -1, -1}},
		{names[1], "3 images of 8x8x3, class " + names[1], names[1], []int64{1, 1, 1}},
		{"null", "class null", "null", []int64{-1, -1, -1}},
	} {
		r := ok(t, "sample", run, "--class", c.class, "-n", "3", "--out", "a.png", "--npz", "a.npz", "--dir", "each")
		if !strings.Contains(r.err, c.said) {
			t.Errorf("--class %s: stderr lacks %q:\n%s", c.class, c.said, r.err)
		}
		if text := textOf(t, "a.png"); !slices.Contains(text, picture.Text{Key: "class", Value: c.text}) {
			t.Errorf("the picture says %v", text)
		}
		if got := labelsOf(t, "a.npz"); !slices.Equal(got, c.labels) {
			t.Errorf("--class %s: classes %v, want %v", c.class, got, c.labels)
		}
		if got := writtenNames(t, "a.npz"); !slices.Equal(got, names) {
			t.Errorf("--class %s: the classes are called %q, want %q", c.class, got, names)
		}
	}
	last := textOf(t, filepath.Join("each", "000002.png"))
	if !slices.Contains(last, picture.Text{Key: "class", Value: "null"}) {
		t.Errorf("an image of --dir says %v", last)
	}
	ok(t, "sample", run, "-n", "20", "--seed", "3", "--npz", "drawn.npz", "--out", "b.png")
	ok(t, "sample", run, "--first", "15", "--seed", "3", "--npz", "one.npz", "--out", "c.png")
	if all, one := labelsOf(t, "drawn.npz"), labelsOf(t, "one.npz"); len(all) != 20 || len(one) != 1 || one[0] != all[15] || slices.Max(all) == slices.Min(all) {
		t.Errorf("classes drawn %v, number 15 alone %v", all, one)
	}
	if _, err := os.Stat(filepath.Join(run, "samples", "epoch-00001-raw-ema.png")); err != nil {
		t.Error(err)
	}
}

// labelsOf are the classes in an npz file of samples.
func labelsOf(t *testing.T, path string) []int64 {
	t.Helper()
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	a, err := z.Array("arr_1", checkpoint.I64, 1)
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.I64s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// writtenNames are the names of the classes in an npz file of samples.
func writtenNames(t *testing.T, path string) []string {
	t.Helper()
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	names, err := z.Texts("classes")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestClassFlagsRefused: names that there are not, models without classes, and what leaves a flag
// without effect.
func TestClassFlagsRefused(t *testing.T) {
	run, plain := trainedTold(t), trained(t)
	names := classesOf(t, run)
	out := filepath.Join(t.TempDir(), "a.png")
	for _, c := range []struct {
		texts []string
		args  []string
	}{
		{[]string{`no class "cow"`, fmt.Sprintf("expected one of %q %q", names[0], names[1])}, []string{"sample", run, "--class", "cow"}},
		{[]string{"--class " + names[0], "trained without classes"}, []string{"sample", plain, "--class", names[0]}},
		{[]string{"all stands for every class"}, []string{"sample", run, "--class", "all,null"}},
		{[]string{"give the names of classes, all or null"}, []string{"sample", run, "--class", ""}},
		{[]string{"--first: with several classes"}, []string{"sample", run, "--class", "all", "--first", "3"}},
		{[]string{"is more than 1048576 in all"}, []string{"sample", run, "--class", "all", "-n", "1000000"}},
		{[]string{"--class belongs to a diffusion"}, []string{"sample", trainedVAE(t), "--class", "all"}},
		{[]string{"--class-drop drops the classes of --class-cond"}, []string{"train", images(t), "--class-drop", "0.2"}},
		{[]string{"--class-drop 1 is outside 0 to 1 (1 excluded)"}, []string{"train", images(t), "--class-cond", "--class-drop", "1"}},
		{[]string{"--class-cond belongs to a diffusion"}, []string{"train", images(t), "--class-cond", "--arch", "vae"}},
	} {
		if c.args[0] == "sample" {
			c.args = append(c.args, "--out", out)
		}
		refused(t, exitUsage, c.texts, c.args...)
	}
}

// TestEmojiCategories: the emoji inside the program come in nine categories, and the one that is
// left out is said.
func TestEmojiCategories(t *testing.T) {
	r := ok(t, "train", "--class-cond", "--resolution", "8", "--channels", "8,8", "--batch", "4", "--steps", "1", "--sample-every", "0", "--run", filepath.Join(t.TempDir(), "run"))
	for _, want := range []string{"in 9 classes for training", `"Component", which has 5 images`} {
		if !strings.Contains(r.err, want) {
			t.Errorf("stderr lacks %q:\n%s", want, r.err)
		}
	}
}

// TestSampleGuided: the settings of guides choose them, and are said with what is drawn; what a
// model or a solver cannot be guided by is refused.
func TestSampleGuided(t *testing.T) {
	run, plain := trainedTold(t), trained(t)
	names := classesOf(t, run)
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		flags, said, convention string
	}{
		{"--guidance 2", "classifier-free (guidance 2)", "x0hat = null + gamma (class - null)"},
		{"--guidance 0", "classifier-free (guidance 0)", "1 is the plain conditional model"},
		{"--guidance 2 --negative " + names[1] + " --guidance-interval 0.3:2", "classifier-free (negative " + names[1] + ", guidance 2, guidance-interval 0.3:2)", "x0hat = negative + gamma (class - negative); 0 is class " + names[1]},
		{"--guidance 4 --apg", "classifier-free (guidance 4, apg true)", "x0hat = null + gamma (class - null)"},
		{"--cfgpp 0.6 --solver ddim --steps 3", "cfg++ (cfgpp 0.6)", "cfgpp: x0hat = null + lambda (class - null)"},
		{"--guidance 1.5 --guide " + run + "@4", "autoguidance (weak " + run + "@4, guidance 1.5)", "x0hat = weak + gamma (model - weak)"},
	} {
		r := ok(t, append([]string{"sample", run, "--class", names[0], "-n", "1", "--out", "a.png"}, strings.Fields(c.flags)...)...)
		if !strings.Contains(r.err, c.convention) || !strings.Contains(r.err, "guide "+c.said) {
			t.Errorf("%s: stderr lacks %q or %q:\n%s", c.flags, c.said, c.convention, r.err)
		}
		if text := textOf(t, "a.png"); !slices.Contains(text, picture.Text{Key: "guide", Value: c.said}) {
			t.Errorf("%s: the picture says %v", c.flags, text)
		}
	}
	ok(t, "sample", plain, "--guide", plain, "--guidance", "1.5", "-n", "1", "--out", "a.png") // a model without classes
	for _, c := range []struct {
		code  int
		texts []string
		args  []string
	}{
		{exitFailure, []string{"CFG++", "use ddim or ddpm"}, []string{run, "--cfgpp", "0.5", "--solver", "heun"}},
		{exitFailure, []string{`no class "cow"`}, []string{run, "--guidance", "2", "--negative", "cow"}},
		{exitFailure, []string{"guide classifier-free", "the model was trained without classes", "--classifier, with --class"}, []string{plain, "--guidance", "2"}},
		{exitFailure, []string{"trained on other classes"}, []string{plain, "--guidance", "2", "--guide", run}},
		{exitUsage, []string{"LO:HI"}, []string{run, "--guidance", "2", "--guidance-interval", "2"}},
		{exitUsage, []string{"--negative belongs to --guide classifier-free and cfg++"}, []string{run, "--negative", names[0]}},
		{exitFailure, []string{run + "@51: there is no checkpoint of step 51: " + run + " has"}, []string{run, "--guidance", "2", "--guide", run + "@51"}},
		{exitFailure, []string{"there is no checkpoint of step 51"}, []string{run, "--class", names[0], "--classifier", run + "@51"}},
		{exitUsage, []string{`--guide "` + run + `x@51" is unknown`}, []string{run, "--guidance", "2", "--guide", run + "x@51"}},
		{exitUsage, []string{"guide autoguidance guides nothing", "give --guidance"}, []string{run, "--guide", run}},
		{exitUsage, []string{"--apg has no effect at --guidance 1"}, []string{run, "--guidance", "1", "--apg"}},
		{exitUsage, []string{"settings of --apg"}, []string{run, "--guidance", "2", "--apg-eta", "0.5"}},
		{exitUsage, []string{"guide classifier-free guides to a class", "by --class"}, []string{run, "--guidance", "3", "--class", "null"}},
		{exitUsage, []string{"both guide away"}, []string{run, "--guidance", "2", "--cfgpp", "0.5"}},
	} {
		refused(t, c.code, c.texts, append([]string{"sample", "-n", "1", "--out", "a.png"}, c.args...)...)
	}
}

// TestNoNull: a run that learned no null class says what to ask of it in place of none.
func TestNoNull(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", images(t)}, "--class-cond", "--class-drop", "0", "--steps", "2", "--sample-every", "0", "--run", run)...)
	names := classesOf(t, run)
	t.Chdir(t.TempDir())
	writeHalf(t, "a.png", 8)
	ok(t, "edit", run, "a.png", "--class", names[0], "--steps", "2")
	ok(t, "edit", run, "a.png", "--to", "a.png", "--class", names[0], "--steps", "2")
	for _, c := range []struct {
		text string
		args []string
	}{
		{"learned no null class, for it was trained without dropping any; ask for a class by --class", []string{"sample", run, "--class", "null"}},
		{"; ask for a class by --class", []string{"edit", run, "a.png"}},
		{"; ask for a class by --class", []string{"edit", run, "a.png", "--mask", "a.png"}},
		{"--strength or --to, with --class", []string{"edit", run, "a.png", "--invert"}},
		{"--strength or --to, with --class", []string{"edit", run, "a.png", "--invert", "--class", names[0]}},
		{"give --negative CLASS in place of none", []string{"sample", run, "--class", names[0], "--guidance", "2"}},
	} {
		r := cli(append(c.args, "--out", "b.png")...)
		if r.code != exitFailure || !strings.Contains(r.err, c.text) || strings.Contains(r.err, "seed 0") { // which is in the header
			t.Errorf("%v: exit code %d, and the message lacks %q, or comes late:\n%s", c.args, r.code, c.text, r.err)
		}
	}
}

// TestDiffusersRunsClasses has diffusers run a network that was trained on classes here. It runs
// where REVERIE_PYTHON names an interpreter with torch and diffusers.
func TestDiffusersRunsClasses(t *testing.T) {
	python := os.Getenv("REVERIE_PYTHON")
	if python == "" {
		t.Skip("REVERIE_PYTHON is not set")
	}
	dir := t.TempDir()
	run, in, out := filepath.Join(dir, "run"), filepath.Join(dir, "in.npz"), filepath.Join(dir, "out.npz")
	ok(t, with([]string{"train", images(t)}, "--arch", "unet", "--class-cond", "--steps", "4", "--run", run)...)
	e, err := checkpoint.Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	script := func(args ...string) {
		t.Helper()
		said, err := exec.Command(python, append([]string{filepath.Join("testdata", "classes.py"), e.Path, in, out}, args...)...).CombinedOutput()
		if err != nil || !strings.HasSuffix(string(said), "ok\n") {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	script()
	ok(t, "predict", "--model", run, "--in", in, "--out", out)
	script("--check")
}
