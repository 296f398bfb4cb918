package baseline

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"gonum.org/v1/gonum/mat"
)

// images are n of d numbers, x = mean + sum_k sqrt(v_k) z_k b_k + noise of deviation sd, with b a
// few cosines of length 1 and v falling by the factor 2.
func images(n, d, directions int, sd float64) [][]float32 {
	all := make([][]float32, n)
	for i := range all {
		z := make([]float64, directions+d)
		random.Stream{Seed: 3, Domain: 128}.Plus(i).Normal(z)
		all[i] = make([]float32, d)
		for j := range all[i] {
			x := 0.3*math.Sin(float64(j)) + sd*z[directions+j]
			for k := range directions {
				x += math.Pow(0.5, float64(k)/2) * z[k] * math.Sqrt(2/float64(d)) * math.Cos(math.Pi*(float64(j)+0.5)*float64(k+1)/float64(d))
			}
			all[i][j] = float32(x)
		}
	}
	return all
}

// covariance is that of images, by its definition.
func covariance(images [][]float32) (mean []float64, cov *mat.Dense) {
	n, d := float64(len(images)), len(images[0])
	mean, cov = make([]float64, d), mat.NewDense(d, d, nil)
	for i := range d {
		for _, x := range images {
			mean[i] += float64(x[i]) / n
		}
	}
	for i := range d {
		for j := range d {
			sum := 0.
			for _, x := range images {
				sum += (float64(x[i]) - mean[i]) * (float64(x[j]) - mean[j]) / n
			}
			cov.Set(i, j, sum)
		}
	}
	return mean, cov
}

// near reports numbers that differ by over tol of 1 and of the wanted ones.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*(1+math.Abs(want[i]))) {
			t.Fatalf("%s: number %d is %.10g, want %.10g", what, i, got[i], want[i])
		}
	}
}

