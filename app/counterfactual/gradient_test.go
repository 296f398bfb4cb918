package counterfactual

import (
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// threeClasses are laws of three Gaussians in four numbers, that no plane parts.
func threeClasses(t *testing.T) *mixture.Mixture {
	t.Helper()
	m, err := mixture.Random(4, 3, 11).WithClasses([]int{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// differences is the gradient of f at x by central differences.
func differences(f func(x []float64) float64, x []float64) []float64 {
	const h = 1e-5
	g := make([]float64, len(x))
	for i, v := range x {
		x[i] = v + h
		up := f(x)
		x[i] = v - h
		g[i] = (up - f(x)) / (2 * h)
		x[i] = v
	}
	return g
}

// begun is a trial of a problem under way.
func begun(t *testing.T, m Method[batch], pr Problem[batch], scale ...float64) *walk[batch] {
	t.Helper()
	w, err := pr.begin(m, scale)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestProduct: fast's gradient is that of the loss at x0hat(x_t) as a function of x_t, within a
// mask that of the loss at the data with x0hat in the mask's place; x0hat moves by s^2/a times it.
func TestProduct(t *testing.T) {
	m := threeClasses(t)
	x, xt := batch{{0.2, -0.4, 0.1, 0.7}}, []float64{0.9, 0.3, -0.8, 1.1}
	for name, p := range processes(t) {
		at := levels(p, 0.7, 1)[0]
		c := reverie.At(p, at)
		for _, mask := range [][]bool{nil, {true, true}, {false, true}, {false, false}} {
			method := &Fast[batch]{Redraw: Redraw{1}, Pull: Pull{L1: 0.2, Features: 0.4}, Masking: Masking{0.2, 1}, Gradient: "product"}
			pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, levels(p, 0.7, 2), x, []int{2})
			pr.Shape, pr.Distance = edit.Shape{H: 1, W: 2, C: 2}, stretched{0.4, 2, 1, 0.1}
			w := begun(t, method, pr, 1.7)
			f := &fast[batch]{walk: w, by: method}
			if mask != nil {
				f.masks = [][]bool{mask}
			}
			g := &guided[batch]{walk: w, pull: method.Pull, clean: f.clean}
			x0, err := reverie.Denoise(t.Context(), reverie.Denoiser[batch](g), batch{xt}, at)
			if err != nil {
				t.Fatal(err)
			}
			loss := func(xt []float64) float64 {
				d := m.Denoise(c, xt)
				sum := 0.
				for i := range d {
					if mask != nil && !mask[i/2] {
						d[i] = x[0][i]
					}
					sum += 0.2*math.Abs(d[i]-x[0][i]) + 0.4*pr.Distance.(stretched)[i]*(d[i]-x[0][i])*(d[i]-x[0][i])/2
				}
				return sum - 1.7*m.ClassPosterior(d)[2]
			}
			want := m.Denoise(c, xt)
			for i, v := range differences(loss, append([]float64(nil), xt...)) {
				want[i] -= c.Sigma * c.Sigma / c.Alpha * v
			}
			near(t, fmt.Sprintf("%s, mask %v", name, mask), x0[0], want, 1e-7)
		}
	}
}

// TestFilter: the gradient through the filter of one step, of three and of all is that of log
// p(target | F(x)) by differences, of each sample its own.
func TestFilter(t *testing.T) {
	m := threeClasses(t)
	x, target := batch{{0.2, -0.4, 0.1, 0.7}, {1, 0.3, -0.5, 0}}, []int{2, 0}
	for name, p := range processes(t) {
		grid := levels(p, 0.7, 7)
		pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, grid, x, target)
		w := begun(t, &ACE[batch]{Redraw: Redraw{1}, Iterations: 1, Step: 1, Masking: Masking{0, 1}}, pr, 1, 1)
		for steps, want := range map[int]int{1: 1, 3: 3, 0: 7, 7: 7, 20: 7} {
			f := w.filterOf(grid, steps)
			if n := len(f.times); n != want+1 || f.times[0] != grid[0] || f.times[n-1] != reverie.Clean {
				t.Fatalf("%d steps of %v: %v", steps, grid, f.times)
			}
			eps := host(3).Noise(x)
			g, err := f.gradient(t.Context(), x, eps)
			if err != nil {
				t.Fatal(err)
			}
			for n := range x {
				value := func(row []float64) float64 {
					y := batch{x[0], x[1]}
					y[n] = row
					_, out, err := f.walked(t.Context(), y, eps)
					if err != nil {
						t.Fatal(err)
					}
					return m.ClassPosterior(out[n])[target[n]]
				}
				near(t, fmt.Sprintf("%s, %d steps", name, steps), g[n], differences(value, append([]float64(nil), x[n]...)), 1e-7)
			}
		}
	}
}

// TestDescent: ace moves against the loss by steps of one length along each number, and not past
// [-1,1] where the problem clamps. Of a linear classifier of log odds w'x, seen through one step of
// a denoiser of data ~ N(0, I), the gradient's signs are those of w until the class is sure; a pull
// above every number of it moves nothing beyond the first step, and back.
func TestDescent(t *testing.T) {
	p := reverie.VP{}
	law, err := mixture.New(nil, [][]float64{{0, 0}}, []mixture.Cov{{Var: 1}})
	if err != nil {
		t.Fatal(err)
	}
	m := classes(t, [][]float64{{-0.1, 0.2}, {0.1, -0.2}}, mixture.Cov{Var: 1})
	clamp, err := sample.Clamps.Find("x0")
	if err != nil {
		t.Fatal(err)
	}
	pr := problem(p, law.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, levels(p, 0.05, 1), batch{{0.25, -0.75}}, []int{1})
	for _, c := range []struct {
		l1    float64
		scale float64
		clamp bool
		want  []float64
	}{
		{0, 1, false, []float64{0.625, -1.125}},
		{0, 2, false, []float64{1, -1.5}},
		{0, 0, false, []float64{0.25, -0.75}},
		{0, 1, true, []float64{0.625, -1}},
		{0.15, 1, false, []float64{0.375, -1.125}}, // on, back and on again, and all the way
	} {
		m := &ACE[batch]{Redraw: Redraw{1}, Iterations: 3, Step: 0.125, L1: c.l1, Masking: Masking{0, 1}}
		if c.clamp {
			pr.Clamp = clamp
		}
		moved, err := m.descend(t.Context(), begun(t, m, pr, c.scale))
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("pull %v, scale %v", c.l1, c.scale), moved[0], c.want, 1e-12)
		pr.Clamp = sample.Clamp{}
	}
}

// TestShift: under solver ddpm the mean moves by its variance, under others x0hat by s^2/a, which
// is the same as steps grow short: by the same noise the two end apart by what falls as the steps
// do, of which the last, which has no variance, begins at a lower level then. By a quarter of the
// steps' lengths it falls by over a third.
func TestShift(t *testing.T) {
	m := twoClasses(t)
	for name, p := range processes(t) {
		var last float64
		for _, n := range []int{10, 40, 160} {
			var ends [2]batch
			for i, solver := range []sample.Solver[batch]{&sample.DDPM[batch]{}, &sample.DDIM[batch]{Eta: 1}} {
				pr := problem(p, m.Denoiser(p), bayes{m}, solver, between(p, 1, 0.3/math.Sqrt(float64(n)), n), batch{{-1, -0.6}}, []int{1})
				ends[i] = try(t, &Fast[batch]{Redraw: Redraw{1}, Masking: Masking{0, 1}, Gradient: "product"}, pr, 1.5).X
			}
			apart := math.Hypot(ends[0][0][0]-ends[1][0][0], ends[0][0][1]-ends[1][0][1])
			if !(apart > 0) || last > 0 && !(apart < last/1.5) {
				t.Errorf("%s: %.3g apart by %d steps, by a quarter of that number %.3g", name, apart, n, last)
			}
			last = apart
		}
	}
}
