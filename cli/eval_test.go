package cli

import (
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/eval"
)

// smallONNX is a network in an ONNX file, for features without a training.
const smallONNX = "../eval/onnx/testdata/small.onnx"

// A report as --json prints it.
type report struct {
	Model string
	eval.Report
}

func reportOf(t *testing.T, args ...string) (r report) {
	t.Helper()
	if err := json.Unmarshal([]byte(ok(t, args...).out), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// row finds a row by its name.
func (r report) row(t *testing.T, name string) eval.Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %q in %+v", name, r.Rows)
	return eval.Row{}
}

// evalRun is a run on 24 images of 8x8 in two classes, some held out, with its data.
func evalRun(t *testing.T) (run, imgs string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	imgs, run = filepath.Join(t.TempDir(), "imgs"), filepath.Join(t.TempDir(), "run")
	writeImages(t, imgs, 24, 8)
	ok(t, with([]string{"train", imgs}, "--steps", "4", "--val", "0.4", "--run", run)...)
	return run, imgs
}

// A run is judged beside its held-out and training images; the file of the first draw gives the
// same numbers as the draw; the table, the picture and the notes are there.
func TestEval(t *testing.T) {
	run, imgs := evalRun(t)
	onnx, err := filepath.Abs(smallONNX)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	flags := []string{"-n", "12", "--solver", "ddim", "--steps", "2", "--features", onnx}
	one := reportOf(t, append([]string{"eval", run, "--json", "--draws", "1", "--npz", "draw.npz"}, flags...)...)
	if one.Samples != 12 || one.Draws != 1 || one.HeldOut+one.Training != 24 || one.HeldOut < 4 || !strings.Contains(one.Features, "small.onnx, 5 features, sha256 ") {
		t.Errorf("%+v", one)
	}
	for _, name := range []string{"swd 8x8", "mmd^2 x1000", "precision", "recall", "fid"} {
		if row := one.row(t, name); row.HeldOut == nil || row.Training == nil || row.Real == nil {
			t.Errorf("%s: %+v", name, row)
		}
	}
	if row := one.row(t, "nearer than held-out"); row.HeldOut != nil || row.Training == nil || row.Training.Value < 0 || row.Training.Value > 1 {
		t.Errorf("nearest: %+v", row)
	}
	f, err := os.Open("nearest.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() <= img.Bounds().Dy() {
		t.Errorf("nearest.png: %v", err)
	}
	again := reportOf(t, "eval", "draw.npz", imgs, "--json", "--val", "0.4", "--metrics", "swd,mmd,fid", "--features", onnx)
	for _, name := range []string{"swd 8x8", "mmd^2 x1000", "fid"} {
		a, b := one.row(t, name), again.row(t, name)
		if d := math.Abs(a.HeldOut.Value - b.HeldOut.Value); !(d <= 1e-6*math.Abs(a.HeldOut.Value)) {
			t.Errorf("%s: %v of the run, %v of its file", name, a.HeldOut, b.HeldOut)
		}
	}
	r := ok(t, append([]string{"eval", run, "--draws", "2", "--metrics", "swd,kid", "--no-cache"}, flags...)...)
	for _, text := range []string{"2 draws of 12 samples", "to held-out", "compared  ", "12 to ", "↓ swd 8x8", "↓ kid x1000", "±", "note: kid to held-out is of subsets of ", "deviation over 2 draws"} {
		if !strings.Contains(r.out, text) {
			t.Errorf("the table lacks %q:\n%s", text, r.out)
		}
	}
	if moved := filepath.Join(t.TempDir(), "moved"); os.Rename(imgs, moved) == nil {
		there := reportOf(t, append([]string{"eval", run, moved, "--json", "--draws", "1", "--metrics", "mmd,fid"}, flags...)...)
		if there.HeldOut != one.HeldOut || there.Training != one.Training {
			t.Errorf("moved data: %+v", there)
		}
	}
}

// The bounds and the likelihood of held-out and training images, in one row each.
func TestEvalModel(t *testing.T) {
	run, _ := evalRun(t)
	terms := filepath.Join(t.TempDir(), "terms.csv")
	r := reportOf(t, "eval", run, "--json", "--metrics", "elbo,vlb,likelihood", "--images", "4", "--times", "4", "--terms", terms)
	for _, name := range []string{"elbo, bits/dim", "elbo by consistency, bits/dim", "vlb, bits/dim", "-log p, bits/dim"} {
		row := r.row(t, name)
		if row.HeldOut == nil || row.Training == nil || row.Real != nil || !(row.HeldOut.Value > 0) || !(row.HeldOut.Error > 0) {
			t.Errorf("%s: %+v", name, row)
		}
	}
	if r.Draws != 0 || r.Samples != 0 {
		t.Errorf("samples were drawn: %+v", r)
	}
	if text := string(readBytes(t, terms)); len(strings.Split(text, "\n")) < 4 {
		t.Errorf("terms: %s", text)
	}
}

// Points are judged in the units of their source.
func TestEvalPoints(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	var csv strings.Builder
	for i := range 60 {
		s, c := math.Sincos(float64(i))
		csv.WriteString(strings.Join([]string{jsonText(100 + 10*s), jsonText(30 * c)}, ",") + "\n")
	}
	writeBytes(t, filepath.Join(dir, "circle.csv"), []byte(csv.String()))
	run := filepath.Join(dir, "run")
	ok(t, "train", filepath.Join(dir, "circle.csv"), "--channels", "8,8", "--batch", "8", "--steps", "4", "--sample-every", "0", "--timesteps", "10", "--val", "0.3", "--run", run)
	npz := filepath.Join(dir, "draw.npz")
	r := reportOf(t, "eval", run, "--json", "--draws", "1", "-n", "40", "--npz", npz, "--metrics", "w2,swd,nearest,fid")
	w := r.row(t, "w2^2")
	// A network of four steps draws nearly N(0, I) in units of deviation 7 and 21: as far as these
	// say, and real points much nearer.
	if !(w.HeldOut.Value > 20) || !(w.HeldOut.Value < 2000) || !(w.Real.Value < w.HeldOut.Value) {
		t.Errorf("w2^2: %+v, real %+v", w.HeldOut, w.Real)
	}
	file := reportOf(t, "eval", npz, filepath.Join(dir, "circle.csv"), "--json", "--metrics", "swd")
	if s := file.row(t, "swd"); s.HeldOut == nil || s.Training != nil || !(s.HeldOut.Value > 1) {
		t.Errorf("swd of the file: %+v", s)
	}
	refused(t, exitFailure, []string{"holds points; name the set"}, "eval", npz)
	refused(t, exitFailure, []string{"draw.npz holds points (array arr_0, 40 of them), and " + dir + " are images: give data of the same kind"}, "eval", npz, dir)

	// Images that were saved as floats are fields, of which the type that is there and the one that
	// images have are both named.
	floats := filepath.Join(dir, "floats.npz")
	if err := checkpoint.WriteNPZ(nil, floats, checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromF32s(make([]float32, 2*8*8*3), 2, 8, 8, 3)}); err != nil {
		t.Fatal(err)
	}
	refused(t, exitFailure, []string{"images are uint8 [N,H,W,C], and this is float32: save"}, "eval", floats, dir)
}