// mapped is the map of x by a baseline that learned from images.
func mapped(t *testing.T, b Baseline, images [][]float32, channels int, x []float32) []float64 {
	t.Helper()
	if err := b.Fit(images, channels); err != nil {
		t.Fatal(err)
	}
	y, err := b.Map(x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// healed is what a baseline has instead of x, after its map was asked for.
func healed(t *testing.T, b Baseline, x []float32) []float64 {
	t.Helper()
	y, err := b.(Healer).Heal(x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// TestSimple: values, medians of an even and an odd number, means, channel by channel.
func TestSimple(t *testing.T) {
	three := [][]float32{{0, 10, 1, 11}, {4, 10, 3, 15}, {2, 40, 8, 10}}
	x := []float32{1, 2, -3, 4}
	near(t, "intensity", mapped(t, new(Intensity), three, 2, x), []float64{1, 2, -3, 4}, 0)
	near(t, "median", mapped(t, new(Median), three, 2, x), []float64{1.5, 8.5, 5.5, 6.5}, 0) // of 0 1 2 3 4 8 and 10 10 10 11 15 40
	near(t, "median of all", mapped(t, new(Median), three[:1], 1, x), []float64{4.5, 3.5, 8.5, 1.5}, 0)
	near(t, "mean", mapped(t, new(Mean), three, 2, x), []float64{1, 18, 7, 8}, 1e-15)
	if _, heals := any(new(Intensity)).(Healer); heals {
		t.Error("intensity has nothing instead")
	}
	median, mean := new(Median), new(Mean)
	mapped(t, median, three, 2, x)
	mapped(t, mean, three, 2, x)
	near(t, "median heals", healed(t, median, x), []float64{2.5, 10.5, 2.5, 10.5}, 0)
	near(t, "mean heals", healed(t, mean, x), []float64{2, 20, 4, 12}, 1e-15)
}

// TestGaussianIsDense: with all directions the maps are those of the covariance's own matrices: the
// noise's share by an inverse, and each number given the others by regression on them.
func TestGaussianIsDense(t *testing.T) {
	const d = 7
	healthy := images(300, d, 3, 0.2) // more than are held at once
	mean, cov := covariance(healthy)
	x := images(301, d, 3, 0.5)[300]
	diff := mat.NewVecDense(d, nil)
	for i := range d {
		diff.SetVec(i, float64(x[i])-mean[i])
	}
	const noise = 0.3 * 0.3
	noisy := mat.DenseCopyOf(cov)
	for i := range d {
		noisy.Set(i, i, noisy.At(i, i)+noise)
	}
	var residual mat.VecDense
	if err := residual.SolveVec(noisy, diff); err != nil {
		t.Fatal(err)
	}
	want := make([]float64, d)
	for i := range want {
		want[i] = noise * math.Abs(residual.AtVec(i))
	}
	gaussian, white := &Gaussian{Ratio: 0.3}, new(Whitened)
	near(t, "gaussian", mapped(t, gaussian, healthy, 1, x), want, 1e-9)
	var kept mat.VecDense
	kept.MulVec(cov, &residual)
	kept.AddVec(&kept, mat.NewVecDense(d, mean))
	near(t, "gaussian heals", healed(t, gaussian, x), kept.RawVector().Data, 1e-9)
	expected := make([]float64, d)
	for i := range want {
		others, with, rest := mat.NewDense(d-1, d-1, nil), mat.NewVecDense(d-1, nil), mat.NewVecDense(d-1, nil)
		at := func(k int) int { return k + map[bool]int{true: 1}[k >= i] }
		for k := range d - 1 {
			with.SetVec(k, cov.At(at(k), i))
			rest.SetVec(k, diff.AtVec(at(k)))
			for l := range d - 1 {
				others.Set(k, l, cov.At(at(k), at(l)))
			}
		}
		var weights mat.VecDense
		if err := weights.SolveVec(others, with); err != nil {
			t.Fatal(err)
		}
		want[i] = math.Abs(diff.AtVec(i)-mat.Dot(&weights, rest)) / math.Sqrt(cov.At(i, i)-mat.Dot(&weights, with))
		expected[i] = mean[i] + mat.Dot(&weights, rest)
	}
	near(t, "whitened", mapped(t, white, healthy, 1, x), want, 1e-8)
	near(t, "whitened heals", healed(t, white, x), expected, 1e-8)
}

// TestLowRank: what is not told apart has one variance, by which all variances still sum to the
// images', and the maps are those of the matrix U diag(l) U' + v (I - U U').
func TestLowRank(t *testing.T) {
	const d, k = 12, 3
	healthy := images(200, d, 5, 0.1)
	mean, cov := covariance(healthy)
	var e mat.EigenSym
	sym := mat.NewSymDense(d, nil)
	for i := range d {
		for j := range d {
			sym.SetSym(i, j, cov.At(i, j))
		}
	}
	e.Factorize(sym, true)
	values := e.Values(nil)
	rest := 0.
	for _, v := range values[:d-k] {
		rest += v / (d - k)
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	c := mat.NewDense(d, d, nil)
	for i := range d {
		c.Set(i, i, rest)
		for j := range d {
			for m := d - k; m < d; m++ {
				c.Set(i, j, c.At(i, j)+(values[m]-rest)*vectors.At(i, m)*vectors.At(j, m))
			}
		}
	}
	x := images(201, d, 5, 1)[200]
	diff := mat.NewVecDense(d, nil)
	for i := range d {
		diff.SetVec(i, float64(x[i])-mean[i])
	}
	var precision mat.Dense
	if err := precision.Inverse(c); err != nil {
		t.Fatal(err)
	}
	var p mat.VecDense
	p.MulVec(&precision, diff)
	want := make([]float64, d)
	for i := range want {
		want[i] = math.Abs(p.AtVec(i)) / math.Sqrt(precision.At(i, i))
	}
	b := &Whitened{Rank: Rank{Rank: k}}
	near(t, "whitened", mapped(t, b, healthy, 1, x), want, 1e-8)
}

// TestIterated: the subspace iteration finds what the small matrix of the images' inner products
// has, whose eigenvalues other than 0 are the covariance's. The last directions are near to those
// left out, and found to less.
func TestIterated(t *testing.T) {
	const n, d, k = 60, 2000, 8
	healthy := images(n, d, 12, 0.002)
	s := scatter{healthy, meanOf(healthy)}
	values, vectors, err := s.eigen(k)
	if err != nil {
		t.Fatal(err)
	}
	gram := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range n {
			sum := 0.
			for a := range d {
				sum += (float64(healthy[i][a]) - s.mean[a]) * (float64(healthy[j][a]) - s.mean[a]) / n
			}
			gram.SetSym(i, j, sum)
		}
	}
	var e mat.EigenSym
	e.Factorize(gram, true)
	all := e.Values(nil)
	want := make([]float64, k)
	for i := range want {
		want[i] = all[n-1-i]
	}
	near(t, "eigenvalues", values, want, 1e-6)
	y := s.times(vectors)
	for i := range k {
		for j := range k {
			one := 0.
			if i == j {
				one = 1
			}
			near(t, fmt.Sprintf("inner product %d, %d", i, j), []float64{mat.Dot(vectors.RowView(i), vectors.RowView(j))}, []float64{one}, 1e-12)
			near(t, fmt.Sprintf("of the covariance %d, %d", i, j), []float64{mat.Dot(y.RowView(i), vectors.RowView(j))}, []float64{one * want[i]}, 1e-6)
		}
	}
	// fewer images than directions asked for: all that they vary in
	if values, _, err = (scatter{healthy[:5], meanOf(healthy[:5])}).eigen(8); err != nil || len(values) != 5 || values[4] > 1e-12 {
		t.Errorf("of 5 images: %v, %v", values, err)
	}
}

// still is a Space whose noise is 0.
type still struct{ reverie.Host[float64] }

func (*still) Noise(like reverie.Batch[float64]) reverie.Batch[float64] {
	return reverie.NewBatch[float64](len(like), len(like[0]))
}

// TestGaussianIsOneStep: for the images' own Gaussian law, anomaly.OneStep has on average the same
// map; and at a high level it is the distance from the mean.
func TestGaussianIsOneStep(t *testing.T) {
	const d, ratio = 9, 0.7
	healthy := images(80, d, 4, 0.2)
	mean, cov := covariance(healthy)
	full := make([][]float64, d)
	for i := range full {
		full[i] = mat.Row(nil, i, cov)
	}
	m, err := mixture.New(nil, [][]float64{mean}, []mixture.Cov{{Full: full}})
	if err != nil {
		t.Fatal(err)
	}
	x := images(81, d, 4, 1)[80]
	wide := reverie.NewBatch[float64](1, d)
	for i, v := range x {
		wide[0][i] = float64(v)
	}
	p := reverie.EDM{}
	found, err := (&anomaly.OneStep[reverie.Batch[float64]]{High: ratio, Levels: 1}).Find(context.Background(), anomaly.Setup[reverie.Batch[float64]]{
		Run: &sample.Run[reverie.Batch[float64]]{Space: new(still), Process: p, Denoiser: m.Denoiser(p)},
	}, wide)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gaussian", mapped(t, &Gaussian{Ratio: ratio}, healthy, 1, x), found.Map[0], 1e-9)
	near(t, "at a high level", mapped(t, &Gaussian{Ratio: 1e5}, healthy, 1, x), mapped(t, new(Mean), healthy, 1, x), 1e-8)
}

// TestRefusals: what does not do, and why.
func TestRefusals(t *testing.T) {
	two := [][]float32{{0, 1, 2, 3}, {1, 1, 0, 4}}
	for _, b := range Baselines.Rows() {
		if _, err := b.Map(two[0]); err == nil || !strings.Contains(err.Error(), "call Fit first") {
			t.Errorf("%s before Fit: %v", b.Row().Name, err)
		}
		if h, ok := b.(Healer); ok {
			if _, err := h.Heal(two[0]); err == nil || !strings.Contains(err.Error(), "call Fit first") {
				t.Errorf("%s heals before Fit: %v", b.Row().Name, err)
			}
		}
		for want, f := range map[string]func() error{
			"0 images to learn from":            func() error { return b.Fit(nil, 1) },
			"3 channels of images of 4":         func() error { return b.Fit(two, 3) },
			"image 1 has 3 numbers: expected 4": func() error { return b.Fit([][]float32{two[0], two[1][:3]}, 1) },
			"image 1: number 2 is +Inf":         func() error { return b.Fit([][]float32{two[0], {1, 1, float32(math.Inf(1)), 4}}, 1) },
			"an image of 3 numbers: expected 4": func() error { _ = b.Fit(two, 1); _, err := b.Map(two[0][:3]); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", b.Row().Name, err, want)
			}
		}
	}
	for want, all := range map[string][][]float32{"give at least 2": two[:1], "are all the same": {two[0], two[0]}} {
		if err := new(Gaussian).Fit(all, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
