package counterfactual

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// A chain is the authors' algorithms by the formulas of a DDPM, on one sample of the shape 1x2x1:
// abar[i+1] is that of index i, abar[0] = 1.
type chain struct {
	m        *mixture.Mixture
	abar     []float64
	x        []float64
	target   int
	scale    float64
	pull     Pull
	stretch  []float64 // the distance by features is sum of stretch (x' - x)^2/2
	fast     *Fast[batch]
	masks    []bool
	space    *reverie.Host[float64]
	unmasked int // steps
}

// beta is that of index i.
func (c *chain) beta(i int) float64 { return 1 - c.abar[i+1]/c.abar[i] }

// denoise is E[x0 | x_i = z].
func (c *chain) denoise(z []float64, i int) []float64 {
	return c.m.Denoise(reverie.Coef{Alpha: math.Sqrt(c.abar[i+1]), Sigma: math.Sqrt(1 - c.abar[i+1])}, z)
}

// inner denoises z by DDIM from index i on.
func (c *chain) inner(z []float64, i int) []float64 {
	for ; i >= 0; i-- {
		d, next := c.denoise(z, i), make([]float64, len(z))
		for k := range z {
			eps := (z[k] - math.Sqrt(c.abar[i+1])*d[k]) / math.Sqrt(1-c.abar[i+1])
			next[k] = math.Sqrt(c.abar[i])*d[k] + math.Sqrt(1-c.abar[i])*eps
		}
		z = next
	}
	return z
}

// draw is a row of noise.
func (c *chain) draw() []float64 { return c.space.Noise(batch{c.x})[0] }

// loss is the gradient of the loss at clean data.
func (c *chain) loss(x []float64) []float64 {
	g := c.m.ClassScore(c.target, x)
	for k := range g {
		g[k] = -c.scale*g[k] + c.pull.L1*sign(x[k]-c.x[k]) + c.pull.Features*c.stretch[k]*(x[k]-c.x[k])
	}
	return g
}

// carried is the loss's gradient at x_i = z, whose E[x0 | z] is d.
func (c *chain) carried(z, d []float64, i int) []float64 {
	a := math.Sqrt(c.abar[i+1])
	if c.fast == nil {
		d = c.inner(z, i)
	}
	d = slices.Clone(d)
	for k := range d {
		if c.masks != nil && !c.masks[k] {
			d[k] = c.x[k]
		}
	}
	g, out := c.loss(d), make([]float64, len(d))
	for k := range g {
		if c.masks != nil && !c.masks[k] {
			g[k] = 0
		}
	}
	if c.fast == nil || c.fast.Gradient == "plain" {
		for k := range g {
			out[k] = g[k] / a
		}
		return out
	}
	jac := c.m.Jacobian(reverie.Coef{Alpha: a, Sigma: math.Sqrt(1 - a*a)}, z)
	for k := range g {
		for l := range out {
			out[l] += g[k] * jac[k][l]
		}
	}
	return out
}

// walk goes down from index i.
func (c *chain) walk(i int) []float64 {
	eps, z := c.draw(), make([]float64, len(c.x))
	for k := range z {
		z[k] = math.Sqrt(c.abar[i+1])*c.x[k] + math.Sqrt(1-c.abar[i+1])*eps[k]
	}
	for ; i >= 0; i-- {
		d := c.denoise(z, i)
		g, s2 := c.carried(z, d, i), 1-c.abar[i+1]
		variance := c.beta(i) * (1 - c.abar[i]) / s2
		if i > 0 {
			eps = c.draw()
		}
		for k := range z {
			mean := math.Sqrt(c.abar[i])*c.beta(i)/s2*d[k] + math.Sqrt(1-c.beta(i))*(1-c.abar[i])/s2*z[k]
			z[k] = mean - variance*g[k] + math.Sqrt(variance)*eps[k]
		}
		c.repaint(z, d, i)
	}
	return z
}

// repaint puts the data, noised to below index i, outside of the mask.
func (c *chain) repaint(z, d []float64, i int) {
	if c.unmasked--; c.fast == nil || c.unmasked >= 0 {
		return
	}
	if c.masks == nil {
		c.masks = make([]bool, 2)
	}
	first, second := math.Abs(d[0]-c.x[0]), math.Abs(d[1]-c.x[1])
	c.masks[0] = c.masks[0] || first > c.fast.Threshold*max(first, second)
	c.masks[1] = c.masks[1] || second > c.fast.Threshold*max(first, second)
	eps := make([]float64, 2)
	if i > 0 {
		eps = c.draw()
	}
	for k := range z {
		if !c.masks[k] {
			z[k] = math.Sqrt(c.abar[i])*c.x[k] + math.Sqrt(1-c.abar[i])*eps[k]
		}
	}
}

// stretched is the distance by features of a chain.
type stretched []float64

func (s stretched) Gradient(_ context.Context, x, from batch) (g batch, err error) {
	for n := range x {
		row := make([]float64, len(s))
		for k, v := range s {
			row[k] = v * (x[n][k] - from[n][k])
		}
		g = append(g, row)
	}
	return g, nil
}

