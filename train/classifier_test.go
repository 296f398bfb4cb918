package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/random"
)

// learned trains a classifier of the noised samples of a law in the plane, whose Gaussians are its
// classes, on fresh draws.
func learned(t *testing.T, law *mixture.Mixture, steps int) *model.Classifier {
	t.Helper()
	k := kind.OfPoints(2)
	for i := range law.Classes() {
		k.Classes = append(k.Classes, kind.Class{Name: fmt.Sprint(i)})
	}
	n, err := (&classifier.Architecture{Channels: []int{64, 64}, Features: 64, Noised: true}).Layout(k, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, p := testEngine(t), reverie.VP{}
	how, err := learn.Classify{}.Method(learn.Setup{Engine: e, Net: n, Kind: k, Objective: reverie.Objective{Process: p}})
	if err != nil {
		t.Fatal(err)
	}
	l := learn.New(e, n, how, learn.Options{Optimiser: learn.Adam{Decay: 0.01}, ClipNorm: 1, EMA: 0.99, Seed: 1})
	t.Cleanup(l.Close)
	if err := l.Draw(); err != nil {
		t.Fatal(err)
	}
	const batch = 512
	for i := range steps {
		x, class := law.Draw(random.Stream{Seed: 2, Domain: 200, Sample: uint64(i * batch)}, batch)
		b := &data.Batch{Kind: k, N: batch, Class: class}
		for _, row := range x {
			b.X = append(b.X, float32(row[0]), float32(row[1]))
		}
		if _, err := l.Step(b, 4e-3*(1+math.Cos(math.Pi*float64(i)/float64(steps)))/2); err != nil {
			t.Fatal(err)
		}
	}
	return model.NewClassifier(e, n.(classifier.Network), p, l.State.Sampling(false))
}

// TestClassesAskedFor: data without classes are refused with what gives them some, by their kind.
func TestClassesAskedFor(t *testing.T) {
	for _, c := range []struct {
		k           kind.Kind
		with, never string
	}{
		{kind.OfImages(4, 4, 3), "a folder of its own, or say by --labels and --label-column where their labels are", "arr_1"},
		{kind.OfPoints(2), "a table that holds their labels by --label-column, write their numbers into an npz file as arr_1, or take a set that has classes, such as points:moons", "folder"},
		{kind.OfFields(4, 4, 1), "classes are of images or of points", "--label"},
	} {
		err := checkClasses("--class-cond", "leave it out", c.k)
		if err == nil || !strings.Contains(err.Error(), "--class-cond: the "+c.k.Noun(2)+" have no classes; ") || !strings.Contains(err.Error(), c.with+", or leave it out") || strings.Contains(err.Error(), c.never) {
			t.Errorf("%v: %v", c.k, err)
		}
	}
}

// TestClassifierLearnsPosterior: what a classifier of noised samples learns in 500 steps is the
// posterior of the classes, of two Gaussians and of eight. At each noise level its accuracy is that
// of the posterior itself, which no classifier exceeds, but for 2%, the statistical error of a
// difference of 2,048 samples' being under 1% where the two agree on nine of ten; and its gradient
// is the exact one but for a share of its square that training leaves: measured is 0.06
// at most, asserted 0.15.
func TestClassifierLearnsPosterior(t *testing.T) {
	spread := mixture.EightGaussians()
	means := make([][]float64, 8)
	for k := range means { // in units of their deviation, as data are
		means[k] = spread.MeanOf(k)
		for j := range means[k] {
			means[k][j] /= 3.6
		}
	}
	for _, c := range []struct {
		means    [][]float64
		variance float64
	}{{[][]float64{{-0.9, 0}, {0.9, 0.3}}, 0.09}, {means, 0.0244}} {
		law, err := mixture.New(nil, c.means, []mixture.Cov{{Var: c.variance}})
		if err != nil {
			t.Fatal(err)
		}
		class := make([]int, len(c.means))
		for i := range class {
			class[i] = i
		}
		if law, err = law.WithClasses(class); err != nil {
			t.Fatal(err)
		}
		k := learned(t, law, 500)
		for _, level := range []float64{0.2, 0.7, 2} {
			share, right, best := judged(t, k, law, level)
			t.Logf("%d Gaussians, level %v: gradient off by a share %.3f, right %.3f, the posterior %.3f", len(c.means), level, share, right, best)
			if !(share <= 0.15) || !(math.Abs(right-best) <= 0.02) {
				t.Errorf("%d Gaussians, level %v: gradient off by a share %.3f of its square, right %.3f, the posterior %.3f", len(c.means), level, share, right, best)
			}
		}
	}
}

// judged compares a classifier with the law at a noise level: the share of the exact gradient's
// square that its error has, and of how many samples it and the exact posterior find the class.
func judged(t *testing.T, c *model.Classifier, law *mixture.Mixture, level float64) (share, right, best float64) {
	t.Helper()
	at := reverie.TimeAt(c.Process, -math.Log(level))
	noised := law.At(reverie.At(c.Process, at))
	x, class := noised.Draw(random.Stream{Seed: 9, Domain: 200}, 2048)
	var numbers []float32
	for _, row := range x {
		numbers = append(numbers, float32(row[0]), float32(row[1]))
	}
	in := engine.New(c.Engine, numbers, len(x), 1, 1, 2)
	defer engine.Free(in)
	y, err := c.Gradient(t.Context(), in, at, class)
	if err != nil {
		t.Fatal(err)
	}
	l, err := c.LogProbabilities(t.Context(), in, at)
	if err != nil {
		t.Fatal(err)
	}
	gradient, logs, n := tensors.MustCopyFlatData[float32](y), tensors.MustCopyFlatData[float32](l), law.Classes()
	var gap, square float64
	for i, k := range class {
		for j, want := range noised.ClassScore(k, x[i]) {
			d := float64(gradient[2*i+j]) - want
			gap, square = gap+d*d, square+want*want
		}
		own, exact := logs[i*n:(i+1)*n], noised.ClassPosterior(x[i])
		if slices.Index(own, slices.Max(own)) == k {
			right += 1 / float64(len(x))
		}
		if slices.Index(exact, slices.Max(exact)) == k {
			best += 1 / float64(len(x))
		}
	}
	return gap / square, right, best
}

// telling is a classifier in training on classFolders without those that lie in none.
func telling(dir string, noised bool) config.Run {
	c := tiny(dir)
	c.DataClass = []string{"bird", "fish"}
	put(&c, "arch", "classifier", "channels", "8,16", "features", "8", "noised", fmt.Sprint(noised))
	c.Adapt(func(flag string) bool {
		return flag == "channels" || flag == "process" || flag == "batch" || flag == "data-class"
	})
	return c
}

// TestClassifierRun: a classifier's run is one like every other. Stopped and resumed it is bit for
// bit the same; its files name its classes and its process, from which it is loaded; the log has
// its accuracy at every noise level.
func TestClassifierRun(t *testing.T) {
	dir := classFolders(t)
	c := telling(dir, true)
	c.Steps = 6
	whole := start(t, c)
	run(t, whole)
	first := interrupted(t, c, 2)
	run(t, resume(t, c, first.Dir))
	sameRun(t, first.Dir, whole.Dir)

	e := testEngine(t)
	k, err := model.LoadClassifier(e, whole.Dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if got := k.Kind.ClassNames(); !slices.Equal(got, []string{"bird", "fish"}) || !k.Averaged || k.Kind.H != 8 || !k.Kind.Ranged {
		t.Errorf("%+v", k.Kind)
	}
	if want, _ := c.Process.Process(); fmt.Sprint(k.Process.At(7)) != fmt.Sprint(want.At(7)) || k.Spec.Process.Row().Name != "ddpm" {
		t.Errorf("process %v", k.Spec.Process)
	}
	all := records(t, whole.Dir)
	last := all[len(all)-1]
	samples := 0
	for _, n := range last.Accuracy.Counts {
		samples += n
	}
	if samples != c.Batch || len(last.Accuracy.Levels) != 6 || last.Parts != nil {
		t.Errorf("accuracy %+v, parts %v", last.Accuracy, last.Parts)
	}
	if !slices.ContainsFunc(all, func(r Record) bool { return r.ValAccuracy != nil && r.Val != nil }) {
		t.Error("no accuracy of a validation")
	}
	facts, err := Describe(whole.Dir, false, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(facts)
	for _, want := range []string{"noised by ddpm", "to guide with", "bird ", "accuracy", "sigma/alpha"} {
		if !strings.Contains(text, want) {
			t.Errorf("info lacks %q: %s", want, text)
		}
	}
	if _, err := model.Load(e, whole.Dir, false); !errors.Is(err, model.ErrClassifier) {
		t.Errorf("as a denoiser: %v", err)
	}
	if _, err := model.LoadAutoencoder(e, whole.Dir, false); !errors.Is(err, model.ErrNoAutoencoder) || !strings.Contains(err.Error(), "it is a classifier") {
		t.Errorf("as an autoencoder: %v", err)
	}
}

// TestCleanClassifier: a classifier of clean samples has no process and no scheduler, and is loaded
// as such; a denoiser is refused as a classifier.
func TestCleanClassifier(t *testing.T) {
	dir := classFolders(t)
	c := telling(dir, false)
	c.Steps = 3
	tr := start(t, c)
	run(t, tr)
	k, err := model.LoadClassifier(testEngine(t), tr.Dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if k.Process != nil || k.Averaged || c.Process != nil {
		t.Errorf("process %v of %v", k.Process, c.Process)
	}
	last := records(t, tr.Dir)[2]
	if last.Accuracy == nil || last.Accuracy.Levels != nil || last.Counts != [4]int{} {
		t.Errorf("%+v of %+v", last.Accuracy, last)
	}
	for _, f := range []string{"scheduler", "unet"} {
		if _, err := os.Stat(filepath.Join(tr.Dir, "checkpoints", "step-000003", f)); err == nil {
			t.Errorf("it has a %s", f)
		}
	}
	denoiser := tiny(dir)
	denoiser.Steps = 1
	d := start(t, denoiser)
	run(t, d)
	if _, err := model.LoadClassifier(testEngine(t), d.Dir, false); !errors.Is(err, model.ErrNoClassifier) || !strings.Contains(err.Error(), "architecture simpleunet; train one with --arch classifier") {
		t.Errorf("a denoiser as a classifier: %v", err)
	}
}

// TestClassifierNeedsLabels: data without classes, of one alone, or of which some have none are
// refused with what to do.
func TestClassifierNeedsLabels(t *testing.T) {
	dir := classFolders(t)
	for want, change := range map[string]func(c *config.Run){
		"have no class; put them into the folders of their classes, or say by --data-class": func(c *config.Run) { c.DataClass = nil },
		`all images are of one class, "fish"; give data of two classes at least`:            func(c *config.Run) { c.DataClass = []string{"fish"} },
		"the images have no classes; put those of each class in a folder of its own":        func(c *config.Run) { c.Data, c.DataClass = []string{images(t, 6, 8)}, nil },
	} {
		c := telling(dir, true)
		change(&c)
		set, err := c.Open(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if tr, err := New(t.Context(), testEngine(t), &c, Parts{Data: set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
			if err == nil {
				closed(t, tr)
			}
		}
		set.Close()
	}
}

// TestAccuracy: levels are those of sigma/alpha, and shares those of their own samples.
func TestAccuracy(t *testing.T) {
	c := rightCount{process: reverie.VE{}}
	at := func(level float64) float64 { return reverie.TimeAt(reverie.VE{}, -math.Log(level)) }
	c.add(learn.Outcome{Parts: [][]float32{{1, 0, 1, 1}}, Times: []float64{at(0.05), at(0.05), at(0.2), at(40)}}, 0)
	c.add(learn.Outcome{Parts: [][]float32{{0}}, Times: []float64{at(0.2)}}, 0)
	a := c.accuracy()
	if a.Share != 0.6 || !slices.Equal(a.Levels, []float64{0.5, 0.5, 0, 0, 0, 1}) || !slices.Equal(a.Counts, []int{2, 2, 0, 0, 0, 1}) {
		t.Errorf("%+v", a)
	}
	if want := "60.0%; at noise levels sigma/alpha to 0.1 50.0%, to 0.3 50.0%, above 100.0%"; a.String() != want {
		t.Errorf("%v, want %s", a, want)
	}
	if a := (&rightCount{}).accuracy(); a != nil {
		t.Errorf("%+v of nothing", a)
	}
}