func jsonText(v float64) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// The best checkpoint is kept beside the newest, sampled and judged where asked.
func TestBest(t *testing.T) {
	imgs, run := images(t), filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", imgs}, "--steps", "6", "--save-every", "2", "--keep", "1", "--val", "0.4", "--best", "val", "--run", run)...)
	var b struct{ Step int }
	if err := json.Unmarshal(readBytes(t, filepath.Join(run, "best.json")), &b); err != nil {
		t.Fatal(err)
	}
	best := fmt.Sprintf("checkpoints/step-%06d", b.Step)
	for _, c := range []struct{ flag, want string }{{"--best", best}, {"--best=false", "checkpoints/step-000006"}} {
		out := filepath.Join(t.TempDir(), "a.png")
		if r := ok(t, "sample", run, "-n", "1", c.flag, "--out", out); !strings.Contains(r.err, c.want) {
			t.Errorf("sample %s: %s", c.flag, r.err)
		}
		if r := reportOf(t, "eval", run, "-n", "8", "--draws", "1", "--json", "--metrics", "mmd", c.flag); !strings.HasSuffix(r.Model, c.want) {
			t.Errorf("eval %s: %s", c.flag, r.Model)
		}
	}
	refused(t, exitFailure, []string{"train with --best"}, "sample", trained(t), "--best", "--out", filepath.Join(t.TempDir(), "a.png"))
	refused(t, exitUsage, []string{`--best "fid" is unknown; choose one of val, swd, mmd, w2`}, "train", imgs, "--best", "fid")
	refused(t, exitUsage, []string{"--best w2 is for points, and these are images"}, "train", imgs, "--best", "w2", "--val", "0.4")
	refused(t, exitUsage, []string{"--best swd takes images of at least 7x7"}, "train", imgs, "--best", "swd", "--val", "0.4", "--resolution", "4", "--channels", "4,8")
	refused(t, exitUsage, []string{"--best val compares with held-out images"}, "train", imgs, "--best", "val", "--val", "0")
}