// TestChain: under solver ddpm, dime and fast are the authors' algorithms at every index, written
// out by the formulas of the chain: a level that is one off, a root that is missing or a noise that
// belongs to another step differs at once.
func TestChain(t *testing.T) {
	m := twoClasses(t)
	betas := reverie.LinearBetas(12, 1e-3, 0.2)
	p, err := reverie.NewDDPM(betas)
	if err != nil {
		t.Fatal(err)
	}
	abar := []float64{1}
	for _, b := range betas {
		abar = append(abar, abar[len(abar)-1]*(1-b))
	}
	grid, err := sample.Linear(p, len(betas))
	if err != nil {
		t.Fatal(err)
	}
	pull, half := Pull{L1: 0.3, Features: 0.7}, Redraw{0.5} // 6 of 12 steps, from index 5
	all := map[string]Method[batch]{"dime": &DiME[batch]{Redraw: half, Pull: pull}}
	for _, gradient := range []string{"product", "plain"} {
		for _, threshold := range []float64{0, 0.2, 0.9} {
			for _, warmup := range []float64{0, 0.5, 0.99} {
				name := fmt.Sprintf("fast %s, threshold %v from %v", gradient, threshold, warmup)
				all[name] = &Fast[batch]{half, pull, Smoothing{}, Masking{threshold, 1}, warmup, gradient}
			}
		}
	}
	for name, method := range all {
		pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDPM[batch]{}, grid, batch{{-1.1, 0.4}, {1.2, -0.3}}, []int{1, 0})
		pr.Shape, pr.Distance = edit.Shape{H: 1, W: 2, C: 1}, stretched{0.4, 2}
		scale := []float64{1.5, 4}
		got := try(t, method, pr, scale...)
		for n, x := range pr.X {
			c := &chain{m: m, abar: abar, x: x, target: pr.Target[n], scale: scale[n], pull: pull, stretch: []float64{0.4, 2}, space: host(uint64(n))}
			if f, ok := method.(*Fast[batch]); ok {
				c.fast, c.unmasked = f, int(6*f.Warmup)
				if f.Threshold == 0 {
					c.unmasked = 6
				}
			}
			near(t, name, got.X[n], c.walk(5), 1e-10)
			if c.masks != nil && !slices.Equal(c.masks, got.Mask[n]) || c.masks == nil && slices.Contains(got.Mask[n], false) {
				t.Errorf("%s: mask %v, want %v", name, got.Mask[n], c.masks)
			}
		}
	}
}

// down is what DDIM without fresh noise multiplies x_t - a mu by for data ~ N(mu, v), over falling
// times: each step turns (a sqrt(v), s) by an angle and keeps the cosine of it.
func down(p reverie.Process, grid []float64, v float64) float64 {
	angle := func(t float64) float64 {
		c := reverie.At(p, t)
		return math.Atan2(c.Sigma, c.Alpha*math.Sqrt(v))
	}
	c := reverie.At(p, grid[0])
	factor := math.Sqrt(v / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma))
	for i := range grid[1:] {
		factor *= math.Cos(angle(grid[i]) - angle(grid[i+1]))
	}
	return factor
}

// asked is a classifier that keeps what it is asked of.
type asked struct {
	logistic
	seen *[]batch
}

func (a asked) Gradient(_ context.Context, x batch, _ []int) (batch, error) {
	*a.seen = append(*a.seen, x)
	return reverie.NewBatch[float64](len(x), len(x[0])), nil
}

// TestLevels: with a gradient of 0 the walk is that of the model alone: from the level at which the
// data were noised down to the data, under every process. What dime asks the classifier of is where
// that walk ends, from every level on the way; what fast asks it of is x0hat. The calls are those
// of the steps, of their inner walks and of the products.
func TestLevels(t *testing.T) {
	const v = 0.6
	m, err := mixture.New(nil, [][]float64{{0.3}}, []mixture.Cov{{Var: v}})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range processes(t) {
		all := levels(p, 3, 10)
		tail := all[5:]
		c := reverie.At(p, tail[0])
		eps := host(0).Noise(batch{{0}})[0][0]
		want := 0.3 + down(p, tail, v)*(c.Alpha*1.4+c.Sigma*eps-c.Alpha*0.3)
		var seen []batch
		pr := problem(p, m.Denoiser(p), asked{seen: &seen}, &sample.DDIM[batch]{}, all, batch{{1.4}}, []int{1})
		half := Redraw{0.5}
		got := try(t, &DiME[batch]{Redraw: half}, pr, 1)
		near(t, name+": dime", got.X[0], []float64{want}, 1e-10)
		for i, x := range seen {
			near(t, fmt.Sprintf("%s: what dime asks of at step %d", name, i+1), x[0], []float64{want}, 1e-10)
		}
		if len(seen) != 5 || got.Calls != 5+15 {
			t.Errorf("%s: dime asks %d times and calls the model %d times", name, len(seen), got.Calls)
		}
		for gradient, calls := range map[string]int{"plain": 5, "product": 10} {
			seen = nil
			got = try(t, &Fast[batch]{Redraw: half, Masking: Masking{0, 1}, Gradient: gradient}, pr, 1)
			near(t, name+": fast", got.X[0], []float64{want}, 1e-10)
			near(t, name+": what fast asks of", seen[0][0], m.Denoise(c, []float64{c.Alpha*1.4 + c.Sigma*eps}), 1e-12)
			if got.Calls != calls {
				t.Errorf("%s: fast %s calls the model %d times, want %d", name, gradient, got.Calls, calls)
			}
		}
		seen = nil
		got = try(t, &ACE[batch]{Redraw: half, Iterations: 3, Step: 0.1, Masking: Masking{0, 1}}, pr, 1)
		near(t, name+": ace", got.X[0], []float64{aceEnd(p, tail, v)}, 1e-10)
		if got.Calls != 3*2*5+5 {
			t.Errorf("%s: ace calls the model %d times", name, got.Calls)
		}
	}
}

// aceEnd is where the model's walk ends that begins after three draws of noise.
func aceEnd(p reverie.Process, tail []float64, v float64) float64 {
	s := random.Stream{Seed: 5, Domain: 128, Step: 3}
	eps := make([]float64, 1)
	s.Normal(eps)
	c := reverie.At(p, tail[0])
	return 0.3 + down(p, tail, v)*(c.Alpha*(1.4-0.3)+c.Sigma*eps[0])
}
