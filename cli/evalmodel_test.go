package cli

import (
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/eval"
)

// pointsRun is a run of a few steps on 60 points of an ellipse, whose numbers are multiplied by c.
func pointsRun(t *testing.T, c float64, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	for i := range 60 {
		s, cos := math.Sincos(float64(i))
		csv.WriteString(strconv.FormatFloat(c*(5+s), 'g', -1, 64) + "," + strconv.FormatFloat(c*3*cos, 'g', -1, 64) + "\n")
	}
	path, run := filepath.Join(dir, "points.csv"), filepath.Join(dir, "run")
	writeBytes(t, path, []byte(csv.String()))
	args := []string{"train", path, "--channels", "8,8", "--batch", "8", "--steps", "4", "--sample-every", "0", "--seed", "1", "--run", run}
	if !slices.Contains(flags, "--process") {
		args = append(args, "--timesteps", "10")
	}
	ok(t, append(args, flags...)...)
	return run
}

// Points c times as far apart are less dense by c in each dimension: the bounds and the likelihood
// rise by log c nats a dimension.
func TestEvalUnits(t *testing.T) {
	long(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	const c = 8 // a power of 2: the network learns the same numbers
	var got [2]report
	for i, scale := range []float64{1, c} {
		got[i] = reportOf(t, "eval", pointsRun(t, scale, "--val", "0"), "--json", "--metrics", "elbo,vlb,likelihood", "--times", "8")
	}
	for name, want := range map[string]float64{
		"elbo, nats": 2 * math.Log(c), "vlb, nats": 2 * math.Log(c), "-log p, nats": 2 * math.Log(c),
		"elbo, bits/dim": math.Log2(c), "vlb, bits/dim": math.Log2(c), "-log p, bits/dim": math.Log2(c), "elbo by consistency, bits/dim": math.Log2(c),
	} {
		a, b := got[0].row(t, name).Training.Value, got[1].row(t, name).Training.Value
		if !(math.Abs(b-a-want) <= 1e-3) {
			t.Errorf("%s: %v, and %v of points %d times as far apart: expected %v more", name, a, b, c, want)
		}
	}
}

// What --terms writes of points sums up to the bound that is printed: both are in the units of the
// data.
func TestTermsAreThePrintedBound(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "terms.csv")
	r := reportOf(t, "eval", pointsRun(t, 8, "--val", "0"), "--json", "--metrics", "elbo", "--terms", path)
	want := r.row(t, "elbo, bits/dim").Training.Value
	for _, line := range strings.Split(string(readBytes(t, path)), "\n") {
		f := strings.Split(line, ",")
		if len(f) < 5 || f[0] != "matching" || f[1] != "total" {
			continue
		}
		if got, err := strconv.ParseFloat(f[4], 64); err != nil || !(math.Abs(got-want) <= 1e-5*math.Abs(want)) {
			t.Errorf("the terms' total is %v, printed is %v", f[4], want)
		}
		return
	}
	t.Errorf("no total among the terms:\n%.300s", readBytes(t, path))
}

// Sets that differ by less than float32 tells apart at their place are told apart, whether they
// come in a file of samples or of data.
func TestEvalFarFromOrigin(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	var table strings.Builder
	var x []float64
	for i := range 40 {
		s, c := math.Sincos(float64(i))
		x = append(x, 1e8+s, c)
		table.WriteString(strconv.FormatFloat(1e8+s+0.5, 'g', -1, 64) + "," + strconv.FormatFloat(c, 'g', -1, 64) + "\n")
	}
	samples, path := filepath.Join(dir, "a.npz"), filepath.Join(dir, "b.csv")
	writeBytes(t, path, []byte(table.String()))
	if err := eval.WriteNPZ(samples, eval.OfPoints(eval.Rows{N: 40, D: 2, X: x})); err != nil {
		t.Fatal(err)
	}
	// A set and itself moved by half: W2^2 = 1/4 exactly but for what numbers of 1e8 are rounded
	// by, 1.5e-8.
	r := reportOf(t, "eval", samples, path, "--metrics", "w2", "--json")
	if w := r.row(t, "w2^2").HeldOut.Value; !(math.Abs(w-0.25) <= 1e-6) {
		t.Errorf("W2^2 %v, want 1/4", w)
	}
}