// What cannot be measured says why: on the command line alone, of the files, and of too few images.
func TestEvalRefused(t *testing.T) {
	run, _ := evalRun(t)
	onnx, err := filepath.Abs(smallONNX)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		line string
		text string
	}{
		{"eval", "a run or an npz file"},
		{"eval nowhere --metrics swd,is", `--metrics "is" is unknown; choose one of swd, w2, mmd`},
		{"eval nowhere --draws 0", "--draws 0"},
		{"eval nowhere --val 0.5", "--val belongs to SAMPLES.npz"},
		{"eval a.npz --metrics elbo", "judges a model"},
		{"eval nowhere --solver rk4", `--solver "rk4" is unknown`},
		{"eval nowhere --npz x.png --nearest x.png", "both name"},
		{"eval nowhere --metrics elbo --terms x.txt", "--terms x.txt"},
		{"eval nowhere --nearest x.svg", "end the name with .png"},
		{"eval nowhere --metrics likelihood --probes -1", "--probes -1"},
		{"eval nowhere --metrics likelihood --probes 5000", "--probes 5000"},
		{"eval nowhere --metrics likelihood --exact --probes 2", "give one of them"},
		{"eval nowhere --metrics vlb --times -3", "--times -3"},
		{"eval nowhere --metrics vlb --times 1", "give an even number"},
		{"eval nowhere --metrics elbo --process vp", "--process does not go with --metrics elbo"},
	} {
		refused(t, exitUsage, []string{c.text}, strings.Fields(c.line)...)
	}
	refused(t, exitFailure, []string{"no such run"}, "eval", "nowhere")
	refused(t, exitFailure, []string{"none.npz"}, "eval", "none.npz")
	refused(t, exitFailure, []string{"--features none.onnx: no such file"}, "eval", run, "-n", "4", "--draws", "1", "--metrics", "kid", "--features", "none.onnx")
	refused(t, exitFailure, []string{"kid", "needed are at least 10"}, "eval", run, "-n", "4", "--draws", "1", "--steps", "1", "--solver", "ddim", "--metrics", "kid", "--features", onnx)
	refused(t, exitFailure, []string{"--metrics w2 is for points"}, "eval", run, "--metrics", "w2")
}

// A flag that nothing would use is refused before any file is opened: of metrics that are not asked
// for, and of a model where there are only samples.
func TestEvalUnused(t *testing.T) {
	for line, metrics := range map[string]string{
		"--terms a.csv": "swd", "--times 4": "swd,likelihood", "--images 2": "mmd", "--exact": "vlb", "--tolerance 1e-4": "vlb", "--probes 2": "elbo",
		"--features a.onnx": "swd,nearest", "--nearest a.png": "swd,fid", "-n 3": "elbo,likelihood", "--npz a.npz": "vlb", "--from a": "vlb",
		"--draws 2": "likelihood", "--solver ddim": "elbo", "--steps 2": "vlb", "--variance beta": "likelihood,vlb", "--clamp x0": "likelihood",
	} {
		refused(t, exitUsage, []string{"none of these is asked for"}, append([]string{"eval", "nowhere", "--metrics", metrics}, strings.Fields(line)...)...)
	}
	for _, line := range []string{
		"--best", "--raw", "--steps 3", "--exact", "--images 3", "--probes 2", "--times 2", "--terms a.csv", "--from a", "-n 3", "--draws 2", "--batch 3",
		"--solver ddim", "--eta 0", "--process vp", "--clamp x0",
	} {
		refused(t, exitUsage, []string{"belongs to a run"}, append([]string{"eval", "none.npz"}, strings.Fields(line)...)...)
	}
	refused(t, exitUsage, []string{"say by --val"}, "eval", "none.npz", "--nearest", "a.png")
	for _, line := range []string{
		"--metrics elbo --terms a.csv --times 4 --images 2 --draws 2 --variance beta --clamp x0", "--metrics vlb,swd --process vp --solver ddim -n 3 --terms a.svg",
		"--metrics likelihood --process vp --exact --images 3", "--features a.onnx --nearest a.png --npz a.npz --draws 2 -n 4", "--nearest= --metrics nearest",
	} {
		refused(t, exitFailure, []string{"no such run"}, append([]string{"eval", "nowhere"}, strings.Fields(line)...)...)
	}
}

// Memorisation is judged by the run's own held-out images whatever the samples are compared with,
// and not at all once the data have changed.
func TestEvalForeign(t *testing.T) {
	run, imgs := evalRun(t)
	t.Chdir(t.TempDir())
	flags := []string{"--json", "--draws", "1", "-n", "12", "--solver", "ddim", "--steps", "2", "--metrics", "nearest,mmd"}
	rows := func(r report) (v []float64) {
		for _, name := range []string{"nearer than held-out", "nearer than any held-out", "distance to nearest", "that of held-out"} {
			v = append(v, r.row(t, name).Training.Value)
		}
		return v
	}
	own := reportOf(t, append([]string{"eval", run}, flags...)...)
	other := filepath.Join(t.TempDir(), "other")
	writeImages(t, other, 9, 16) // other images, brought to 8x8
	foreign := reportOf(t, append([]string{"eval", run, other}, flags...)...)
	if !slices.Equal(rows(own), rows(foreign)) || foreign.HeldOut != 9 || foreign.Training != own.Training {
		t.Errorf("beside foreign images %v, %+v; beside its own %v", rows(foreign), foreign, rows(own))
	}
	// All classes of the run named are the same data.
	if same := reportOf(t, append([]string{"eval", run, "--data-class", "a,b"}, flags...)...); !slices.Equal(rows(same), rows(own)) || len(same.Notes) != 0 {
		t.Errorf("of both classes: %v, %q", rows(same), same.Notes)
	}
	for _, name := range []string{"00.png", "02.png", "04.png", "06.png"} { // not all of which the split holds out
		if err := os.Rename(filepath.Join(other, "a", name), filepath.Join(imgs, "a", "z"+name)); err != nil {
			t.Fatal(err)
		}
	}
	flags[len(flags)-1] = "mmd"
	args := append([]string{"eval", run}, flags...)
	r := ok(t, args...)
	if changed := reportOf(t, args...); !strings.Contains(r.err, "have changed since") || len(changed.Notes) != 1 || !strings.Contains(changed.Notes[0], "have changed since") {
		t.Errorf("changed data: %q, %+v", r.err, changed)
	}
	os.Remove("nearest.png")
	flags[len(flags)-1] = "mmd,nearest"
	refused(t, exitFailure, []string{"have changed since", "no images are known to be held out"}, append([]string{"eval", run}, flags...)...)
	if _, err := os.Stat("nearest.png"); err == nil {
		t.Error("a picture of what was not trained on was written")
	}
	// The foreign set beside changed data: nothing is known of the training.
	flags[len(flags)-1] = "mmd"
	if r := reportOf(t, append([]string{"eval", run, other}, flags...)...); r.Training != 0 || r.HeldOut != 5 || len(r.Notes) != 1 {
		t.Errorf("foreign beside changed data: %+v", r)
	}
}

// Classes that a run did not learn are no training images of it.
func TestEvalOtherClass(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	imgs, run := filepath.Join(t.TempDir(), "imgs"), filepath.Join(t.TempDir(), "run")
	writeImages(t, imgs, 24, 8)
	ok(t, with([]string{"train", imgs}, "--steps", "2", "--val", "0.4", "--data-class", "a", "--run", run)...)
	flags := []string{"--json", "--draws", "1", "-n", "4", "--solver", "ddim", "--steps", "2", "--metrics", "mmd"}
	own := reportOf(t, append([]string{"eval", run}, flags...)...)
	other := reportOf(t, append([]string{"eval", run, "--data-class", "b"}, flags...)...)
	if own.HeldOut+own.Training != 12 || other.HeldOut != 12 || other.Training != own.Training {
		t.Errorf("own class %d and %d, other class %d and %d", own.HeldOut, own.Training, other.HeldOut, other.Training)
	}
}