// Below 9 dimensions the divergence is exact unless probes are asked for; of one point their noise
// is what is known.
func TestEvalExact(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	run := pointsRun(t, 1, "--val", "0")
	measure := func(flags ...string) (report, eval.Cell) {
		r := reportOf(t, append([]string{"eval", run, "--json", "--metrics", "likelihood"}, flags...)...)
		return r, *r.row(t, "-log p, nats").Training
	}
	byDefault, a := measure()
	exact, b := measure("--exact")
	_, c := measure("--probes", "1")
	if a != b || a == c {
		t.Errorf("by default %v, exact %v, by one probe %v", a, b, c)
	}
	if len(byDefault.Notes) != 1 || !strings.Contains(byDefault.Notes[0], "the divergence is exact") || len(exact.Notes) != 0 {
		t.Errorf("notes %q by default, %q asked for", byDefault.Notes, exact.Notes)
	}
	one, d := measure("--probes", "8", "--images", "1")
	if !(d.Error > 0) || len(one.Notes) != 1 || !strings.Contains(one.Notes[0], "the estimator's own noise") {
		t.Errorf("of one point by 8 probes: %+v, notes %q", d, one.Notes)
	}
	r := reportOf(t, "eval", run, "--json", "--metrics", "elbo", "--images", "1", "--draws", "4")
	if row := r.row(t, "elbo, nats").Training; !(row.Error > 0) || len(r.Notes) != 1 {
		t.Errorf("elbo of one point in 4 draws: %+v, %q", row, r.Notes)
	}
	if r := reportOf(t, "eval", run, "--json", "--metrics", "elbo", "--images", "1"); r.row(t, "elbo, nats").Training.Error != 0 {
		t.Errorf("elbo of one point in one draw: %+v", r)
	}
}

// The integral's own error is printed, is within ±, and falls with --tolerance.
func TestEvalTolerance(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	run := pointsRun(t, 1, "--val", "0")
	measure := func(tolerance string) (numerical float64, p eval.Cell) {
		r := reportOf(t, "eval", run, "--json", "--metrics", "likelihood", "--images", "1", "--tolerance", tolerance)
		return r.row(t, "-log p: numerical error, bits/dim").Training.Value, *r.row(t, "-log p, bits/dim").Training
	}
	coarse, a := measure("0.01")
	fine, b := measure("1e-6")
	if !(fine < coarse/10) || !(coarse > 0) {
		t.Errorf("numerical errors %v at 0.01, %v at 1e-6", coarse, fine)
	}
	if d := math.Abs(a.Value - b.Value); !(d <= 4*coarse) || !(a.Error >= coarse*(1-1e-9)) {
		t.Errorf("%+v at 0.01, %+v at 1e-6, the stated error is %v", a, b, coarse)
	}
}

// The bound is of the variance that is asked for, else of the one that was learned.
func TestEvalVariance(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	elbo := func(run string, flags ...string) eval.Cell {
		return *reportOf(t, append([]string{"eval", run, "--json", "--metrics", "elbo", "--images", "20"}, flags...)...).row(t, "elbo, nats").Training
	}
	learned := pointsRun(t, 1, "--val", "0", "--variance", "learned")
	a, b, c, d := elbo(learned), elbo(learned, "--variance", "posterior"), elbo(learned, "--variance", "beta"), elbo(learned, "--variance", "learned")
	if a == b || a == c || b == c || a != d {
		t.Errorf("learned %v, posterior %v, beta %v, learned asked for %v", a, b, c, d)
	}
	fixed := pointsRun(t, 1, "--val", "0")
	if a, b, c := elbo(fixed), elbo(fixed, "--variance", "posterior"), elbo(fixed, "--variance", "beta"); a != b || b == c {
		t.Errorf("by default %v, posterior %v, beta %v", a, b, c)
	}
	refused(t, exitFailure, []string{"no learned variance"}, "eval", fixed, "--metrics", "elbo", "--variance", "learned")
}

// The bound hardly depends on the process between the same ratios of signal and noise (Kingma et
// al. 2021, arXiv:2107.00630, sect. 5.1): what differs is how near to none of either it comes.
func TestEvalProcess(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	run := pointsRun(t, 1, "--val", "0", "--process", "vp")
	measure := func(flags ...string) (vlb, likelihood float64) {
		r := reportOf(t, append([]string{"eval", run, "--json", "--metrics", "vlb,likelihood", "--times", "512", "--images", "16"}, flags...)...)
		return r.row(t, "vlb, nats").Training.Value, r.row(t, "-log p, nats").Training.Value
	}
	vlb, likelihood := measure()
	v, l := measure("--process", "edm")
	if v == vlb || l == likelihood || !(math.Abs(v-vlb) < 0.1) {
		t.Errorf("of edm: vlb %v, likelihood %v; own %v and %v", v, l, vlb, likelihood)
	}
}
